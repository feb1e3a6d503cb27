package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/outbox"
	"portail-qf/internal/failpoint"
)

// Outbox keeps the orders (postgres.Outbox).
type Outbox interface {
	Claim(ctx context.Context, limit int, lease time.Duration, now time.Time) ([]outbox.Order, error)
	Finish(ctx context.Context, order outbox.Order, now time.Time) error
	Postpone(ctx context.Context, order outbox.Order, due time.Time, reason string) error
	Abandon(ctx context.Context, order outbox.Order, now time.Time, reason string) error
	Release(ctx context.Context, order outbox.Order) error
	Listen(ctx context.Context, wake func()) error
}

// Deliver carries out an order. A nil error ends it; one that no retry can mend
// (outbox.Hopeless) gives it up; any other puts it off.
type Deliver func(ctx context.Context, subject string) error

// Kind is how the orders of one kind are carried out.
type Kind struct {
	Deliver Deliver
	// GiveUpAfter is the age, in business time, at which an order that still fails is given
	// up. 0 is never: what ends a dossier is a rule of the dossier.
	GiveUpAfter time.Duration
}

const (
	// lease is longer than an order may take, so that no order is carried out twice at
	// once while its worker lives.
	lease        = 3 * time.Minute
	orderTimeout = 2 * time.Minute
	writeTimeout = 10 * time.Second // to write down what became of an order
	lookEvery    = time.Second      // when no notification comes
	longestWait  = time.Hour
	// gather is how long a claim waits for other slots to become free, while the queue is long.
	gather = 2 * time.Millisecond
)

// waits are the pauses after the first failures of an order; then longestWait for ever.
var waits = [...]time.Duration{5 * time.Second, 15 * time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute}

// Workers empty the outbox.
type Workers struct {
	Outbox   Outbox
	Kinds    map[string]Kind
	Log      *slog.Logger
	Now      func() time.Time // business time
	Parallel int              // orders carried out at once
	// Observe is told of each try: kind, "done" or the code of the failure.
	Observe func(kind, outcome string, took time.Duration)
}

// Serve carries out orders until ctx ends; then it waits for those under way, which have
// their own deadline, and gives back those not begun.
func (w *Workers) Serve(ctx context.Context) error {
	wake := make(chan struct{}, 1)
	nudge := func() {
		select {
		case wake <- struct{}{}:
		default:
		}
	}
	var running sync.WaitGroup
	defer running.Wait()
	running.Go(func() {
		if err := w.Outbox.Listen(ctx, nudge); err != nil {
			w.Log.Error("outbox not listened to", "error", err)
		}
	})
	slots := make(chan struct{}, w.Parallel)
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for {
		full := w.drain(ctx, slots, &running, nudge)
		select {
		case <-ctx.Done():
			return nil
		case <-wake:
			if full {
				time.Sleep(gather)
			}
		case <-ticker.C:
		}
	}
}

// drain claims as many orders as there are free slots and starts them. A slot that becomes
// free nudges the loop, so that a long queue never waits for the ticker. full tells that there
// were as many, and maybe more.
func (w *Workers) drain(ctx context.Context, slots chan struct{}, running *sync.WaitGroup, nudge func()) (full bool) {
	free := cap(slots) - len(slots)
	if free == 0 || ctx.Err() != nil {
		return free == 0
	}
	failpoint.Hit("worker: before claim")
	orders, err := w.Outbox.Claim(ctx, free, lease, w.Now())
	if err != nil {
		if ctx.Err() == nil {
			w.Log.Error("orders not claimed", "error", err)
		}
		return false
	}
	for _, order := range orders {
		if ctx.Err() != nil {
			_ = w.Outbox.Release(context.WithoutCancel(ctx), order)
			continue
		}
		slots <- struct{}{}
		running.Go(func() {
			defer func() { <-slots; nudge() }()
			w.carryOut(context.WithoutCancel(ctx), order)
		})
	}
	return len(orders) == free
}

func (w *Workers) carryOut(ctx context.Context, order outbox.Order) {
	failpoint.Hit("worker: after claim")
	began := time.Now()
	ctx, cancel := context.WithTimeout(ctx, orderTimeout)
	defer cancel()
	kind, known := w.Kinds[order.Kind]
	if !known {
		// A newer instance gave it; this one is about to be replaced.
		w.postpone(ctx, order, fmt.Errorf("no worker for %q", order.Kind))
		return
	}
	_, err := guarded(ctx, func(ctx context.Context) (string, error) { return "", kind.Deliver(ctx, order.Subject) })
	// What was done must be written down even when the deadline has passed.
	ctx, cancelWrite := context.WithTimeout(context.WithoutCancel(ctx), writeTimeout)
	defer cancelWrite()
	if err != nil {
		w.observe(order.Kind, outcomeOf(err), time.Since(began))
		if kind.givesUp(order, err, w.Now()) {
			w.abandon(ctx, order, err)
			return
		}
		w.postpone(ctx, order, err)
		return
	}
	w.observe(order.Kind, "done", time.Since(began))
	failpoint.Hit("worker: before finish")
	if err := w.Outbox.Finish(ctx, order, w.Now()); err != nil {
		w.Log.Error("order not finished", "kind", order.Kind, "order", order.ID, "error", err)
	}
}

// givesUp tells whether an order that failed is not to be tried again.
func (k Kind) givesUp(order outbox.Order, failure error, now time.Time) bool {
	return errors.Is(failure, outbox.ErrHopeless) || k.GiveUpAfter > 0 && now.Sub(order.CreatedAt) >= k.GiveUpAfter
}

// abandon makes a dead letter of an order: the back-office shows it until somebody acts.
func (w *Workers) abandon(ctx context.Context, order outbox.Order, cause error) {
	w.Log.Error("order given up", "kind", order.Kind, "order", order.ID, "attempt", order.Attempt, "error", cause)
	if err := w.Outbox.Abandon(ctx, order, w.Now(), cause.Error()); err != nil {
		w.Log.Error("order not given up", "kind", order.Kind, "order", order.ID, "error", err)
	}
}

func (w *Workers) postpone(ctx context.Context, order outbox.Order, cause error) {
	wait := longestWait
	if order.Attempt <= len(waits) {
		wait = waits[order.Attempt-1]
	}
	// Up to a fifth more, so that a thousand orders put off together do not come together.
	wait += rand.N(wait/5 + 1)
	w.Log.Warn("order put off", "kind", order.Kind, "order", order.ID, "attempt", order.Attempt, "wait", wait.Round(time.Second).String(), "error", cause)
	if err := w.Outbox.Postpone(ctx, order, w.Now().Add(wait), cause.Error()); err != nil {
		w.Log.Error("order not put off", "kind", order.Kind, "order", order.ID, "error", err)
	}
}

func (w *Workers) observe(kind, outcome string, took time.Duration) {
	if w.Observe != nil {
		w.Observe(kind, outcome, took)
	}
}

func outcomeOf(err error) string {
	if code := fault.CodeOf(err); code != "" {
		return code
	}
	return "failed"
}
