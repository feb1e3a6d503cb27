package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/outbox"
	"portail-qf/internal/jobs"
	"portail-qf/internal/postgres"
)

// order gives an order of the kind "trial".
func (s *scene) order(subjects ...string) {
	s.t.Helper()
	for _, subject := range subjects {
		s.run(`INSERT INTO outbox (kind, subject, due_at, created_at) VALUES ('trial', $1, $2, $2)`, subject, noon)
	}
	s.wake()
}

// wake tells the workers to look now, as a new order would.
func (s *scene) wake() { s.t.Helper(); s.run(`SELECT pg_notify('outbox', '')`) }

func (s *scene) run(statement string, args ...any) {
	s.t.Helper()
	if _, err := s.raw.ExecContext(context.Background(), statement, args...); err != nil {
		s.t.Fatalf("%s: %v", statement, err)
	}
}

// clock is a business time that tests move.
type clock struct{ shift atomic.Int64 }

func (c *clock) now() time.Time          { return noon.Add(time.Duration(c.shift.Load())) }
func (c *clock) advance(d time.Duration) { c.shift.Add(int64(d)) }

// workers are those of one more instance; deliver carries out the orders "trial", for ever
// if need be.
func (s *scene) workers(deliver jobs.Deliver) *jobs.Workers {
	return &jobs.Workers{
		Outbox: postgres.Outbox{DB: s.instance()}, Kinds: map[string]jobs.Kind{"trial": {Deliver: deliver}},
		Log: s.log.logger(), Now: func() time.Time { return noon }, Parallel: 4,
	}
}

// serve runs workers until the returned function stops them and waits for their end.
func serve(t testing.TB, all ...*jobs.Workers) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var serving sync.WaitGroup
	for _, workers := range all {
		serving.Go(func() {
			if err := workers.Serve(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	stop = sync.OnceFunc(func() { cancel(); serving.Wait() })
	t.Cleanup(stop)
	return stop
}

func (s *scene) done() int { return s.count(`SELECT count(*) FROM outbox WHERE done_at = $1`, noon) }

// « an order of the outbox is leased to one worker », over instances, and no more of them
// are carried out at once than the instance allows.
func TestEveryOrderIsCarriedOutOnce(t *testing.T) {
	s := setScene(t)
	const given = 60
	s.run(`INSERT INTO outbox (kind, subject, due_at, created_at) SELECT 'trial', i::text, $1, $1 FROM generate_series(1, $2) i`, noon, given)
	var mu sync.Mutex
	carried := map[string]int{}
	instance := func() *jobs.Workers {
		var atOnce atomic.Int64
		return s.workers(func(_ context.Context, subject string) error {
			if n := atOnce.Add(1); n > 4 {
				t.Errorf("%d orders at once, 4 allowed", n)
			}
			defer atOnce.Add(-1)
			time.Sleep(2 * time.Millisecond)
			mu.Lock()
			defer mu.Unlock()
			carried[subject]++
			return nil
		})
	}
	stop := serve(t, instance(), instance())
	await(t, "every order done", func() bool { return s.done() == given })
	stop()
	if len(carried) != given {
		t.Errorf("%d of %d orders were carried out", len(carried), given)
	}
	for subject, times := range carried {
		if times != 1 {
			t.Errorf("order %s was carried out %d times", subject, times)
		}
	}
}

// All slots are used: one slow order does not hold up the others.
func TestOneSlowOrderDoesNotHoldUpTheOthers(t *testing.T) {
	s := setScene(t)
	goOn := make(chan struct{})
	stop := serve(t, s.workers(func(_ context.Context, subject string) error {
		if subject == "slow" {
			<-goOn
		}
		return nil
	}))
	s.order("slow")
	for i := range 20 {
		s.order(fmt.Sprint("quick ", i))
	}
	await(t, "the quick orders done", func() bool { return s.done() == 20 })
	close(goOn)
	await(t, "the slow order done", func() bool { return s.done() == 21 })
	stop()
}

// « waits are the pauses after the first failures of an order; then longestWait for ever »
func TestAFailingOrderWaitsLongerEachTime(t *testing.T) {
	s := setScene(t)
	var business clock
	var tries atomic.Int64
	down := fault.Because(fault.Unavailable, "hubee.unavailable", errors.New("no answer"))
	workers := s.workers(func(context.Context, string) error { tries.Add(1); return fmt.Errorf("create folder: %w", down) })
	workers.Now = business.now
	var mu sync.Mutex
	var outcomes []string
	workers.Observe = func(kind, outcome string, _ time.Duration) {
		mu.Lock()
		defer mu.Unlock()
		outcomes = append(outcomes, kind+" "+outcome)
	}
	s.order("dossier")
	stop := serve(t, workers)
	waits := []time.Duration{
		5 * time.Second, 15 * time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour, time.Hour, time.Hour,
	}
	for i, shortest := range waits {
		await(t, fmt.Sprintf("try number %d put off", i+1), func() bool {
			return s.count(`SELECT count(*) FROM outbox WHERE attempts = $1 AND leased_until IS NULL AND last_error LIKE '%hubee.unavailable%'`, i+1) == 1
		})
		var due time.Time
		if err := s.raw.QueryRow(`SELECT due_at FROM outbox`).Scan(&due); err != nil {
			t.Fatal(err)
		}
		wait := due.Sub(business.now())
		if wait < shortest || wait > shortest+shortest/5+time.Second {
			t.Errorf("after try number %d the order waits %s, want %s and up to a fifth more", i+1, wait, shortest)
		}
		business.advance(wait - time.Second)
		s.wake()
		time.Sleep(20 * time.Millisecond) // too early: nothing may happen
		if n := tries.Load(); n != int64(i+1) {
			t.Errorf("%d tries, a second before number %d is due", n, i+2)
		}
		business.advance(2 * time.Second)
		s.wake()
	}
	stop()
	mu.Lock()
	defer mu.Unlock()
	for _, outcome := range outcomes {
		if outcome != "trial hubee.unavailable" {
			t.Errorf("observed %q", outcome)
		}
	}
}

// « A newer instance gave it; this one is about to be replaced. »
func TestAnOrderOfAnUnknownKindWaits(t *testing.T) {
	s := setScene(t)
	s.run(`INSERT INTO outbox (kind, subject, due_at, created_at) VALUES ('of tomorrow', 'x', $1, $1)`, noon)
	s.order("known")
	stop := serve(t, s.workers(func(context.Context, string) error { return nil }))
	await(t, "the known order done", func() bool { return s.done() == 1 })
	await(t, "the unknown order put off", func() bool {
		return s.count(`SELECT count(*) FROM outbox WHERE kind = 'of tomorrow' AND done_at IS NULL AND leased_until IS NULL AND due_at > $1 AND last_error <> ''`, noon) == 1
	})
	stop()
}

// One broken order ends neither the program nor the others.
func TestAPanicPutsItsOrderOff(t *testing.T) {
	s := setScene(t)
	s.order("broken", "sound")
	stop := serve(t, s.workers(func(_ context.Context, subject string) error {
		if subject == "broken" {
			panic("a defect")
		}
		return nil
	}))
	await(t, "the sound order done", func() bool { return s.done() == 1 })
	await(t, "the broken order put off", func() bool {
		return s.count(`SELECT count(*) FROM outbox WHERE subject = 'broken' AND leased_until IS NULL AND last_error LIKE 'panic of type string%' AND last_error NOT LIKE '%a defect%'`) == 1
	})
	stop()
	if !strings.Contains(s.log.String(), "order put off") {
		t.Errorf("logged %s", s.log.String())
	}
}

// « waits for those under way, which have their own deadline »: a deployment cuts nothing.
func TestAStopFinishesWhatRuns(t *testing.T) {
	s := setScene(t)
	began, goOn := make(chan struct{}), make(chan struct{})
	stop := serve(t, s.workers(func(ctx context.Context, _ string) error {
		close(began)
		<-goOn
		return ctx.Err()
	}))
	s.order("under way")
	<-began
	stopped := make(chan struct{})
	go func() { stop(); close(stopped) }()
	select {
	case <-stopped:
		t.Error("stopped without waiting for the order under way")
	case <-time.After(50 * time.Millisecond):
	}
	s.order("too late")
	close(goOn)
	<-stopped
	if n := s.count(`SELECT count(*) FROM outbox WHERE subject = 'under way' AND done_at IS NOT NULL`); n != 1 {
		t.Error("the order under way was cut")
	}
	if n := s.count(`SELECT count(*) FROM outbox WHERE subject = 'too late' AND done_at IS NULL AND leased_until IS NULL`); n != 1 {
		t.Error("an order given after the stop is not free for another instance")
	}
}

// memory is an outbox of one order, for what would take minutes of real time.
type memory struct {
	mu       sync.Mutex
	orders   []outbox.Order
	onClaim  func()
	released []int64
	put      []string // reasons of what was put off
}

func (m *memory) Claim(context.Context, int, time.Duration, time.Time) ([]outbox.Order, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.onClaim != nil {
		m.onClaim()
	}
	claimed := m.orders
	m.orders = nil
	return claimed, nil
}

func (m *memory) Finish(context.Context, outbox.Order, time.Time) error { return nil }

func (m *memory) Postpone(ctx context.Context, _ outbox.Order, _ time.Time, reason string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.put = append(m.put, reason)
	return ctx.Err()
}

func (m *memory) Abandon(context.Context, outbox.Order, time.Time, string) error { return nil }

func (m *memory) Release(ctx context.Context, order outbox.Order) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.released = append(m.released, order.ID)
	return ctx.Err()
}

func (m *memory) Listen(ctx context.Context, _ func()) error { <-ctx.Done(); return nil }

// « lease is longer than an order may take, so that no order is carried out twice at once »:
// an order is cut after two minutes, and what was learned is written down all the same.
func TestAnOrderThatHangsIsCutBeforeItsLeaseEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log journal
		kept := &memory{orders: []outbox.Order{{ID: 1, Kind: "trial", Attempt: 1}}}
		began := time.Now()
		var took time.Duration
		workers := &jobs.Workers{Outbox: kept, Log: log.logger(), Now: time.Now, Parallel: 1, Kinds: map[string]jobs.Kind{
			"trial": {Deliver: func(ctx context.Context, _ string) error {
				<-ctx.Done()
				took = time.Since(began)
				return ctx.Err()
			}},
		}}
		stop := serve(t, workers)
		time.Sleep(5 * time.Minute)
		stop()
		if took != 2*time.Minute {
			t.Errorf("cut after %s, want 2m", took)
		}
		if len(kept.put) != 1 || !strings.Contains(kept.put[0], "deadline") {
			t.Errorf("put off: %q; logged %s", kept.put, log.String())
		}
	})
}

// « gives back those not begun »
func TestOrdersClaimedDuringTheStopAreGivenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log journal
		ctx, stop := context.WithCancel(context.Background())
		kept := &memory{orders: []outbox.Order{{ID: 1, Kind: "trial", Attempt: 1}, {ID: 2, Kind: "trial", Attempt: 1}}, onClaim: stop}
		workers := &jobs.Workers{Outbox: kept, Log: log.logger(), Now: time.Now, Parallel: 2, Kinds: map[string]jobs.Kind{
			"trial": {Deliver: func(context.Context, string) error { t.Error("begun after the stop"); return nil }},
		}}
		if err := workers.Serve(ctx); err != nil {
			t.Error(err)
		}
		if len(kept.released) != 2 {
			t.Errorf("given back: %v", kept.released)
		}
	})
}
