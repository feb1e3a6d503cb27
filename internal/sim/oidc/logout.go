package oidc

import (
	"net/http"
	"time"
)

// logoutLife is the time allowed to confirm a logout, in practice by the page itself.
const logoutLife = 10 * time.Minute

// Logout is a logout that waits for its confirmation.
type Logout struct {
	ClientID    string
	RedirectURI string   // "": a page of the provider
	State       []string // none or one
}

// Logouts take the browser through the form that confirms a logout.
type Logouts struct {
	issuer  Issuer
	pages   Pages
	waiting *Shelf[Logout]
}

// NewLogouts makes those of the provider that the pages name.
func NewLogouts(at Issuer, pages Pages, now func() time.Time) *Logouts {
	return &Logouts{at, pages, NewShelf[Logout](logoutLife, now)}
}

// Ask shows the form that confirms.
func (l *Logouts) Ask(w http.ResponseWriter, asked Logout) {
	l.pages.Render(w, http.StatusOK, "logout", logoutPage{
		Page:    Page{Title: "Déconnexion de " + l.pages.provider},
		Confirm: l.issuer.Path("/session/end/confirm"),
		Request: l.waiting.Add(asked),
	})
}

// Confirmed takes the logout that the form names, once; otherwise it answers a page and
// found is false.
func (l *Logouts) Confirmed(w http.ResponseWriter, r *http.Request) (asked Logout, found bool) {
	form, err := PostedForm(w, r)
	asked, found = l.waiting.Take(form.Get("request"))
	if err != nil || !found {
		l.pages.Refuse(w, http.StatusBadRequest, PageRefusal{Reason: "Cette demande de déconnexion a expiré."})
		return Logout{}, false
	}
	return asked, true
}

// Leave sends the person back to the service, or says goodbye.
func (l *Logouts) Leave(w http.ResponseWriter, r *http.Request, asked Logout) {
	if asked.RedirectURI == "" {
		l.pages.Render(w, http.StatusOK, "goodbye", Page{Title: "Vous êtes déconnecté de " + l.pages.provider})
		return
	}
	parameters := map[string]string{}
	for _, state := range asked.State {
		parameters["state"] = state
	}
	sendBack(w, r, asked.RedirectURI, parameters, nil)
}
