package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/operation"
	"portail-qf/internal/domain/outbox"
)

var _ operation.RunStore = JobRuns{}

type runRow struct {
	StartedAt  time.Time  `db:"started_at"`
	FinishedAt *time.Time `db:"finished_at"`
	Seconds    float64    `db:"seconds"`
	Report     string     `db:"report"`
	Failed     bool       `db:"failed"`
}

func (r runRow) run() operation.Run {
	run := operation.Run{
		StartedAt: r.StartedAt, Age: time.Duration(r.Seconds * float64(time.Second)), Report: r.Report, Failed: r.Failed,
	}
	if r.FinishedAt != nil {
		run.FinishedAt = *r.FinishedAt
	}
	return run
}

const runColumns = `r.started_at, r.finished_at, extract(epoch FROM now() - r.started_at)::float8 AS seconds, r.report, r.failed`

// LastRuns finds the last run of each job that ever ran. A job is under way while somebody
// holds its lock.
func (j JobRuns) LastRuns(ctx context.Context, names []string) (map[string]operation.Last, error) {
	const sqlLast = `
		SELECT asked.job, ` + runColumns + `, EXISTS (
			SELECT FROM pg_locks l
			WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
			  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
			  AND (l.classid::bigint << 32 | l.objid::bigint) = asked.key) AS under_way
		FROM unnest($1::text[], $2::bigint[]) AS asked (job, key) CROSS JOIN LATERAL (
			SELECT started_at, finished_at, report, failed FROM job_runs
			WHERE job = asked.job ORDER BY scheduled_for DESC LIMIT 1) r`
	keys := make(pq.Int64Array, len(names))
	for i, name := range names {
		keys[i] = lockKey(jobLock(name))
	}
	var rows []struct {
		runRow
		Job      string `db:"job"`
		UnderWay bool   `db:"under_way"`
	}
	if err := j.DB.pool.SelectContext(ctx, &rows, sqlLast, pq.StringArray(names), keys); err != nil {
		return nil, err
	}
	last := make(map[string]operation.Last, len(rows))
	for _, row := range rows {
		last[row.Job] = operation.Last{Run: row.run(), UnderWay: row.UnderWay}
	}
	return last, nil
}

// ListRuns lists the last runs of a job, newest first.
func (j JobRuns) ListRuns(ctx context.Context, name string, limit int) ([]operation.Run, error) {
	const sqlRuns = `SELECT ` + runColumns + ` FROM job_runs r WHERE r.job = $1 ORDER BY r.scheduled_for DESC LIMIT $2`
	var rows []runRow
	if err := j.DB.pool.SelectContext(ctx, &rows, sqlRuns, name, limit); err != nil {
		return nil, err
	}
	runs := make([]operation.Run, len(rows))
	for i, row := range rows {
		runs[i] = row.run()
	}
	return runs, nil
}

// RecordDemand orders a run of a job and writes the event down.
func (j JobRuns) RecordDemand(ctx context.Context, name string, event audit.Event) error {
	return j.DB.InTx(ctx, func(tx *sqlx.Tx) error {
		if err := enqueue(ctx, tx, outbox.RunJob, name, event.At); err != nil {
			return fmt.Errorf("order a run: %w", err)
		}
		return recordEvent(ctx, tx, event)
	})
}
