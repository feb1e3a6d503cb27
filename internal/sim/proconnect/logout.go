package proconnect

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"

	"portail-qf/internal/sim/oidc"
)

// logoutLife is the time allowed to confirm a logout, in practice by the page itself.
const logoutLife = 10 * time.Minute

// logout is a logout that waits for its confirmation.
type logout struct {
	client      Client
	redirectURI string // "": a page of ProConnect
	state       string
}

// endSession checks the request and shows the form that confirms it (§2.7).
func (s *Server) endSession(w http.ResponseWriter, r *http.Request) {
	parameters, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		s.refusePage(w, http.StatusBadRequest, oidc.ByPage(badParameters, "La requête est illisible."))
		return
	}
	asked, err := s.checkLogout(parameters)
	var refusal oidc.PageRefusal
	if errors.As(err, &refusal) {
		s.refusePage(w, http.StatusBadRequest, refusal)
		return
	}
	id := rand.Text()
	s.mu.Lock()
	s.logouts.Put(id, asked, s.now(), logoutLife)
	s.mu.Unlock()
	render(w, http.StatusOK, "logout", logoutPage{
		page:    page{Title: "Déconnexion de ProConnect"},
		Confirm: s.base + "/session/end/confirm",
		Request: id,
	})
}

// checkLogout wants to know the service: by an id_token, or by its client_id when it has
// none (§2.7).
func (s *Server) checkLogout(parameters url.Values) (logout, error) {
	err := oidc.Whitelist{
		Code:     badParameters,
		Required: []string{"state"},
		Optional: []string{"id_token_hint", "client_id", "post_logout_redirect_uri"},
	}.Check(parameters)
	if err != nil {
		return logout{}, err
	}
	client, found := s.clients[parameters.Get("client_id")]
	switch {
	case parameters.Has("client_id") && !found:
		return logout{}, oidc.ByPage(unknownClient, "Ce service n’est pas connu de ProConnect.")
	case parameters.Has("id_token_hint"):
		hinted, err := s.clientOfHint(parameters.Get("id_token_hint"))
		if err != nil {
			return logout{}, oidc.ByPage(badParameters, "Le jeton « id_token_hint » n’a pas été émis par ProConnect.")
		}
		if found && client.ID != hinted.ID {
			return logout{}, oidc.ByPage(badParameters, "Le jeton « id_token_hint » a été émis pour un autre service.")
		}
		client = hinted
	case !found:
		return logout{}, oidc.ByPage(badParameters, "Le paramètre « id_token_hint » ou « client_id » est obligatoire.")
	}
	asked := logout{client: client, redirectURI: parameters.Get("post_logout_redirect_uri"), state: parameters.Get("state")}
	if asked.redirectURI != "" && !slices.Contains(client.PostLogoutRedirectURIs, asked.redirectURI) {
		return logout{}, oidc.ByPage(badLogoutURI, "L’adresse de retour n’est pas déclarée (post_logout_redirect_uri not registered).")
	}
	return asked, nil
}

// clientOfHint tells whom the id_token was for. Its expiry does not matter: the session
// outlives it.
func (s *Server) clientOfHint(hint string) (Client, error) {
	payload, err := s.keys.Verify(hint)
	if err != nil {
		return Client{}, err
	}
	var claims struct {
		Audience string `json:"aud"`
	}
	if err := json.Unmarshal(payload, &claims); err != nil {
		return Client{}, err
	}
	client, found := s.clients[claims.Audience]
	if !found {
		return Client{}, errors.New("find client of the hint: unknown")
	}
	return client, nil
}

// confirmEndSession closes the session of the browser; those at the services remain.
func (s *Server) confirmEndSession(w http.ResponseWriter, r *http.Request) {
	form, err := oidc.PostedForm(w, r)
	s.mu.Lock()
	asked, found := s.logouts.Take(form.Get("request"), s.now())
	s.mu.Unlock()
	if err != nil || !found {
		s.refusePage(w, http.StatusBadRequest, oidc.PageRefusal{Reason: "Cette demande de déconnexion a expiré."})
		return
	}
	s.closeSession(w, r)
	s.forget(asked.client)
	if asked.redirectURI == "" {
		render(w, http.StatusOK, "goodbye", page{Title: "Vous êtes déconnecté de ProConnect"})
		return
	}
	oidc.SendBack(w, r, asked.redirectURI, map[string]string{"state": asked.state}, nil)
}
