package apiparticulier

import (
	"crypto/sha256"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// Token is an API Particulier token of an administration.
type Token struct {
	Value       string
	Name        string // the habilitation's title, shown by /api/introspect
	Siret       string // v2's recipient when the request names none
	Scopes      []string
	Expired     bool
	Blacklisted bool
	AllowedIPs  []netip.Prefix // empty: from anywhere
}

// id stands for the token where its value must not be shown.
func (t Token) id() string {
	sum := sha256.Sum256([]byte(t.Value))
	return fmt.Sprintf("%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}

// allows tells whether the token may be used from the other end of r's connection.
func (t Token) allows(r *http.Request) bool {
	if len(t.AllowedIPs) == 0 {
		return true
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return false
	}
	address, err := netip.ParseAddr(host)
	return err == nil && slices.ContainsFunc(t.AllowedIPs, func(p netip.Prefix) bool { return p.Contains(address.Unmap()) })
}

// bearer is the token of the Authorization header, empty without one.
func bearer(r *http.Request) string {
	scheme, value, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(value)
}

// credential is the API token of a request: Bearer, else X-Api-Key, else ?token= (§7.5).
func credential(r *http.Request) string {
	for _, value := range []string{bearer(r), r.Header.Get("X-Api-Key"), r.URL.Query().Get("token")} {
		if value != "" {
			return value
		}
	}
	return ""
}

// caller is whom a request is answered to.
type caller struct {
	credential string // what conflicts are told by
	scopes     []string
	siret      string  // the recipient by default, in v2
	citizen    *Params // the pivot identity of a FranceConnect token; nil with an API token
}

// administration is the caller of an API token, or why it is refused (§7.5, 1 to 6).
func (s *Server) administration(d dialect, header http.Header, r *http.Request) (caller, *problem) {
	value := credential(r)
	token, known := s.tokens[value]
	var refusal problem
	switch {
	case known && token.Blacklisted:
		refusal = blacklistedToken()
	case known && !token.allows(r):
		refusal = addressRefused()
	case known && !s.throttle.admit(header, d, value, s.now()):
		refusal = tooManyRequests()
	case !known:
		refusal = unknownToken()
	case token.Expired:
		refusal = expiredToken()
	default:
		return caller{credential: value, scopes: token.Scopes, siret: token.Siret}, nil
	}
	return caller{}, &refusal
}

// citizen is the caller of a FranceConnect token, or why it is refused.
func (s *Server) citizen(d dialect, header http.Header, r *http.Request) (caller, *problem) {
	value := bearer(r)
	if value == "" {
		refusal := unknownToken()
		return caller{}, &refusal
	}
	if !s.throttle.admit(header, d, value, s.now()) {
		refusal := tooManyRequests()
		return caller{}, &refusal
	}
	holder, refusal := s.introspect(r.Context(), value)
	if refusal != nil {
		return caller{}, refusal
	}
	return caller{credential: value, scopes: holder.scopes, citizen: &holder.identity}, nil
}

// either is v2's rule: a Bearer that is not an API token is FranceConnect's, and goes before
// an X-Api-Key.
func (s *Server) either(d dialect, header http.Header, r *http.Request) (caller, *problem) {
	value := bearer(r)
	if _, ours := s.tokens[value]; ours || value == "" {
		return s.administration(d, header, r)
	}
	return s.citizen(d, header, r)
}
