package franceconnect

import (
	"net/http"
	"slices"

	"portail-qf/internal/sim/control"
	"portail-qf/internal/sim/oidc"
)

func (s *Server) listIdentities(w http.ResponseWriter, _ *http.Request) {
	control.Answer(w, s.identities)
}

func (s *Server) findIdentity(key string) (Identity, bool) {
	i := slices.IndexFunc(s.identities, func(identity Identity) bool { return identity.Key == key })
	if i < 0 {
		return Identity{}, false
	}
	return s.identities[i], true
}

// answerOrder answers the authorisation by an immediate redirect. A person who signs in
// this way has a session at FranceConnect, as after the pages.
func (s *Server) answerOrder(w http.ResponseWriter, r *http.Request, request authorization, next oidc.Order) {
	refusal := oidc.ByRedirect(next.Error, next.Error)
	for _, usual := range []oidc.RedirectRefusal{errAborted, errFailed} {
		if usual.Code == next.Error {
			refusal = usual
		}
	}
	var claims person
	switch {
	case next.Identity != nil:
		claims = next.Claims()
	case next.Key != "":
		identity, _ := s.findIdentity(next.Key)
		claims = identity.Claims
		if identity.Refusal != "" {
			refusal = errFailed
		}
	}
	if refusal.Code != "" {
		s.refuseBack(w, r, request, refusal, next.Mutate.Callback)
		return
	}
	opened := s.openSession(w, r, claims)
	s.sendCode(w, r, &grant{request: request, person: claims, authTime: opened.authTime, falsified: next.Mutate})
}
