package proconnect

import (
	"maps"
	"net/http"
	"strings"

	"portail-qf/internal/sim/oidc"
)

// userinfo answers the identity as a JWS of the client's algorithm (§2.3).
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
		errToken.Answer(w)
		return
	}
	claims := s.userClaims(g)
	wrapping, err := oidc.Falsify(claims, g.falsified.UserInfo)
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

// userClaims gathers what the granted scopes open (§2.4).
func (s *Server) userClaims(g *grant) map[string]any {
	who := g.login.person
	claims := map[string]any{}
	for _, scope := range g.request.scopes {
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
	claims["iss"] = s.issuer
	claims["aud"] = g.request.client.ID
	claims["iat"] = s.now().Unix()
	claims["exp"] = g.issued.Add(tokenLife).Unix()
	return claims
}
