package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/fnv"
	"time"

	"portail-qf/internal/domain/operation"
)

// JobRuns makes each tick of each job run once, whatever the number of instances.
type JobRuns struct{ DB *DB }

// BeginTick takes a job's tick of the minute that the database's clock shows, the same for
// every instance. False when another instance has it already.
func (j JobRuns) BeginTick(ctx context.Context, job string) (tick time.Time, taken bool, err error) {
	const sqlTick = `
		INSERT INTO job_runs (job, scheduled_for) VALUES ($1, date_trunc('minute', now()))
		ON CONFLICT DO NOTHING RETURNING scheduled_for`
	err = j.DB.pool.GetContext(ctx, &tick, sqlTick, job)
	if errors.Is(err, sql.ErrNoRows) {
		return tick, false, nil
	}
	if err != nil {
		return tick, false, fmt.Errorf("begin job: %w", err)
	}
	return tick, true, nil
}

// BeginNow notes a run outside the ticks, asked for by hand. Of two in one microsecond the
// second is noted in the next.
func (j JobRuns) BeginNow(ctx context.Context, job string) (at time.Time, err error) {
	const sqlNow = `INSERT INTO job_runs (job, scheduled_for) VALUES ($1, clock_timestamp()) ON CONFLICT DO NOTHING RETURNING scheduled_for`
	for err = sql.ErrNoRows; errors.Is(err, sql.ErrNoRows); {
		err = j.DB.pool.GetContext(ctx, &at, sqlNow, job)
	}
	if err != nil {
		return at, fmt.Errorf("begin job: %w", err)
	}
	return at, nil
}

// End keeps the report of a run.
func (j JobRuns) End(ctx context.Context, job string, tick time.Time, report string, failed bool) error {
	const sqlEnd = `
		UPDATE job_runs SET finished_at = now(), report = $3, failed = $4
		WHERE job = $1 AND scheduled_for = $2`
	if _, err := j.DB.pool.ExecContext(ctx, sqlEnd, job, tick, report, failed); err != nil {
		return fmt.Errorf("end job: %w", err)
	}
	return nil
}

// LastSuccess is when a job last ended without fault; zero for never.
func (j JobRuns) LastSuccess(ctx context.Context, job string) (time.Time, error) {
	const sqlLast = `SELECT max(finished_at) FROM job_runs WHERE job = $1 AND NOT failed AND report <> $2`
	var last sql.NullTime
	if err := j.DB.pool.GetContext(ctx, &last, sqlLast, job, operation.ReportBusy); err != nil {
		return time.Time{}, fmt.Errorf("find the last run of a job: %w", err)
	}
	return last.Time, nil
}

// Alone runs work while holding the job's lock, so that two runs of one job never
// overlap. False when another run holds it: work was not called.
func (j JobRuns) Alone(ctx context.Context, job string, work func(ctx context.Context)) (bool, error) {
	return j.DB.alone(ctx, jobLock(job), work)
}

func jobLock(job string) string { return "job " + job }

// alone runs work while holding a lock of the database, on a connection of its own. False
// when another connection holds it: work was not called.
func (db *DB) alone(ctx context.Context, name string, work func(ctx context.Context)) (bool, error) {
	conn, err := db.pool.Connx(ctx)
	if err != nil {
		return false, fmt.Errorf("connect for the lock: %w", err)
	}
	defer func() { _ = conn.Close() }()
	key := lockKey(name)
	var locked bool
	if err := conn.GetContext(ctx, &locked, `SELECT pg_try_advisory_lock($1)`, key); err != nil {
		return false, fmt.Errorf("take the lock: %w", err)
	}
	if !locked {
		return false, nil
	}
	defer func() {
		// The connection goes back to the pool: the lock must not go with it.
		_, _ = conn.ExecContext(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock($1)`, key)
	}()
	work(ctx)
	return true, nil
}

func lockKey(name string) int64 {
	hash := fnv.New64a()
	_, _ = hash.Write([]byte("portail-qf " + name))
	return int64(hash.Sum64())
}
