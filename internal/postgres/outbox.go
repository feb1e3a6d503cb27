package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"portail-qf/internal/domain/outbox"
)

// outboxChannel wakes the workers of every instance when an order is given.
const outboxChannel = "outbox"

// enqueue gives an order inside the transaction that records why. An order that already
// waits for the same subject is enough, and becomes due at once. Where a worker carries it
// out, it may have looked too early: counting a further attempt keeps that worker from
// finishing the order, which comes back when the lease ends.
func enqueue(ctx context.Context, tx *sqlx.Tx, kind, subject string, due time.Time) error {
	const sqlEnqueue = `
		WITH given AS (
			INSERT INTO outbox AS waiting (kind, subject, due_at, created_at) VALUES ($1, $2, $3, $3)
			ON CONFLICT (kind, subject) WHERE done_at IS NULL AND abandoned_at IS NULL
			DO UPDATE SET due_at = EXCLUDED.due_at, attempts = waiting.attempts + 1)
		SELECT pg_notify($4, '')`
	if _, err := tx.ExecContext(ctx, sqlEnqueue, kind, subject, due, outboxChannel); err != nil {
		return fmt.Errorf("enqueue %s: %w", kind, err)
	}
	return nil
}

// Outbox hands orders to the workers: each to one worker at a time, under a lease.
type Outbox struct{ DB *DB }

// Claim leases at most limit due orders, oldest first. An order whose worker died comes
// back when its lease ends.
func (o Outbox) Claim(ctx context.Context, limit int, lease time.Duration, now time.Time) ([]outbox.Order, error) {
	// MATERIALIZED: a plan that runs the selection once per row of the table would lock
	// other rows each time, and go beyond the limit.
	const sqlClaim = `
		WITH due AS MATERIALIZED (
			SELECT id FROM outbox
			WHERE done_at IS NULL AND abandoned_at IS NULL AND due_at <= $1
			  AND (leased_until IS NULL OR leased_until < now())
			ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED)
		UPDATE outbox SET leased_until = now() + make_interval(secs => $3), attempts = attempts + 1
		WHERE id IN (SELECT id FROM due)
		RETURNING id, kind, subject, attempts, created_at`
	claim, err := o.DB.statement(ctx, sqlClaim)
	if err != nil {
		return nil, err
	}
	rows, err := claim.QueryContext(ctx, now, limit, lease.Seconds())
	if err != nil {
		return nil, fmt.Errorf("claim orders: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var orders []outbox.Order
	for rows.Next() {
		var order outbox.Order
		if err := rows.Scan(&order.ID, &order.Kind, &order.Subject, &order.Attempt, &order.CreatedAt); err != nil {
			return nil, fmt.Errorf("read order: %w", err)
		}
		orders = append(orders, order)
	}
	return orders, rows.Err()
}

// finishedOrder is an order that was carried out.
type finishedOrder struct {
	outbox.Order
	at time.Time
}

// Finish ends an order. A worker whose lease passed to another changes nothing. Orders that end
// at the same moment end together.
func (o Outbox) Finish(ctx context.Context, order outbox.Order, now time.Time) error {
	err := o.DB.finished.write(finishedOrder{order, now}, func(lot []finishedOrder) error { return o.finish(ctx, lot) })
	if err != nil {
		return fmt.Errorf("finish order: %w", err)
	}
	return nil
}

func (o Outbox) finish(ctx context.Context, lot []finishedOrder) error {
	const sqlFinish = `
		UPDATE outbox o SET done_at = finished.at, leased_until = NULL, last_error = ''
		FROM unnest($1::bigint[], $2::int[], $3::timestamptz[]) AS finished (id, attempts, at)
		WHERE o.id = finished.id AND o.attempts = finished.attempts AND o.done_at IS NULL`
	finish, err := o.DB.statement(ctx, sqlFinish)
	if err != nil {
		return err
	}
	var ids, attempts pq.Int64Array
	var times pq.StringArray
	for _, order := range lot {
		ids, attempts, times = append(ids, order.ID), append(attempts, int64(order.Attempt)), append(times, instant(order.at))
	}
	_, err = finish.ExecContext(ctx, ids, attempts, times)
	return err
}

// Postpone puts an order off until due, with the reason in words that hold nothing
// personal.
func (o Outbox) Postpone(ctx context.Context, order outbox.Order, due time.Time, reason string) error {
	const sqlPostpone = `
		UPDATE outbox SET due_at = $3, leased_until = NULL, last_error = $4
		WHERE id = $1 AND attempts = $2 AND done_at IS NULL`
	_, err := o.DB.pool.ExecContext(ctx, sqlPostpone, order.ID, order.Attempt, due, reason)
	if err != nil {
		return fmt.Errorf("postpone order: %w", err)
	}
	return nil
}

// Abandon gives an order up, with the reason in words that hold nothing personal.
func (o Outbox) Abandon(ctx context.Context, order outbox.Order, now time.Time, reason string) error {
	const sqlAbandon = `
		UPDATE outbox SET abandoned_at = $3, leased_until = NULL, last_error = $4
		WHERE id = $1 AND attempts = $2 AND done_at IS NULL AND abandoned_at IS NULL`
	_, err := o.DB.pool.ExecContext(ctx, sqlAbandon, order.ID, order.Attempt, now, reason)
	if err != nil {
		return fmt.Errorf("abandon order: %w", err)
	}
	return nil
}

// Release gives an order back at once, because its worker stops.
func (o Outbox) Release(ctx context.Context, order outbox.Order) error {
	const sqlRelease = `
		UPDATE outbox SET leased_until = NULL WHERE id = $1 AND attempts = $2 AND done_at IS NULL`
	_, err := o.DB.pool.ExecContext(ctx, sqlRelease, order.ID, order.Attempt)
	if err != nil {
		return fmt.Errorf("release order: %w", err)
	}
	return nil
}

// Busy counts the orders that are due or leased: what a drain waits for.
func (o Outbox) Busy(ctx context.Context, now time.Time) (int, error) {
	const sqlBusy = `
		SELECT count(*) FROM outbox
		WHERE done_at IS NULL AND abandoned_at IS NULL AND (due_at <= $1 OR leased_until >= now())`
	var busy int
	if err := o.DB.pool.GetContext(ctx, &busy, sqlBusy, now); err != nil {
		return 0, fmt.Errorf("count busy orders: %w", err)
	}
	return busy, nil
}

// OldestDelivery returns when the oldest dossier that waits for its delivery was recorded;
// the zero time when there is none.
func (o Outbox) OldestDelivery(ctx context.Context) (time.Time, error) {
	const sqlOldest = `
		SELECT min(created_at) FROM outbox WHERE done_at IS NULL AND abandoned_at IS NULL AND kind = $1`
	var oldest *time.Time
	if err := o.DB.pool.GetContext(ctx, &oldest, sqlOldest, outbox.DeliverDossier); err != nil {
		return time.Time{}, fmt.Errorf("find oldest order: %w", err)
	}
	if oldest == nil {
		return time.Time{}, nil
	}
	return *oldest, nil
}

// Listen calls wake whenever an order is given, until ctx ends. It reconnects by itself;
// the workers also look from time to time, so a lost notification only delays.
func (o Outbox) Listen(ctx context.Context, wake func()) error {
	listener := pq.NewListener(o.DB.url, 100*time.Millisecond, 10*time.Second, nil)
	// Closing is what ends a first connection that never comes.
	stop := context.AfterFunc(ctx, func() { _ = listener.Close() })
	defer func() {
		if stop() {
			_ = listener.Close()
		}
	}()
	if err := listener.Listen(outboxChannel); err != nil && ctx.Err() == nil {
		return fmt.Errorf("listen to the outbox: %w", err)
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-listener.Notify:
			wake()
		}
	}
}
