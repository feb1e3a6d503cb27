package operation

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/outbox"
	"portail-qf/internal/domain/value"
)

// Orders lets staff watch over the outbox and take up again what it gave up.
type Orders struct {
	Store OrderStore
	Now   func() time.Time // business time
}

// OrderStore is what watching over the outbox needs.
type OrderStore interface {
	// ListOrders lists a page of orders and tells how many there are; of those that are
	// done, outbox.ListedDone at most.
	ListOrders(ctx context.Context, query outbox.Query, now time.Time) ([]outbox.Listed, int, error)
	// FindOrder finds an order. fault.NotFound, code order.unknown.
	FindOrder(ctx context.Context, id int64) (outbox.Listed, error)
	// RecordRetried makes an order due at the time of the event. Codes (fault.Conflict):
	// order.moved, a worker took it meanwhile or it ended; order.already_waiting, the same
	// order was given anew since this one was abandoned.
	RecordRetried(ctx context.Context, retried Retried) error
}

// Retried is an order to be tried again, decided.
type Retried struct {
	OrderID int64
	// Due is when the order was due as it was found: of two who press at once, one takes it
	// up and the other finds it moved.
	Due   time.Time
	Event audit.Event // its time is when the order becomes due
}

// List lists a page of orders and tells how many there are. search is what somebody typed:
// the reference of a dossier, the number of a mail, the name of a job.
func (o *Orders) List(ctx context.Context, search string, query outbox.Query) ([]outbox.Listed, int, error) {
	query.Subject = strings.TrimSpace(search)
	if reference, err := value.ParseReference(query.Subject); err == nil {
		query.Reference = reference.String()
	}
	listed, total, err := o.Store.ListOrders(ctx, query, o.Now())
	if err != nil {
		return nil, 0, fmt.Errorf("list orders: %w", err)
	}
	return listed, total, nil
}

// Latest finds the last order given of a kind about a subject; ok is false when none is
// kept.
func (o *Orders) Latest(ctx context.Context, kind, subject string) (latest outbox.Listed, ok bool, err error) {
	listed, _, err := o.Store.ListOrders(ctx, outbox.Query{
		Kind: kind, Subject: subject, Sort: outbox.ByCreated, Descending: true, Limit: 1,
	}, o.Now())
	if err != nil {
		return latest, false, fmt.Errorf("find latest order: %w", err)
	}
	if len(listed) == 0 {
		return latest, false, nil
	}
	return listed[0], true, nil
}

// Find finds an order. Code: order.unknown.
func (o *Orders) Find(ctx context.Context, id int64) (outbox.Listed, error) {
	found, err := o.Store.FindOrder(ctx, id)
	if err != nil {
		return outbox.Listed{}, fmt.Errorf("find order: %w", err)
	}
	return found, nil
}

// Retry makes an order that failed due at once. One that was abandoned for its age is
// given up again if this try fails too. Codes: order.unknown, those of DecideRetry, and
// those of OrderStore.RecordRetried.
func (o *Orders) Retry(ctx context.Context, by audit.Author, requestID string, id int64) error {
	order, err := o.Store.FindOrder(ctx, id)
	if err != nil {
		return fmt.Errorf("find order: %w", err)
	}
	retried, err := DecideRetry(order, o.Now())
	if err != nil {
		return err
	}
	retried.Event.Author, retried.Event.RequestID = by, requestID
	if err := o.Store.RecordRetried(ctx, retried); err != nil {
		return fmt.Errorf("record retried order: %w", err)
	}
	return nil
}

// About names what an order is about as people know it: a dossier by its reference, grouped
// for reading aloud.
func About(order outbox.Listed) string {
	if order.Reference != "" {
		return value.Reference(order.Reference).Display()
	}
	return order.Subject
}

// CanRetry tells whether an order in this state may be tried again at once.
func CanRetry(state outbox.State) bool { return state == outbox.Abandoned || state == outbox.Retrying }

// DecideRetry says whether an order may be tried again at once, and what to record. Codes
// (fault.Conflict): order.done, order.under_way, order.already_waiting.
func DecideRetry(order outbox.Listed, now time.Time) (Retried, error) {
	switch state := order.State(now); state {
	case outbox.Done:
		return Retried{}, fault.New(fault.Conflict, "order.done")
	case outbox.UnderWay:
		return Retried{}, fault.New(fault.Conflict, "order.under_way")
	case outbox.Due, outbox.Waiting:
		return Retried{}, fault.New(fault.Conflict, "order.already_waiting")
	case outbox.Abandoned, outbox.Retrying:
	}
	return Retried{OrderID: order.ID, Due: order.DueAt, Event: audit.Event{
		At: now, Act: audit.OrderRetried,
		Object: audit.Object{Kind: "order", ID: strconv.FormatInt(order.ID, 10), Display: About(order)},
		Detail: order.Kind,
	}}, nil
}
