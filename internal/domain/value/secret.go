package value

// Secret is a text that must never be printed: a client secret, a token, a key. Every
// way of formatting it, JSON and slog included, gives three stars.
type Secret string

const stars = "***"

// Reveal returns the text itself. Call it where the secret leaves for its one use.
func (s Secret) Reveal() string { return string(s) }

// String hides the secret.
func (Secret) String() string { return stars }

// GoString hides the secret from %#v.
func (Secret) GoString() string { return stars }

// MarshalText hides the secret from JSON and from slog.
func (Secret) MarshalText() ([]byte, error) { return []byte(stars), nil }
