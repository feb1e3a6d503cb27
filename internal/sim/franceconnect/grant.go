package franceconnect

import (
	"net/http"
	"strings"
	"time"

	"portail-qf/internal/sim/oidc"
)

// grant is what a person agreed to hand over to a client: first a code, then tokens.
type grant struct {
	authorization
	oidc.Ticket
	person   person
	authTime time.Time
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
		refuse(w, err)
		return
	}
	idToken, err := s.idToken(g)
	if err != nil {
		refuse(w, err)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	oidc.WriteJSON(w, http.StatusOK, map[string]any{
		"access_token": g.AccessToken,
		"token_type":   "Bearer",
		"expires_in":   int(tokenLife.Seconds()),
		"id_token":     idToken,
		"scope":        strings.Join(g.Scopes, " "),
	})
}

// exchangeCode consumes the code. PKCE proves nothing here: no request may bring a challenge.
func (s *Server) exchangeCode(w http.ResponseWriter, r *http.Request) (*grant, error) {
	form, err := oidc.AuthenticatedForm(w, r, func(id string) (string, bool) {
		client, found := s.clients[id]
		return client.Secret, found
	})
	if err != nil {
		return nil, err
	}
	return s.grants.Redeem(form, func(*grant) bool { return !form.Has("code_verifier") })
}

// idToken has neither typ nor at_hash nor identity (§1.4); amr only if it was asked for,
// or if the order gives one.
func (s *Server) idToken(g *grant) (string, error) {
	claims := map[string]any{
		"sub":       g.person.subject(g.client.Entity),
		"auth_time": g.authTime.Unix(),
		"acr":       g.acr(),
		"nonce":     g.Nonce,
		"aud":       g.ClientID,
		"exp":       g.Issued.Add(tokenLife).Unix(),
		"iat":       g.Issued.Unix(),
		"iss":       s.issuer.URL,
	}
	if _, given := g.person["amr"]; given || g.wantsAMR {
		claims["amr"] = g.amr()
	}
	return s.keys.SealIDToken(g.client.recipient(), claims, g.Falsified)
}
