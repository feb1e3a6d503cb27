package oidc_test

import (
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"portail-qf/internal/partner/oidc"
)

// clock is a time that tests move.
type clock struct{ seconds atomic.Int64 }

func (c *clock) now() time.Time { return instant.Add(time.Duration(c.seconds.Load()) * time.Second) }

func (c *clock) use(config *oidc.Config) { config.Now = c.now }

func signIn(t *testing.T, p *provider, client *oidc.Client) error {
	t.Helper()
	_, err := client.Authenticate(t.Context(), p.answer(), oidc.Attempt{Nonce: nonce})
	return err
}

// "on a verification failure retry with fresh keys before showing an error"
// (reference/identity.md §1.4).
func TestARenewedKeyIsFetchedOnce(t *testing.T) {
	p := startProvider(t)
	client := p.client()
	for range 2 {
		if err := signIn(t, p, client); err != nil {
			t.Fatal(err)
		}
	}
	if n := p.requests("/jwks"); n != 1 {
		t.Errorf("two sign-ins fetched the keys %d times, want 1", n)
	}
	for rotations, keyID := range []string{"another", "another"} {
		p.rotate(keyID)
		if err := signIn(t, p, client); err != nil {
			t.Fatal(err)
		}
		if n := p.requests("/jwks"); n != rotations+2 {
			t.Errorf("after %d rotations the keys were fetched %d times", rotations+1, n)
		}
	}
}

// A key of ours that the provider has withdrawn is believed for max-age at most: 10 min.
func TestAWithdrawnKeyIsForgotten(t *testing.T) {
	p := startProvider(t)
	var wall clock
	client := p.client(wall.use)
	if err := signIn(t, p, client); err != nil {
		t.Fatal(err)
	}
	stolen, keyID := p.ec, p.ecKeyID
	p.rotate("another")
	forge := func(claims map[string]any) string {
		claims["exp"] = wall.now().Add(time.Minute).Unix()
		return sign(t, "ES256", stolen, keyID, claims)
	}
	p.writeIDToken, p.writeUserInfo = forge, forge
	wall.seconds.Store(601)
	assertReason(t, signIn(t, p, client), oidc.Refused)
}

func TestWithoutUsableKeysTheProviderIsUnavailable(t *testing.T) {
	for name, body := range map[string]string{
		"not JSON":       "<h1>maintenance</h1>",
		"no key":         `{"keys":[]}`,
		"symmetric key":  `{"keys":[{"kty":"oct","k":"c2VjcmV0","kid":"pkcs11:ES256:hsm"}]}`,
		"unknown kind":   `{"keys":[{"kty":"new","kid":"pkcs11:ES256:hsm"}]}`,
		"more than 1 MB": `{"keys":[],"x":"` + strings.Repeat("x", 1<<20) + `"}`,
	} {
		t.Run(name, func(t *testing.T) {
			p := startProvider(t)
			p.instead["/jwks"] = func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(body)) }
			assertReason(t, signIn(t, p, p.client()), oidc.Unavailable)
		})
	}
}

func TestAvailabilityIsRemembered30SecondsAndItsAbsence10(t *testing.T) {
	p := startProvider(t)
	var wall clock
	client := p.client(wall.use)
	steps := []struct {
		at     int64
		down   bool
		want   bool
		probes int
	}{
		{0, false, true, 1},
		{29, true, true, 1},
		{30, true, false, 2},
		{39, false, false, 2},
		{40, false, true, 3},
	}
	for _, step := range steps {
		wall.seconds.Store(step.at)
		p.mu.Lock()
		delete(p.instead, "/jwks")
		if step.down {
			p.instead["/jwks"] = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }
		}
		p.mu.Unlock()
		if got := client.Available(t.Context()); got != step.want {
			t.Errorf("second %d: got %t, want %t", step.at, got, step.want)
		}
		if n := p.requests("/jwks"); n != step.probes {
			t.Errorf("second %d: %d probes, want %d", step.at, n, step.probes)
		}
	}
}

func TestOneProbeServesAllThoseWhoAsk(t *testing.T) {
	p := startProvider(t)
	p.instead["/jwks"] = func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(50 * time.Millisecond)
		p.serveKeys(w)
	}
	client := p.client()
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			if !client.Available(t.Context()) {
				t.Error("the provider answers, yet is said to be down")
			}
		})
	}
	group.Wait()
	if n := p.requests("/jwks"); n != 1 {
		t.Errorf("%d probes, want 1", n)
	}
}

func TestNobodyWaitsForAProbeMoreThan2Seconds(t *testing.T) {
	p := startProvider(t)
	p.instead["/jwks"] = func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	start := time.Now()
	if p.client().Available(t.Context()) {
		t.Error("a silent provider is said to be available")
	}
	if waited := time.Since(start); waited > 3*time.Second {
		t.Errorf("waited %s", waited)
	}
}
