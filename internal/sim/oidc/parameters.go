package oidc

import (
	"crypto/subtle"
	"net/http"
	"net/url"
	"slices"
)

// PostedForm reads the parameters of a form body, bounded.
func PostedForm(w http.ResponseWriter, r *http.Request) (url.Values, error) {
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	if err := r.ParseForm(); err != nil {
		return nil, err
	}
	return r.PostForm, nil
}

// parameters reads those of an endpoint, in the address or, by POST, in the body.
func parameters(w http.ResponseWriter, r *http.Request) (url.Values, error) {
	if r.Method == http.MethodPost {
		return PostedForm(w, r)
	}
	return url.ParseQuery(r.URL.RawQuery)
}

// Whitelist names the parameters that an endpoint accepts. Each may come once.
type Whitelist struct {
	Code     string // of the page that refuses
	Required []string
	Optional []string
}

// Read returns the parameters of a request that a browser brings. It refuses by a page what
// is illegible, unknown, repeated, missing or required and empty.
func (l Whitelist) Read(w http.ResponseWriter, r *http.Request) (url.Values, error) {
	given, err := parameters(w, r)
	if err != nil {
		return nil, PageRefusal{l.Code, "La requête est illisible."}
	}
	return given, l.check(given)
}

func (l Whitelist) check(parameters url.Values) error {
	for name, values := range parameters {
		if !slices.Contains(l.Required, name) && !slices.Contains(l.Optional, name) {
			return l.refuse(name, "n’est pas accepté")
		}
		if len(values) != 1 {
			return l.refuse(name, "est répété")
		}
	}
	for _, name := range l.Required {
		if parameters.Get(name) == "" {
			return l.refuse(name, "est obligatoire")
		}
	}
	return nil
}

func (l Whitelist) refuse(name, why string) error {
	return PageRefusal{l.Code, "Le paramètre « " + name + " » " + why + "."}
}

// AuthenticatedForm reads the form of a program that proves who it is, and refuses any
// other. secret finds that of a client. Only client_secret_post is accepted: the contract
// says not to rely on more.
func AuthenticatedForm(w http.ResponseWriter, r *http.Request, secret func(clientID string) (string, bool)) (url.Values, error) {
	form, err := PostedForm(w, r)
	if err != nil {
		return nil, InvalidRequest("failed to parse the request body")
	}
	expected, known := secret(form.Get("client_id"))
	switch {
	case !form.Has("client_id"):
		return nil, invalidClient("no client authentication mechanism provided")
	case !known:
		return nil, invalidClient("client not found")
	case !form.Has("client_secret"):
		return nil, invalidClient("no client secret provided")
	case subtle.ConstantTimeCompare([]byte(form.Get("client_secret")), []byte(expected)) != 1:
		return nil, invalidClient("invalid secret provided")
	}
	return form, nil
}
