package franceconnect

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"

	"portail-qf/internal/sim/oidc"
)

// The codes of the pages by which FranceConnect refuses without redirect (§1.6).
const (
	badParameters  = "Y030007"
	unknownClient  = "Y04EA6EF"
	badRedirectURI = "Y04C013C"
	amrNotAllowed  = "Y100009"
)

var (
	errAborted = oidc.ByRedirect("access_denied", "User auth aborted")
	errFailed  = oidc.ByRedirect("server_error", "authentication aborted due to a technical error on the authorization server")
)

func invalidClient(why error) oidc.JSONRefusal {
	return refusal(http.StatusUnauthorized, "invalid_client", "client authentication failed ("+why.Error()+")")
}

func invalidGrant(why string) oidc.JSONRefusal {
	return refusal(http.StatusBadRequest, "invalid_grant", "grant request is invalid ("+why+")")
}

func invalidRequest(why string) oidc.JSONRefusal {
	return refusal(http.StatusBadRequest, "invalid_request", why)
}

func invalidToken(why string) oidc.JSONRefusal {
	return refusal(http.StatusUnauthorized, "invalid_token", "invalid token provided ("+why+")")
}

// refusal is an error of /token, /userinfo or /checktoken: verbose, with an error_uri.
func refusal(status int, code, description string) oidc.JSONRefusal {
	return oidc.JSONRefusal{
		Status: status, Code: code, Description: description,
		URI: "https://docs.partenaires.franceconnect.gouv.fr/?code=" + errorCode(code, description),
	}
}

// errorCode is the Y code that error_uri carries. Only that of invalid_client is in the
// contract; the others are a digest of the error, as the real ones are.
func errorCode(code, description string) string {
	if code == "invalid_client" {
		return unknownClient
	}
	digest := sha256.Sum256([]byte(code + description))
	return "Y04" + strings.ToUpper(hex.EncodeToString(digest[:])[:5])
}
