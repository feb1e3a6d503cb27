package value

import (
	"fmt"
	"hash/crc32"
	"io"
	"strings"
)

// Base62 are the characters of what we draw: a double click selects the whole of it.
const Base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

const (
	// DrawnSecret is how many characters of base 62 hold 256 bits.
	DrawnSecret = 43
	// CheckLength is the length of what Checksum gives.
	CheckLength = 6
)

// Draw draws characters of base 62 from random (crypto/rand.Reader).
func Draw(random io.Reader, count int) (string, error) {
	drawn := make([]byte, 0, count)
	var octet [1]byte
	for len(drawn) < count {
		if _, err := io.ReadFull(random, octet[:]); err != nil {
			return "", fmt.Errorf("draw characters: %w", err)
		}
		// 248 is the largest multiple of 62 in a byte; what lies above would favour the first
		// characters.
		if octet[0] < 248 {
			drawn = append(drawn, Base62[int(octet[0])%len(Base62)])
		}
	}
	return string(drawn), nil
}

// Drawn tells whether a text has only characters that Draw draws.
func Drawn(text string) bool { return strings.Trim(text, Base62) == "" }

// Checksum is the CRC-32 of a text, in base 62: at its end, it tells a slip without asking the
// database.
func Checksum(text string) string {
	sum := crc32.ChecksumIEEE([]byte(text))
	var written [CheckLength]byte
	for i := len(written) - 1; i >= 0; i-- {
		written[i] = Base62[sum%uint32(len(Base62))]
		sum /= uint32(len(Base62))
	}
	return string(written[:])
}
