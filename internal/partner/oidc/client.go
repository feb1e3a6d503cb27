package oidc

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"portail-qf/internal/domain/value"
)

// Config describes one registration of the portal at one provider.
type Config struct {
	Issuer       string // exactly as the provider writes it in iss
	ClientID     string
	ClientSecret value.Secret
	RedirectURL  string
	Scopes       []string
	// Algorithm is the one registered for the id_token and for userinfo, ES256 or RS256;
	// anything else the provider may sign with is refused.
	Algorithm string
	// Levels are the values of acr to accept; none: the caller judges them itself.
	Levels []string

	HTTP *http.Client     // nil: a client of the package; redirects and long waits are refused either way
	Now  func() time.Time // nil: time.Now; tokens live in real time (SETTLED.md, "Time")
}

// Client signs people in at one provider. It is safe for concurrent use.
type Client struct {
	// A pointer, for fmt prints a secret in an unexported field but not through a pointer.
	config *Config
	http   *http.Client
	keys   *keyRing
	health health
}

// New makes a client without contacting the provider.
func New(config Config) *Client {
	if config.Now == nil {
		config.Now = time.Now
	}
	client := &Client{config: &config, http: hasty(config.HTTP)}
	client.keys = &keyRing{
		url:       client.endpoint("/jwks"),
		algorithm: config.Algorithm,
		http:      client.http,
		now:       config.Now,
	}
	return client
}

// Attempt is what the portal keeps of one sign-in between the departure of the browser
// and its return, the state apart: the caller has found the attempt by it.
type Attempt struct {
	Nonce string
	// Verifier is PKCE's; "" for a provider that refuses PKCE, as FranceConnect does
	// (reference/identity.md §1.3).
	Verifier string
}

// AuthorizeURL is where the browser goes to sign in. It carries the five parameters of
// the code flow, the nonce, the challenge of a verifier, the extra ones and no other:
// FranceConnect answers a page of error to any parameter it does not list.
func (c *Client) AuthorizeURL(state string, attempt Attempt, extra map[string]string) string {
	options := []oauth2.AuthCodeOption{oauth2.SetAuthURLParam("nonce", attempt.Nonce)}
	if attempt.Verifier != "" {
		options = append(options, oauth2.S256ChallengeOption(attempt.Verifier))
	}
	for name, text := range extra {
		options = append(options, oauth2.SetAuthURLParam(name, text))
	}
	return c.oauth().AuthCodeURL(state, options...)
}

// LogoutURL is where the browser goes to end the provider's session and come back to
// returnURL, which must be registered (reference/identity.md §1.7 and §2.7). Without a
// token, lost with its key, it names the client instead: ProConnect takes either,
// FranceConnect takes neither an empty token nor its absence.
func (c *Client) LogoutURL(idToken value.Secret, returnURL, state string) string {
	query := url.Values{"post_logout_redirect_uri": {returnURL}, "state": {state}}
	if idToken != "" {
		query.Set("id_token_hint", idToken.Reveal())
	} else {
		query.Set("client_id", c.config.ClientID)
	}
	return c.endpoint("/session/end") + "?" + query.Encode()
}

// Origins lists the origins that form-action must allow: browsers apply it to the
// redirection that follows the form which starts or ends a session (SETTLED.md, "Web").
func (c *Client) Origins() []string {
	issuer, err := url.Parse(c.config.Issuer)
	if err != nil || issuer.Host == "" {
		return nil
	}
	return []string{issuer.Scheme + "://" + issuer.Host}
}

func (c *Client) endpoint(path string) string {
	return strings.TrimSuffix(c.config.Issuer, "/") + path
}

// oauth is built for each use, so that the secret in clear is never kept.
func (c *Client) oauth() *oauth2.Config {
	return &oauth2.Config{
		ClientID:     c.config.ClientID,
		ClientSecret: c.config.ClientSecret.Reveal(),
		Endpoint: oauth2.Endpoint{
			AuthURL:  c.endpoint("/authorize"),
			TokenURL: c.endpoint("/token"),
			// Left to guess, the library would burn a code of 30 seconds on Basic
			// authentication first (reference/identity.md §3.3).
			AuthStyle: oauth2.AuthStyleInParams,
		},
		RedirectURL: c.config.RedirectURL,
		Scopes:      c.config.Scopes,
	}
}
