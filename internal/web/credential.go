package web

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"strings"

	"portail-qf/internal/domain/value"
)

// Credential is how a program shows who it is, at each request: it has no session.
type Credential interface {
	// String names it, for the list of routes.
	String() string
	// open reads the headers: ok is false when they show nothing, so that the body need not
	// be read. vouches then tells whether they go with the body.
	open(headers http.Header) (vouches func(body []byte) bool, ok bool)
	// challenge adds to a refusal what the program must show.
	challenge(headers http.Header, status int)
}

// Anyone asks programs for nothing.
var Anyone Credential = anyone{}

// InBody lets a handler read the credentials, which may be in what was sent.
var InBody Credential = inBody{}

type inBody struct{ anyone }

func (inBody) String() string { return "machine: client credentials" }

type anyone struct{}

func (anyone) String() string { return Public.String() }

func (anyone) open(http.Header) (func([]byte) bool, bool) { return always, true }

func (anyone) challenge(http.Header, int) {}

func always([]byte) bool { return true }

// Shown is a credential that the handler itself reads and verifies, and refuses in its own
// dialect; name says which, for the list of routes.
func Shown(name string) Credential { return shown{name: name} }

type shown struct {
	anyone
	name string
}

func (s shown) String() string { return "machine: " + s.name }

// Bearer is a secret that a program shows with each request (RFC 6750). Without a secret,
// nobody is let in.
func Bearer(secret value.Secret) Credential { return bearer{secret} }

type bearer struct{ secret value.Secret }

func (bearer) String() string { return "machine: bearer" }

func (b bearer) open(headers http.Header) (func([]byte) bool, bool) {
	token, shown := bearerToken(headers)
	if !shown || b.secret == "" {
		return nil, false
	}
	return always, SameSecret(token, b.secret)
}

// SameSecret compares two secrets in a time that does not tell how they differ. They are
// hashed, so that it does not tell the length either.
func SameSecret(given, wanted value.Secret) bool {
	one, other := sha256.Sum256([]byte(given.Reveal())), sha256.Sum256([]byte(wanted.Reveal()))
	return subtle.ConstantTimeCompare(one[:], other[:]) == 1
}

func (bearer) challenge(headers http.Header, status int) {
	if status == http.StatusUnauthorized {
		headers.Set("WWW-Authenticate", "Bearer")
	}
}

// signatureHeader carries the signature of a body: "sha256=" and the HMAC-SHA256 in
// hexadecimal digits, of either case (formulaire-qf.md §3.5).
const signatureHeader = "X-Hub-Signature-256"

// SignedWith is a secret by which a program signs what it sends. Without a secret, nobody
// is let in.
func SignedWith(secret value.Secret) Credential { return signed{secret} }

type signed struct{ secret value.Secret }

func (signed) String() string { return "machine: signature" }

func (s signed) open(headers http.Header) (func([]byte) bool, bool) {
	given := headers.Values(signatureHeader)
	if len(given) != 1 || s.secret == "" { // of two signatures, which one was meant?
		return nil, false
	}
	digits, found := strings.CutPrefix(given[0], "sha256=")
	signature, err := hex.DecodeString(digits)
	if !found || err != nil || len(signature) != sha256.Size {
		return nil, false
	}
	return func(body []byte) bool {
		mac := hmac.New(sha256.New, []byte(s.secret.Reveal()))
		mac.Write(body)
		return hmac.Equal(mac.Sum(nil), signature)
	}, true
}

func (signed) challenge(http.Header, int) {}
