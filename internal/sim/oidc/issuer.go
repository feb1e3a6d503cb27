package oidc

import (
	"net/http"
	"net/url"
	"strings"
)

// Issuer is the address by which a provider names itself, and below which it stands.
type Issuer struct {
	URL  string
	base string // its path
}

// NewIssuer reads the address. One that is not an absolute URL is a mistake of the program:
// it panics.
func NewIssuer(address string) Issuer {
	parsed, err := url.Parse(address)
	if err != nil || parsed.Host == "" {
		panic("oidc: the issuer must be an absolute URL")
	}
	return Issuer{address, strings.TrimSuffix(parsed.Path, "/")}
}

// Path is that of a page or an endpoint.
func (i Issuer) Path(below string) string { return i.base + below }

// Routes serves handlers by method and path below the issuer, as "GET /jwks".
func (i Issuer) Routes(handlers map[string]http.HandlerFunc) *http.ServeMux {
	mux := http.NewServeMux()
	for pattern, handler := range handlers {
		method, path, _ := strings.Cut(pattern, " ")
		mux.HandleFunc(method+" "+i.Path(path), handler)
	}
	return mux
}

// Metadata are the members of the discovery document that both providers publish alike,
// their common trap included: HS256 is announced although it is refused.
func (i Issuer) Metadata() map[string]any {
	algorithms := []string{"HS256", "ES256", "RS256"}
	return map[string]any{
		"issuer":                                         i.URL,
		"authorization_endpoint":                         i.URL + "/authorize",
		"token_endpoint":                                 i.URL + "/token",
		"userinfo_endpoint":                              i.URL + "/userinfo",
		"jwks_uri":                                       i.URL + "/jwks",
		"end_session_endpoint":                           i.URL + "/session/end",
		"response_types_supported":                       []string{"code"},
		"grant_types_supported":                          []string{"authorization_code"},
		"claim_types_supported":                          []string{"normal"},
		"code_challenge_methods_supported":               []string{"S256"},
		"claims_parameter_supported":                     true,
		"request_parameter_supported":                    false,
		"request_uri_parameter_supported":                false,
		"authorization_response_iss_parameter_supported": true,
		"token_endpoint_auth_methods_supported":          []string{"client_secret_post"},
		"id_token_signing_alg_values_supported":          algorithms,
		"userinfo_signing_alg_values_supported":          algorithms,
	}
}
