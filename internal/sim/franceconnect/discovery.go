package franceconnect

import (
	"net/http"

	"portail-qf/internal/sim/oidc"
)

// discovery publishes the metadata, traps of the real one included: HS256 and PKCE are
// announced although both are refused (§4.2.2). Unlike it, only what this simulator
// accepts is announced as client authentication.
func (s *Server) discovery(w http.ResponseWriter, _ *http.Request) {
	algorithms := []string{"HS256", "ES256", "RS256"}
	oidc.WriteJSON(w, http.StatusOK, map[string]any{
		"issuer":                 s.issuer,
		"authorization_endpoint": s.issuer + "/authorize",
		"token_endpoint":         s.issuer + "/token",
		"userinfo_endpoint":      s.issuer + "/userinfo",
		"jwks_uri":               s.issuer + "/jwks",
		"end_session_endpoint":   s.issuer + "/session/end",
		"acr_values_supported":   []string{"eidas1"},
		"claims_supported": []string{
			"sub", "given_name", "given_name_array", "family_name", "birthdate", "gender", "birthplace", "birthcountry",
			"email", "preferred_username", "idp_birthdate", "idp_id", "amr", "acr", "auth_time", "nonce", "aud", "exp", "iat", "iss",
		},
		"scopes_supported":                               identityScopes,
		"response_types_supported":                       []string{"code"},
		"response_modes_supported":                       []string{"form_post", "fragment", "query"},
		"grant_types_supported":                          []string{"authorization_code"},
		"subject_types_supported":                        []string{"pairwise"},
		"claim_types_supported":                          []string{"normal"},
		"code_challenge_methods_supported":               []string{"S256"},
		"claims_parameter_supported":                     true,
		"request_parameter_supported":                    false,
		"request_uri_parameter_supported":                false,
		"authorization_response_iss_parameter_supported": true,
		"token_endpoint_auth_methods_supported":          []string{"client_secret_post"},
		"id_token_signing_alg_values_supported":          algorithms,
		"userinfo_signing_alg_values_supported":          algorithms,
	})
}
