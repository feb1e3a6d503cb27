package main

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// act is one request or one whole visit; number tells it from the others, from 0.
type act func(ctx context.Context, number int) error

// measure is what visitors saw.
type measure struct {
	took    []time.Duration // of the acts that succeeded, shortest first
	elapsed time.Duration   // from the first beginning to the last end
	failed  int
	failure error // one of them
}

// rate is how many acts succeeded per second.
func (m measure) rate() float64 {
	if m.elapsed <= 0 {
		return 0
	}
	return float64(len(m.took)) / m.elapsed.Seconds()
}

// percentile is the time within which so many per cent of the acts ended (nearest rank); 0 when none did.
func (m measure) percentile(percent int) time.Duration {
	if len(m.took) == 0 {
		return 0
	}
	rank := (len(m.took)*percent + 99) / 100
	return m.took[max(rank, 1)-1]
}

// notebook gathers what several visitors see.
type notebook struct {
	mu   sync.Mutex
	seen measure
}

func (n *notebook) note(took time.Duration, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if err != nil {
		n.seen.failed++
		n.seen.failure = err
		return
	}
	n.seen.took = append(n.seen.took, took)
}

// close ends the notes that began at an instant.
func (n *notebook) close(began time.Time) measure {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.seen.elapsed = time.Since(began)
	slices.Sort(n.seen.took)
	return n.seen
}

// atRate sends visitors at a steady rate whatever becomes of those before. Each one's time counts from the moment due, so that
// a portal that falls behind shows it.
func atRate(ctx context.Context, perSecond int, length time.Duration, do act) measure {
	var notes notebook
	var visitors sync.WaitGroup
	began := time.Now()
	for number := range int(length.Seconds() * float64(perSecond)) {
		due := began.Add(time.Duration(number) * time.Second / time.Duration(perSecond))
		time.Sleep(time.Until(due))
		if ctx.Err() != nil {
			break
		}
		visitors.Go(func() {
			err := do(ctx, number)
			notes.note(time.Since(due), err)
		})
	}
	visitors.Wait()
	return notes.close(began)
}

// withoutPause keeps so many visitors at work, each starting again as soon as it has ended, for as long as more says.
func withoutPause(ctx context.Context, count int, more func(number int) bool, do act) measure {
	var notes notebook
	var visitors sync.WaitGroup
	var next atomic.Int64
	began := time.Now()
	for range count {
		visitors.Go(func() {
			for ctx.Err() == nil {
				number := int(next.Add(1)) - 1
				if !more(number) {
					return
				}
				started := time.Now()
				err := do(ctx, number)
				notes.note(time.Since(started), err)
			}
		})
	}
	visitors.Wait()
	return notes.close(began)
}

// during lets visitors start until a length of time has passed.
func during(length time.Duration) func(int) bool {
	end := time.Now().Add(length)
	return func(int) bool { return time.Now().Before(end) }
}

// upTo lets a number of visits start.
func upTo(count int) func(int) bool {
	return func(number int) bool { return number < count }
}
