package postgres_test

import (
	"context"
	"strconv"
	"sync"
	"testing"
	"time"

	"portail-qf/internal/domain/outbox"
)

const lease = time.Minute

// order gives an order that is due at a time.
func (s *scene) order(subject string, due time.Time) {
	s.t.Helper()
	s.run(`INSERT INTO outbox (kind, subject, due_at, created_at) VALUES ('dossier.deliver', $1, $2, $2)`, subject, due)
}

func (s *scene) claim(limit int, now time.Time) []outbox.Order {
	s.t.Helper()
	orders, err := s.outbox.Claim(context.Background(), limit, lease, now)
	if err != nil {
		s.t.Fatal(err)
	}
	return orders
}

// claimOne claims the only order that is to be had.
func (s *scene) claimOne(now time.Time) outbox.Order {
	s.t.Helper()
	orders := s.claim(10, now)
	if len(orders) != 1 {
		s.t.Fatalf("claimed %d orders, want 1", len(orders))
	}
	return orders[0]
}

// loseLeases makes every lease end now, as three minutes of database time would.
func (s *scene) loseLeases() {
	s.t.Helper()
	s.run(`UPDATE outbox SET leased_until = now() - interval '1 second' WHERE leased_until IS NOT NULL`)
}

// « each to one worker at a time, under a lease »
func TestNoOrderGoesToTwoWorkers(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	const given = 300
	s.run(`INSERT INTO outbox (kind, subject, due_at, created_at) SELECT 'trial', i::text, $1, $1 FROM generate_series(1, $2) i`, noon, given)
	var mu sync.Mutex
	holders := map[int64]int{}
	atOnce(8, func(int) {
		for {
			orders, err := s.outbox.Claim(ctx, 7, lease, noon)
			if err != nil {
				t.Error(err)
				return
			}
			if len(orders) == 0 {
				return
			}
			if len(orders) > 7 {
				t.Errorf("claimed %d orders, asked for 7 at most", len(orders))
			}
			mu.Lock()
			for _, order := range orders {
				holders[order.ID]++
			}
			mu.Unlock()
		}
	})
	if len(holders) != given {
		t.Errorf("%d of %d orders were claimed", len(holders), given)
	}
	for id, n := range holders {
		if n != 1 {
			t.Errorf("order %d was claimed %d times", id, n)
		}
	}
}

// Workers do not queue up behind each other: an order that somebody is just claiming is
// passed over.
func TestAClaimWaitsForNobody(t *testing.T) {
	s := setScene(t)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	s.order("being claimed", noon.Add(-time.Hour))
	s.order("free", noon)
	other, err := s.raw.BeginTx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Rollback() }()
	if _, err := other.ExecContext(ctx, `SELECT FROM outbox WHERE subject = 'being claimed' FOR UPDATE`); err != nil {
		t.Fatal(err)
	}
	orders, err := s.outbox.Claim(ctx, 10, lease, noon)
	if err != nil || len(orders) != 1 || orders[0].Subject != "free" {
		t.Errorf("claimed %v, %v", orders, err)
	}
}

// A limit is kept whatever PostgreSQL believes of the size of the table.
func TestAClaimKeepsItsLimit(t *testing.T) {
	s := setScene(t)
	for range 2 {
		for i := range 5 {
			s.order("before "+strconv.Itoa(i), noon)
		}
		if orders := s.claim(1, noon); len(orders) != 1 {
			t.Errorf("claimed %d orders, asked for 1 at most", len(orders))
		}
		s.run(`DELETE FROM outbox`)
		s.run(`ANALYZE outbox`) // believed empty from here on
	}
}

// « oldest first », by business time: « due dates » (SETTLED.md, time).
func TestBusinessTimeDecidesWhatIsDue(t *testing.T) {
	s := setScene(t)
	s.order("later", noon.Add(time.Hour))
	s.order("now", noon)
	s.order("before", noon.Add(-time.Hour))
	if early := s.claim(10, noon.Add(-2*time.Hour)); len(early) != 0 {
		t.Errorf("claimed %v before anything is due", early)
	}
	for _, want := range []string{"before", "now"} {
		if orders := s.claim(1, noon); len(orders) != 1 || orders[0].Subject != want || orders[0].Attempt != 1 {
			t.Errorf("claimed %+v, want the order %q", orders, want)
		}
	}
	if orders := s.claim(1, noon); len(orders) != 0 {
		t.Errorf("claimed %v an hour early", orders)
	}
	if orders := s.claim(1, noon.Add(time.Hour)); len(orders) != 1 {
		t.Error("the hour has passed and the order is not to be had")
	}
}

// « An order whose worker died comes back when its lease ends. »
func TestALostLeaseGivesTheOrderBack(t *testing.T) {
	s := setScene(t)
	s.order("a", noon)
	first := s.claimOne(noon)
	// Hours of business time do not end a lease: it is database time.
	if orders := s.claim(1, noon.Add(24*time.Hour)); len(orders) != 0 {
		t.Fatalf("claimed %v while its worker lives", orders)
	}
	s.loseLeases()
	if second := s.claimOne(noon); second.ID != first.ID || second.Attempt != 2 {
		t.Errorf("claimed %+v after the lease of %+v", second, first)
	}
}

// « A worker whose lease passed to another changes nothing. »
func TestALateWorkerChangesNothing(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	s.order("a", noon)
	late := s.claimOne(noon)
	s.loseLeases()
	present := s.claimOne(noon)

	acts := map[string]func() error{
		"finish":   func() error { return s.outbox.Finish(ctx, late, noon) },
		"postpone": func() error { return s.outbox.Postpone(ctx, late, noon.Add(time.Hour), "late") },
		"release":  func() error { return s.outbox.Release(ctx, late) },
	}
	for name, act := range acts {
		if err := act(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if n := s.count(`SELECT count(*) FROM outbox WHERE done_at IS NULL AND leased_until > now() AND due_at = $1 AND last_error = ''`, noon); n != 1 {
			t.Errorf("%s of a late worker changed the order", name)
		}
	}
	if err := s.outbox.Finish(ctx, present, noon); err != nil {
		t.Fatal(err)
	}
	for name, act := range acts {
		if err := act(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	s.loseLeases()
	if orders := s.claim(1, noon.Add(24*time.Hour)); len(orders) != 0 {
		t.Errorf("a finished order came back: %v", orders)
	}
}

func TestAnOrderIsPutOffOrGivenBack(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	s.order("a", noon)
	if err := s.outbox.Postpone(ctx, s.claimOne(noon), noon.Add(time.Hour), "HubEE is down"); err != nil {
		t.Fatal(err)
	}
	if orders := s.claim(1, noon.Add(59*time.Minute)); len(orders) != 0 {
		t.Errorf("claimed %v before its time", orders)
	}
	if n := s.count(`SELECT count(*) FROM outbox WHERE last_error = 'HubEE is down'`); n != 1 {
		t.Error("the reason was not kept")
	}
	if err := s.outbox.Release(ctx, s.claimOne(noon.Add(time.Hour))); err != nil {
		t.Fatal(err)
	}
	if third := s.claimOne(noon.Add(time.Hour)); third.Attempt != 3 {
		t.Errorf("try number %d, want 3", third.Attempt)
	}
}

// « the same order is never given twice while it waits »
func TestAnOrderWaitsOncePerSubject(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	shipment := s.quarantine(s.record(noon))
	if err := s.shipments.RecordResumed(ctx, shipment.ID, "folder", "case", noon); err != nil {
		t.Fatal(err)
	}
	order := s.claimOne(noon) // of the recording and of the resumption: one
	if err := s.outbox.Finish(ctx, order, noon); err != nil {
		t.Fatal(err)
	}
	s.run(`UPDATE dossiers SET state = 'quarantaine'`)
	if err := s.shipments.RecordResumed(ctx, shipment.ID, "folder", "case", noon); err != nil {
		t.Fatal(err)
	}
	if again := s.claimOne(noon); again.ID == order.ID || again.Attempt != 1 {
		t.Errorf("a finished order was taken up again: %+v", again)
	}
}

// Staff resume a dossier while the worker that quarantined it has not yet finished its
// order: the delivery that they order must not end with it.
func TestAnOrderGivenWhileTheSameIsCarriedOutIsNotLost(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	shipment := s.record(noon)
	running := s.claimOne(noon)
	s.quarantine(shipment)
	if err := s.shipments.RecordResumed(ctx, shipment.ID, "folder", "case", noon); err != nil {
		t.Fatal(err)
	}
	if orders := s.claim(1, noon); len(orders) != 0 {
		t.Errorf("two workers at once have the order of one dossier: %v", orders)
	}
	if err := s.outbox.Finish(ctx, running, noon); err != nil {
		t.Fatal(err)
	}
	s.loseLeases()
	if orders := s.claim(1, noon); len(orders) != 1 {
		t.Error("the order given in between is lost")
	}
}

// An order put off for an hour does not hold up the one that is given now.
func TestAnOrderGivenAgainIsDueAtOnce(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	shipment := s.record(noon)
	if err := s.outbox.Postpone(ctx, s.claimOne(noon), noon.Add(time.Hour), "HubEE is down"); err != nil {
		t.Fatal(err)
	}
	s.quarantine(shipment)
	if err := s.shipments.RecordResumed(ctx, shipment.ID, "folder", "case", noon.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if orders := s.claim(1, noon.Add(time.Minute)); len(orders) != 1 {
		t.Error("the order given by staff waits for the one that was put off")
	}
}

// « a lost notification only delays »; one that is not lost wakes the workers long before
// they look by themselves, every second.
func TestAnOrderWakesTheWorkers(t *testing.T) {
	s := setScene(t)
	ctx, stop := context.WithCancel(context.Background())
	woken := make(chan struct{}, 100)
	listened := make(chan error, 1)
	go func() { listened <- s.outbox.Listen(ctx, func() { woken <- struct{}{} }) }()
	cut := s.awaitListener()
	shortest := time.Hour // of five: the machine may be busy
	for range 5 {
		for len(woken) > 0 {
			<-woken
		}
		began := time.Now()
		s.record(noon)
		select {
		case <-woken:
			shortest = min(shortest, time.Since(began))
		case <-time.After(10 * time.Second):
			t.Fatal("never woken")
		}
	}
	if shortest > 500*time.Millisecond {
		t.Errorf("woken after %s at best", shortest)
	}

	// The connection may be cut: it comes back by itself, and wakes in case of a loss.
	cut()
	select {
	case <-woken:
	case <-time.After(10 * time.Second):
		t.Error("not woken after a reconnection")
	}
	stop()
	select {
	case err := <-listened:
		if err != nil {
			t.Errorf("Listen at the end: %v", err)
		}
	case <-time.After(10 * time.Second):
		t.Error("Listen did not end with its context")
	}
}

// connectionsOfApp are seen by the application alone, as its role is not the owner's.
const connectionsOfApp = ` FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%' AND state = 'idle'`

// awaitListener waits until somebody listens in the test's database, and returns what cuts
// the connection.
func (s *scene) awaitListener() (cut func()) {
	s.t.Helper()
	app := s.asApplication()
	for range 500 {
		var listening int
		if err := app.QueryRowContext(context.Background(), `SELECT count(*)`+connectionsOfApp).Scan(&listening); err != nil {
			s.t.Fatal(err)
		}
		if listening > 0 {
			return func() {
				if _, err := app.ExecContext(context.Background(), `SELECT pg_terminate_backend(pid)`+connectionsOfApp); err != nil {
					s.t.Error(err)
				}
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
	s.t.Fatal("nobody listens")
	return nil
}

// A portal that stops while the database is away must not wait for it.
func TestListeningEndsWhileTheDatabaseIsAway(t *testing.T) {
	s := setScene(t)
	s.run(`DO $$ BEGIN EXECUTE format('REVOKE CONNECT ON DATABASE %I FROM PUBLIC', current_database()); END $$`)
	ctx, stop := context.WithCancel(context.Background())
	listened := make(chan error, 1)
	go func() { listened <- s.outbox.Listen(ctx, func() {}) }()
	time.Sleep(50 * time.Millisecond)
	stop()
	select {
	case err := <-listened:
		if err != nil {
			t.Errorf("Listen at the end: %v", err)
		}
	case <-time.After(5 * time.Second):
		t.Error("Listen waits for a database that is away")
	}
}

// A drain waits for what is due or being carried out; the metric tells the oldest.
func TestBusyAndOldest(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	want := func(name string, busy int, oldest time.Time) {
		t.Helper()
		gotBusy, err := s.outbox.Busy(ctx, noon)
		if err != nil {
			t.Fatal(err)
		}
		gotOldest, err := s.outbox.OldestDelivery(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if gotBusy != busy || !gotOldest.Equal(oldest) {
			t.Errorf("%s: busy %d, oldest %v; want %d, %v", name, gotBusy, gotOldest, busy, oldest)
		}
	}
	want("nothing", 0, time.Time{})
	s.order("later", noon.Add(time.Hour))
	want("one for later", 0, noon.Add(time.Hour))
	s.order("now", noon)
	want("one due", 1, noon)
	order := s.claimOne(noon)
	want("one leased", 1, noon)
	if err := s.outbox.Postpone(ctx, order, noon.Add(2*time.Hour), ""); err != nil {
		t.Fatal(err)
	}
	want("two for later", 0, noon)
	for _, order := range s.claim(10, noon.Add(2*time.Hour)) {
		if err := s.outbox.Finish(ctx, order, noon); err != nil {
			t.Fatal(err)
		}
	}
	want("all done", 0, time.Time{})
}
