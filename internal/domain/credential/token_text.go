package credential

import (
	"fmt"
	"io"

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
	textLength   = len(LivePrefix) + publicLength + value.DrawnSecret + value.CheckLength
)

// TokenText is the text of a token of ours: prefix, public id, secret, checksum. A slip is
// noticed without asking the database.
type TokenText struct {
	Prefix   TokenPrefix
	PublicID string       // names the token in lists: with the prefix, nobody can use it
	Secret   value.Secret // what is kept as a keyed hash
}

// DrawToken draws a text from random (crypto/rand.Reader).
func DrawToken(random io.Reader, prefix TokenPrefix) (TokenText, error) {
	drawn, err := value.Draw(random, publicLength+value.DrawnSecret)
	if err != nil {
		return TokenText{}, fmt.Errorf("draw a token: %w", err)
	}
	return TokenText{Prefix: prefix, PublicID: drawn[:publicLength], Secret: value.Secret(drawn[publicLength:])}, nil
}

// Reveal is the whole text, for its one use.
func (t TokenText) Reveal() value.Secret {
	text := string(t.Prefix) + t.PublicID + t.Secret.Reveal()
	return value.Secret(text + value.Checksum(text))
}

// ParseTokenText reads a text exactly as it was drawn. Code: token.malformed (Invalid), for
// one that is cut, mistyped or of another system.
func ParseTokenText(text value.Secret) (TokenText, error) {
	written := text.Reveal()
	prefix := TokenPrefix(written[:min(len(LivePrefix), len(written))])
	if len(written) != textLength || prefix != LivePrefix && prefix != TestPrefix {
		return TokenText{}, fault.New(fault.Invalid, "token.malformed")
	}
	body, check := written[:textLength-value.CheckLength], written[textLength-value.CheckLength:]
	if !value.Drawn(body[len(prefix):]) || value.Checksum(body) != check {
		return TokenText{}, fault.New(fault.Invalid, "token.malformed")
	}
	body = body[len(prefix):]
	return TokenText{Prefix: prefix, PublicID: body[:publicLength], Secret: value.Secret(body[publicLength:])}, nil
}
