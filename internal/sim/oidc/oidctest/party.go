package oidctest

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
)

// Authorize sends the browser to /authorize, the right request changed by pairs.
func (b *Bench) Authorize(changes ...string) Answer {
	b.T.Helper()
	return b.Get(b.Issuer + "/authorize?" + b.Parameters(changes...).Encode())
}

// Order posts to the control surface.
func (b *Bench) Order(body string) Answer {
	b.T.Helper()
	request, err := http.NewRequestWithContext(b.T.Context(), http.MethodPost, b.Origin+"/_sim/next", strings.NewReader(body))
	if err != nil {
		b.T.Fatal(err)
	}
	return b.Do(http.DefaultClient, request)
}

// Code signs somebody in by an order and returns the code.
func (b *Bench) Code(order string, changes ...string) string {
	b.T.Helper()
	if a := b.Order(order); a.Status != http.StatusOK {
		b.T.Fatalf("order refused: %s", a.Body)
	}
	return b.CodeOf(b.Authorize(changes...))
}

// CodeOf is the code of an answer that must have one.
func (b *Bench) CodeOf(a Answer) string {
	b.T.Helper()
	if a.Status != http.StatusSeeOther || a.Location.Get("code") == "" {
		b.T.Fatalf("no code: %d %v %s", a.Status, a.Location, a.Body)
	}
	return a.Location.Get("code")
}

// Exchange posts the code to /token, the right form changed by pairs.
func (b *Bench) Exchange(code string, changes ...string) Answer {
	b.T.Helper()
	return b.Post(b.Issuer+"/token", ExchangeForm(code, changes...))
}

// Tokens are what a code gives.
type Tokens struct {
	AccessToken string `json:"access_token"`
	IDToken     string `json:"id_token"`
	Scope       string `json:"scope"`
}

// TokensOf exchanges a code that must be right.
func (b *Bench) TokensOf(code string) Tokens {
	b.T.Helper()
	a := b.Exchange(code)
	if a.Status != http.StatusOK {
		b.T.Fatalf("token: %d %s", a.Status, a.Body)
	}
	var got Tokens
	if err := json.Unmarshal([]byte(a.Body), &got); err != nil {
		b.T.Fatal(err)
	}
	return got
}

// Tokens signs somebody in by an order, and exchanges the code.
func (b *Bench) Tokens(order string, changes ...string) Tokens {
	b.T.Helper()
	return b.TokensOf(b.Code(order, changes...))
}

// UserInfo asks for it with the access token.
func (b *Bench) UserInfo(accessToken string) Answer {
	b.T.Helper()
	request := b.NewRequest(http.MethodGet, b.Issuer+"/userinfo", nil)
	request.Header.Set("Authorization", "Bearer "+accessToken)
	return b.Do(http.DefaultClient, request)
}

// Published are the keys of /jwks.
func (b *Bench) Published() jose.JSONWebKeySet {
	b.T.Helper()
	var set jose.JSONWebKeySet
	if err := json.Unmarshal([]byte(b.Get(b.Issuer+"/jwks").Body), &set); err != nil {
		b.T.Fatal(err)
	}
	return set
}

// Verified returns the claims of a JWS signed with this algorithm by a published key.
func (b *Bench) Verified(compact string, alg jose.SignatureAlgorithm) map[string]any {
	b.T.Helper()
	payload, err := signedBy(b.T, compact, alg).Verify(b.Published())
	if err != nil {
		b.T.Fatal(err)
	}
	return Decoded(b.T, payload)
}

func signedBy(t testing.TB, compact string, alg jose.SignatureAlgorithm) *jose.JSONWebSignature {
	t.Helper()
	signed, err := jose.ParseSignedCompact(compact, []jose.SignatureAlgorithm{alg})
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

// Decoded reads a JSON object.
func Decoded(t testing.TB, payload []byte) map[string]any {
	t.Helper()
	var claims map[string]any
	if err := json.Unmarshal(payload, &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

// Header reads that of a token, verified or not.
func Header(t testing.TB, compact string) map[string]any {
	t.Helper()
	head, _, _ := strings.Cut(compact, ".")
	content, err := base64.RawURLEncoding.DecodeString(head)
	if err != nil {
		t.Fatal(err)
	}
	return Decoded(t, content)
}
