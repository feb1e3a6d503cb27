package hubee

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"portail-qf/internal/domain/value"
)

const (
	defaultTokenLife = time.Hour      // reference/hubee.md §1, when expires_in is absent
	maxTokenLife     = 24 * time.Hour // longer is not believed
	maxTokenMargin   = time.Minute    // a token is left before its end, by a tenth of its life at most
)

// oauthError is the shape of the error names of OAuth2; anything else is not repeated.
var oauthError = regexp.MustCompile(`^[a-z_]{1,40}$`)

// tokenCache shares one access token between concurrent calls.
type tokenCache struct {
	// turn holds one place: who takes it reads or renews the token, and the others wait
	// for the result no longer than their own deadline.
	turn  chan struct{}
	token value.Secret
	until time.Time
}

func newTokenCache() tokenCache { return tokenCache{turn: make(chan struct{}, 1)} }

type tokenFetcher func(context.Context) (token value.Secret, life time.Duration, err error)

// get returns the token, fetched if there is none, if it is about to end or if it is the
// one that HubEE has just refused. Of several callers refused together, the first one
// fetches and the others find the new token.
func (t *tokenCache) get(ctx context.Context, now func() time.Time, refused value.Secret, fetch tokenFetcher) (value.Secret, error) {
	select {
	case t.turn <- struct{}{}:
		defer func() { <-t.turn }()
	case <-ctx.Done():
		return "", unavailable(fmt.Errorf("wait for a token: %w", ctx.Err()))
	}
	if t.token == refused {
		t.token = ""
	}
	asked := now()
	if t.token != "" && asked.Before(t.until) {
		return t.token, nil
	}
	token, life, err := fetch(ctx)
	if err != nil {
		return "", err
	}
	t.token, t.until = token, asked.Add(life-min(life/10, maxTokenMargin))
	return token, nil
}

// fetchToken asks HubEE for a token of ours.
func (c *connection) fetchToken(ctx context.Context) (token value.Secret, life time.Duration, err error) {
	defer c.observed("token", c.config.Now(), &err)
	reply, granted, err := c.askToken(ctx, c.config.ClientID, c.config.ClientSecret)
	if err == nil {
		err = reply.grants(granted)
	}
	if err != nil {
		return "", 0, fmt.Errorf("fetch token: %w", err)
	}
	return value.Secret(granted.AccessToken), tokenLife(granted.ExpiresIn), nil
}

// tokenAnswer is what the token endpoint says, of a grant or of a refusal.
type tokenAnswer struct {
	AccessToken string      `json:"access_token"`
	ExpiresIn   looseNumber `json:"expires_in"` // seconds
	Error       string      `json:"error"`
	readable    bool
}

// askToken asks for a token: a form, and HTTP Basic (reference/hubee.md §1). The answer may be
// a refusal.
func (c *connection) askToken(ctx context.Context, id string, secret value.Secret) (answer, tokenAnswer, error) {
	ctx, cancel := context.WithTimeout(ctx, c.config.Timeout)
	defer cancel()
	form := url.Values{"grant_type": {"client_credentials"}, "scope": {c.config.Scope}}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.config.TokenURL, strings.NewReader(form.Encode()))
	if err != nil {
		return answer{}, tokenAnswer{}, unavailable(fmt.Errorf("prepare token request: %w", err))
	}
	request.SetBasicAuth(id, secret.Reveal())
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	reply, err := c.send(request)
	if err != nil {
		return answer{}, tokenAnswer{}, err
	}
	var said tokenAnswer
	said.readable = reply.decode(&said) == nil
	if !oauthError.MatchString(said.Error) {
		// The identity server may change and its description may quote the client: only the
		// status and the name of the error are kept.
		said.Error = ""
	}
	return reply, said, nil
}

// grants tells why an answer is no grant; nil for one that is.
func (a answer) grants(said tokenAnswer) error {
	switch {
	case a.status != http.StatusOK:
		return unavailable(fmt.Errorf("fetch token: status %d, error %s", a.status, cmp.Or(said.Error, "unnamed")))
	case !said.readable:
		return a.unusable("is not the JSON of the contract")
	case said.AccessToken == "":
		return a.unusable("holds no access_token")
	}
	return nil
}

func tokenLife(seconds looseNumber) time.Duration {
	if seconds <= 0 {
		return defaultTokenLife
	}
	return time.Duration(min(seconds, looseNumber(maxTokenLife/time.Second))) * time.Second
}
