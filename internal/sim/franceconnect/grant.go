package franceconnect

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"strings"
	"time"

	"portail-qf/internal/sim/oidc"
)

// grant is what a person agreed to hand over to a client: first a code, then tokens.
type grant struct {
	request     authorization
	person      person
	authTime    time.Time
	falsified   oidc.Falsification
	codeExpires time.Time
	consumed    bool

	accessToken string
	issued      time.Time // of the tokens
}

func (g *grant) acr() any { return oidc.Or(g.person, "acr", "eidas1") }
func (g *grant) amr() any { return oidc.Or(g.person, "amr", []string{"pwd"}) }

// recipient is the client as its tokens are sealed: no typ in the header (§1.4).
func (c Client) recipient() oidc.Recipient {
	return oidc.Recipient{Alg: c.Alg, Secret: c.Secret}
}

// token exchanges a code (§1.4).
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
		"access_token": g.accessToken,
		"token_type":   "Bearer",
		"expires_in":   int(tokenLife.Seconds()),
		"id_token":     idToken,
		"scope":        strings.Join(g.request.scopes, " "),
	})
}

func (s *Server) exchangeCode(w http.ResponseWriter, r *http.Request) (*grant, error) {
	form, err := oidc.PostedForm(w, r)
	if err != nil {
		return nil, invalidRequest("failed to parse the request body")
	}
	client, found := s.clients[form.Get("client_id")]
	if err := oidc.Authenticate(form, found, client.Secret); err != nil {
		return nil, invalidClient(err)
	}
	switch {
	case form.Get("grant_type") != "authorization_code":
		return nil, refusal(http.StatusBadRequest, "unsupported_grant_type", "unsupported grant_type requested")
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
	case !found:
		return nil, invalidGrant("authorization code not found")
	case g.request.client.ID != client.ID:
		return nil, invalidGrant("client mismatch")
	case g.consumed:
		s.tokens.Remove(g.accessToken)
		return nil, invalidGrant("authorization code already consumed")
	case !now.Before(g.codeExpires):
		return nil, invalidGrant("authorization code is expired")
	case form.Has("code_verifier"):
		return nil, invalidGrant("PKCE verification failed")
	case g.request.redirectURI != form.Get("redirect_uri"):
		return nil, invalidGrant("authorization code redirect_uri mismatch")
	}
	g.consumed = true
	g.accessToken = rand.Text() + rand.Text()
	g.issued = now
	s.tokens.Put(g.accessToken, g, now, tokenLife)
	return g, nil
}

// idToken has neither typ nor at_hash nor identity (§1.4); amr only if it was asked for,
// or if the order gives one.
func (s *Server) idToken(g *grant) (string, error) {
	claims := map[string]any{
		"sub":       g.person.subject(g.request.client.Entity),
		"auth_time": g.authTime.Unix(),
		"acr":       g.acr(),
		"nonce":     g.request.nonce,
		"aud":       g.request.client.ID,
		"exp":       g.issued.Add(tokenLife).Unix(),
		"iat":       g.issued.Unix(),
		"iss":       s.issuer,
	}
	if _, given := g.person["amr"]; given || g.request.wantsAMR {
		claims["amr"] = g.amr()
	}
	wrapping, err := oidc.Falsify(claims, g.falsified.IDToken)
	if err != nil {
		return "", err
	}
	return s.keys.Seal(g.request.client.recipient(), claims, wrapping)
}
