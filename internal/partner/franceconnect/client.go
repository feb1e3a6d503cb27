package franceconnect

import (
	"context"
	"net/http"
	"time"

	"portail-qf/internal/domain/dossier"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/partner/oidc"
)

// level is the only one of FranceConnect v2: it requires acr_values and always answers
// this (reference/identity.md §1.3 and §1.4).
const level = "eidas1"

// Config is the registration of the portal at FranceConnect, made with the algorithm
// ES256, which FranceConnect recommends (reference/identity.md §1.2).
type Config struct {
	Issuer                string // such as https://oidc.franceconnect.gouv.fr/api/v2
	ClientID              string
	ClientSecret          value.Secret
	RedirectURL           string // compared exactly by FranceConnect
	PostLogoutRedirectURL string // compared exactly too

	HTTP *http.Client     // nil: package oidc's
	Now  func() time.Time // nil: time.Now
}

// Client implements dossier.IdentityProvider. It is safe for concurrent use.
type Client struct {
	provider  *oidc.Client
	returnURL string
}

var _ dossier.IdentityProvider = (*Client)(nil)

// New makes a client without contacting FranceConnect.
func New(config Config) *Client {
	return &Client{
		returnURL: config.PostLogoutRedirectURL,
		provider: oidc.New(oidc.Config{
			Issuer:       config.Issuer,
			ClientID:     config.ClientID,
			ClientSecret: config.ClientSecret,
			RedirectURL:  config.RedirectURL,
			// formulaire-qf.md §3.1: neither e-mail nor address is asked for.
			Scopes: []string{
				"openid", "identite_pivot",
				"cnaf_quotient_familial", "cnaf_allocataires", "cnaf_enfants",
			},
			Algorithm: "ES256",
			Levels:    []string{level},
			HTTP:      config.HTTP,
			Now:       config.Now,
		}),
	}
}

// AuthorizeURL carries what FranceConnect lists and nothing else: one more parameter,
// PKCE's included, gets an error page there (reference/identity.md §1.3).
func (c *Client) AuthorizeURL(state, nonce string) string {
	return c.provider.AuthorizeURL(state, oidc.Attempt{Nonce: nonce}, map[string]string{"acr_values": level})
}

// SignIn verifies the answer of FranceConnect and reads the civil status.
func (c *Client) SignIn(ctx context.Context, answer dossier.SignInAnswer, nonce string) (dossier.SignedIn, error) {
	verified, err := c.provider.Authenticate(ctx,
		oidc.Answer{Code: answer.Code, Issuer: answer.Issuer, Error: answer.Error},
		oidc.Attempt{Nonce: nonce})
	if err != nil {
		return dossier.SignedIn{}, oidc.Fault(err)
	}
	identity := readIdentity(verified.UserInfo)
	identity.Subject = verified.Subject
	return dossier.SignedIn{
		Identity:    identity,
		AccessToken: verified.AccessToken,
		IDToken:     verified.IDToken,
	}, nil
}

// LogoutURL ends the FranceConnect session and brings the browser back to the portal.
// FranceConnect requires the token and accepts it long after its expiry.
func (c *Client) LogoutURL(idToken value.Secret, state string) string {
	return c.provider.LogoutURL(idToken, c.returnURL, state)
}

// Available tells whether FranceConnect answered in the last 30 seconds, within 2 seconds.
func (c *Client) Available(ctx context.Context) bool { return c.provider.Available(ctx) }

// Origins lists the origins that the portal's form-action must allow.
func (c *Client) Origins() []string { return c.provider.Origins() }
