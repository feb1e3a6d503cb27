package proconnect

import (
	"net/http"

	"portail-qf/internal/sim/oidc"
)

// discovery publishes the metadata (§4.2.2). Unlike the real one, only the endpoints, grants
// and client authentication that this simulator accepts are announced.
func (s *Server) discovery(w http.ResponseWriter, _ *http.Request) {
	document := s.issuer.Metadata()
	document["acr_values_supported"] = levels
	document["claims_supported"] = claimsSupported()
	document["scopes_supported"] = idScopes
	document["response_modes_supported"] = []string{"query"}
	document["subject_types_supported"] = []string{"public"}
	oidc.WriteJSON(w, http.StatusOK, document)
}
