package apiparticulier

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"portail-qf/internal/domain/dossier"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/partner/outward"
)

const (
	route = "/v3/dss/quotient_familial/france_connect"

	// totalTimeout covers the second call too. API Particulier itself gives CNAV up to
	// 20 seconds (reference/api-particulier.md §7.4, 35002).
	totalTimeout = 20 * time.Second
	// conflictPause is the wait before asking again when API Particulier says that the
	// same question is already being answered.
	conflictPause = time.Second
	bodyLimit     = 1 << 20 // bytes
)

// Config says where API Particulier is.
type Config struct {
	BaseURL string       // such as https://particulier.api.gouv.fr
	HTTP    *http.Client // nil: a client of the package; redirections are refused either way
	// Observe, when set, is told the outcome of each question, "ok" or a code of
	// dossier.QuotientSource, and how long the citizen waited.
	Observe func(outcome string, waited time.Duration)
}

// Client implements dossier.QuotientSource. It is safe for concurrent use.
type Client struct {
	address string
	http    *http.Client
	observe func(outcome string, waited time.Duration)
}

var _ dossier.QuotientSource = (*Client)(nil)

// New makes a client without contacting API Particulier.
func New(config Config) *Client {
	client := &Client{
		address: strings.TrimSuffix(config.BaseURL, "/") + route,
		http:    outward.Client(config.HTTP),
		observe: config.Observe,
	}
	if client.observe == nil {
		client.observe = func(string, time.Duration) {}
	}
	return client
}

// Quotient asks once, and once more if the same question is already being answered. The
// codes of its errors are those of dossier.QuotientSource.
func (c *Client) Quotient(ctx context.Context, accessToken value.Secret, recipient value.Siret) (dossier.Quotient, error) {
	start := time.Now()
	ctx, cancel := context.WithTimeout(ctx, totalTimeout)
	defer cancel()
	quotient, err := c.ask(ctx, accessToken, recipient)
	outcome := "ok"
	if err != nil {
		outcome = fault.CodeOf(err)
	}
	c.observe(outcome, time.Since(start))
	return quotient, err
}

func (c *Client) ask(ctx context.Context, accessToken value.Secret, recipient value.Siret) (dossier.Quotient, error) {
	status, body, err := c.get(ctx, accessToken, recipient)
	if err == nil && status == http.StatusConflict && pause(ctx, conflictPause) {
		status, body, err = c.get(ctx, accessToken, recipient)
	}
	switch {
	case err != nil:
		return dossier.Quotient{}, unreached(err)
	case status != http.StatusOK:
		return dossier.Quotient{}, answered(status, body)
	}
	return readQuotient(body)
}

// pause waits, or returns false at once when ctx would end before.
func pause(ctx context.Context, wait time.Duration) bool {
	if deadline, limited := ctx.Deadline(); limited && time.Until(deadline) <= wait {
		return false
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// get makes one call. Its errors are transport errors of net/http, or outward.ErrTooLong.
func (c *Client) get(ctx context.Context, accessToken value.Secret, recipient value.Siret) (int, []byte, error) {
	address := c.address + "?" + url.Values{"recipient": {recipient.String()}}.Encode()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return 0, nil, fmt.Errorf("build request: %w", err)
	}
	request.Header.Set("Accept", "application/json")
	request.Header.Set("Authorization", "Bearer "+accessToken.Reveal())
	response, err := c.http.Do(request)
	if err != nil {
		return 0, nil, fmt.Errorf("call: %w", err)
	}
	defer response.Body.Close()
	body, err := outward.Read(response.Body, bodyLimit)
	if err != nil {
		return 0, nil, err
	}
	return response.StatusCode, body, nil
}
