package proconnect

import (
	"context"
	"net/http"
	"strings"
	"time"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/partner/oidc"
)

// DefaultScopes are what the portal reads of a person (reference/identity.md §2.4).
var DefaultScopes = []string{"openid", "given_name", "usual_name", "email", "siret", "idp_id", "organization_label"}

// Config is the registration of the portal at ProConnect.
type Config struct {
	Issuer                string // such as https://auth.agentconnect.gouv.fr/api/v2
	ClientID              string
	ClientSecret          value.Secret
	RedirectURL           string // compared exactly by ProConnect, trailing slash included
	PostLogoutRedirectURL string // compared exactly too
	// Scopes are DefaultScopes when nil. They are configured because a scope that the
	// registration does not grant refuses the whole sign-in (reference/identity.md §2.4).
	Scopes []string
	// Algorithm is the one registered for the id_token and for userinfo: RS256, which ""
	// means and ProConnect gives by default, or ES256.
	Algorithm string
	// PKCE sends a challenge. ProConnect's server takes it and its documentation does not
	// list it, hence the switch (reference/identity.md §2.2).
	PKCE bool

	HTTP *http.Client     // nil: package oidc's
	Now  func() time.Time // nil: time.Now; tokens live in real time
}

// Client implements account.IdentityProvider. It is safe for concurrent use.
type Client struct {
	provider  *oidc.Client
	issuer    string
	returnURL string
	pkce      bool
}

var _ account.IdentityProvider = (*Client)(nil)

// New makes a client without contacting ProConnect.
func New(config Config) *Client {
	if config.Scopes == nil {
		config.Scopes = DefaultScopes
	}
	if config.Algorithm == "" {
		config.Algorithm = "RS256"
	}
	return &Client{
		issuer:    config.Issuer,
		returnURL: config.PostLogoutRedirectURL,
		pkce:      config.PKCE,
		provider: oidc.New(oidc.Config{
			Issuer:       config.Issuer,
			ClientID:     config.ClientID,
			ClientSecret: config.ClientSecret,
			RedirectURL:  config.RedirectURL,
			Scopes:       config.Scopes,
			Algorithm:    config.Algorithm,
			HTTP:         config.HTTP,
			Now:          config.Now,
		}),
	}
}

// AuthorizeURL carries what ProConnect documents, the challenge apart, and nothing else. A
// hint that ProConnect would answer with a page of error is left out.
func (c *Client) AuthorizeURL(departure account.Departure) string {
	extra := map[string]string{"claims": proofs(departure.Strong)}
	if address, ok := readMail(departure.Mail); ok {
		extra["login_hint"] = address
	}
	if fourteenDigits(departure.Siret.String()) {
		extra["siret_hint"] = departure.Siret.String()
	}
	return c.provider.AuthorizeURL(departure.State, c.attempt(departure.Nonce, departure.Verifier), extra)
}

// SignIn verifies the answer of ProConnect and reads the person.
func (c *Client) SignIn(ctx context.Context, answer account.SignInAnswer, nonce, verifier string) (account.Person, error) {
	verified, err := c.provider.Authenticate(ctx,
		oidc.Answer{Code: answer.Code, Issuer: answer.Issuer, Error: answer.Error},
		c.attempt(nonce, verifier))
	if err != nil {
		return account.Person{}, oidc.Fault(err)
	}
	person, err := readPerson(verified)
	if err != nil {
		return account.Person{}, fault.Because(fault.Forbidden, "signin.refused", err)
	}
	person.Issuer = c.issuer
	return person, nil
}

// LogoutURL ends the ProConnect session, in every service of the browser, and brings the
// browser back to the portal. An expired token is accepted, and none is too.
func (c *Client) LogoutURL(idToken value.Secret, state string) string {
	return c.provider.LogoutURL(idToken, c.returnURL, state)
}

// Available tells whether ProConnect answered in the last 30 seconds, within 2 seconds.
func (c *Client) Available(ctx context.Context) bool { return c.provider.Available(ctx) }

// Origins lists the origins that the portal's form-action must allow.
func (c *Client) Origins() []string { return c.provider.Origins() }

// attempt forgets the verifier when no challenge is sent: ProConnect would refuse a code
// that comes with one.
func (c *Client) attempt(nonce, verifier string) oidc.Attempt {
	if !c.pkce {
		verifier = ""
	}
	return oidc.Attempt{Nonce: nonce, Verifier: verifier}
}

// proofs is the parameter claims. Without it the id_token has neither acr nor amr; an
// essential acr makes ProConnect demand a second factor (reference/identity.md §2.2 and
// §2.5). The older parameter acr_values is never sent: mixed with an essential acr, its
// effect is not specified.
func proofs(strong bool) string {
	acr := "null"
	if strong {
		acr = `{"essential":true,"values":["` + strings.Join(account.StrongLevels[:], `","`) + `"]}`
	}
	return `{"id_token":{"acr":` + acr + `,"amr":null}}`
}
