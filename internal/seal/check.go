package seal

import (
	"crypto/hmac"
	"crypto/sha256"
	"maps"
)

// checked is what a key hashes to be known again. It is no secret, and nothing that is hashed
// for another reason.
const checked = "portail-qf: check of a key, version 1"

// checkOf is what tells a key from another one of the same name, and nothing else of it.
func checkOf(key []byte) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(checked))
	return mac.Sum(nil)
}

// Checks are what the keys of the ring are known again by, by name.
func (r *Ring) Checks() map[string][]byte { return maps.Clone(r.checks) }

// Checks are what the keys of the set are known again by, by name.
func (p *Pepper) Checks() map[string][]byte {
	checks := map[string][]byte{}
	for i, name := range p.names {
		checks[name] = checkOf(p.keys[i])
	}
	return checks
}
