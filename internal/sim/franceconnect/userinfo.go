package franceconnect

import (
	"fmt"
	"maps"
	"net/http"
	"strings"
)

// userinfo answers the identity as a JWS of the client's algorithm (§1.4).
func (s *Server) userinfo(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	token, isBearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !isBearer || token == "" {
		invalidRequest("no access token provided").answer(w)
		return
	}
	s.mu.Lock()
	g, found := s.tokens.find(token, s.now())
	s.mu.Unlock()
	if !found {
		invalidToken("access token not found").answer(w)
		return
	}
	claims, wrapping, err := s.userClaims(g)
	if err != nil {
		refuseJSON(w, err)
		return
	}
	if wrapping.plain {
		writeJSON(w, http.StatusOK, claims)
		return
	}
	signed, err := s.seal(g.request.client, claims, wrapping)
	if err != nil {
		refuseJSON(w, err)
		return
	}
	w.Header().Set("Content-Type", "application/jwt; charset=utf-8")
	_, _ = w.Write([]byte(signed))
}

// userClaims gathers what the granted scopes open.
func (s *Server) userClaims(g *grant) (map[string]any, envelope, error) {
	claims := map[string]any{}
	for _, scope := range g.request.scopes {
		maps.Copy(claims, g.person.pick(scopeClaims(scope)...))
		switch scope {
		case "amr":
			claims["amr"] = g.amr()
		case "idp_id":
			claims["idp_id"] = g.person.or("idp_id", demonstrationIdP)
		}
	}
	now := s.now()
	claims["sub"] = g.person.subject(g.request.client.Entity)
	claims["iss"] = s.issuer
	claims["aud"] = g.request.client.ID
	claims["iat"] = now.Unix()
	claims["exp"] = now.Add(tokenLife).Unix()
	changes, wrapping, err := readEnvelope(g.falsified.UserInfo)
	if err != nil {
		return nil, wrapping, fmt.Errorf("read order: %w", err)
	}
	falsify(claims, changes)
	return claims, wrapping, nil
}
