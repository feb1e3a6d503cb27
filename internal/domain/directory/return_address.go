package directory

import (
	"errors"
	"net/netip"
	"net/url"
	"path"
	"strings"
)

// maxReturnURL is how long a return address may be: what browsers and servers carry.
const maxReturnURL = 2000

// ReturnAddress is a place to which an editor or a town lets citizens be sent back: a
// host and a path prefix by whole segments, any query (PRODUCT.md 3.6).
type ReturnAddress struct {
	host string // with the port when it is not 443
	path string // clean, without the final slash; "" for the whole host
}

// ErrReturnAddress says that a text is not an address to declare.
var ErrReturnAddress = errors.New("not an https address of a named host")

// ParseReturnAddress reads a declared address, such as https://portail.example.fr/retour.
func ParseReturnAddress(declared string) (ReturnAddress, error) {
	u, ok := parseReturn(declared)
	if !ok || u.RawQuery != "" {
		return ReturnAddress{}, ErrReturnAddress
	}
	return ReturnAddress{host: u.Host, path: strings.TrimSuffix(u.Path, "/")}, nil
}

// String gives the address as it was declared.
func (a ReturnAddress) String() string { return "https://" + a.host + a.path }

// Return is an address that may be shown to the citizen as a link.
type Return struct {
	URL  string // written again by us from its parts
	Host string // what the citizen reads
}

// AllowedReturn checks the redirect_uri of a link against the declared addresses. It is
// never fetched and never followed by us; one that is not allowed gives no link.
func AllowedReturn(requested string, declared []ReturnAddress) (Return, bool) {
	u, ok := parseReturn(requested)
	if !ok {
		return Return{}, false
	}
	for _, a := range declared {
		if u.Host == a.host && (a.path == "" || u.Path == a.path || strings.HasPrefix(u.Path, a.path+"/")) {
			return Return{URL: u.String(), Host: u.Host}, true
		}
	}
	return Return{}, false
}

// parseReturn accepts https addresses of a named ASCII host, without user, fragment or
// IP address, and removes dot segments as a browser would, so that what is compared is
// what will be visited.
func parseReturn(text string) (*url.URL, bool) {
	if text == "" || len(text) > maxReturnURL || strings.ContainsFunc(text, outsidePrintableASCII) || strings.Contains(text, `\`) {
		return nil, false
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" || u.Opaque != "" || u.User != nil || strings.Contains(text, "#") {
		return nil, false
	}
	host := strings.ToLower(u.Hostname())
	if !isNamedHost(host) {
		return nil, false
	}
	switch port := u.Port(); {
	case port == "" && strings.HasSuffix(u.Host, ":"):
		return nil, false
	case port != "" && port != "443":
		host += ":" + port
	}
	// An encoded slash or backslash means one thing to a server and another to its proxy.
	if escaped := strings.ToLower(u.EscapedPath()); strings.Contains(escaped, "%2f") || strings.Contains(escaped, "%5c") {
		return nil, false
	}
	return &url.URL{Scheme: "https", Host: host, Path: cleanPath(u.Path), RawQuery: u.RawQuery}, true
}

func outsidePrintableASCII(r rune) bool { return r <= ' ' || r > '~' }

// isNamedHost refuses IP addresses in every writing that browsers accept (a last label
// that starts with a digit covers 127.1, 0x7f.1 and 2130706433) and hosts of one label.
func isNamedHost(host string) bool {
	if _, err := netip.ParseAddr(host); err == nil {
		return false
	}
	labels := strings.Split(host, ".")
	if len(labels) < 2 || len(host) > 253 {
		return false
	}
	for _, label := range labels {
		if label == "" || len(label) > 63 || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || label[0] == '-' {
			return false
		}
	}
	last := labels[len(labels)-1]
	return last[0] < '0' || last[0] > '9'
}

func cleanPath(p string) string {
	if p == "" {
		return ""
	}
	clean := path.Clean("/" + p)
	if clean != "/" && strings.HasSuffix(p, "/") {
		clean += "/"
	}
	return clean
}
