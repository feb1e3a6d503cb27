package franceconnect

import (
	"net/http"
	"slices"

	"portail-qf/internal/sim/oidc"
)

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
	refusal := next.Refusal(errAborted, errFailed)
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
		request.Refuse(w, r, refusal, next.Mutate.Callback)
		return
	}
	opened := s.signIn(w, r, claims)
	s.grants.SendCode(w, r, &grant{
		authorization: request,
		Ticket:        oidc.Ticket{Falsified: next.Mutate},
		person:        opened.person,
		authTime:      opened.authTime,
	})
}

// signIn opens a session for the person, in place of whoever was signed in.
func (s *Server) signIn(w http.ResponseWriter, r *http.Request, who person) session {
	opened := session{who, s.now()}
	s.sessions.Open(w, r, opened)
	return opened
}
