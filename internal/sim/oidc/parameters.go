package oidc

import (
	"crypto/subtle"
	"errors"
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

// Parameters reads those of an endpoint that takes GET and POST alike.
func Parameters(w http.ResponseWriter, r *http.Request) (url.Values, error) {
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

// Check refuses by a page what is unknown, repeated, missing or required and empty.
func (l Whitelist) Check(parameters url.Values) error {
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

// Authenticate accepts client_secret_post only: the contract says not to rely on more. Its
// error is the provider's reason.
func Authenticate(form url.Values, known bool, secret string) error {
	switch {
	case !form.Has("client_id"):
		return errors.New("no client authentication mechanism provided")
	case !known:
		return errors.New("client not found")
	case !form.Has("client_secret"):
		return errors.New("no client secret provided")
	case subtle.ConstantTimeCompare([]byte(form.Get("client_secret")), []byte(secret)) != 1:
		return errors.New("invalid secret provided")
	}
	return nil
}
