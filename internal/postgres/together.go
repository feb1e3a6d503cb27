package postgres

import (
	"errors"
	"sync"
	"time"
)

// together lets those who write, or ask, at the same moment share a transaction, and so one wait for
// the disk and one round trip: whoever comes while another writes waits, and is written in the next lot. Nobody waits for
// more than the lot before his own and, where many come, the moment in which a lot gathers.
type together[T any] struct {
	mu      sync.Mutex
	writing bool
	waiting []waiter[T]
	crowded bool // the last lot was of several
}

type waiter[T any] struct {
	what T
	told chan error // what became of it, unless it is to lead
	lead chan struct{}
}

// lotTimeout is for reading a lot.
const lotTimeout = 10 * time.Second

// gathering is how long a lot that follows one of several waits for those who come.
const gathering = time.Millisecond

var errLotBroken = errors.New("the lot was not written to its end")

// write has all write a lot that what is part of. A lot that fails is written one by one: each
// gets the error of its own.
func (g *together[T]) write(what T, all func(lot []T) error) error {
	mine := waiter[T]{what, make(chan error, 1), make(chan struct{}, 1)}
	g.mu.Lock()
	g.waiting = append(g.waiting, mine)
	if g.writing {
		g.mu.Unlock()
		select {
		case err := <-mine.told:
			return err
		case <-mine.lead:
		}
		g.mu.Lock()
	}
	g.writing = true
	if g.crowded {
		g.mu.Unlock()
		time.Sleep(gathering)
		g.mu.Lock()
	}
	lot := g.waiting
	g.waiting, g.crowded = nil, len(lot) > 1
	g.mu.Unlock()
	g.writeLot(lot, all)
	return <-mine.told
}

func (g *together[T]) writeLot(lot []waiter[T], all func(lot []T) error) {
	told := 0
	defer func() { // a panic, too, leaves nobody waiting
		for _, w := range lot[told:] {
			w.told <- errLotBroken
		}
		g.mu.Lock()
		defer g.mu.Unlock()
		if g.writing = len(g.waiting) > 0; g.writing {
			g.waiting[0].lead <- struct{}{}
		}
	}()
	what := make([]T, len(lot))
	for i, w := range lot {
		what[i] = w.what
	}
	err := all(what)
	for i, w := range lot {
		if err != nil && len(lot) > 1 {
			w.told <- all(what[i : i+1])
		} else {
			w.told <- err
		}
		told++
	}
}
