package proconnect

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

// ordered is a person whom an order signs in.
type ordered struct {
	person person
	own    string         // level of an identity offered; "": described by the order
	given  map[string]any // acr, amr of an identity described by the order
}

// level is what an authorisation is told of an ordered person: what the order says, else
// eidas2 where a level is demanded and hers is not accepted, else hers.
func (o ordered) level(d demand) (acr, amr any) {
	acr, amr = "eidas1", o.person.amr()
	if o.own != "" {
		acr = o.own
	}
	// Raised, the amr would prove a second factor that the acr given denies.
	if _, fixed := o.given["acr"]; !fixed && d.essential && (o.own == "" || !d.accepts(o.own)) {
		acr, amr = "eidas2", []string{"pwd", "otp", "mfa"}
	}
	return oidc.Or(o.given, "acr", acr), oidc.Or(o.given, "amr", amr)
}

// stepUp is what the order leaves: at a step-up, an own level does not count.
func (o ordered) stepUp() ordered {
	o.own = ""
	return o
}

// answerOrder answers the authorisation by an immediate redirect. A person who signs in
// this way has a session at ProConnect, as after the pages.
func (s *Server) answerOrder(w http.ResponseWriter, r *http.Request, request authorization, next oidc.Order) {
	var who ordered
	switch {
	case next.Error != "":
		refusal := next.Refusal(errAborted, errFailed, errNoSession, errIdPHint)
		request.Refuse(w, r, refusal, next.Mutate.Callback)
		return
	case next.Identity != nil:
		claims := next.Claims()
		who = ordered{person: claims, given: oidc.Pick(claims, "acr", "amr")}
	default:
		identity, _ := s.findIdentity(next.Key)
		who = ordered{person: identity.Claims, own: person(identity.Claims).level()}
	}
	who.person = who.person.hinted(request.siretHint)
	if s.admits(w, request.client, who.person) {
		s.followUps.Put(request.ClientID, who.stepUp()) // for a browser that keeps no cookie
		s.signInOrdered(w, r, request, who, next.Mutate)
	}
}

// signInOrdered sends the person back at once, at the level that was ordered.
func (s *Server) signInOrdered(w http.ResponseWriter, r *http.Request, request authorization, who ordered, falsified oidc.Falsification) {
	opened := &login{person: who.person, authTime: s.now()}
	opened.acr, opened.amr = who.level(request.demand)
	left := who.stepUp()
	s.sessions.Open(w, r, session{login: opened, ordered: &left})
	s.grants.SendCode(w, r, &grant{authorization: request, login: *opened, Ticket: oidc.Ticket{Falsified: falsified}})
}
