package outward

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

const (
	connectTimeout = 2 * time.Second // users-reliability-security.md B.2.6
	tlsTimeout     = 5 * time.Second
	idleTimeout    = 90 * time.Second
	// idlePerHost is how many connections wait for the next call: about as many as calls go
	// on at once, or each would open a new one.
	idlePerHost = 32
)

// ErrTooLong says that an answer is longer than its reader allows.
var ErrTooLong = errors.New("answer longer than allowed")

var errTransport = errors.New("connection failed")

// Client copies a client, or makes one when given is nil, so that it keeps no cookie and
// follows no redirection, which would carry a secret or a person elsewhere. Deadlines are
// the caller's, by context.
func Client(given *http.Client) *http.Client {
	client := http.Client{Transport: &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: connectTimeout}).DialContext,
		TLSHandshakeTimeout: tlsTimeout,
		ForceAttemptHTTP2:   true,
		MaxIdleConnsPerHost: idlePerHost,
		IdleConnTimeout:     idleTimeout,
	}}
	if given != nil {
		client = *given
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	client.Jar = nil
	return &client
}

// Read reads an answer of at most limit octets. It fails with ErrTooLong or with the Cause
// of a cut connection.
func Read(body io.Reader, limit int64) ([]byte, error) {
	read, err := io.ReadAll(io.LimitReader(body, limit+1))
	if err != nil {
		return nil, fmt.Errorf("read answer: %w", Cause(err))
	}
	if int64(len(read)) > limit {
		return nil, ErrTooLong
	}
	return read, nil
}

// Cause keeps what an operator needs of a call without an answer. The text of net/http is
// not repeated, for it may quote what came through the wire.
func Cause(err error) error {
	var (
		network     *net.OpError
		certificate *tls.CertificateVerificationError
		timeout     net.Error
	)
	switch {
	case errors.Is(err, ErrTooLong):
		return ErrTooLong
	case errors.Is(err, context.Canceled):
		return context.Canceled
	case errors.As(err, &network):
		return network
	case errors.As(err, &certificate):
		return certificate
	case errors.As(err, &timeout) && timeout.Timeout():
		return context.DeadlineExceeded
	default:
		return errTransport
	}
}
