package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"portail-qf/internal/domain/decision"
	"portail-qf/internal/domain/fault"
)

// Inbox implements decision.InboxStore.
type Inbox struct{ DB *DB }

var _ decision.InboxStore = Inbox{}

// FindReceived finds an event by the digest of its body.
func (i Inbox) FindReceived(ctx context.Context, digest [32]byte) (decision.Received, error) {
	const sqlFind = `SELECT ` + receivedColumns + ` FROM datapass_events d WHERE d.digest = $1`
	var row receivedRow
	if err := i.DB.pool.GetContext(ctx, &row, sqlFind, digest[:]); err != nil {
		return decision.Received{}, notFoundAs("datapass.unknown", err)
	}
	return row.received(), nil
}

// FindKept finds an event by its id, with its sealed content.
func (i Inbox) FindKept(ctx context.Context, id int64) (decision.Kept, error) {
	const sqlFind = `SELECT ` + receivedColumns + `, d.digest, d.content FROM datapass_events d WHERE d.id = $1`
	var row struct {
		receivedRow
		Digest  []byte `db:"digest"`
		Content []byte `db:"content"`
	}
	if err := i.DB.pool.GetContext(ctx, &row, sqlFind, id); err != nil {
		return decision.Kept{}, notFoundAs("datapass.unknown", err)
	}
	return decision.Kept{Received: row.received(), Digest: [32]byte(row.Digest), Content: row.Content}, nil
}

// HasApplied tells whether the event of this name and moment was applied to a request.
func (i Inbox) HasApplied(ctx context.Context, e decision.Event) (bool, error) {
	const sqlHas = `
		SELECT EXISTS (SELECT FROM datapass_events WHERE state = 'appliquee' AND request = $1 AND event = $2 AND fired_at = $3)`
	var has bool
	err := i.DB.pool.GetContext(ctx, &has, sqlHas, int64(e.Request), e.Name, e.FiredAt)
	return has, err
}

// RecordArrival counts one more arrival.
func (i Inbox) RecordArrival(ctx context.Context, id int64, now time.Time) error {
	const sqlCount = `UPDATE datapass_events SET arrivals = arrivals + 1, last_at = $2 WHERE id = $1`
	_, err := i.DB.pool.ExecContext(ctx, sqlCount, id, now)
	return err
}

// RecordReceived keeps what became of an event, with the outcome that it had.
func (i Inbox) RecordReceived(ctx context.Context, kept decision.Kept) (id int64, err error) {
	err = i.DB.InTx(ctx, func(tx *sqlx.Tx) error {
		if id, err = writeReceived(ctx, tx, kept); err != nil {
			return err
		}
		for _, event := range kept.Events {
			if err := recordEvent(ctx, tx, event); err != nil {
				return err
			}
		}
		if kept.Outcome == nil {
			return nil
		}
		// What of this request waited for somebody, and happened before, waits for nothing. An
		// approval or a revocation does until the next one: no other event replaces it; a
		// transfer, until the next event that names who holds it. A revocation older than an
		// approval is somebody's to judge.
		const sqlOvertake = `
			UPDATE datapass_events SET state = 'sans_effet', reason = 'datapass.overtaken'
			WHERE request = $1 AND id <> $2 AND state = 'quarantaine'
			  AND (fired_at < $3 OR fired_at = $3 AND (event = $4 OR event <> 'revoke'))
			  AND (event NOT IN ('approve', 'revoke') OR $4 IN ('approve', 'revoke'))
			  AND (event <> 'transfer' OR $4 IN ('transfer', 'approve')) AND ($4 <> 'transfer' OR event = 'transfer')
			  AND reason <> 'datapass.revoked_before'`
		if _, err := tx.ExecContext(ctx, sqlOvertake, int64(kept.Request), id, kept.FiredAt.Unix(), kept.Event); err != nil {
			return fmt.Errorf("let what was overtaken go: %w", err)
		}
		return recordOutcome(ctx, tx, *kept.Outcome)
	})
	if violates(err, "datapass_events_once") { // the same event in another body, at this moment
		return 0, fault.Because(fault.Conflict, "datapass.moved", err)
	}
	return id, err
}

// writeReceived writes an event; ID 0 is a new one. Code: datapass.moved.
func writeReceived(ctx context.Context, tx *sqlx.Tx, kept decision.Kept) (id int64, err error) {
	const sqlInsert = `
		INSERT INTO datapass_events (digest, received_at, last_at, event, model_type, request, fired_at, state, reason, applied_at, content)
		VALUES ($1, $2, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (digest) DO NOTHING RETURNING id`
	const sqlUpdate = `
		UPDATE datapass_events SET event = $2, model_type = $3, request = $4, fired_at = $5, state = $6, reason = $7, applied_at = $8
		WHERE id = $1 AND state = 'quarantaine' RETURNING id`
	fired := sql.NullInt64{Int64: kept.FiredAt.Unix(), Valid: !kept.FiredAt.IsZero()}
	told := []any{kept.Event, kept.ModelType, nullNumber(int64(kept.Request)), fired, string(kept.State), kept.Reason, nullTime(kept.AppliedAt)}
	if kept.ID == 0 {
		err = tx.GetContext(ctx, &id, sqlInsert, append(append([]any{kept.Digest[:], kept.ReceivedAt}, told...), kept.Content)...)
	} else {
		err = tx.GetContext(ctx, &id, sqlUpdate, append([]any{kept.ID}, told...)...)
	}
	if errors.Is(err, sql.ErrNoRows) {
		return 0, fault.New(fault.Conflict, "datapass.moved")
	}
	if err != nil {
		return 0, fmt.Errorf("keep event: %w", err)
	}
	return id, nil
}

// EraseContents erases what events said.
func (i Inbox) EraseContents(ctx context.Context, before, quarantinedBefore time.Time) (int, error) {
	const sqlErase = `
		UPDATE datapass_events SET content = NULL
		WHERE content IS NOT NULL AND received_at < CASE state WHEN 'quarantaine' THEN $2::timestamptz ELSE $1::timestamptz END`
	result, err := i.DB.pool.ExecContext(ctx, sqlErase, before, quarantinedBefore)
	if err != nil {
		return 0, err
	}
	erased, err := result.RowsAffected()
	return int(erased), err
}

// ForgetRequesters erases who made requests that were never approved.
func (i Inbox) ForgetRequesters(ctx context.Context, before time.Time) (int, error) {
	const sqlForget = `
		UPDATE requests r SET requester = '{}', datapass_requester = '', revision = revision + 1
		WHERE r.source = 'datapass' AND r.state_at < $1 AND r.requester <> '{}' AND r.state IN ('brouillon', 'deposee', 'modifications_demandees', 'refusee', 'archivee')
		  AND NOT EXISTS (SELECT FROM habilitations h WHERE h.request = r.number)`
	result, err := i.DB.pool.ExecContext(ctx, sqlForget, before)
	if err != nil {
		return 0, err
	}
	forgotten, err := result.RowsAffected()
	return int(forgotten), err
}
