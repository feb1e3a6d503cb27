package franceconnect

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// The codes of the pages by which FranceConnect refuses without redirect (§1.6).
const (
	badParameters  = "Y030007"
	unknownClient  = "Y04EA6EF"
	badRedirectURI = "Y04C013C"
	amrNotAllowed  = "Y100009"
)

// pageRefusal is shown by FranceConnect itself: the relying party never hears of it.
type pageRefusal struct {
	Code   string // "" where the contract gives none
	Reason string // French
}

func (p pageRefusal) Error() string { return "refused by a page: " + p.Code }

// redirectRefusal sends the person back with an OAuth error.
type redirectRefusal struct{ code, description string }

func (r redirectRefusal) Error() string { return "refused by redirect: " + r.code }

var (
	errAborted = redirectRefusal{"access_denied", "User auth aborted"}
	errFailed  = redirectRefusal{"server_error", "authentication aborted due to a technical error on the authorization server"}
)

// jsonRefusal is an error of /token, /userinfo or /checktoken.
type jsonRefusal struct {
	status            int
	code, description string
}

func (j jsonRefusal) Error() string { return "refused: " + j.description }

func invalidClient(why string) jsonRefusal {
	return jsonRefusal{http.StatusUnauthorized, "invalid_client", "client authentication failed (" + why + ")"}
}

func invalidGrant(why string) jsonRefusal {
	return jsonRefusal{http.StatusBadRequest, "invalid_grant", "grant request is invalid (" + why + ")"}
}

func invalidRequest(why string) jsonRefusal {
	return jsonRefusal{http.StatusBadRequest, "invalid_request", why}
}

func invalidToken(why string) jsonRefusal {
	return jsonRefusal{http.StatusUnauthorized, "invalid_token", "invalid token provided (" + why + ")"}
}

// errorCode is the Y code that error_uri carries. Only that of invalid_client is in the
// contract; the others are a digest of the error, as the real ones are.
func (j jsonRefusal) errorCode() string {
	if j.code == "invalid_client" {
		return unknownClient
	}
	digest := sha256.Sum256([]byte(j.code + j.description))
	return "Y04" + strings.ToUpper(hex.EncodeToString(digest[:])[:5])
}

func (j jsonRefusal) answer(w http.ResponseWriter) {
	if j.code == "invalid_token" {
		w.Header().Set("WWW-Authenticate", fmt.Sprintf("Bearer error=%q, error_description=%q", j.code, j.description))
	}
	w.Header().Set("Cache-Control", "no-store")
	writeJSON(w, j.status, map[string]string{
		"error":             j.code,
		"error_description": j.description,
		"error_uri":         "https://docs.partenaires.franceconnect.gouv.fr/?code=" + j.errorCode(),
	})
}

// refuseJSON answers the refusal that err is; anything else is a fault of the simulator.
func refuseJSON(w http.ResponseWriter, err error) {
	var refusal jsonRefusal
	if !errors.As(err, &refusal) {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	refusal.answer(w)
}

// sendBack redirects the person to the relying party with these parameters added to its
// address (§1.4), falsified as ordered.
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

func writeJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value)
}
