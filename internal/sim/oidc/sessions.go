package oidc

import (
	"net/http"
	"time"
)

// Sessions are what a provider remembers of browsers, each known by its cookie. The zero S
// is a browser in which nobody signed in: its session only binds the pages of an
// authorisation to the browser that asked for it.
type Sessions[S any] struct {
	cookie string
	kept   *Shelf[S]
}

// NewSessions keeps each session so long after its last use. The cookie's name must be the
// simulator's own: cookies are shared between the ports of a machine.
func NewSessions[S any](cookie string, life time.Duration, now func() time.Time) *Sessions[S] {
	return &Sessions[S]{cookie, NewShelf[S](life, now)}
}

// Current finds the browser's session and lets it slide.
func (s *Sessions[S]) Current(r *http.Request) (id string, current S, found bool) {
	cookie, err := r.Cookie(s.cookie)
	if err != nil {
		return "", current, false
	}
	current, found = s.kept.renew(cookie.Value)
	return cookie.Value, current, found
}

// Ensure returns the id of the browser's session, opened if there is none.
func (s *Sessions[S]) Ensure(w http.ResponseWriter, r *http.Request) (id string) {
	id, nobody, found := s.Current(r)
	if !found {
		id = s.kept.Add(nobody)
		http.SetCookie(w, &http.Cookie{Name: s.cookie, Value: id, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
	}
	return id
}

// Open signs somebody in, in place of whoever was signed in.
func (s *Sessions[S]) Open(w http.ResponseWriter, r *http.Request, opened S) {
	s.kept.Put(s.Ensure(w, r), opened)
}

// Empty signs out whoever is signed in; the browser stays known.
func (s *Sessions[S]) Empty(id string) {
	var nobody S
	s.kept.Put(id, nobody)
}

// Close forgets the browser.
func (s *Sessions[S]) Close(w http.ResponseWriter, r *http.Request) {
	cookie, err := r.Cookie(s.cookie)
	if err != nil {
		return
	}
	s.kept.Remove(cookie.Value)
	http.SetCookie(w, &http.Cookie{Name: s.cookie, Path: "/", MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteLaxMode})
}
