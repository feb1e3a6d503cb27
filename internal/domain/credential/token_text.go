package credential

import (
	"fmt"
	"hash/crc32"
	"io"
	"strings"

	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/value"
)

// TokenPrefix begins the text of every token: whoever finds one knows what it is, and a
// scanner of leaks too.
type TokenPrefix string

// The prefixes (SETTLED.md, names).
const (
	LivePrefix TokenPrefix = "apip_live_"
	TestPrefix TokenPrefix = "apip_test_" // opens invented families alone
)

// The parts that follow the prefix, in characters of base 62.
const (
	publicLength = 12
	secretLength = 43 // 256 bits
	checkLength  = 6  // CRC-32
	textLength   = len(LivePrefix) + publicLength + secretLength + checkLength
)

const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// TokenText is the text of a token of ours: prefix, public id, secret, checksum. A slip is
// noticed without asking the database.
type TokenText struct {
	Prefix   TokenPrefix
	PublicID string       // names the token in lists: with the prefix, nobody can use it
	Secret   value.Secret // what is kept as a keyed hash
}

// DrawToken draws a text from random (crypto/rand.Reader).
func DrawToken(random io.Reader, prefix TokenPrefix) (TokenText, error) {
	drawn := make([]byte, 0, publicLength+secretLength)
	var octet [1]byte
	for len(drawn) < cap(drawn) {
		if _, err := io.ReadFull(random, octet[:]); err != nil {
			return TokenText{}, fmt.Errorf("draw a token: %w", err)
		}
		// 248 is the largest multiple of 62 in a byte; what lies above would favour the first
		// characters.
		if octet[0] < 248 {
			drawn = append(drawn, base62[int(octet[0])%len(base62)])
		}
	}
	return TokenText{Prefix: prefix, PublicID: string(drawn[:publicLength]), Secret: value.Secret(drawn[publicLength:])}, nil
}

// Reveal is the whole text, for its one use.
func (t TokenText) Reveal() value.Secret {
	text := string(t.Prefix) + t.PublicID + t.Secret.Reveal()
	return value.Secret(text + checksum(text))
}

// ParseTokenText reads a text exactly as it was drawn. Code: token.malformed (Invalid), for
// one that is cut, mistyped or of another system.
func ParseTokenText(text value.Secret) (TokenText, error) {
	written := text.Reveal()
	prefix := TokenPrefix(written[:min(len(LivePrefix), len(written))])
	if len(written) != textLength || prefix != LivePrefix && prefix != TestPrefix {
		return TokenText{}, fault.New(fault.Invalid, "token.malformed")
	}
	body, check := written[:textLength-checkLength], written[textLength-checkLength:]
	if strings.Trim(body[len(prefix):], base62) != "" || checksum(body) != check {
		return TokenText{}, fault.New(fault.Invalid, "token.malformed")
	}
	body = body[len(prefix):]
	return TokenText{Prefix: prefix, PublicID: body[:publicLength], Secret: value.Secret(body[publicLength:])}, nil
}

// checksum is the CRC-32 of all that comes before it.
func checksum(text string) string {
	sum := crc32.ChecksumIEEE([]byte(text))
	var written [checkLength]byte
	for i := len(written) - 1; i >= 0; i-- {
		written[i] = base62[sum%uint32(len(base62))]
		sum /= uint32(len(base62))
	}
	return string(written[:])
}
