package proconnect

import (
	"net/http"

	"portail-qf/internal/sim/oidc"
)

// The codes of the pages by which ProConnect refuses without redirect (§2.6).
const (
	badParameters  = "Y000400"
	unknownClient  = "invalid_client"
	badRedirectURI = "Y030031"
	badLogoutURI   = "Y030111"
	notPublic      = "Y500015"
)

// The errors of redirect. The descriptions of the first two are in the contract; the others
// are those of the server library or this simulator's own.
var (
	errLevel     = oidc.ByRedirect("access_denied", "requested ACRs could not be satisfied")
	errAborted   = oidc.ByRedirect("access_denied", "User auth aborted")
	errFailed    = oidc.ByRedirect("server_error", "authentication aborted due to a technical error on the authorization server")
	errNoSession = oidc.ByRedirect("login_required", "End-User authentication is required")
	errIdPHint   = oidc.ByRedirect("idp_hint_not_found", "provided idp_hint could not be found")
)

// The errors of /token and /userinfo are terse: they do not say why (§2.6, §4.2.6).
var (
	errClient = oidc.JSONRefusal{Status: http.StatusUnauthorized, Code: "invalid_client", Description: "client authentication failed"}
	errGrant  = oidc.JSONRefusal{Status: http.StatusBadRequest, Code: "invalid_grant", Description: "grant request is invalid"}
	errToken  = oidc.JSONRefusal{Status: http.StatusUnauthorized, Code: "invalid_token", Description: "invalid token provided"}
)

func invalidRequest(why string) oidc.JSONRefusal {
	return oidc.JSONRefusal{Status: http.StatusBadRequest, Code: "invalid_request", Description: why}
}
