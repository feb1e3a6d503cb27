package seal

import (
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"

	"portail-qf/internal/domain/value"
)

// Pepper is the set of keys by which secrets are hashed: HMAC-SHA-256, so that the database
// alone tells nobody whether a text is a secret. Like a Ring, its first key is the present
// one, and it never changes.
type Pepper struct {
	names []string
	keys  [][]byte
}

// ParsePepper reads the keys from their configured form, that of Parse.
func ParsePepper(configured string) (*Pepper, error) {
	pepper := &Pepper{}
	for entry := range strings.SplitSeq(configured, ",") {
		name, key, err := parseKey(entry)
		if err != nil {
			return nil, err
		}
		if slices.Contains(pepper.names, name) {
			return nil, fmt.Errorf("key %q is given twice", name)
		}
		pepper.names, pepper.keys = append(pepper.names, name), append(pepper.keys, key)
	}
	return pepper, nil
}

// Digest is the hash of a secret by the present key, with the name of the key.
func (p *Pepper) Digest(secret value.Secret) (digest []byte, key string) {
	return hashed(p.keys[0], secret), p.names[0]
}

// Digests are the hashes of a secret by every key, the present one first.
func (p *Pepper) Digests(secret value.Secret) [][]byte {
	digests := make([][]byte, len(p.keys))
	for i, key := range p.keys {
		digests[i] = hashed(key, secret)
	}
	return digests
}

// Knows tells whether a key is in the set.
func (p *Pepper) Knows(key string) bool { return slices.Contains(p.names, key) }

func hashed(key []byte, secret value.Secret) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(secret.Reveal()))
	return mac.Sum(nil)
}

// errKeyForm says how a key is written.
var errKeyForm = errors.New("each key is written name:base64, its name in lower case")
