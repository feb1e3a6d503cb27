package outward

import (
	"sync"
	"time"
)

// Breaker spares callers the wait for a system that does not answer: after some failures in
// a row it says so at once, for a while; then one call tries, and the others go on being
// told until it has succeeded. It is safe for concurrent use.
type Breaker struct {
	Failures int              // in a row, that open it
	Pause    time.Duration    // before one call tries again
	Now      func() time.Time // real time

	mu     sync.Mutex
	failed int // in a row
	until  time.Time
	trying bool
}

// Outcome is what a call says of the system that it called.
type Outcome int

// The outcomes.
const (
	Answered Outcome = iota // whatever it answered
	Silent                  // no connection, no answer, or a proxy's in its place
	Left                    // the caller left before anybody could know
)

// Begin tells whether a call may be made. Whoever makes it says by end, once, how it went.
func (b *Breaker) Begin() (end func(Outcome), ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failed < b.Failures {
		return func(how Outcome) { b.end(how, false) }, true
	}
	if b.trying || b.Now().Before(b.until) {
		return nil, false
	}
	b.trying = true
	return func(how Outcome) { b.end(how, true) }, true
}

// end counts a call. Calls that began before it opened, and fail after, do not keep it
// open longer.
func (b *Breaker) end(how Outcome, isTrial bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if isTrial {
		b.trying = false
	}
	switch {
	case how == Answered:
		b.failed = 0
	case how == Silent && (isTrial || b.failed < b.Failures):
		b.failed = min(b.failed+1, b.Failures)
		b.until = b.Now().Add(b.Pause)
	}
}
