package credential

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"strings"

	"portail-qf/internal/domain/value"
)

// ForeignKey verifies the tokens that the existing system signed: JWT, HS256, with the one key
// that was imported (api-particulier.md §2.1). It believes nothing else that such a text says
// than who it is: what it opens and until when is in our row, so that a token that was
// prolonged is the same text still.
type ForeignKey struct{ Key value.Secret }

var _ ForeignReader = ForeignKey{}

// foreignVersion is what the existing system writes in each of its tokens.
const foreignVersion = "1.0"

// ID implements ForeignReader.
func (k ForeignKey) ID(text value.Secret) (id string, ok bool) {
	signed, signature, found := cutLast(text.Reveal())
	if !found || k.Key == "" || len(text) > maxShown {
		return "", false
	}
	header, claims, found := strings.Cut(signed, ".")
	if !found || !isHS256(header) || !k.signed(signed, signature) {
		return "", false
	}
	return foreignID(claims)
}

// cutLast cuts a text at its last dot.
func cutLast(text string) (before, after string, found bool) {
	at := strings.LastIndexByte(text, '.')
	if at < 0 {
		return "", "", false
	}
	return text[:at], text[at+1:], true
}

// signed tells whether the key made a signature. The text itself is not looked into before,
// its header apart.
func (k ForeignKey) signed(text, signature string) bool {
	shown, ok := decoded(signature)
	if !ok {
		return false
	}
	made := hmac.New(sha256.New, []byte(k.Key.Reveal()))
	made.Write([]byte(text))
	return hmac.Equal(shown, made.Sum(nil))
}

// isHS256 refuses every other algorithm, "none" first, and whatever a reader would have to
// understand that we do not (RFC 7515, "crit").
func isHS256(part string) bool {
	header, ok := members(part)
	if !ok {
		return false
	}
	_, hasCritical := header["crit"]
	algorithm, ok := textOf(header, "alg")
	return ok && algorithm == "HS256" && !hasCritical
}

// foreignID reads the identifier of a token whose signature holds. Its date of expiry is not
// looked at: our row decides.
func foreignID(part string) (string, bool) {
	claims, ok := members(part)
	if !ok {
		return "", false
	}
	id, ok := textOf(claims, "jti")
	version, versioned := textOf(claims, "version")
	if !ok || !versioned || version != foreignVersion || !value.IsUUID(id) {
		return "", false
	}
	if _, given := claims["uid"]; given {
		if uid, ok := textOf(claims, "uid"); !ok || uid != id {
			return "", false
		}
	}
	return id, true
}

// decoded reads base64url as RFC 7515 writes it: one text has one writing, without padding,
// line feeds or loose bits.
func decoded(part string) ([]byte, bool) {
	if part == "" || strings.ContainsAny(part, "\r\n") { // which the library skips
		return nil, false
	}
	octets, err := base64.RawURLEncoding.Strict().DecodeString(part)
	return octets, err == nil
}

// members reads the object of a part of a token. One that names a member twice may be read in
// two ways: it is none.
func members(part string) (map[string]json.RawMessage, bool) {
	octets, ok := decoded(part)
	if !ok {
		return nil, false
	}
	decoder := json.NewDecoder(bytes.NewReader(octets))
	if first, err := decoder.Token(); err != nil || first != json.Delim('{') {
		return nil, false
	}
	read := map[string]json.RawMessage{}
	for decoder.More() {
		key, err := decoder.Token()
		name, isName := key.(string)
		if err != nil || !isName {
			return nil, false
		}
		var told json.RawMessage
		if _, twice := read[name]; twice || decoder.Decode(&told) != nil {
			return nil, false
		}
		read[name] = told
	}
	if _, err := decoder.Token(); err != nil { // the brace that ends it
		return nil, false
	}
	_, err := decoder.Token()
	return read, errors.Is(err, io.EOF)
}

// textOf reads a member that is a text.
func textOf(of map[string]json.RawMessage, name string) (string, bool) {
	told, given := of[name]
	if !given || len(told) == 0 || told[0] != '"' {
		return "", false
	}
	var text string
	return text, json.Unmarshal(told, &text) == nil
}
