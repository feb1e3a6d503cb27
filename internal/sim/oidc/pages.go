package oidc

import (
	"bytes"
	"html/template"
	"net/http"
	"net/url"
	"strings"
)

// Render writes a whole page or an error, never half a page.
func Render(w http.ResponseWriter, status int, templates *template.Template, name string, content any) {
	var body bytes.Buffer
	if err := templates.ExecuteTemplate(&body, name, content); err != nil {
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

// SendBack redirects the person to the relying party with these parameters added to its
// address, falsified as ordered.
func SendBack(w http.ResponseWriter, r *http.Request, redirectURI string, parameters map[string]string, falsified map[string]*string) {
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
