package api

import (
	"context"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/machine"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/web"
)

// Door lets the programs of editors in. machine.Door is one.
type Door interface {
	Recognise(ctx context.Context, shown machine.Shown) (machine.Client, error)
	Issue(ctx context.Context, shown machine.Shown, scopes string) (machine.Grant, error)
}

// OAuth gives access tokens to the programs of editors (RFC 6749, client credentials).
type OAuth struct {
	Door Door
	// Address is from where a request comes (web.Router).
	Address func(c *gin.Context) netip.Addr
}

// maxOAuth is many times what a request takes, in bytes.
const maxOAuth = 16 << 10

// clientPrograms show their credentials in the header or in the body: the handler reads them.
var clientPrograms = web.Machine{Credential: web.InBody, MaxBody: maxOAuth}

// Mount registers the address of PRODUCT.md §5.
func (o *OAuth) Mount(r *web.Router) {
	r.HandleMachine(http.MethodPost, "/oauth/token", clientPrograms, o.token)
}

// The errors of RFC 6749 §5.2, and one for whoever asks too often.
const (
	invalidRequest   = "invalid_request"
	invalidClient    = "invalid_client"
	invalidScope     = "invalid_scope"
	unsupportedGrant = "unsupported_grant_type"
	slowDown         = "slow_down"
)

// refuseOAuth tells a program what is wrong. why is for whoever writes it.
func refuseOAuth(c *gin.Context, status int, code, why string) error {
	c.JSON(status, struct {
		Error string `json:"error"`
		Why   string `json:"error_description"`
	}{code, why})
	return nil
}

// token gives an access token.
func (o *OAuth) token(c *gin.Context, body []byte) error {
	asked, why := readOAuth(c.Request, body)
	switch {
	case why != "":
		return refuseOAuth(c, http.StatusBadRequest, invalidRequest, why)
	case asked.parameters.Get("grant_type") == "":
		return refuseOAuth(c, http.StatusBadRequest, invalidRequest, "grant_type is missing")
	case asked.parameters.Get("grant_type") != "client_credentials":
		return refuseOAuth(c, http.StatusBadRequest, unsupportedGrant, "grant_type must be client_credentials")
	}
	grant, err := o.Door.Issue(c.Request.Context(), asked.shown(o.Address(c)), asked.parameters.Get("scope"))
	if fault.Is(err, "api_client.scope_refused") {
		return refuseOAuth(c, http.StatusBadRequest, invalidScope, "this client has not every scope that it asks for")
	}
	if err != nil {
		return refuseClient(c, err)
	}
	c.Header("Pragma", "no-cache") // RFC 6749 §5.1; Cache-Control is on every answer
	c.JSON(http.StatusOK, struct {
		Token  string `json:"access_token"`
		Type   string `json:"token_type"`
		Life   int    `json:"expires_in"`
		Scopes string `json:"scope"`
	}{grant.Text.Reveal(), "Bearer", int(grant.Life.Seconds()), scopeText(grant.Scopes)})
	return nil
}

// refuseClient tells a program that it is not let in.
func refuseClient(c *gin.Context, err error) error {
	switch {
	case fault.Is(err, "api_client.refused"):
		c.Header("WWW-Authenticate", `Basic realm="portail", charset="UTF-8"`)
		return refuseOAuth(c, http.StatusUnauthorized, invalidClient, "unknown client, wrong secret, or an address from which it may not call")
	case fault.Is(err, "api_client.too_many_failures"):
		c.Header("Retry-After", "60")
		return refuseOAuth(c, http.StatusTooManyRequests, slowDown, "this client failed too often from this address; try again in a minute")
	case fault.Is(err, "api_client.too_many_grants"):
		c.Header("Retry-After", "60")
		return refuseOAuth(c, http.StatusTooManyRequests, slowDown, "this client asks for access tokens too often; keep one for the hour that it lasts, and try again in a minute")
	}
	return err
}

func scopeText(scopes []machine.Scope) string {
	names := make([]string, len(scopes))
	for i, scope := range scopes {
		names[i] = string(scope)
	}
	return strings.Join(names, " ")
}

// asking is a request to one of the two addresses.
type asking struct {
	parameters url.Values // each once
	id, secret string
	// rawSecret is the secret of a Basic header as it was sent: some programs do not encode it
	// as RFC 6749 §2.3.1 wants.
	rawSecret string
}

func (a asking) shown(from netip.Addr) machine.Shown {
	return machine.Shown{ID: a.id, Secret: value.Secret(a.secret), From: from}
}

// readOAuth reads a form and the credentials, which are in the header or in the form, and not
// in both. why says in a few words why it cannot be read; "" when it can. Without credentials
// both are "", which is nobody's.
func readOAuth(request *http.Request, body []byte) (a asking, why string) {
	kind, _, _ := strings.Cut(request.Header.Get("Content-Type"), ";")
	switch {
	case request.URL.RawQuery != "": // a secret in an address is written in every log
		return a, "parameters belong in the body, never in the address"
	case !strings.EqualFold(strings.TrimSpace(kind), "application/x-www-form-urlencoded"):
		return a, "the body must be application/x-www-form-urlencoded"
	}
	var err error
	if a.parameters, err = url.ParseQuery(string(body)); err != nil {
		return a, "the body is not well encoded"
	}
	for _, values := range a.parameters {
		if len(values) > 1 {
			return a, "a parameter is repeated"
		}
	}
	a.id, a.secret = a.parameters.Get("client_id"), a.parameters.Get("client_secret")
	headers := request.Header.Values("Authorization")
	switch {
	case len(headers) == 0:
		return a, ""
	case len(headers) > 1:
		return a, "there are two Authorization headers"
	case a.parameters.Has("client_secret"):
		return a, "the secret is both in the header and in the body"
	}
	return a.withHeader(request)
}

// withHeader takes the credentials of a Basic header, which must be those of the client_id of
// the body where there is one.
func (a asking) withHeader(request *http.Request) (asking, string) {
	stated := a.id
	a.id, a.secret = "", ""
	name, secret, isBasic := request.BasicAuth()
	if !isBasic {
		return a, ""
	}
	var errs [2]error
	a.rawSecret = secret
	a.id, errs[0] = url.QueryUnescape(name)
	a.secret, errs[1] = url.QueryUnescape(secret)
	if errs[0] != nil || errs[1] != nil {
		a.id, a.secret = name, secret
	}
	if stated != "" && stated != a.id {
		return a, "client_id is not the one of the header"
	}
	return a, ""
}
