package proconnect

import (
	"net/http"

	"portail-qf/internal/sim/oidc"
)

// discovery publishes the metadata, the trap of the real one included: HS256 is announced
// (§4.2.2). Unlike it, only the endpoints, grants and client authentication that this
// simulator accepts are announced.
func (s *Server) discovery(w http.ResponseWriter, _ *http.Request) {
	algorithms := []string{"HS256", "ES256", "RS256"}
	oidc.WriteJSON(w, http.StatusOK, map[string]any{
		"issuer":                                         s.issuer,
		"authorization_endpoint":                         s.issuer + "/authorize",
		"token_endpoint":                                 s.issuer + "/token",
		"userinfo_endpoint":                              s.issuer + "/userinfo",
		"jwks_uri":                                       s.issuer + "/jwks",
		"end_session_endpoint":                           s.issuer + "/session/end",
		"acr_values_supported":                           levels,
		"claims_supported":                               claimsSupported(),
		"scopes_supported":                               idScopes,
		"response_types_supported":                       []string{"code"},
		"response_modes_supported":                       []string{"query"},
		"grant_types_supported":                          []string{"authorization_code"},
		"subject_types_supported":                        []string{"public"},
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
