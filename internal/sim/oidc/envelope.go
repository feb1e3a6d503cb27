package oidc

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/go-jose/go-jose/v4"
)

// Recipient is the client for whom claims are sealed, and how the real provider does it.
type Recipient struct {
	Alg    jose.SignatureAlgorithm
	Secret string           // keys the falsified HS256
	Type   jose.ContentType // header typ; "": none
}

// envelope says how falsified claims are wrapped; its zero value is the right way.
type envelope struct {
	plain bool   // as plain JSON, unsigned
	alg   string // "", none, HS256, RS256, ES256
	rogue bool
}

// falsify replaces or removes the claims named in members, which is a part of an order's
// "mutate", and returns the envelope that it asks for.
func falsify(claims map[string]any, members map[string]json.RawMessage) (envelope, error) {
	changes, wrapping, err := readEnvelope(members)
	if err != nil {
		return wrapping, fmt.Errorf("read order: %w", err)
	}
	for name, value := range changes {
		if string(value) == "null" {
			delete(claims, name)
		} else {
			claims[name] = value
		}
	}
	return wrapping, nil
}

// readEnvelope parts the members of a falsification into the claims to change and the
// envelope to use.
func readEnvelope(members map[string]json.RawMessage) (claims map[string]json.RawMessage, e envelope, err error) {
	claims = make(map[string]json.RawMessage, len(members))
	for name, value := range members {
		if name == "alg" { // no claim bears this name: whoever writes it means the header
			name = "_alg"
		}
		var text string
		switch name {
		case "_alg", "_key", "_format":
			if err := json.Unmarshal(value, &text); err != nil {
				return nil, e, fmt.Errorf("%s must be a text", name)
			}
		}
		switch {
		case name == "_alg" && (text == "none" || text == "HS256" || text == "RS256" || text == "ES256"):
			e.alg = text
		case name == "_key" && text == "rogue":
			e.rogue = true
		case name == "_format" && text == "json":
			e.plain = true
		case name == "_alg" || name == "_key" || name == "_format":
			return nil, e, fmt.Errorf("%s cannot be %q", name, text)
		default:
			claims[name] = value
		}
	}
	return claims, e, nil
}

// SealIDToken falsifies the claims as ordered, then signs them for the recipient or does
// what the order says instead.
func (k *Keyring) SealIDToken(to Recipient, claims map[string]any, falsified Falsification) (string, error) {
	wrapping, err := falsify(claims, falsified.IDToken)
	if err != nil {
		return "", err
	}
	return k.seal(to, claims, wrapping)
}

// AnswerUserInfo answers the claims, falsified as ordered, as a JWS of the recipient's
// algorithm or as the order says.
func (k *Keyring) AnswerUserInfo(w http.ResponseWriter, to Recipient, claims map[string]any, falsified Falsification) {
	wrapping, err := falsify(claims, falsified.UserInfo)
	if err != nil {
		RefuseJSON(w, err)
		return
	}
	if wrapping.plain {
		WriteJSON(w, http.StatusOK, claims)
		return
	}
	signed, err := k.seal(to, claims, wrapping)
	if err != nil {
		RefuseJSON(w, err)
		return
	}
	w.Header().Set("Content-Type", "application/jwt; charset=utf-8")
	_, _ = w.Write([]byte(signed))
}

// seal wraps claims for the recipient: a JWS of its algorithm, or what the envelope says.
func (k *Keyring) seal(to Recipient, claims map[string]any, e envelope) (string, error) {
	switch e.alg {
	case "none":
		return forge(claims, to.header("none"), nil)
	case "HS256":
		return forge(claims, to.header("HS256"), []byte(to.Secret))
	}
	alg := to.Alg
	if e.alg != "" {
		alg = jose.SignatureAlgorithm(e.alg)
	}
	keys := k.signing()
	if e.rogue {
		keys = k.rogue()
	}
	return sign(keys[alg], to.Type, claims)
}

func (r Recipient) header(alg string) map[string]string {
	header := map[string]string{"alg": alg}
	if r.Type != "" {
		header["typ"] = string(r.Type)
	}
	return header
}

// forge builds by hand the tokens that a sound library refuses to build. Without key, the
// signature is empty.
func forge(claims map[string]any, header map[string]string, key []byte) (string, error) {
	head, err := json.Marshal(header)
	if err != nil {
		return "", fmt.Errorf("encode header: %w", err)
	}
	body, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("encode claims: %w", err)
	}
	encode := base64.RawURLEncoding.EncodeToString
	signed := encode(head) + "." + encode(body)
	if key == nil {
		return signed + ".", nil
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(signed))
	return signed + "." + encode(mac.Sum(nil)), nil
}
