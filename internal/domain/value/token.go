package value

import (
	"crypto/rand"
	"crypto/sha256"
)

// Token is a text that only its holder knows: a session cookie, a state, the link of an
// invitation. "" is none. Like a Secret it is never printed.
type Token string

// NewToken draws 52 letters and digits, 256 bits: FranceConnect and ProConnect ask for at
// least 32 characters of state and nonce.
func NewToken() Token { return Token(rand.Text() + rand.Text()) }

// Hash is what the database knows of a token.
func (t Token) Hash() [32]byte { return sha256.Sum256([]byte(t)) }

// Reveal returns the text itself. Call it where the token leaves for its one use.
func (t Token) Reveal() string { return string(t) }

// String hides the token.
func (Token) String() string { return stars }

// GoString hides the token from %#v.
func (Token) GoString() string { return stars }

// MarshalText hides the token from JSON and from slog.
func (Token) MarshalText() ([]byte, error) { return []byte(stars), nil }
