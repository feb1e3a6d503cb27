package hubee

import (
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

// fetchToken asks HubEE for a token: a form, and HTTP Basic (reference/hubee.md §1).
func (c *connection) fetchToken(ctx context.Context) (token value.Secret, life time.Duration, err error) {
	defer c.observed("token", c.config.Now(), &err)
	ctx, cancel := context.WithTimeout(ctx, c.config.Timeout)
	defer cancel()
	form := url.Values{"grant_type": {"client_credentials"}, "scope": {c.config.Scope}}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.config.TokenURL, strings.NewReader(form.Encode()))
	if err != nil {
		return "", 0, unavailable(fmt.Errorf("prepare token request: %w", err))
	}
	request.SetBasicAuth(c.config.ClientID, c.config.ClientSecret.Reveal())
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	reply, err := c.send(request)
	if err != nil {
		return "", 0, fmt.Errorf("fetch token: %w", err)
	}

	var granted struct {
		AccessToken string      `json:"access_token"`
		ExpiresIn   looseNumber `json:"expires_in"` // seconds
		Error       string      `json:"error"`
	}
	decoded := reply.decode(&granted)
	if reply.status != http.StatusOK {
		// The identity server may change and its description may quote the client: only
		// the status and the name of the error are kept.
		if !oauthError.MatchString(granted.Error) {
			granted.Error = "unnamed"
		}
		return "", 0, unavailable(fmt.Errorf("fetch token: status %d, error %s", reply.status, granted.Error))
	}
	if decoded != nil {
		return "", 0, fmt.Errorf("fetch token: %w", decoded)
	}
	if granted.AccessToken == "" {
		return "", 0, fmt.Errorf("fetch token: %w", reply.unusable("holds no access_token"))
	}
	return value.Secret(granted.AccessToken), tokenLife(granted.ExpiresIn), nil
}

func tokenLife(seconds looseNumber) time.Duration {
	if seconds <= 0 {
		return defaultTokenLife
	}
	return time.Duration(min(seconds, looseNumber(maxTokenLife/time.Second))) * time.Second
}
