package oidc

import (
	"crypto/rand"
	"sync"
	"time"
)

// shelfSize bounds a shelf: beyond it some value, any, makes room. Only a benchmark whose
// browsers never come back gets there.
const shelfSize = 100_000

// Shelf keeps values under random keys for a limited time.
type Shelf[T any] struct {
	life time.Duration
	now  func() time.Time

	mu    sync.Mutex
	items map[string]shelved[T]
	swept time.Time
}

type shelved[T any] struct {
	value   T
	expires time.Time
}

// NewShelf makes an empty shelf, whose values stay so long.
func NewShelf[T any](life time.Duration, now func() time.Time) *Shelf[T] {
	return &Shelf[T]{life: life, now: now, items: map[string]shelved[T]{}}
}

// Add keeps the value under a key that nobody can guess.
func (s *Shelf[T]) Add(value T) (key string) {
	key = rand.Text()
	s.Put(key, value)
	return key
}

// Put keeps the value under that key, in place of the one that is there.
func (s *Shelf[T]) Put(key string, value T) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.put(key, value)
}

// put throws away what has expired once a minute, so that a benchmark does not fill the
// memory.
func (s *Shelf[T]) put(key string, value T) {
	now := s.now()
	if now.Sub(s.swept) > time.Minute {
		for old, item := range s.items {
			if !now.Before(item.expires) {
				delete(s.items, old)
			}
		}
		s.swept = now
	}
	if len(s.items) >= shelfSize {
		for victim := range s.items {
			delete(s.items, victim)
			break
		}
	}
	s.items[key] = shelved[T]{value, now.Add(s.life)}
}

// Find returns the value of that key, unless it has expired.
func (s *Shelf[T]) Find(key string) (value T, found bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.find(key)
}

func (s *Shelf[T]) find(key string) (value T, found bool) {
	item, found := s.items[key]
	if !found || !s.now().Before(item.expires) {
		return value, false
	}
	return item.value, true
}

// renew finds the value and gives it a whole life again.
func (s *Shelf[T]) renew(key string) (value T, found bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	value, found = s.find(key)
	if found {
		s.put(key, value)
	}
	return value, found
}

// Take finds the value and removes it: it serves once.
func (s *Shelf[T]) Take(key string) (value T, found bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	value, found = s.find(key)
	delete(s.items, key)
	return value, found
}

// Remove forgets the value of that key, if any.
func (s *Shelf[T]) Remove(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.items, key)
}
