package proconnect

import (
	"crypto/rand"
	"net/http"
	"strings"
	"time"
)

// cookieName is this simulator's own: cookies are shared between the ports of a machine.
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
	cookie, err := r.Cookie(cookieName)
	if err != nil {
		return "", session{}, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	current, found = s.sessions.Find(cookie.Value, now)
	if current.login != nil && !now.Before(current.login.authTime.Add(sessionLife)) {
		current = session{}
	}
	if found {
		s.sessions.Put(cookie.Value, current, now, sessionLife)
	}
	return cookie.Value, current, found
}

// ensureSession returns the id of the browser's session, opened if there is none.
func (s *Server) ensureSession(w http.ResponseWriter, r *http.Request) string {
	id, _, found := s.currentSession(r)
	if found {
		return id
	}
	id = rand.Text()
	s.mu.Lock()
	s.sessions.Put(id, session{}, s.now(), sessionLife)
	s.mu.Unlock()
	http.SetCookie(w, &http.Cookie{Name: cookieName, Value: id, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
	return id
}

// openSession signs somebody in, in place of whoever was signed in.
func (s *Server) openSession(w http.ResponseWriter, r *http.Request, opened session) {
	id := s.ensureSession(w, r)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sessions.Put(id, opened, s.now(), sessionLife)
}

func (s *Server) closeSession(w http.ResponseWriter, r *http.Request) {
	cookie, err := r.Cookie(cookieName)
	if err != nil {
		return
	}
	s.mu.Lock()
	s.sessions.Remove(cookie.Value)
	s.mu.Unlock()
	http.SetCookie(w, &http.Cookie{Name: cookieName, Path: "/", MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteLaxMode})
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
		s.mu.Lock()
		defer s.mu.Unlock()
		s.sessions.Put(id, session{}, s.now(), sessionLife)
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

// remember lets a browser that keeps no cookie step up.
func (s *Server) remember(client Client, left ordered) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.followUps.Put(client.ID, left, s.now(), followUpLife)
}

func (s *Server) forget(client Client) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.followUps.Remove(client.ID)
}

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
	s.mu.Lock()
	defer s.mu.Unlock()
	left, found := s.followUps.Take(request.client.ID, s.now())
	if known {
		return *current.ordered, true
	}
	return left, found
}
