package proconnect

import (
	"maps"
	"net/http"

	"portail-qf/internal/sim/oidc"
)

// userinfo answers the identity as a JWS of the client's algorithm (§2.3).
func (s *Server) userinfo(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	g, err := s.grants.OfBearer(r)
	if err != nil {
		oidc.RefuseJSON(w, err)
		return
	}
	s.keys.AnswerUserInfo(w, g.client.recipient(), s.userClaims(g), g.Falsified)
}

// userClaims gathers what the granted scopes open (§2.4).
func (s *Server) userClaims(g *grant) map[string]any {
	who := g.login.person
	claims := map[string]any{}
	for _, scope := range g.Scopes {
		maps.Copy(claims, oidc.Pick(who, claimOf(scope)))
		switch scope {
		case "siret":
			if siret, found := who.siret(); found {
				claims["siret"] = siret
			}
		case "idp_id":
			claims["idp_id"] = oidc.Or(who, "idp_id", proConnectIdentite)
		}
	}
	claims["sub"] = who.subject()
	claims["iss"] = s.issuer.URL
	claims["aud"] = g.ClientID
	claims["iat"] = s.now().Unix()
	claims["exp"] = g.Issued.Add(tokenLife).Unix()
	return claims
}
