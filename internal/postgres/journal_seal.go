package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/jmoiron/sqlx"

	"portail-qf/internal/domain/audit"
)

const sealColumns = `batch, first_id, last_id, events, lines_digest, digest, previous, sealed_at, events_purged_at`

type sealRow struct {
	Batch    int64        `db:"batch"`
	FirstID  int64        `db:"first_id"`
	LastID   int64        `db:"last_id"`
	Events   int          `db:"events"`
	Lines    []byte       `db:"lines_digest"`
	Digest   []byte       `db:"digest"`
	Previous []byte       `db:"previous"`
	SealedAt time.Time    `db:"sealed_at"`
	PurgedAt sql.NullTime `db:"events_purged_at"`
}

func (r sealRow) seal() audit.Seal {
	return audit.Seal{
		Batch: r.Batch, FirstID: r.FirstID, LastID: r.LastID, Events: r.Events,
		LinesDigest: r.Lines, Digest: r.Digest, Previous: r.Previous, SealedAt: r.SealedAt, PurgedAt: r.PurgedAt.Time,
	}
}

// SealBatch closes the next batch, by a function of the schema that has the right to.
func (j Journal) SealBatch(ctx context.Context) (audit.Seal, bool, error) {
	const sqlSeal = `SELECT ` + sealColumns + ` FROM seal_journal()`
	var row sealRow
	err := j.DB.pool.GetContext(ctx, &row, sqlSeal)
	if errors.Is(err, sql.ErrNoRows) {
		return audit.Seal{}, false, nil
	}
	if err != nil {
		return audit.Seal{}, false, fmt.Errorf("seal the journal: %w", err)
	}
	return row.seal(), true, nil
}

// PurgeEvents erases whole batches from before; where the database's own clock says that
// they are too young, as in the demo whose time is moved, they stay.
func (j Journal) PurgeEvents(ctx context.Context, before time.Time) (audit.PurgeCount, error) {
	const sqlPurge = `
		SELECT batches, events
		FROM purge_journal(LEAST($1, (now() AT TIME ZONE 'UTC' - make_interval(years => $2)) AT TIME ZONE 'UTC'))`
	var count audit.PurgeCount
	err := j.DB.pool.QueryRowContext(ctx, sqlPurge, before, audit.RetentionYears).Scan(&count.Batches, &count.Events)
	if err != nil {
		return audit.PurgeCount{}, fmt.Errorf("purge the journal: %w", err)
	}
	return count, nil
}

// ReadChain hands over the journal in one snapshot, so that a batch sealed or purged
// meanwhile is seen wholly as before.
func (j Journal) ReadChain(ctx context.Context, read func(chain audit.Chain) error) error {
	const sqlSnapshot = `SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY`
	const sqlSeals = `SELECT ` + sealColumns + ` FROM audit_seals ORDER BY batch`
	return j.DB.InTx(ctx, func(tx *sqlx.Tx) error {
		if _, err := tx.ExecContext(ctx, sqlSnapshot); err != nil {
			return fmt.Errorf("hold the journal still: %w", err)
		}
		var rows []sealRow
		if err := tx.SelectContext(ctx, &rows, sqlSeals); err != nil {
			return fmt.Errorf("list seals: %w", err)
		}
		seals := make([]audit.Seal, len(rows))
		for i, row := range rows {
			seals[i] = row.seal()
		}
		return read(audit.Chain{Seals: seals, Lines: journalLines(ctx, tx)})
	})
}

// journalLines reads every event as it is needed: the journal does not fit in memory.
func journalLines(ctx context.Context, tx *sqlx.Tx) iter.Seq2[audit.Line, error] {
	const sqlLines = `
		SELECT COALESCE(e.batch, 0), e.id, e.at, audit_line(e)
		FROM audit_events e ORDER BY e.batch, e.id` // those without a batch come last
	return func(yield func(audit.Line, error) bool) {
		rows, err := tx.QueryContext(ctx, sqlLines)
		if err != nil {
			yield(audit.Line{}, fmt.Errorf("read the journal: %w", err))
			return
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var line audit.Line
			err := rows.Scan(&line.Batch, &line.ID, &line.At, &line.Text)
			if err != nil {
				err = fmt.Errorf("read an event: %w", err)
			}
			if !yield(line, err) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(audit.Line{}, fmt.Errorf("read the journal: %w", err))
		}
	}
}
