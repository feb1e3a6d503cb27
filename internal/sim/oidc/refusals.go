package oidc

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

// PageRefusal is shown by the provider itself: the relying party never hears of it.
type PageRefusal struct {
	Code   string // "" where the contract gives none
	Reason string // French
}

// ByPage refuses by a page.
func ByPage(code, reason string) PageRefusal { return PageRefusal{code, reason} }

func (p PageRefusal) Error() string { return "refused by a page: " + p.Code }

// RedirectRefusal sends the person back with an OAuth error.
type RedirectRefusal struct{ Code, Description string }

// ByRedirect refuses by an error redirect.
func ByRedirect(code, description string) RedirectRefusal {
	return RedirectRefusal{code, description}
}

func (r RedirectRefusal) Error() string { return "refused by redirect: " + r.Code }

// JSONRefusal is an error of the endpoints that programs call (/token, /userinfo…).
type JSONRefusal struct {
	Status            int
	Code, Description string
	Why               string // the cause, for a provider that tells it; never sent as it is
	URI               string // "": no error_uri
}

// InvalidRequest refuses a call that is not understood.
func InvalidRequest(description string) JSONRefusal {
	return JSONRefusal{Status: http.StatusBadRequest, Code: "invalid_request", Description: description}
}

func invalidClient(why string) JSONRefusal {
	return JSONRefusal{
		Status: http.StatusUnauthorized, Code: "invalid_client",
		Description: "client authentication failed", Why: why,
	}
}

func invalidGrant(why string) JSONRefusal {
	return JSONRefusal{
		Status: http.StatusBadRequest, Code: "invalid_grant",
		Description: "grant request is invalid", Why: why,
	}
}

func (j JSONRefusal) Error() string { return "refused: " + j.Description }

func (j JSONRefusal) answer(w http.ResponseWriter) {
	if j.Code == "invalid_token" {
		w.Header().Set("WWW-Authenticate", fmt.Sprintf("Bearer error=%q, error_description=%q", j.Code, j.Description))
	}
	w.Header().Set("Cache-Control", "no-store")
	body := map[string]string{"error": j.Code, "error_description": j.Description}
	if j.URI != "" {
		body["error_uri"] = j.URI
	}
	WriteJSON(w, j.Status, body)
}

// RefuseJSON answers the refusal that err is; anything else is a fault of the simulator.
func RefuseJSON(w http.ResponseWriter, err error) {
	var refusal JSONRefusal
	if !errors.As(err, &refusal) {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	refusal.answer(w)
}

// WriteJSON answers value with that status.
func WriteJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value)
}
