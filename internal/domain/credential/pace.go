package credential

import (
	"sync"
	"time"

	"portail-qf/internal/domain/habilitation"
)

// CountedPerSecond is how many calls of a software the store counts in a second. The first
// call that each instance hears in a second is not among them: most towns call less often,
// and their calls then write nothing. One instance alone so lets CallsPerSecond through; each
// further one that the software reaches in that second may let one more through, which is the
// price of a gate that writes nothing for nearly all calls. Where the clock of an instance is
// not that of the database, the same holds of a second of each.
const CountedPerSecond = CallsPerSecond - 1

// pace knows which software called this instance in the present second, and with what. A call
// that began in a second that is over is for the store to count: nothing goes back. The zero
// value is ready; it is safe for concurrent use, and keeps nothing of a past second.
type pace struct {
	mu     sync.Mutex
	second int64               // Unix
	shown  map[string]struct{} // what was shown
	called map[habilitation.RequestNumber]struct{}
}

// knows tells whether what is shown was shown in this second.
func (p *pace) knows(shown Shown, second int64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if isOver := p.turn(second); isOver {
		return true
	}
	_, known := p.shown[shown.key()]
	return known
}

// first notes a call, and tells whether it is the first one of its software in this second.
func (p *pace) first(shown Shown, request habilitation.RequestNumber, second int64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if isOver := p.turn(second); isOver {
		return false
	}
	_, called := p.called[request]
	p.shown[shown.key()], p.called[request] = struct{}{}, struct{}{}
	return !called
}

// turn goes on to a second, unless it is over already.
func (p *pace) turn(second int64) (isOver bool) {
	if p.called == nil {
		p.shown, p.called = map[string]struct{}{}, map[habilitation.RequestNumber]struct{}{}
	}
	if second > p.second {
		p.second = second
		clear(p.shown)
		clear(p.called)
	}
	return second < p.second
}

// key tells what was shown from anything else, its secret included.
func (s Shown) key() string {
	if len(s.Digests) == 0 {
		return s.ID
	}
	return string(s.Digests[0])
}

// afterFirst is what is left after the first call of a second.
func afterFirst(second int64) Allowance {
	return Allowance{Limit: CallsPerSecond, Remaining: CallsPerSecond - 1, Reset: time.Unix(second+1, 0)}
}
