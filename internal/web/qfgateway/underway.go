package qfgateway

import (
	"crypto/sha256"
	"sync"
)

// underway are the questions that this instance is answering, by their key: a second one,
// alike and of the same token, is told to wait (§7.4, 00015). A question leaves whichever
// way it ends, so that the next one is heard at once. The zero value is ready.
type underway struct {
	mu   sync.Mutex
	keys map[[sha256.Size]byte]struct{}
}

// begin tells whether the question was not being answered yet.
func (u *underway) begin(key [sha256.Size]byte) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if _, taken := u.keys[key]; taken {
		return false
	}
	if u.keys == nil {
		u.keys = map[[sha256.Size]byte]struct{}{}
	}
	u.keys[key] = struct{}{}
	return true
}

func (u *underway) end(key [sha256.Size]byte) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.keys, key)
}
