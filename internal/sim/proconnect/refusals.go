package proconnect

import "portail-qf/internal/sim/oidc"

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
