package machine

import (
	"crypto/sha256"
	"io"
	"strings"

	"portail-qf/internal/domain/value"
)

// What begins the texts that we draw: whoever finds one knows what it is, and a scanner of
// leaks too.
const (
	idPrefix     = "qf_client_"
	secretPrefix = "qf_secret_"
	accessPrefix = "qf_acces_"
)

const idLength = 16 // characters after the prefix

// KnownID tells whether a text may be the id of a client. In an address or a request it is
// anything.
func KnownID(text string) bool {
	rest, found := strings.CutPrefix(text, idPrefix)
	return found && len(rest) == idLength && value.Drawn(rest)
}

func drawID(random io.Reader) (string, error) {
	drawn, err := value.Draw(random, idLength)
	return idPrefix + drawn, err
}

// draw gives a secret: prefix, 256 bits, checksum.
func draw(random io.Reader, prefix string) (value.Secret, error) {
	drawn, err := value.Draw(random, value.DrawnSecret)
	text := prefix + drawn
	return value.Secret(text + value.Checksum(text)), err
}

// wellFormed tells a text that was drawn from one that is cut, mistyped or something else.
func wellFormed(text value.Secret, prefix string) bool {
	written := text.Reveal()
	if len(written) != len(prefix)+value.DrawnSecret+value.CheckLength || !strings.HasPrefix(written, prefix) {
		return false
	}
	body, check := written[:len(written)-value.CheckLength], written[len(written)-value.CheckLength:]
	return value.Drawn(body[len(prefix):]) && value.Checksum(body) == check
}

// accessDigest is what is kept of an access token: it has 256 bits, no key is needed.
func accessDigest(text value.Secret) [32]byte { return sha256.Sum256([]byte(text.Reveal())) }
