package oidc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"golang.org/x/sync/singleflight"

	"portail-qf/internal/partner/outward"
)

// keysLife is how long the provider's keys are believed without asking again: the
// max-age of FranceConnect's (reference/identity.md §1.4). A withdrawn key dies with it.
const keysLife = 10 * time.Minute

const stepKeys = "fetch keys"

// keyRing holds the public keys of a provider for one algorithm.
type keyRing struct {
	url       string
	algorithm string
	http      *http.Client
	now       func() time.Time

	flight singleflight.Group
	mu     sync.Mutex
	keys   []jose.JSONWebKey
	at     time.Time // of the last fetch
}

// verify gives the payload of a compact JWS signed by one of the provider's keys. When
// the known ones do not fit it asks for fresh ones before it refuses, as FranceConnect
// wants (reference/identity.md §1.4): keys are renewed without notice. Its errors are of
// type *Error: Unavailable without keys, Refused otherwise.
func (r *keyRing) verify(ctx context.Context, compact string) ([]byte, error) {
	const step = "verify signature"
	signed, err := jose.ParseSignedCompact(compact, []jose.SignatureAlgorithm{jose.SignatureAlgorithm(r.algorithm)})
	if err != nil {
		return nil, refused(step, "not a compact JWS")
	}
	if payload, ok := open(signed, r.known()); ok {
		return payload, nil
	}
	keys, err := r.renew(ctx)
	if err != nil {
		return nil, err
	}
	if payload, ok := open(signed, keys); ok {
		return payload, nil
	}
	return nil, refused(step, "no key of the provider fits")
}

// open tries the keys that bear the signature's key id, or all of them if it has none.
func open(signed *jose.JSONWebSignature, keys []jose.JSONWebKey) ([]byte, bool) {
	id := signed.Signatures[0].Header.KeyID
	for _, key := range keys {
		if id != "" && key.KeyID != id {
			continue
		}
		if payload, err := signed.Verify(&key); err == nil {
			return payload, true
		}
	}
	return nil, false
}

// known returns the keys in memory, none when they are too old.
func (r *keyRing) known() []jose.JSONWebKey {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.now().Sub(r.at) > keysLife {
		return nil
	}
	return r.keys
}

// renew fetches the keys, once for all those who ask at the same time.
func (r *keyRing) renew(ctx context.Context) ([]jose.JSONWebKey, error) {
	fetched := r.flight.DoChan("", func() (any, error) {
		// The one who asked first may leave; the others still wait.
		keys, err := r.fetch(context.WithoutCancel(ctx))
		if err != nil {
			return nil, unavailable(stepKeys, err)
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.keys, r.at = keys, r.now()
		return keys, nil
	})
	select {
	case <-ctx.Done():
		return nil, unavailable(stepKeys, ctx.Err())
	case result := <-fetched:
		if result.Err != nil {
			return nil, result.Err
		}
		return result.Val.([]jose.JSONWebKey), nil
	}
}

// fetch reads the key set. Keys that are private, symmetric, of a kind that the library
// does not know, made for encryption or for another algorithm are left aside.
func (r *keyRing) fetch(ctx context.Context) ([]jose.JSONWebKey, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, r.url, nil)
	if err != nil {
		return nil, errors.New("the address of the keys is not a URL")
	}
	request.Header.Set("Accept", "application/jwk-set+json, application/json")
	response, err := r.http.Do(request)
	if err != nil {
		return nil, outward.Cause(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("status %d", response.StatusCode)
	}
	body, err := outward.Read(response.Body, bodyLimit)
	if err != nil {
		return nil, err
	}
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if json.Unmarshal(body, &set) != nil {
		return nil, errors.New("not a key set")
	}
	var usable []jose.JSONWebKey
	for _, raw := range set.Keys {
		var key jose.JSONWebKey
		if key.UnmarshalJSON(raw) == nil && key.Valid() && key.IsPublic() &&
			(key.Use == "" || key.Use == "sig") &&
			(key.Algorithm == "" || key.Algorithm == r.algorithm) {
			usable = append(usable, key)
		}
	}
	if len(usable) == 0 {
		return nil, errors.New("no key for " + r.algorithm)
	}
	return usable, nil
}
