package franceconnect

import (
	"net/http"
	"slices"

	"portail-qf/internal/sim/oidc"
)

// endSession checks the request and shows the form that confirms it (§1.7).
func (s *Server) endSession(w http.ResponseWriter, r *http.Request) {
	asked, err := s.checkLogout(w, r)
	if err != nil {
		s.pages.RefuseBy(w, err)
		return
	}
	s.logouts.Ask(w, asked)
}

// checkLogout demands an id_token_hint: it alone tells the service. Expired or not does not
// matter: it lives 60 s.
func (s *Server) checkLogout(w http.ResponseWriter, r *http.Request) (oidc.Logout, error) {
	parameters, err := oidc.Whitelist{
		Code:     badParameters,
		Required: []string{"id_token_hint"},
		Optional: []string{"post_logout_redirect_uri", "state"},
	}.Read(w, r)
	if err != nil {
		return oidc.Logout{}, err
	}
	audience, err := s.keys.Audience(parameters.Get("id_token_hint"))
	client, found := s.clients[audience]
	if err != nil || !found {
		return oidc.Logout{}, oidc.PageRefusal{Reason: "Le jeton « id_token_hint » n’a pas été émis par FranceConnect."}
	}
	asked := oidc.Logout{ClientID: client.ID, RedirectURI: parameters.Get("post_logout_redirect_uri"), State: parameters["state"]}
	if asked.RedirectURI != "" && !slices.Contains(client.PostLogoutRedirectURIs, asked.RedirectURI) {
		return oidc.Logout{}, oidc.PageRefusal{Reason: "L’adresse de retour n’est pas déclarée (post_logout_redirect_uri not registered)."}
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
	s.logouts.Leave(w, r, asked)
}
