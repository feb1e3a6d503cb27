package proconnect

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"time"

	"portail-qf/internal/sim/oidc"
)

// grant is what a person handed over to a client: first a code, then tokens.
type grant struct {
	request     authorization
	login       login
	falsified   oidc.Falsification
	codeExpires time.Time
	consumed    bool

	accessToken string
	issued      time.Time // of the tokens
}

// recipient is the client as its tokens are sealed: with typ JWT (§2.3).
func (c Client) recipient() oidc.Recipient {
	return oidc.Recipient{Alg: c.Alg, Secret: c.Secret, Type: "JWT"}
}

// issueCode returns the code that stands for the grant.
func (s *Server) issueCode(g *grant) string {
	code := rand.Text() + rand.Text()
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	g.codeExpires = now.Add(codeLife)
	// The code is remembered as long as the token that it may have given: a replay is
	// recognised for as long as there is something to revoke.
	s.codes.Put(code, g, now, codeLife+tokenLife)
	return code
}

// sendCode ends an authorisation well.
func (s *Server) sendCode(w http.ResponseWriter, r *http.Request, g *grant) {
	oidc.SendBack(w, r, g.request.redirectURI, map[string]string{
		"code":  s.issueCode(g),
		"state": g.request.state,
		"iss":   s.issuer,
	}, g.falsified.Callback)
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
		"access_token":  g.accessToken,
		"token_type":    "Bearer",
		"expires_in":    int(tokenLife.Seconds()),
		"id_token":      idToken,
		"refresh_token": rand.Text() + rand.Text(),
		"scope":         strings.Join(g.request.scopes, " "),
	})
}

func (s *Server) exchangeCode(w http.ResponseWriter, r *http.Request) (*grant, error) {
	form, err := oidc.PostedForm(w, r)
	if err != nil {
		return nil, invalidRequest("failed to parse the request body")
	}
	client, found := s.clients[form.Get("client_id")]
	if oidc.Authenticate(form, found, client.Secret) != nil {
		return nil, errClient
	}
	switch {
	case form.Get("grant_type") != "authorization_code":
		return nil, oidc.JSONRefusal{Status: http.StatusBadRequest, Code: "unsupported_grant_type", Description: "unsupported grant_type requested"}
	case form.Get("code") == "":
		return nil, invalidRequest("missing required parameter(s) 'code'")
	case form.Get("redirect_uri") == "":
		return nil, invalidRequest("missing required parameter(s) 'redirect_uri'")
	}
	return s.redeem(client, form)
}

// redeem consumes the code. Only a request that is otherwise right consumes it; a replay
// revokes what it gave.
func (s *Server) redeem(client Client, form url.Values) (*grant, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	g, found := s.codes.Find(form.Get("code"), now)
	switch {
	case !found || g.request.client.ID != client.ID:
		return nil, errGrant
	case g.consumed:
		s.tokens.Remove(g.accessToken)
		return nil, errGrant
	case !now.Before(g.codeExpires),
		!g.request.verifies(form),
		g.request.redirectURI != form.Get("redirect_uri"):
		return nil, errGrant
	}
	g.consumed = true
	g.accessToken = rand.Text() + rand.Text()
	g.issued = now
	s.tokens.Put(g.accessToken, g, now, tokenLife)
	return g, nil
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
		"nonce":     g.request.nonce,
		"at_hash":   leftHalf(g.accessToken),
		"aud":       g.request.client.ID,
		"exp":       g.issued.Add(tokenLife).Unix(),
		"iat":       g.issued.Unix(),
		"iss":       s.issuer,
	}
	if g.request.demand.acr {
		claims["acr"] = g.login.acr
	}
	if g.request.demand.amr {
		claims["amr"] = g.login.amr
	}
	wrapping, err := oidc.Falsify(claims, g.falsified.IDToken)
	if err != nil {
		return "", err
	}
	return s.keys.Seal(g.request.client.recipient(), claims, wrapping)
}

// leftHalf is the at_hash of a token; RS256 and ES256 both hash by SHA-256.
func leftHalf(token string) string {
	digest := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(digest[:len(digest)/2])
}
