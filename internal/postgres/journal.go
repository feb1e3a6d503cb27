package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"portail-qf/internal/domain/audit"
)

// Journal records events and keeps them; the rights of the application's role make it
// append-only (SETTLED.md, database roles).
type Journal struct{ DB *DB }

// Record writes an event that belongs to no other transaction.
func (j Journal) Record(ctx context.Context, event audit.Event) error {
	return recordEvent(ctx, j.DB.pool, event)
}

// recordEvent writes an event; a store passes the transaction of the change that the
// event tells.
func recordEvent(ctx context.Context, tx sqlx.ExecerContext, event audit.Event) error {
	const sqlRecord = `
		INSERT INTO audit_events (at, author_id, author, role, act, object_kind, object_id, object, organisation, detail, request_id)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`
	if _, err := tx.ExecContext(ctx, sqlRecord, eventColumns(event)...); err != nil {
		return fmt.Errorf("record event %s: %w", event.Act, err)
	}
	return nil
}

// RecordOnce writes an event unless its author did the same to the same object within
// that time before: whoever knocks a thousand times on a closed door fills one line. Two
// that come together may both be written.
func (j Journal) RecordOnce(ctx context.Context, event audit.Event, within time.Duration) error {
	const sqlOnce = `
		INSERT INTO audit_events (at, author_id, author, role, act, object_kind, object_id, object, organisation, detail, request_id)
		SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11
		WHERE NOT EXISTS (
			SELECT FROM audit_events
			WHERE author_id = $2 AND act = $5 AND object_kind = $6 AND object_id = $7 AND at > $12 AND at <= $1)`
	arguments := append(eventColumns(event), event.At.Add(-within))
	if _, err := j.DB.pool.ExecContext(ctx, sqlOnce, arguments...); err != nil {
		return fmt.Errorf("record event %s once: %w", event.Act, err)
	}
	return nil
}

func eventColumns(event audit.Event) []any {
	e := event.Storable()
	return []any{
		e.At, e.Author.ID, e.Author.Display, e.Author.Role, string(e.Act),
		e.Object.Kind, e.Object.ID, e.Object.Display, e.Organisation, e.Detail, e.RequestID,
	}
}
