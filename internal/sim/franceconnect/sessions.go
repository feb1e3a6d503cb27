package franceconnect

import (
	"crypto/rand"
	"net/http"
	"time"
)

// cookieName is this simulator's own: cookies are shared between the ports of a machine.
const cookieName = "sim_fc"

// session is what FranceConnect remembers of a browser. Before anybody signs in, it only
// binds the pages of an authorisation to the browser that asked for it.
type session struct {
	person   person // nil: nobody signed in
	authTime time.Time
}

// currentSession finds the browser's session and lets it slide (§1.3: 30 min).
func (s *Server) currentSession(r *http.Request) (id string, current session, found bool) {
	cookie, err := r.Cookie(cookieName)
	if err != nil {
		return "", session{}, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	current, found = s.sessions.Find(cookie.Value, now)
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

// openSession signs the person in, in place of whoever was signed in.
func (s *Server) openSession(w http.ResponseWriter, r *http.Request, who person) session {
	id := s.ensureSession(w, r)
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	opened := session{who, now}
	s.sessions.Put(id, opened, now, sessionLife)
	return opened
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
