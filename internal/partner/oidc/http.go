package oidc

import (
	"net/http"
	"time"

	"portail-qf/internal/partner/outward"
)

// A person waits behind each of these calls (reference/identity.md §3.3, pitfall 1).
const (
	callTimeout = 5 * time.Second
	bodyLimit   = 1 << 20 // octets
)

// hasty is outward.Client for a client that never waits longer than callTimeout.
func hasty(given *http.Client) *http.Client {
	client := outward.Client(given)
	if client.Timeout <= 0 || client.Timeout > callTimeout {
		client.Timeout = callTimeout
	}
	return client
}
