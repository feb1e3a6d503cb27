package franceconnect

import (
	"net/http"

	"portail-qf/internal/sim/oidc"
)

// discovery publishes the metadata, traps of the real one included: PKCE is announced
// although it is refused (§4.2.2). Unlike it, only what this simulator accepts is announced
// as client authentication.
func (s *Server) discovery(w http.ResponseWriter, _ *http.Request) {
	document := s.issuer.Metadata()
	document["acr_values_supported"] = []string{"eidas1"}
	document["claims_supported"] = []string{
		"sub", "given_name", "given_name_array", "family_name", "birthdate", "gender", "birthplace", "birthcountry",
		"email", "preferred_username", "idp_birthdate", "idp_id", "amr", "acr", "auth_time", "nonce", "aud", "exp", "iat", "iss",
	}
	document["scopes_supported"] = identityScopes
	document["response_modes_supported"] = []string{"form_post", "fragment", "query"}
	document["subject_types_supported"] = []string{"pairwise"}
	oidc.WriteJSON(w, http.StatusOK, document)
}
