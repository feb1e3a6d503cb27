package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jmoiron/sqlx"

	"portail-qf/internal/domain/dossier"
	"portail-qf/internal/domain/outbox"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/failpoint"
)

// FollowUp implements dossier.FollowUpStore.
type FollowUp struct{ DB *DB }

var (
	_ dossier.FollowUpStore = FollowUp{}
	_ dossier.LookupStore   = FollowUp{}
)

// statusColumns is what anyone may learn of a dossier.
const statusColumns = `d.reference, d.state, d.recorded_at, d.transmitted_at, d.received_at, d.state_at, ` + collectivityColumns

type statusRow struct {
	collectivityRow
	Reference     string       `db:"reference"`
	State         string       `db:"state"`
	RecordedAt    time.Time    `db:"recorded_at"`
	TransmittedAt sql.NullTime `db:"transmitted_at"`
	ReceivedAt    sql.NullTime `db:"received_at"`
	StateAt       time.Time    `db:"state_at"`
}

func (r statusRow) status() dossier.Status {
	return dossier.Status{
		Reference: value.Reference(r.Reference), State: dossier.State(r.State), RecordedAt: r.RecordedAt,
		TransmittedAt: r.TransmittedAt.Time, ReceivedAt: r.ReceivedAt.Time, StateAt: r.StateAt,
		Collectivity: r.collectivity(),
	}
}

// FindStatus finds what may be told of a dossier.
func (f FollowUp) FindStatus(ctx context.Context, reference value.Reference) (dossier.Status, error) {
	const sqlStatus = `
		SELECT ` + statusColumns + `
		FROM dossiers d JOIN collectivities c ON c.siret = d.siret
		WHERE d.reference = $1`
	var row statusRow
	if err := f.DB.pool.GetContext(ctx, &row, sqlStatus, reference.String()); err != nil {
		return dossier.Status{}, notFoundAs("dossier.unknown", err)
	}
	return row.status(), nil
}

// FindTrace finds a dossier of any collectivity with its technical trace. The detail of a
// line is HubEE's word for a status; elsewhere it is the id of a folder.
func (f FollowUp) FindTrace(ctx context.Context, reference value.Reference) (dossier.Trace, error) {
	const sqlTrace = `
		SELECT ` + statusColumns + `, d.id, d.integration_error_at,
			COALESCE(d.folder_id, '') AS folder_id, COALESCE(e.name, '') AS editor
		FROM dossiers d JOIN collectivities c ON c.siret = d.siret LEFT JOIN editors e ON e.siret = c.editor_siret
		WHERE d.reference = $1`
	const sqlLines = `
		SELECT at, kind, CASE WHEN kind = 'status' THEN detail ELSE '' END AS status
		FROM dossier_events WHERE dossier_id = $1 ORDER BY at, id`
	var row struct {
		statusRow
		ID                 int64        `db:"id"`
		IntegrationErrorAt sql.NullTime `db:"integration_error_at"`
		FolderID           string       `db:"folder_id"`
		Editor             string       `db:"editor"`
	}
	if err := f.DB.pool.GetContext(ctx, &row, sqlTrace, reference.String()); err != nil {
		return dossier.Trace{}, notFoundAs("dossier.unknown", err)
	}
	trace := dossier.Trace{Status: row.status(), Editor: row.Editor, FolderID: row.FolderID, IntegrationErrorAt: row.IntegrationErrorAt.Time}
	var lines []struct {
		At     time.Time `db:"at"`
		Kind   string    `db:"kind"`
		Status string    `db:"status"`
	}
	if err := f.DB.pool.SelectContext(ctx, &lines, sqlLines, row.ID); err != nil {
		return dossier.Trace{}, fmt.Errorf("list the lines of a trace: %w", err)
	}
	for _, line := range lines {
		trace.Lines = append(trace.Lines, dossier.TraceLine{At: line.At, Kind: dossier.TraceKind(line.Kind), Status: line.Status})
	}
	return trace, nil
}

// CountDossiersForCollectivity counts the dossiers of a collectivity by state.
func (f FollowUp) CountDossiersForCollectivity(ctx context.Context, siret value.Siret, since time.Time) (map[dossier.State]int, error) {
	const sqlCount = `SELECT state, count(*) AS n FROM dossiers WHERE siret = $1 AND recorded_at > $2 GROUP BY state`
	var rows []struct {
		State string `db:"state"`
		N     int    `db:"n"`
	}
	if err := f.DB.pool.SelectContext(ctx, &rows, sqlCount, siret.String(), since); err != nil {
		return nil, err
	}
	counts := make(map[dossier.State]int, len(rows))
	for _, row := range rows {
		counts[dossier.State(row.State)] = row.N
	}
	return counts, nil
}

// RecordStatus applies a status under the lock of its dossier.
func (f FollowUp) RecordStatus(ctx context.Context, change dossier.StatusChange) (bool, error) {
	const sqlLock = `SELECT id, state FROM dossiers WHERE case_id = $1 FOR UPDATE`
	const sqlEvent = `
		INSERT INTO dossier_events (dossier_id, at, kind, detail, hub_event)
		VALUES ($1, $2, 'status', $3, NULLIF($4, '')) ON CONFLICT (dossier_id, hub_event) DO NOTHING`
	const sqlLooked = `UPDATE dossiers SET looked_at = $2 WHERE id = $1`
	const sqlFlag = `UPDATE dossiers SET integration_error_at = $2 WHERE id = $1`
	known := false
	err := f.DB.InTx(ctx, func(tx *sqlx.Tx) error {
		var row struct {
			ID    int64
			State dossier.State
		}
		err := tx.GetContext(ctx, &row, sqlLock, change.CaseID)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("lock dossier: %w", err)
		}
		known = true
		next, moves := dossier.AfterStatus(row.State, change.Status)
		// Reading a case that says nothing new leaves no line in the trace.
		if change.EventID != "" || moves {
			if _, err := tx.ExecContext(ctx, sqlEvent, row.ID, change.At, change.Status, change.EventID); err != nil {
				return fmt.Errorf("trace status: %w", err)
			}
		}
		if _, err := tx.ExecContext(ctx, sqlLooked, row.ID, change.At); err != nil {
			return fmt.Errorf("note news: %w", err)
		}
		if change.Status == dossier.IntegrationError {
			if _, err := tx.ExecContext(ctx, sqlFlag, row.ID, change.At); err != nil {
				return fmt.Errorf("flag dossier: %w", err)
			}
		}
		if !moves {
			return nil
		}
		return f.move(ctx, tx, row.ID, next, change.At)
	})
	failpoint.Hit("follow up: status recorded")
	return known, err
}

func (f FollowUp) move(ctx context.Context, tx *sqlx.Tx, id int64, next dossier.State, at time.Time) error {
	const sqlMove = `
		UPDATE dossiers SET state = $2, state_at = $3, transmitted_at = COALESCE(transmitted_at, $3),
			received_at = COALESCE(received_at, $3)
		WHERE id = $1`
	if _, err := tx.ExecContext(ctx, sqlMove, id, next, at); err != nil {
		return fmt.Errorf("move dossier: %w", err)
	}
	// HubEE has it all: a payload still here was only waiting for its transmission to be
	// written down.
	if _, err := tx.ExecContext(ctx, `DELETE FROM dossier_payloads WHERE dossier_id = $1`, id); err != nil {
		return fmt.Errorf("erase payload: %w", err)
	}
	if !next.Final() {
		return nil
	}
	return enqueue(ctx, tx, outbox.CloseDossier, strconv.FormatInt(id, 10), at)
}

// ListSilent lists dossiers to look at and notes that they were.
func (f FollowUp) ListSilent(ctx context.Context, since, now time.Time, limit int) ([]dossier.Tracked, error) {
	// MATERIALIZED for the reason that Outbox.Claim gives.
	const sqlSilent = `
		WITH silent AS MATERIALIZED (
			SELECT id FROM dossiers
			WHERE state IN ('transmis', 'recu', 'en_cours') AND case_id IS NOT NULL AND COALESCE(looked_at, state_at) <= $1
			ORDER BY COALESCE(looked_at, state_at) LIMIT $3 FOR UPDATE SKIP LOCKED)
		UPDATE dossiers SET looked_at = $2
		WHERE id IN (SELECT id FROM silent)
		RETURNING id, COALESCE(folder_id, '') AS folder_id, case_id, state`
	var rows []trackedRow
	if err := f.DB.pool.SelectContext(ctx, &rows, sqlSilent, since, now, limit); err != nil {
		return nil, err
	}
	tracked := make([]dossier.Tracked, len(rows))
	for i, row := range rows {
		tracked[i] = row.tracked()
	}
	return tracked, nil
}

// FindTracked finds the ids that HubEE gave to a dossier.
func (f FollowUp) FindTracked(ctx context.Context, id int64) (dossier.Tracked, error) {
	const sqlTracked = `
		SELECT id, COALESCE(folder_id, '') AS folder_id, COALESCE(case_id, '') AS case_id, state FROM dossiers WHERE id = $1`
	var row trackedRow
	if err := f.DB.pool.GetContext(ctx, &row, sqlTracked, id); err != nil {
		return dossier.Tracked{}, notFoundAs("dossier.unknown", err)
	}
	return row.tracked(), nil
}

type trackedRow struct {
	ID       int64  `db:"id"`
	FolderID string `db:"folder_id"`
	CaseID   string `db:"case_id"`
	State    string `db:"state"`
}

func (r trackedRow) tracked() dossier.Tracked {
	return dossier.Tracked{ID: r.ID, FolderID: r.FolderID, CaseID: r.CaseID, State: dossier.State(r.State)}
}

// orderRetention is how long finished orders and the runs of jobs are kept for whoever
// asks what happened.
const orderRetention = 30 * 24 * time.Hour

// Purge erases what is beyond its time. Each statement stands alone: a purge that stops
// half-way is taken up by the next one.
func (f FollowUp) Purge(ctx context.Context, retained, deliverable, now time.Time) (dossier.PurgeCount, error) {
	var count dossier.PurgeCount
	steps := []struct {
		erased *int
		query  string
		args   []any
	}{
		{&count.Attempts, `
			DELETE FROM attempts WHERE created_at <= $1 OR step <> 'commencee' AND seen_at <= $2`,
			[]any{now.Add(-dossier.AbsoluteLife), now.Add(-dossier.IdleLife)}},
		{&count.Sessions, `
			DELETE FROM citizen_sessions s WHERE created_at <= $1
			   AND NOT EXISTS (SELECT FROM attempts a WHERE a.session_id = s.id)`,
			[]any{now.Add(-dossier.AbsoluteLife)}},
		// Whatever became of the workers, no payload outlives its limit; they have a day
		// more to withdraw a half-made folder from HubEE, which takes no payload.
		{&count.Payloads, `
			WITH overdue AS (
				SELECT id FROM dossiers WHERE state IN ('enregistre', 'quarantaine') AND recorded_at <= $1
			), failed AS (
				UPDATE dossiers SET state = 'echec', state_at = $2
				WHERE state IN ('enregistre', 'quarantaine') AND recorded_at <= $1 AND (folder_id IS NULL OR recorded_at <= $3)
				RETURNING id
			), traced AS (
				INSERT INTO dossier_events (dossier_id, at, kind) SELECT id, $2, 'failed' FROM failed
			)
			DELETE FROM dossier_payloads WHERE dossier_id IN (SELECT id FROM overdue)`,
			[]any{deliverable, now, deliverable.Add(-dossier.GraceTime)}},
		{&count.Dossiers, `DELETE FROM dossiers WHERE recorded_at <= $1`, []any{retained}},
		{&count.Orders, `DELETE FROM outbox WHERE done_at <= $1 OR abandoned_at <= $2`, []any{now.Add(-orderRetention), now.Add(-outbox.AbandonedLife)}},
		{&count.Runs, `DELETE FROM job_runs WHERE COALESCE(finished_at, started_at) <= now() - make_interval(secs => $1)`, []any{orderRetention.Seconds()}},
	}
	for _, step := range steps {
		result, err := f.DB.pool.ExecContext(ctx, step.query, step.args...)
		if err != nil {
			return count, err
		}
		erased, err := result.RowsAffected()
		if err != nil {
			return count, err
		}
		*step.erased = int(erased)
		failpoint.Hit("purge: between two steps")
	}
	return count, nil
}
