package proconnect

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"

	"portail-qf/internal/sim/oidc"
)

// grant is what a person handed over to a client: first a code, then tokens.
type grant struct {
	authorization
	oidc.Ticket
	login login
}

// recipient is the client as its tokens are sealed: with typ JWT (§2.3).
func (c Client) recipient() oidc.Recipient {
	return oidc.Recipient{Alg: c.Alg, Secret: c.Secret, Type: "JWT"}
}

// token exchanges a code (§2.3). The refresh token serves nothing: the contract is to
// discard it.
func (s *Server) token(w http.ResponseWriter, r *http.Request) {
	g, err := s.exchangeCode(w, r)
	if err != nil {
		oidc.RefuseJSON(w, err)
		return
	}
	idToken, err := s.idToken(g)
	if err != nil {
		oidc.RefuseJSON(w, err)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	oidc.WriteJSON(w, http.StatusOK, map[string]any{
		"access_token":  g.AccessToken,
		"token_type":    "Bearer",
		"expires_in":    int(tokenLife.Seconds()),
		"id_token":      idToken,
		"refresh_token": rand.Text() + rand.Text(),
		"scope":         strings.Join(g.Scopes, " "),
	})
}

// exchangeCode consumes the code.
func (s *Server) exchangeCode(w http.ResponseWriter, r *http.Request) (*grant, error) {
	form, err := oidc.AuthenticatedForm(w, r, func(id string) (string, bool) {
		client, found := s.clients[id]
		return client.Secret, found
	})
	if err != nil {
		return nil, err
	}
	return s.grants.Redeem(form, func(g *grant) bool { return g.verifies(form) })
}

// verifies compares the verifier with the challenge (RFC 7636, S256). One that answers no
// challenge is as wrong as one that is missing.
func (a authorization) verifies(form url.Values) bool {
	if a.challenge == "" {
		return !form.Has("code_verifier")
	}
	verifier := form.Get("code_verifier")
	digest := sha256.Sum256([]byte(verifier))
	return isPKCE(verifier) && base64.RawURLEncoding.EncodeToString(digest[:]) == a.challenge
}

// idToken has at_hash, and acr and amr only if they were asked for (§2.2, §2.3).
func (s *Server) idToken(g *grant) (string, error) {
	claims := map[string]any{
		"sub":       g.login.person.subject(),
		"auth_time": g.login.authTime.Unix(),
		"nonce":     g.Nonce,
		"at_hash":   leftHalf(g.AccessToken),
		"aud":       g.ClientID,
		"exp":       g.Issued.Add(tokenLife).Unix(),
		"iat":       g.Issued.Unix(),
		"iss":       s.issuer.URL,
	}
	if g.demand.acr {
		claims["acr"] = g.login.acr
	}
	if g.demand.amr {
		claims["amr"] = g.login.amr
	}
	return s.keys.SealIDToken(g.client.recipient(), claims, g.Falsified)
}

// leftHalf is the at_hash of a token; RS256 and ES256 both hash by SHA-256.
func leftHalf(token string) string {
	digest := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(digest[:len(digest)/2])
}
