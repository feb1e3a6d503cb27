package value

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

// Reference identifies a dossier for the citizen, the town, its software and HubEE:
// 12 random characters and a check character, of an alphabet without look-alikes
// (PRODUCT.md §4). It never changes once shown.
type Reference string

// ErrReference says that a text is not a dossier reference.
var ErrReference = errors.New("not a dossier reference")

const (
	referenceAlphabet = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
	referenceLength   = 13
	// The alphabet has a prime number of characters, so a weighted sum modulo that
	// number notices any one wrong character and any two neighbours swapped.
	referenceModulus = len(referenceAlphabet)
)

// NewReference draws a reference from random (crypto/rand.Reader): 12 characters of 31,
// that is 59 bits.
func NewReference(random io.Reader) (Reference, error) {
	drawn := make([]byte, 0, referenceLength)
	var octet [1]byte
	for len(drawn) < referenceLength-1 {
		if _, err := io.ReadFull(random, octet[:]); err != nil {
			return "", fmt.Errorf("draw a reference: %w", err)
		}
		// 248 is the largest multiple of 31 in a byte; what lies above would favour
		// the first characters.
		if octet[0] < 248 {
			drawn = append(drawn, referenceAlphabet[int(octet[0])%referenceModulus])
		}
	}
	return Reference(append(drawn, checkCharacter(drawn))), nil
}

// ParseReference reads a reference as a person types it: in any case, with or without
// spaces, dashes and dots.
func ParseReference(text string) (Reference, error) {
	if len(text) > 64 {
		return "", ErrReference
	}
	compact := make([]byte, 0, referenceLength)
	for _, r := range strings.ToUpper(text) {
		switch {
		case r == ' ' || r == '-' || r == '.' || r == '_' || r == '\u00a0' || r == '\u202f' || r == '\u2011' || r == '\u2013':
			continue
		case r > 127 || strings.IndexByte(referenceAlphabet, byte(r)) < 0 || len(compact) == referenceLength:
			return "", ErrReference
		}
		compact = append(compact, byte(r))
	}
	if len(compact) != referenceLength || checkCharacter(compact[:referenceLength-1]) != compact[referenceLength-1] {
		return "", ErrReference
	}
	return Reference(compact), nil
}

// String returns the 13 characters, as HubEE and the database know them.
func (r Reference) String() string { return string(r) }

// Display groups the reference for reading aloud: ABCD-EFGH-JKLM7.
func (r Reference) Display() string {
	if len(r) != referenceLength {
		return string(r)
	}
	return string(r[0:4]) + "-" + string(r[4:8]) + "-" + string(r[8:])
}

func checkCharacter(drawn []byte) byte {
	sum := 0
	for i, c := range drawn {
		sum += (i + 1) * strings.IndexByte(referenceAlphabet, c)
	}
	return referenceAlphabet[sum%referenceModulus]
}
