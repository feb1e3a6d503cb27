package franceconnect

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"

	"github.com/go-jose/go-jose/v4"
)

// envelope says how falsified claims are wrapped; its zero value is the right way.
type envelope struct {
	alg   string // "", none, HS256, RS256, ES256
	rogue bool
	plain bool
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

// falsify replaces or removes the members named in changes.
func falsify(claims map[string]any, changes map[string]json.RawMessage) {
	for name, value := range changes {
		if string(value) == "null" {
			delete(claims, name)
		} else {
			claims[name] = value
		}
	}
}

// seal wraps claims for the client: a JWS of its algorithm, or what the envelope says.
func (s *Server) seal(client Client, claims map[string]any, e envelope) (string, error) {
	switch e.alg {
	case "none":
		return forge(claims, map[string]string{"alg": "none"}, nil)
	case "HS256":
		return forge(claims, map[string]string{"alg": "HS256"}, []byte(client.Secret))
	}
	alg := client.Alg
	if e.alg != "" {
		alg = jose.SignatureAlgorithm(e.alg)
	}
	keys := s.keys.signing()
	if e.rogue {
		keys = s.keys.rogue()
	}
	return sign(keys[alg], "", claims)
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
