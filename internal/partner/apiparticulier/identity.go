package apiparticulier

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"portail-qf/internal/domain/inquiry"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/partner/outward"
)

// The routes by which an administration asks about a person whom it names.
const (
	routeV2 = "/api/v2/composition-familiale-v2"
	routeV3 = "/v3/dss/quotient_familial/identite"
)

const (
	// identityTimeout leaves API Particulier the time to say itself that CNAV did not answer
	// within its own 20 seconds.
	identityTimeout = 22 * time.Second
	// openAfter failures in a row, callers are told at once for openFor.
	openAfter = 5
	openFor   = 5 * time.Second
)

// Identity implements inquiry.Source: it asks in the name of towns, by our own token. It is
// safe for concurrent use.
type Identity struct {
	base    string
	token   value.Secret
	http    *http.Client
	observe func(outcome string, waited time.Duration)
	timeout time.Duration
	breaker outward.Breaker
}

var _ inquiry.Source = (*Identity)(nil)

// NewIdentity makes a client without contacting API Particulier. Observe is told "ok",
// "passed" for a refusal that is repeated, "left", or a code of inquiry.Unanswered.
func NewIdentity(config Config, token value.Secret) *Identity {
	client := &Identity{
		base: strings.TrimSuffix(config.BaseURL, "/"), token: token, http: outward.Client(config.HTTP), observe: config.Observe,
		timeout: identityTimeout, breaker: outward.Breaker{Failures: openAfter, Pause: openFor, Now: time.Now},
	}
	if client.observe == nil {
		client.observe = func(string, time.Duration) {}
	}
	return client
}

// Ask asks once: whoever called may call again.
func (i *Identity) Ask(ctx context.Context, question inquiry.Question) (inquiry.Answer, error) {
	start := time.Now()
	answer, err := i.ask(ctx, question)
	i.observe(outcomeOf(err), time.Since(start))
	return answer, err
}

func outcomeOf(err error) string {
	var (
		passed     *inquiry.Passed
		unanswered *inquiry.Unanswered
	)
	switch {
	case err == nil:
		return "ok"
	case errors.As(err, &passed):
		return "passed"
	case errors.As(err, &unanswered):
		return string(unanswered.Code)
	}
	return "left"
}

var errNotTried = errors.New("did not answer lately, not tried")

func (i *Identity) ask(caller context.Context, question inquiry.Question) (inquiry.Answer, error) {
	end, ok := i.breaker.Begin()
	if !ok {
		return inquiry.Answer{}, &inquiry.Unanswered{Code: inquiry.CodeDown, Cause: errNotTried}
	}
	how := outward.Silent // of a panic too
	defer func() { end(how) }()
	ctx, cancel := context.WithTimeout(caller, i.timeout)
	defer cancel()
	status, body, err := i.get(ctx, question)
	switch {
	case err != nil && errors.Is(caller.Err(), context.Canceled):
		how = outward.Left
		return inquiry.Answer{}, fmt.Errorf("ask API Particulier: %w", context.Canceled)
	case errors.Is(err, outward.ErrTooLong):
		how = outward.Answered
		return inquiry.Answer{}, &inquiry.Unanswered{Code: inquiry.CodeUnknown, Cause: err}
	case err != nil:
		return inquiry.Answer{}, unheard(err)
	}
	answer, bare, err := readIdentity(question.Version, status, body)
	if !bare {
		how = outward.Answered
	}
	return answer, err
}

// get makes one call. Its errors are transport errors of net/http, or outward.ErrTooLong.
func (i *Identity) get(ctx context.Context, question inquiry.Question) (int, []byte, error) {
	query := url.Values{"recipient": {question.Recipient.String()}}
	for _, field := range question.Fields {
		query.Add(field.Name, field.Text)
	}
	path := routeV3
	if question.Version == inquiry.V2 {
		path = routeV2
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, i.base+path+"?"+query.Encode(), nil)
	if err != nil {
		return 0, nil, fmt.Errorf("build request: %w", outward.Cause(err))
	}
	request.Header.Set("Accept", "application/json")
	request.Header.Set("Cache-Control", "no-cache") // so that the fund's own trace names each recipient
	if question.Version == inquiry.V2 {
		request.Header.Set("X-Api-Key", i.token.Reveal())
	} else {
		request.Header.Set("Authorization", "Bearer "+i.token.Reveal())
	}
	response, err := i.http.Do(request)
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

// unheard sorts a call without an answer (§7.4). The error of a name that is not resolved
// would tell it, and that of net/http the whole address, which names the person.
func unheard(err error) error {
	var (
		resolution *net.DNSError
		timeout    net.Error
	)
	code := inquiry.CodeNetwork
	switch {
	case errors.As(err, &resolution):
		code = inquiry.CodeResolution
	case errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout():
		code = inquiry.CodeSlow
	}
	return &inquiry.Unanswered{Code: code, Cause: outward.Cause(err)}
}
