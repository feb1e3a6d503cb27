package franceconnect

import (
	"maps"
	"net/http"
	"strings"

	"portail-qf/internal/sim/oidc"
)

// userinfo answers the identity as a JWS of the client's algorithm (§1.4).
func (s *Server) userinfo(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	token, isBearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !isBearer || token == "" {
		invalidRequest("no access token provided").Answer(w)
		return
	}
	s.mu.Lock()
	g, found := s.tokens.Find(token, s.now())
	s.mu.Unlock()
	if !found {
		invalidToken("access token not found").Answer(w)
		return
	}
	claims, wrapping, err := s.userClaims(g)
	if err != nil {
		oidc.RefuseJSON(w, err)
		return
	}
	if wrapping.Plain {
		oidc.WriteJSON(w, http.StatusOK, claims)
		return
	}
	signed, err := s.keys.Seal(g.request.client.recipient(), claims, wrapping)
	if err != nil {
		oidc.RefuseJSON(w, err)
		return
	}
	w.Header().Set("Content-Type", "application/jwt; charset=utf-8")
	_, _ = w.Write([]byte(signed))
}

// userClaims gathers what the granted scopes open.
func (s *Server) userClaims(g *grant) (map[string]any, oidc.Envelope, error) {
	claims := map[string]any{}
	for _, scope := range g.request.scopes {
		maps.Copy(claims, oidc.Pick(g.person, scopeClaims(scope)...))
		switch scope {
		case "amr":
			claims["amr"] = g.amr()
		case "idp_id":
			claims["idp_id"] = oidc.Or(g.person, "idp_id", demonstrationIdP)
		}
	}
	now := s.now()
	claims["sub"] = g.person.subject(g.request.client.Entity)
	claims["iss"] = s.issuer
	claims["aud"] = g.request.client.ID
	claims["iat"] = now.Unix()
	claims["exp"] = now.Add(tokenLife).Unix()
	wrapping, err := oidc.Falsify(claims, g.falsified.UserInfo)
	return claims, wrapping, err
}
