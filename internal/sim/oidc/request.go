package oidc

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
)

// Request is what /authorize is asked at every provider.
type Request struct {
	Issuer      string
	ClientID    string
	RedirectURI string
	State       string
	Nonce       string
	Scopes      []string // granted
}

// ReadRequest reads the parameters of /authorize. It checks nothing; scopes are granted
// later.
func ReadRequest(at Issuer, parameters url.Values) Request {
	return Request{
		Issuer:      at.URL,
		ClientID:    parameters.Get("client_id"),
		RedirectURI: parameters.Get("redirect_uri"),
		State:       parameters.Get("state"),
		Nonce:       parameters.Get("nonce"),
	}
}

// TheRequest is the one that a grant embeds.
func (q Request) TheRequest() Request { return q }

// Refuse sends an error with state and iss (reference/identity.md §1.4: iss is always
// present), falsified as ordered.
func (q Request) Refuse(w http.ResponseWriter, r *http.Request, refusal RedirectRefusal, falsified map[string]*string) {
	sendBack(w, r, q.RedirectURI, map[string]string{
		"error":             refusal.Code,
		"error_description": refusal.Description,
		"state":             q.State,
		"iss":               q.Issuer,
	}, falsified)
}

// GrantScopes keeps the scopes that exist, and refuses one that the client is not entitled
// to. Nobody needs a title to openid.
func GrantScopes(asked, entitled []string, exists func(scope string) bool) (granted []string, err error) {
	for _, scope := range asked {
		switch {
		case !exists(scope) || slices.Contains(granted, scope):
		case scope == "openid" || slices.Contains(entitled, scope):
			granted = append(granted, scope)
		default:
			return nil, ByRedirect("invalid_scope", "requested scope is not allowed")
		}
	}
	return granted, nil
}

// RefuseRequest refuses a request of /authorize by redirect or by a page, as err says.
func (p Pages) RefuseRequest(w http.ResponseWriter, r *http.Request, request Request, err error) {
	var back RedirectRefusal
	if errors.As(err, &back) {
		request.Refuse(w, r, back, nil)
		return
	}
	p.RefuseBy(w, err)
}
