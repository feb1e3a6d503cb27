package hubee

import (
	"bytes"
	"crypto/rand"
	"embed"
	"html/template"
	"net/http"
	"time"
)

//go:embed portal
var portalFiles embed.FS

var portalPages = template.Must(template.ParseFS(portalFiles, "portal/pages.html"))

const (
	sessionCookie = "sim_hubee"
	maxPortalForm = 16 << 10 // bytes
)

// portalPage is what every page of the portal shows.
type portalPage struct {
	Title  string
	Editor string // name of the editor signed in; empty: nobody
}

// portalOrganization is a line of a list of organisations.
type portalOrganization struct{ Key, Name, Siret string }

// portalSubscription is a subscription as the pages print it.
type portalSubscription struct {
	ID, Town, Process, Mode, Status, ActivatedOn string
	DatapassID                                   int64
}

// mountPortal adds the pages: the editor's side (reference/hubee.md §10.3) here, the
// town's side in portal_town.go.
func (s *Server) mountPortal(mux *http.ServeMux) {
	mux.HandleFunc("GET /{$}", s.showSignIn)
	mux.HandleFunc("GET /portail.css", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFileFS(w, r, portalFiles, "portal/portal.css")
	})
	mux.HandleFunc("POST /connexion", s.signIn)
	mux.HandleFunc("POST /deconnexion", s.signOut)
	mux.HandleFunc("GET /abonnements", s.showSubscriptions)
	mux.HandleFunc("GET /abonnements/{id}", s.showSubscription)
	mux.HandleFunc("POST /abonnements/{id}/modalite", s.changeMode)
	mux.HandleFunc("POST /abonnements/{id}/cle", s.renewSecret)
	s.mountTownPages(mux)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { renderNotFound(w) })
}

// render writes a page, whole or not at all.
func render(w http.ResponseWriter, status int, name string, view any) {
	var page bytes.Buffer
	if err := portalPages.ExecuteTemplate(&page, name, view); err != nil {
		http.Error(w, "render page: "+err.Error(), http.StatusInternalServerError)
		return
	}
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	w.WriteHeader(status)
	page.WriteTo(w) // a reader that left is no error of ours
}

func renderProblem(w http.ResponseWriter, status int, title, sentence string) {
	render(w, status, "problem", struct {
		portalPage
		Sentence string
	}{portalPage{Title: title}, sentence})
}

func renderNotFound(w http.ResponseWriter) {
	renderProblem(w, http.StatusNotFound, "Page introuvable", "Cette page n’existe pas, ou ne vous est pas ouverte.")
}

// formValue reads one field of a small form.
func formValue(w http.ResponseWriter, r *http.Request, name string) string {
	r.Body = http.MaxBytesReader(w, r.Body, maxPortalForm)
	return r.PostFormValue(name) // a form that cannot be read has no field
}

// signedIn finds the editor of the session; the caller holds the lock.
func (s *Server) signedIn(r *http.Request) (OrganizationID, bool) {
	cookie, err := r.Cookie(sessionCookie)
	if err != nil {
		return OrganizationID{}, false
	}
	editor, known := s.editors[cookie.Value]
	return editor, known
}

func (s *Server) organizationName(id OrganizationID) string {
	if o, known := s.organizations[id]; known {
		return o.Name
	}
	return id.String()
}

func (s *Server) organizationsOfType(wanted string) []portalOrganization {
	var found []portalOrganization
	for _, id := range s.organizationOrder {
		if id.Type == wanted {
			found = append(found, portalOrganization{Key: id.String(), Name: s.organizations[id].Name, Siret: id.CompanyRegister})
		}
	}
	return found
}

func (s *Server) showSignIn(w http.ResponseWriter, r *http.Request) {
	view := struct {
		portalPage
		Editors []portalOrganization
	}{portalPage: portalPage{Title: "Connexion"}}
	s.enter(time.Now())
	if editor, known := s.signedIn(r); known {
		view.Editor = s.organizationName(editor)
	}
	view.Editors = s.organizationsOfType(typeEditor)
	s.mu.Unlock()
	render(w, http.StatusOK, "sign-in", view)
}

func (s *Server) signIn(w http.ResponseWriter, r *http.Request) {
	key := formValue(w, r, "editeur")
	session := rand.Text()
	s.enter(time.Now())
	editor, known := s.organizationByKey(key)
	known = known && editor.Type == typeEditor
	if known {
		s.editors[session] = editor.OrganizationID
	}
	s.mu.Unlock()
	if !known {
		renderNotFound(w)
		return
	}
	http.SetCookie(w, &http.Cookie{Name: sessionCookie, Value: session, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
	http.Redirect(w, r, "/abonnements", http.StatusSeeOther)
}

func (s *Server) signOut(w http.ResponseWriter, r *http.Request) {
	if cookie, err := r.Cookie(sessionCookie); err == nil {
		s.enter(time.Now())
		delete(s.editors, cookie.Value)
		s.mu.Unlock()
	}
	http.SetCookie(w, &http.Cookie{Name: sessionCookie, Path: "/", MaxAge: -1})
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (s *Server) shownRow(sub *subscription) portalSubscription {
	row := portalSubscription{
		ID: sub.ID, Town: s.organizationName(sub.Subscriber.OrganizationID), Process: sub.ProcessCode,
		Mode: sub.mode(), Status: sub.Status, DatapassID: sub.DatapassID,
	}
	if sub.ActivateDateTime != nil {
		row.ActivatedOn = sub.ActivateDateTime.Local().Format("02/01/2006")
	}
	return row
}

func (s *Server) showSubscriptions(w http.ResponseWriter, r *http.Request) {
	view := struct {
		portalPage
		Rows []portalSubscription
	}{portalPage: portalPage{Title: "Administration des abonnements"}}
	s.enter(time.Now())
	editor, known := s.signedIn(r)
	if known {
		view.Editor = s.organizationName(editor)
		for _, sub := range s.subscriptionOrder {
			if sub.delegatedTo(editor) {
				view.Rows = append(view.Rows, s.shownRow(sub))
			}
		}
	}
	s.mu.Unlock()
	if !known {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	render(w, http.StatusOK, "subscriptions", view)
}

// delegated runs act, under the lock, on the subscription of the path when it is one of
// the editor's; otherwise it answers and returns false.
func (s *Server) delegated(w http.ResponseWriter, r *http.Request, act func(sub *subscription, editor OrganizationID)) bool {
	s.enter(time.Now())
	editor, known := s.signedIn(r)
	sub, found := s.subscriptions[r.PathValue("id")]
	found = found && sub.delegatedTo(editor)
	if known && found {
		act(sub, editor)
	}
	s.mu.Unlock()
	switch {
	case !known:
		http.Redirect(w, r, "/", http.StatusSeeOther)
	case !found:
		renderNotFound(w)
	}
	return known && found
}

func (s *Server) showSubscription(w http.ResponseWriter, r *http.Request) {
	view := struct {
		portalPage
		Row        portalSubscription
		Credential *Client // in API mode only
	}{portalPage: portalPage{Title: "Abonnement"}}
	if s.delegated(w, r, func(sub *subscription, editor OrganizationID) {
		view.Editor = s.organizationName(editor)
		view.Row = s.shownRow(sub)
		if sub.mode() == modeAPI {
			shown := sub.client.Client
			view.Credential = &shown
		}
	}) {
		render(w, http.StatusOK, "subscription", view)
	}
}

func (s *Server) changeMode(w http.ResponseWriter, r *http.Request) {
	mode := formValue(w, r, "modalite")
	if mode != modePortal && mode != modeAPI {
		renderProblem(w, http.StatusUnprocessableEntity, "Modalité d’accès inconnue", "Choisissez « PORTAIL » ou « API ».")
		return
	}
	if s.delegated(w, r, func(sub *subscription, _ OrganizationID) {
		sub.AccessMode = &mode
		sub.UpdateDateTime = timestampOf(time.Now())
		s.ensureCredential(sub)
	}) {
		http.Redirect(w, r, "/abonnements/"+r.PathValue("id"), http.StatusSeeOther)
	}
}

// renewSecret kills the old secret at once (reference/hubee.md §10.3); tokens already
// issued live on until they expire.
func (s *Server) renewSecret(w http.ResponseWriter, r *http.Request) {
	if s.delegated(w, r, func(sub *subscription, _ OrganizationID) {
		if sub.client != nil {
			sub.client.Secret = rand.Text()
		}
	}) {
		http.Redirect(w, r, "/abonnements/"+r.PathValue("id"), http.StatusSeeOther)
	}
}
