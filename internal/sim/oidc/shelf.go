package oidc

import "time"

// shelfSize bounds a shelf: beyond it some value, any, makes room. Only a benchmark whose
// browsers never come back gets there.
const shelfSize = 100_000

// Shelf keeps values under random keys for a limited time. Its owner holds the lock.
type Shelf[T any] struct {
	items map[string]shelved[T]
	swept time.Time
}

type shelved[T any] struct {
	value   T
	expires time.Time
}

// Put keeps the value until now + life, replacing the one of that key. What has expired
// is thrown away once a minute, so that a benchmark does not fill the memory.
func (s *Shelf[T]) Put(key string, value T, now time.Time, life time.Duration) {
	if s.items == nil {
		s.items = map[string]shelved[T]{}
	}
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
	s.items[key] = shelved[T]{value, now.Add(life)}
}

// Find returns the value of that key, unless it has expired.
func (s *Shelf[T]) Find(key string, now time.Time) (value T, found bool) {
	item, found := s.items[key]
	if !found || !now.Before(item.expires) {
		return value, false
	}
	return item.value, true
}

// Take finds the value and removes it: it serves once.
func (s *Shelf[T]) Take(key string, now time.Time) (value T, found bool) {
	value, found = s.Find(key, now)
	delete(s.items, key)
	return value, found
}

// Remove forgets the value of that key, if any.
func (s *Shelf[T]) Remove(key string) { delete(s.items, key) }
