package oidctest

import (
	"net/http"
	"net/url"
	"time"

	"github.com/go-jose/go-jose/v4"

	"portail-qf/internal/sim/control"
)

// The relying party of the bench, and what it sends.
const (
	ClientID     = "portail"
	ClientSecret = "secret du portail, assez long pour HS256"
	Callback     = "http://127.0.0.1:1/retour"
	Goodbye      = "http://127.0.0.1:1/deconnexion"
	State        = "etat0123456789etat0123456789etat"
	Nonce        = "nonce0123456789nonce0123456789ab"
)

// Server is a simulator.
type Server interface {
	http.Handler
	Inject(control.Fault)
	RotateKeys()
}

// Provider is what a test has to know of a simulator.
type Provider struct {
	// New builds it, with the relying party above registered under both Callback and
	// Callback?deja=1.
	New   func(issuer string, now func() time.Time) Server
	Empty func(issuer string) http.Handler // without client nor person

	Name      string     // in the banner of every page
	FirstPage string     // words of the page that opens an authorisation
	Request   url.Values // a right authorisation request, but for what is the relying party's

	Key        string // of a person offered who may sign in
	Claim      string // one that Request lets the relying party learn of that person
	ClaimValue string

	Alg, OtherAlg jose.SignatureAlgorithm // of the relying party; of the provider's other key
	Type          string                  // typ of its tokens; "": none
}

// Parameters are those of a right authorisation request, changed by pairs of name and value;
// the value "-" leaves the parameter out.
func (p Provider) Parameters(changes ...string) url.Values {
	values := url.Values{
		"client_id": {ClientID}, "redirect_uri": {Callback}, "response_type": {"code"}, "state": {State}, "nonce": {Nonce},
	}
	for name := range p.Request {
		values.Set(name, p.Request.Get(name))
	}
	return changed(values, changes)
}

// ExchangeForm is a right form of /token, changed by pairs.
func ExchangeForm(code string, changes ...string) url.Values {
	return changed(url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {Callback},
		"client_id": {ClientID}, "client_secret": {ClientSecret},
	}, changes)
}

func changed(values url.Values, changes []string) url.Values {
	for i := 0; i < len(changes); i += 2 {
		if changes[i+1] == "-" {
			values.Del(changes[i])
		} else {
			values.Set(changes[i], changes[i+1])
		}
	}
	return values
}

// signIn is the order that signs the person in, with this "mutate".
func (p Provider) signIn(mutate string) string {
	return `{"key":"` + p.Key + `","mutate":{` + mutate + `}}`
}
