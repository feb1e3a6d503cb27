package proconnect

import (
	"net/http"
	"strings"
	"time"
)

// cookieName is this simulator's own.
const cookieName = "sim_pc"

// login is somebody signed in, and how.
type login struct {
	person   person
	acr, amr any
	authTime time.Time
}

// session is what ProConnect remembers of a browser. Before anybody signs in, and after 12
// hours, it only binds the pages of an authorisation to the browser that asked for it.
type session struct {
	login   *login   // nil: nobody signed in
	ordered *ordered // what the order that signed her in left for a step-up
}

// currentSession finds the browser's session. The record slides; the log-in does not
// (§2.3: 12 h).
func (s *Server) currentSession(r *http.Request) (id string, current session, found bool) {
	id, current, found = s.sessions.Current(r)
	if current.login != nil && !s.now().Before(current.login.authTime.Add(sessionLife)) {
		current = session{}
	}
	return id, current, found
}

// hintedSession is the browser's log-in, dropped for good if a hint names another e-mail
// or another provider (§2.2).
func (s *Server) hintedSession(r *http.Request, request authorization) *login {
	id, current, found := s.currentSession(r)
	if !found || current.login == nil {
		return nil
	}
	who := current.login.person
	if request.loginHint != "" && !strings.EqualFold(request.loginHint, who.email()) ||
		request.idpHint != "" && request.idpHint != who.idp() {
		s.sessions.Empty(id)
		return nil
	}
	return current.login
}

// serves tells whether the log-in answers a demand by itself (§2.5).
func (l *login) serves(d demand) bool {
	return !d.essential || d.accepts(l.acr) && !alwaysAnew(l.acr)
}

// followUpLife says how long "right after" lasts, for a browser that keeps no cookie.
const followUpLife = 10 * time.Minute

// followUp finds what an order left for this step-up. What was left to the client serves
// once, whichever way it is found.
func (s *Server) followUp(r *http.Request, request authorization) (ordered, bool) {
	if !request.demand.essential {
		return ordered{}, false
	}
	_, current, known := s.currentSession(r)
	if known && current.ordered == nil {
		return ordered{}, false
	}
	left, found := s.followUps.Take(request.ClientID)
	if known {
		return *current.ordered, true
	}
	return left, found
}
