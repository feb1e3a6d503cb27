package oidc

import (
	"bytes"
	"embed"
	"errors"
	"html/template"
	"io/fs"
	"net/http"
	"net/url"
	"strings"
)

//go:embed templates/*.tmpl
var common embed.FS

// Pages are those that a provider shows.
type Pages struct {
	provider  string // as people call it
	templates *template.Template
}

// NewPages reads templates/*.tmpl of a simulator, beside those of the pages that both
// providers have: home, logout, goodbye, refusal. The simulator defines their "head" and
// "foot".
func NewPages(provider string, own fs.FS) Pages {
	templates := template.Must(template.ParseFS(common, "templates/*.tmpl"))
	return Pages{provider, template.Must(templates.ParseFS(own, "templates/*.tmpl"))}
}

// Page is what every page has.
type Page struct{ Title string }

type refusalPage struct {
	Page
	PageRefusal
}

type logoutPage struct {
	Page
	Confirm string // path of the confirmation
	Request string
}

type homePage struct {
	Page
	Issuer     string
	Identities any
}

// Home shows what the simulator is, and whom it offers.
func (p Pages) Home(w http.ResponseWriter, at Issuer, identities any) {
	p.Render(w, http.StatusOK, "home", homePage{Page{Title: "Simulateur " + p.provider}, at.URL, identities})
}

// NotFound answers an address where nothing is.
func (p Pages) NotFound(w http.ResponseWriter, _ *http.Request) {
	p.Refuse(w, http.StatusNotFound, PageRefusal{Reason: "Cette page n’existe pas."})
}

// Refuse shows the refusal with that status.
func (p Pages) Refuse(w http.ResponseWriter, status int, refusal PageRefusal) {
	p.Render(w, status, "refusal", refusalPage{Page{Title: "Une erreur est survenue"}, refusal})
}

// RefuseBy shows the refusal of a request that err is; anything else is a fault of the
// simulator.
func (p Pages) RefuseBy(w http.ResponseWriter, err error) {
	var refusal PageRefusal
	if !errors.As(err, &refusal) {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	p.Refuse(w, http.StatusBadRequest, refusal)
}

// Render writes a whole page or an error, never half a page.
func (p Pages) Render(w http.ResponseWriter, status int, name string, content any) {
	var body bytes.Buffer
	if err := p.templates.ExecuteTemplate(&body, name, content); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Cache-Control", "no-store")
	// No form-action: the browser would apply it to the redirect back to the service.
	header.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'")
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes())
}

// sendBack redirects the person to the relying party with these parameters added to its
// address, falsified as ordered.
func sendBack(w http.ResponseWriter, r *http.Request, redirectURI string, parameters map[string]string, falsified map[string]*string) {
	query := url.Values{}
	for name, value := range parameters {
		query.Set(name, value)
	}
	for name, value := range falsified {
		if value == nil {
			query.Del(name)
		} else {
			query.Set(name, *value)
		}
	}
	separator := "?"
	if strings.Contains(redirectURI, "?") {
		separator = "&"
	}
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, redirectURI+separator+query.Encode(), http.StatusSeeOther)
}
