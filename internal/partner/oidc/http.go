package oidc

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

// A person waits behind each of these calls (reference/identity.md §3.3, pitfall 1).
const (
	connectTimeout = 2 * time.Second
	callTimeout    = 5 * time.Second
	bodyLimit      = 1 << 20 // bytes
)

var (
	errBodyTooLong = errors.New("answer longer than 1 MiB")
	errTransport   = errors.New("connection failed")
)

// restrain copies a client, or makes one, so that it follows no redirection, which would
// carry a secret elsewhere, keeps no cookie and never waits longer than callTimeout.
func restrain(given *http.Client) *http.Client {
	var client http.Client
	if given != nil {
		client = *given
	} else {
		client.Transport = &http.Transport{
			Proxy:                 http.ProxyFromEnvironment,
			DialContext:           (&net.Dialer{Timeout: connectTimeout}).DialContext,
			TLSHandshakeTimeout:   connectTimeout,
			ForceAttemptHTTP2:     true,
			MaxIdleConnsPerHost:   16,
			IdleConnTimeout:       90 * time.Second,
			ExpectContinueTimeout: time.Second,
		}
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	client.Jar = nil
	if client.Timeout <= 0 || client.Timeout > callTimeout {
		client.Timeout = callTimeout
	}
	return &client
}

// readBody reads an answer of at most bodyLimit bytes, or fails with errBodyTooLong or
// the error of the connection.
func readBody(body io.Reader) ([]byte, error) {
	read, err := io.ReadAll(io.LimitReader(body, bodyLimit+1))
	if err != nil {
		return nil, fmt.Errorf("read answer: %w", causeOf(err))
	}
	if len(read) > bodyLimit {
		return nil, errBodyTooLong
	}
	return read, nil
}

// causeOf keeps what an operator needs of a failed exchange. The text of net/http is not
// repeated, for it may quote what came through the wire.
func causeOf(err error) error {
	var (
		network     *net.OpError
		certificate *tls.CertificateVerificationError
		timeout     net.Error
	)
	switch {
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
