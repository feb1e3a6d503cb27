package sirene

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/partner/outward"
)

const (
	route     = "/api-sirene/3.11/siret/"
	keyHeader = "X-INSEE-Api-Key-Integration"

	totalTimeout = 10 * time.Second
	bodyLimit    = 1 << 20 // bytes
)

// Config says where the register is and how it knows us.
type Config struct {
	BaseURL string // such as https://api.insee.fr
	Key     value.Secret
	// Pause is the rest after each answer, for who asks in bulk: 2 seconds keep below INSEE's
	// 30 calls a minute. 0: questions go at once, none waits for another, for who asks while
	// a person waits.
	Pause time.Duration
	HTTP  *http.Client // nil: a client of the package; redirections are refused either way
}

// Client implements directory.Registry. It is safe for concurrent use.
type Client struct {
	address string
	key     value.Secret
	pause   time.Duration
	http    *http.Client
	// turn holds the time from which the next question may be asked; it is empty while one
	// is being asked. A client without a pause does not use it.
	turn chan time.Time
}

var _ directory.Registry = (*Client)(nil)

// New makes a client without contacting the register.
func New(config Config) *Client {
	client := &Client{
		address: strings.TrimSuffix(config.BaseURL, "/") + route,
		key:     config.Key,
		pause:   config.Pause,
		http:    outward.Client(config.HTTP),
		turn:    make(chan time.Time, 1),
	}
	client.turn <- time.Time{}
	return client
}

// Find asks once, when its turn comes. The codes of its errors are those of
// directory.Registry.
func (c *Client) Find(ctx context.Context, siret value.Siret) (directory.Establishment, error) {
	if c.pause == 0 {
		return c.ask(ctx, siret)
	}
	select {
	case <-ctx.Done():
		return directory.Establishment{}, unavailable(ctx.Err())
	case from := <-c.turn:
		defer func() { c.turn <- from }()
		if err := wait(ctx, time.Until(from)); err != nil {
			return directory.Establishment{}, unavailable(err)
		}
		found, err := c.ask(ctx, siret)
		from = time.Now().Add(c.pause)
		return found, err
	}
}

func (c *Client) ask(ctx context.Context, siret value.Siret) (directory.Establishment, error) {
	status, body, err := c.get(ctx, siret)
	if err != nil {
		return directory.Establishment{}, unavailable(outward.Cause(err))
	}
	return read(status, body, siret)
}

// wait rests, or fails when ctx ends before.
func wait(ctx context.Context, rest time.Duration) error {
	timer := time.NewTimer(rest)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// get makes the call. Its errors are transport errors of net/http, or outward.ErrTooLong.
func (c *Client) get(ctx context.Context, siret value.Siret) (int, []byte, error) {
	ctx, cancel := context.WithTimeout(ctx, totalTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.address+siret.String(), nil)
	if err != nil {
		return 0, nil, fmt.Errorf("build request: %w", err)
	}
	request.Header.Set("Accept", "application/json")
	request.Header.Set(keyHeader, c.key.Reveal())
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
