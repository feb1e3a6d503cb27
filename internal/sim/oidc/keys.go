package oidc

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"

	"github.com/go-jose/go-jose/v4"
)

// KeyPair holds one key per algorithm, under the key ids of the real ones (§4.2.1).
type KeyPair map[jose.SignatureAlgorithm]jose.JSONWebKey

// DrawKeys draws a pair, ES256 and RS256. crypto/rand never fails, hence the panics.
func DrawKeys() KeyPair {
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic("oidc: draw EC key: " + err.Error())
	}
	rs, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic("oidc: draw RSA key: " + err.Error())
	}
	return KeyPair{
		jose.ES256: {Key: ec, KeyID: "pkcs11:ES256:hsm", Algorithm: "ES256", Use: "sig"},
		jose.RS256: {Key: rs, KeyID: "pkcs11:RS256:hsm", Algorithm: "RS256", Use: "sig"},
	}
}

// Keyring holds the keys that sign, those that signed before, and those of nobody.
type Keyring struct {
	mu      sync.RWMutex
	current KeyPair
	retired []KeyPair
	rogue   func() KeyPair // drawn when first needed
}

// NewKeyring makes a ring that signs with a pair until it is rotated.
func NewKeyring(first KeyPair) *Keyring {
	return &Keyring{current: first, rogue: sync.OnceValue(DrawKeys)}
}

// Rotate replaces the signing keys; the key ids stay, as they do at the real ones.
func (k *Keyring) Rotate() {
	fresh := DrawKeys()
	k.mu.Lock()
	defer k.mu.Unlock()
	k.retired = append(k.retired, k.current)
	k.current = fresh
}

func (k *Keyring) signing() KeyPair {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.current
}

// Sign returns the compact JWS of the payload. An empty typ leaves the header out.
func (k *Keyring) Sign(alg jose.SignatureAlgorithm, typ jose.ContentType, payload any) (string, error) {
	return sign(k.signing()[alg], typ, payload)
}

// verify returns the payload of a JWS that this ring signed, lately or long ago.
func (k *Keyring) verify(compact string) ([]byte, error) {
	signed, err := jose.ParseSignedCompact(compact, []jose.SignatureAlgorithm{jose.ES256, jose.RS256})
	if err != nil {
		return nil, fmt.Errorf("parse token: %w", err)
	}
	k.mu.RLock()
	pairs := append([]KeyPair{k.current}, k.retired...)
	k.mu.RUnlock()
	alg := jose.SignatureAlgorithm(signed.Signatures[0].Header.Algorithm)
	for _, pair := range pairs {
		key := pair[alg]
		if payload, err := signed.Verify(key.Public()); err == nil {
			return payload, nil
		}
	}
	return nil, fmt.Errorf("verify token: signed by another")
}

// Audience tells whom an id_token of this ring was for. Its expiry does not matter.
func (k *Keyring) Audience(idToken string) (clientID string, err error) {
	payload, err := k.verify(idToken)
	if err != nil {
		return "", err
	}
	var claims struct {
		Audience string `json:"aud"`
	}
	if err := json.Unmarshal(payload, &claims); err != nil {
		return "", fmt.Errorf("read audience: %w", err)
	}
	return claims.Audience, nil
}

// Publish answers /jwks.
func (k *Keyring) Publish(w http.ResponseWriter, _ *http.Request) {
	keys := k.signing()
	set := jose.JSONWebKeySet{}
	for _, alg := range []jose.SignatureAlgorithm{jose.ES256, jose.RS256} {
		key := keys[alg]
		set.Keys = append(set.Keys, key.Public())
	}
	w.Header().Set("Content-Type", "application/jwk-set+json; charset=utf-8")
	w.Header().Set("Cache-Control", "public, max-age=600")
	_ = json.NewEncoder(w).Encode(set)
}

func sign(key jose.JSONWebKey, typ jose.ContentType, payload any) (string, error) {
	content, err := json.Marshal(payload)
	if err != nil {
		return "", fmt.Errorf("encode claims: %w", err)
	}
	options := &jose.SignerOptions{}
	if typ != "" {
		options = options.WithType(typ)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.SignatureAlgorithm(key.Algorithm), Key: key}, options)
	if err != nil {
		return "", fmt.Errorf("build signer: %w", err)
	}
	signed, err := signer.Sign(content)
	if err != nil {
		return "", fmt.Errorf("sign claims: %w", err)
	}
	return signed.CompactSerialize()
}
