package oidc_test

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/partner/oidc"
)

// "process start-up must not depend on discovery" (reference/identity.md §1.1).
func TestNothingIsFetchedBeforeTheFirstSignIn(t *testing.T) {
	p := startProvider(t)
	client := p.client()
	client.AuthorizeURL("state", oidc.Attempt{Nonce: nonce}, nil)
	client.LogoutURL("token", "https://portail.exemple.fr", "state")
	if len(p.seen) != 0 {
		t.Errorf("the provider was asked: %v", p.seen)
	}
}

func TestAuthorizeURL(t *testing.T) {
	p := startProvider(t)
	base := url.Values{
		"response_type": {"code"}, "client_id": {clientID}, "redirect_uri": {redirectURL},
		"scope": {"openid identite_pivot"}, "state": {"s+/=é"}, "nonce": {nonce},
	}
	verifier := rand.Text() + rand.Text()
	sum := sha256.Sum256([]byte(verifier))
	rows := []struct {
		name    string
		attempt oidc.Attempt
		extra   map[string]string
		more    url.Values
	}{
		{"bare", oidc.Attempt{Nonce: nonce}, nil, nil},
		{"with PKCE", oidc.Attempt{Nonce: nonce, Verifier: verifier}, nil, url.Values{
			"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"},
		}},
		{"with claims", oidc.Attempt{Nonce: nonce}, map[string]string{"claims": `{"id_token":{"amr":null}}`}, url.Values{
			"claims": {`{"id_token":{"amr":null}}`},
		}},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			want := url.Values{}
			for _, values := range []url.Values{base, row.more} {
				for name, value := range values {
					want[name] = value
				}
			}
			checkURL(t, p.client().AuthorizeURL("s+/=é", row.attempt, row.extra), p.issuer()+"/authorize", want)
		})
	}
}

// "parameters concatenated, not URL-encoded" was the mistake of before
// (formulaire-qf.md §3.1).
func TestLogoutURLIsEncoded(t *testing.T) {
	p := startProvider(t)
	got := p.client().LogoutURL("a.b+c", "https://portail.exemple.fr/retour?x=1&y=2", "s+/=&é")
	checkURL(t, got, p.issuer()+"/session/end", url.Values{
		"id_token_hint": {"a.b+c"}, "post_logout_redirect_uri": {"https://portail.exemple.fr/retour?x=1&y=2"}, "state": {"s+/=&é"},
	})
}

// "client_id accepted instead when impossible" (reference/identity.md §2.7).
func TestLogoutURLWithoutATokenNamesTheClient(t *testing.T) {
	p := startProvider(t)
	got := p.client().LogoutURL("", "https://portail.exemple.fr/retour", "state")
	checkURL(t, got, p.issuer()+"/session/end", url.Values{
		"client_id": {clientID}, "post_logout_redirect_uri": {"https://portail.exemple.fr/retour"}, "state": {"state"},
	})
}

func checkURL(t *testing.T, got, wantBase string, want url.Values) {
	t.Helper()
	base, query, _ := strings.Cut(got, "?")
	if base != wantBase {
		t.Errorf("address: got %q, want %q", base, wantBase)
	}
	values, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, values); diff != "" {
		t.Errorf("parameters (-want +got):\n%s", diff)
	}
}

func TestOriginsForFormAction(t *testing.T) {
	for issuer, want := range map[string][]string{
		"https://oidc.franceconnect.gouv.fr/api/v2": {"https://oidc.franceconnect.gouv.fr"},
		"http://localhost:4001/api/v2":              {"http://localhost:4001"},
		"":                                          nil,
	} {
		if diff := cmp.Diff(want, oidc.New(oidc.Config{Issuer: issuer}).Origins()); diff != "" {
			t.Errorf("%q (-want +got):\n%s", issuer, diff)
		}
	}
}

func TestPrintingAClientShowsNoSecret(t *testing.T) {
	p := startProvider(t)
	client := p.client()
	if err := signIn(t, p, client); err != nil {
		t.Fatal(err)
	}
	if printed := fmt.Sprintf("%+v", client); strings.Contains(printed, clientSecret) {
		t.Error("the secret is printed")
	}
}
