package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/operation"
	"portail-qf/internal/domain/outbox"
)

var _ operation.OrderStore = Outbox{}

type orderRow struct {
	ID          int64      `db:"id"`
	Kind        string     `db:"kind"`
	Subject     string     `db:"subject"`
	Reference   string     `db:"reference"`
	Attempts    int        `db:"attempts"`
	LastError   string     `db:"last_error"`
	Leased      bool       `db:"leased"`
	CreatedAt   time.Time  `db:"created_at"`
	DueAt       time.Time  `db:"due_at"`
	DoneAt      *time.Time `db:"done_at"`
	AbandonedAt *time.Time `db:"abandoned_at"`
	Total       int        `db:"total"`
}

func (r orderRow) listed() outbox.Listed {
	listed := outbox.Listed{
		ID: r.ID, Kind: r.Kind, Subject: r.Subject, Reference: r.Reference, Attempts: r.Attempts, LastError: r.LastError,
		Leased: r.Leased, CreatedAt: r.CreatedAt, DueAt: r.DueAt,
	}
	if r.DoneAt != nil {
		listed.DoneAt = *r.DoneAt
	}
	if r.AbandonedAt != nil {
		listed.AbandonedAt = *r.AbandonedAt
	}
	return listed
}

// orderColumns is an order as it is watched, with the reference of its dossier.
const orderColumns = `
	o.id, o.kind, o.subject, o.attempts, o.last_error, COALESCE(o.leased_until >= now(), false) AS leased,
	o.created_at, o.due_at, o.done_at, o.abandoned_at,
	COALESCE((SELECT d.reference FROM dossiers d WHERE d.id = CASE
		WHEN o.kind IN ('dossier.deliver', 'dossier.close') AND o.subject ~ '^[0-9]{1,18}$' THEN o.subject::bigint END), '') AS reference`

// orderStands says in SQL what outbox.Listed.State says in Go; $1 is the time. A test
// compares the two, and the order of orderRank with that of outbox.States.
const (
	orderStands = `CASE
		WHEN o.done_at IS NOT NULL THEN 'done'
		WHEN o.abandoned_at IS NOT NULL THEN 'abandoned'
		WHEN o.leased_until >= now() THEN 'under_way'
		WHEN o.due_at <= $1 THEN 'due'
		WHEN o.last_error <> '' THEN 'retrying'
		ELSE 'waiting' END`
	orderRank = `array_position(ARRAY['abandoned', 'retrying', 'under_way', 'due', 'waiting', 'done'], found.state)`
)

const ordersWanted = `
	($2 = '' OR o.kind = $2)
	AND ($3 = '' OR ` + orderStands + ` = $3)
	AND ($4 = '' OR o.subject = $4
	     OR o.kind IN ('dossier.deliver', 'dossier.close') AND o.subject = (SELECT d.id::text FROM dossiers d WHERE d.reference = $5))`

// ListOrders lists a page of orders. Those that wait, those given up and those that are
// done each have their index; the last may be millions.
func (o Outbox) ListOrders(ctx context.Context, query outbox.Query, now time.Time) ([]outbox.Listed, int, error) {
	const sqlList = `
		WITH found AS MATERIALIZED (
			SELECT o.id, o.created_at, o.due_at, ` + orderStands + ` AS state FROM outbox o
			WHERE o.done_at IS NULL AND o.abandoned_at IS NULL AND ` + ordersWanted + `
			UNION ALL
			SELECT o.id, o.created_at, o.due_at, 'abandoned' FROM outbox o
			WHERE o.abandoned_at IS NOT NULL AND o.done_at IS NULL AND ` + ordersWanted + `
			UNION ALL
			(SELECT o.id, o.created_at, o.due_at, 'done' FROM outbox o
			 WHERE o.done_at IS NOT NULL AND $3 IN ('', 'done') AND ` + ordersWanted + `
			 ORDER BY o.done_at DESC LIMIT $6)
		), page AS (
			SELECT found.id, count(*) OVER () AS total, row_number() OVER (ORDER BY
				CASE $7 WHEN 'created' THEN extract(epoch FROM found.created_at)
				        WHEN 'due' THEN extract(epoch FROM found.due_at)
				        ELSE ` + orderRank + ` END * $8, found.created_at, found.id) AS position
			FROM found ORDER BY position LIMIT $9 OFFSET $10)
		SELECT ` + orderColumns + `, page.total FROM page JOIN outbox o ON o.id = page.id ORDER BY page.position`
	direction := 1
	if query.Descending {
		direction = -1
	}
	var rows []orderRow
	err := o.DB.pool.SelectContext(ctx, &rows, sqlList, now, query.Kind, string(query.State), query.Subject, query.Reference,
		outbox.ListedDone, string(query.Sort), direction, query.Limit, query.Offset)
	if err != nil {
		return nil, 0, err
	}
	listed, total := make([]outbox.Listed, len(rows)), 0
	for i, row := range rows {
		listed[i], total = row.listed(), row.Total
	}
	return listed, total, nil
}

// FindOrder finds an order.
func (o Outbox) FindOrder(ctx context.Context, id int64) (outbox.Listed, error) {
	const sqlFind = `SELECT ` + orderColumns + ` FROM outbox o WHERE o.id = $1`
	var row orderRow
	if err := o.DB.pool.GetContext(ctx, &row, sqlFind, id); err != nil {
		return outbox.Listed{}, notFoundAs("order.unknown", err)
	}
	return row.listed(), nil
}

// RecordRetried makes an order due, wakes the workers and writes the event down. A worker
// whose lease ended may still be at work: a further attempt keeps it from ending the order.
func (o Outbox) RecordRetried(ctx context.Context, retried operation.Retried) error {
	const sqlRetry = `
		UPDATE outbox SET due_at = $2, abandoned_at = NULL, leased_until = NULL,
			attempts = attempts + CASE WHEN leased_until IS NULL THEN 0 ELSE 1 END
		WHERE id = $1 AND due_at = $3 AND (abandoned_at IS NOT NULL OR due_at > $2)
		  AND done_at IS NULL AND (leased_until IS NULL OR leased_until < now())`
	const sqlWake = `SELECT pg_notify($1, '')`
	return o.DB.InTx(ctx, func(tx *sqlx.Tx) error {
		result, err := tx.ExecContext(ctx, sqlRetry, retried.OrderID, retried.Event.At, retried.Due)
		if isWaitingAlready(err) {
			return fault.New(fault.Conflict, "order.already_waiting")
		}
		if err != nil {
			return fmt.Errorf("retry order: %w", err)
		}
		if err := oneRow(result, fault.New(fault.Conflict, "order.moved")); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, sqlWake, outboxChannel); err != nil {
			return fmt.Errorf("wake the workers: %w", err)
		}
		return recordEvent(ctx, tx, retried.Event)
	})
}

// isWaitingAlready tells that the same order waits already.
func isWaitingAlready(err error) bool {
	var refused *pq.Error
	return errors.As(err, &refused) && refused.Constraint == "outbox_waiting_once"
}
