package proconnect

import (
	"net/http"
	"slices"

	"portail-qf/internal/sim/oidc"
)

// endSession checks the request and shows the form that confirms it (§2.7).
func (s *Server) endSession(w http.ResponseWriter, r *http.Request) {
	asked, err := s.checkLogout(w, r)
	if err != nil {
		s.pages.RefuseBy(w, err)
		return
	}
	s.logouts.Ask(w, asked)
}

// checkLogout wants to know the service: by an id_token, or by its client_id when it has
// none (§2.7). Whether the id_token has expired does not matter: the session outlives it.
func (s *Server) checkLogout(w http.ResponseWriter, r *http.Request) (oidc.Logout, error) {
	parameters, err := oidc.Whitelist{
		Code:     badParameters,
		Required: []string{"state"},
		Optional: []string{"id_token_hint", "client_id", "post_logout_redirect_uri"},
	}.Read(w, r)
	if err != nil {
		return oidc.Logout{}, err
	}
	client, found := s.clients[parameters.Get("client_id")]
	switch {
	case parameters.Has("client_id") && !found:
		return oidc.Logout{}, oidc.ByPage(unknownClient, "Ce service n’est pas connu de ProConnect.")
	case parameters.Has("id_token_hint"):
		audience, err := s.keys.Audience(parameters.Get("id_token_hint"))
		hinted, known := s.clients[audience]
		if err != nil || !known {
			return oidc.Logout{}, oidc.ByPage(badParameters, "Le jeton « id_token_hint » n’a pas été émis par ProConnect.")
		}
		if found && client.ID != hinted.ID {
			return oidc.Logout{}, oidc.ByPage(badParameters, "Le jeton « id_token_hint » a été émis pour un autre service.")
		}
		client = hinted
	case !found:
		return oidc.Logout{}, oidc.ByPage(badParameters, "Le paramètre « id_token_hint » ou « client_id » est obligatoire.")
	}
	asked := oidc.Logout{ClientID: client.ID, RedirectURI: parameters.Get("post_logout_redirect_uri"), State: parameters["state"]}
	if asked.RedirectURI != "" && !slices.Contains(client.PostLogoutRedirectURIs, asked.RedirectURI) {
		return oidc.Logout{}, oidc.ByPage(badLogoutURI, "L’adresse de retour n’est pas déclarée (post_logout_redirect_uri not registered).")
	}
	return asked, nil
}

// confirmEndSession closes the session of the browser; those at the services remain.
func (s *Server) confirmEndSession(w http.ResponseWriter, r *http.Request) {
	asked, found := s.logouts.Confirmed(w, r)
	if !found {
		return
	}
	s.sessions.Close(w, r)
	s.followUps.Remove(asked.ClientID)
	s.logouts.Leave(w, r, asked)
}
