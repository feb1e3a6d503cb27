package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/robfig/cron/v3"

	"portail-qf/internal/domain/operation"
)

var _ operation.Timetable = (*Table)(nil)

// Job is a recurring piece of work.
type Job struct {
	Name    string
	Every   string // cron expression, Europe/Paris; never between 2 and 3 in the morning
	Timeout time.Duration
	// Run does the work and reports it in a few words that hold nothing personal.
	Run func(ctx context.Context) (report string, err error)
}

// Runs keeps the ticks (postgres.JobRuns).
type Runs interface {
	BeginTick(ctx context.Context, job string) (tick time.Time, taken bool, err error)
	BeginNow(ctx context.Context, job string) (at time.Time, err error)
	End(ctx context.Context, job string, tick time.Time, report string, failed bool) error
	Alone(ctx context.Context, job string, work func(ctx context.Context)) (bool, error)
}

// Table is the list of the jobs.
type Table struct {
	Jobs []Job
	Runs Runs
	Log  *slog.Logger
	Zone *time.Location // Europe/Paris

	mu sync.Mutex
	// start begins a run that belongs to Serve, and ends with it; nil before and after.
	start func(job Job, at time.Time)
}

// lockEvery is how often a run that waits for another one looks again.
const lockEvery = 100 * time.Millisecond

// ErrUnknownJob says that the table has no job of this name.
var ErrUnknownJob = errors.New("no such job")

// errStopping says that this instance begins nothing any more.
var errStopping = errors.New("the jobs are not served here at this moment")

// maxReport is how much of a report is kept, in characters.
const maxReport = 2000

// Names lists the jobs.
func (t *Table) Names() []string {
	names := make([]string, len(t.Jobs))
	for i, job := range t.Jobs {
		names[i] = job.Name
	}
	return names
}

// Serve runs every job at its times until ctx ends, and waits for those under way.
func (t *Table) Serve(ctx context.Context) error {
	schedule := cron.New(cron.WithLocation(t.Zone))
	for _, job := range t.Jobs {
		if _, err := schedule.AddFunc(job.Every, func() { t.tick(ctx, job) }); err != nil {
			return fmt.Errorf("schedule %s: %w", job.Name, err)
		}
	}
	var asked sync.WaitGroup
	t.startBy(func(job Job, at time.Time) {
		asked.Go(func() { _, _ = t.run(ctx, job, at, true) })
	})
	schedule.Start()
	<-ctx.Done()
	t.startBy(nil)
	<-schedule.Stop().Done()
	asked.Wait()
	return nil
}

func (t *Table) startBy(start func(job Job, at time.Time)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.start = start
}

// Planned lists the jobs with the time of their next run.
func (t *Table) Planned() []operation.Planned {
	now := time.Now().In(t.Zone)
	planned := make([]operation.Planned, len(t.Jobs))
	for i, job := range t.Jobs {
		planned[i] = operation.Planned{Name: job.Name, Every: job.Every, Timeout: job.Timeout}
		if schedule, err := cron.ParseStandard(job.Every); err == nil { // Serve refuses the others
			planned[i].Next = schedule.Next(now)
		}
	}
	return planned
}

// Begin begins a run that somebody asked for by an order of the outbox, and returns at
// once: a run may last longer than an order may, and ends when this instance stops. It
// is told and kept like any other; whether it fails is not the order's affair.
func (t *Table) Begin(ctx context.Context, name string) error {
	job, err := t.find(name)
	if err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.start == nil {
		return errStopping
	}
	at, err := t.Runs.BeginNow(ctx, name)
	if err != nil {
		return fmt.Errorf("begin %s: %w", name, err)
	}
	t.start(job, at)
	return nil
}

func (t *Table) find(name string) (Job, error) {
	at := slices.IndexFunc(t.Jobs, func(job Job) bool { return job.Name == name })
	if at < 0 {
		return Job{}, fmt.Errorf("%w: %s", ErrUnknownJob, name)
	}
	return t.Jobs[at], nil
}

// tick runs a job for the minute that has come, by the database's clock, unless another
// instance has it.
func (t *Table) tick(ctx context.Context, job Job) {
	tick, taken, err := t.Runs.BeginTick(ctx, job.Name)
	if err != nil {
		t.Log.Error("job not begun", "job", job.Name, "error", err)
		return
	}
	if taken {
		_, _ = t.run(ctx, job, tick, false)
	}
}

// Run runs a job now, whatever its times, after the run that may be under way, and returns
// its report.
func (t *Table) Run(ctx context.Context, name string) (string, error) {
	job, err := t.find(name)
	if err != nil {
		return "", err
	}
	at, err := t.Runs.BeginNow(ctx, name)
	if err != nil {
		return "", fmt.Errorf("begin %s: %w", name, err)
	}
	return t.run(ctx, job, at, true)
}

func (t *Table) run(ctx context.Context, job Job, tick time.Time, patient bool) (report string, err error) {
	began := time.Now()
	work := func(ctx context.Context) {
		ctx, cancel := context.WithTimeout(ctx, job.Timeout)
		defer cancel()
		report, err = guarded(ctx, job.Run)
	}
	alone, lockErr := t.Runs.Alone(ctx, job.Name, work)
	for patient && !alone && lockErr == nil {
		select {
		case <-ctx.Done():
			lockErr = ctx.Err()
		case <-time.After(lockEvery):
			alone, lockErr = t.Runs.Alone(ctx, job.Name, work)
		}
	}
	switch {
	case lockErr != nil:
		err = lockErr
	case !alone:
		report = operation.ReportBusy
	}
	level := slog.LevelInfo
	if err != nil {
		level = slog.LevelError
	}
	t.Log.Log(ctx, level, "job run", "job", job.Name, "report", report, "error", err, "seconds", time.Since(began).Seconds())
	if endErr := t.Runs.End(context.WithoutCancel(ctx), job.Name, tick, kept(report, err), err != nil); endErr != nil {
		t.Log.Error("job not ended", "job", job.Name, "error", endErr)
	}
	return report, err
}

// kept is what remains of a run for those who watch over the jobs: the report and, when it
// failed, why.
func kept(report string, failure error) string {
	if failure != nil {
		report = strings.TrimPrefix(report+"; "+failure.Error(), "; ")
	}
	report = strings.ToValidUTF8(strings.ReplaceAll(report, "\x00", ""), "")
	if runes := []rune(report); len(runes) > maxReport {
		report = string(runes[:maxReport-1]) + "…"
	}
	return report
}

// guarded turns a panic into an error: one job must not end the program. The error, which
// is stored, names where it happened and not what was in hand, which may be somebody's.
func guarded(ctx context.Context, work func(context.Context) (string, error)) (report string, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("panic of type %T at\n%s", cause, debug.Stack())
		}
	}()
	return work(ctx)
}
