package franceconnect

import (
	"maps"
	"net/http"

	"portail-qf/internal/sim/oidc"
)

// userinfo answers the identity as a JWS of the client's algorithm (§1.4).
func (s *Server) userinfo(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	g, err := s.grants.OfBearer(r)
	if err != nil {
		refuse(w, err)
		return
	}
	s.keys.AnswerUserInfo(w, g.client.recipient(), s.userClaims(g), g.Falsified)
}

// userClaims gathers what the granted scopes open.
func (s *Server) userClaims(g *grant) map[string]any {
	claims := map[string]any{}
	for _, scope := range g.Scopes {
		maps.Copy(claims, oidc.Pick(g.person, scopeClaims(scope)...))
		switch scope {
		case "amr":
			claims["amr"] = g.amr()
		case "idp_id":
			claims["idp_id"] = oidc.Or(g.person, "idp_id", demonstrationIdP)
		}
	}
	now := s.now()
	claims["sub"] = g.person.subject(g.client.Entity)
	claims["iss"] = s.issuer.URL
	claims["aud"] = g.ClientID
	claims["iat"] = now.Unix()
	claims["exp"] = now.Add(tokenLife).Unix()
	return claims
}
