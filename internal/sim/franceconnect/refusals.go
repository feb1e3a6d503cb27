package franceconnect

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
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

// refuse answers an error of /token, /userinfo or /checktoken: verbose, with an error_uri.
func refuse(w http.ResponseWriter, err error) {
	var refusal oidc.JSONRefusal
	if errors.As(err, &refusal) {
		if refusal.Why != "" {
			refusal.Description += " (" + refusal.Why + ")"
		}
		refusal.URI = "https://docs.partenaires.franceconnect.gouv.fr/?code=" + errorCode(refusal.Code, refusal.Description)
		err = refusal
	}
	oidc.RefuseJSON(w, err)
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
