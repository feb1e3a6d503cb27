package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// ErrOpen says that a sealed text was altered, moved, or sealed by a key that has left
// the ring. It does not tell which.
var ErrOpen = errors.New("sealed text does not open")

const (
	keySize = 32 // AES-256
	// A sealed text starts with this octet, so that the format can change one day.
	formatVersion = 1
)

var keyName = regexp.MustCompile(`^[a-z0-9-]{1,32}$`)

// Ring is the set of keys. It never changes after Parse and is safe for concurrent use.
type Ring struct {
	current string
	keys    map[string]cipher.AEAD
	checks  map[string][]byte
}

// Parse reads the ring from its configured form: "name:base64key,name:base64key", the
// current key first, each of 32 bytes.
func Parse(configured string) (*Ring, error) {
	ring := &Ring{keys: map[string]cipher.AEAD{}, checks: map[string][]byte{}}
	for entry := range strings.SplitSeq(configured, ",") {
		name, key, err := parseKey(entry)
		if err != nil {
			return nil, err
		}
		if _, twice := ring.keys[name]; twice {
			return nil, fmt.Errorf("key %q is given twice", name)
		}
		aead, err := newAEAD(key)
		if err != nil {
			return nil, fmt.Errorf("use key %q: %w", name, err)
		}
		ring.keys[name], ring.checks[name] = aead, checkOf(key)
		if ring.current == "" {
			ring.current = name
		}
	}
	return ring, nil
}

// Knows tells whether a key is in the ring.
func (r *Ring) Knows(key string) bool {
	_, known := r.keys[key]
	return known
}

// Current is the name of the key that seals.
func (r *Ring) Current() string { return r.current }

// KeyOf names the key that sealed a text, whether it is in the ring or not. ok is false for what
// is no sealed text.
func KeyOf(sealed []byte) (name string, ok bool) {
	if len(sealed) < 2 || sealed[0] != formatVersion {
		return "", false
	}
	length := 2 + int(sealed[1])
	if len(sealed) < length || !keyName.Match(sealed[2:length]) {
		return "", false
	}
	return string(sealed[2:length]), true
}

func parseKey(entry string) (name string, key []byte, err error) {
	name, encoded, found := strings.Cut(strings.TrimSpace(entry), ":")
	if !found || !keyName.MatchString(name) {
		return "", nil, errKeyForm
	}
	key, err = base64.StdEncoding.DecodeString(encoded)
	if err != nil || len(key) != keySize {
		return "", nil, fmt.Errorf("key %q is not %d bytes in base64", name, keySize)
	}
	return name, key, nil
}

// NewKey draws a key in the form that Parse reads.
func NewKey(name string) string {
	return name + ":" + base64.StdEncoding.EncodeToString(random(keySize))
}

// Seal encrypts plain with the current key and binds it to place.
func (r *Ring) Seal(plain []byte, place string) []byte {
	header := append([]byte{formatVersion, byte(len(r.current))}, r.current...)
	return r.keys[r.current].Seal(header, nil, plain, associated(header, place))
}

// Open decrypts what Seal returned for the same place.
func (r *Ring) Open(sealed []byte, place string) ([]byte, error) {
	if len(sealed) < 2 || sealed[0] != formatVersion {
		return nil, ErrOpen
	}
	length := 2 + int(sealed[1])
	if len(sealed) < length {
		return nil, ErrOpen
	}
	header := sealed[:length]
	aead, known := r.keys[string(header[2:])]
	if !known {
		return nil, ErrOpen
	}
	plain, err := aead.Open(nil, nil, sealed[length:], associated(header, place))
	if err != nil {
		return nil, ErrOpen
	}
	return plain, nil
}

// SealRow encrypts plain with a key of its own. key is sealed by the ring; whoever
// deletes it has erased the row.
func (r *Ring) SealRow(plain []byte, place string) (key, sealed []byte) {
	rowKey := random(keySize)
	return r.Seal(rowKey, RowKeyPlace(place)), mustAEAD(rowKey).Seal(nil, nil, plain, []byte(place))
}

// SealWithRowKey encrypts a further text of a row with the key that SealRow gave.
func (r *Ring) SealWithRowKey(key, plain []byte, place string) ([]byte, error) {
	rowKey, err := r.Open(key, RowKeyPlace(place))
	if err != nil {
		return nil, err
	}
	return mustAEAD(rowKey).Seal(nil, nil, plain, []byte(place)), nil
}

// OpenRow decrypts what SealRow or SealWithRowKey returned for the same place.
func (r *Ring) OpenRow(key, sealed []byte, place string) ([]byte, error) {
	rowKey, err := r.Open(key, RowKeyPlace(place))
	if err != nil {
		return nil, err
	}
	plain, err := mustAEAD(rowKey).Open(nil, nil, sealed, []byte(place))
	if err != nil {
		return nil, ErrOpen
	}
	return plain, nil
}

// RowKeyPlace is where the key of a row is sealed.
func RowKeyPlace(place string) string { return "key of " + place }

func newAEAD(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// mustAEAD is for keys that this package drew itself, whose size cannot be wrong.
func mustAEAD(key []byte) cipher.AEAD {
	aead, err := newAEAD(key)
	if err != nil {
		panic("seal: a row key of the wrong size: " + err.Error())
	}
	return aead
}

func associated(header []byte, place string) []byte {
	return append(append([]byte{}, header...), place...)
}

func random(size int) []byte {
	drawn := make([]byte, size)
	rand.Read(drawn) // never fails since Go 1.24
	return drawn
}
