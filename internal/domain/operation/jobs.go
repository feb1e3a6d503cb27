package operation

import (
	"context"
	"fmt"
	"slices"
	"time"

	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/fault"
)

// Jobs lets staff watch over the recurring jobs and start one.
type Jobs struct {
	Timetable Timetable
	Store     RunStore
	Now       func() time.Time // business time
}

// Timetable is what runs by itself (jobs.Table).
type Timetable interface {
	// Planned lists the jobs, in the order of the table.
	Planned() []Planned
}

// RunStore keeps the runs of the jobs, and what people ask of them.
type RunStore interface {
	// LastRuns finds the last run of each of these jobs that ever ran, and tells which jobs
	// are under way.
	LastRuns(ctx context.Context, names []string) (map[string]Last, error)
	// ListRuns lists the last runs of a job, newest first.
	ListRuns(ctx context.Context, name string, limit int) ([]Run, error)
	// RecordDemand orders a run of a job at the time of the event; asked twice before it
	// began, it is one run.
	RecordDemand(ctx context.Context, name string, event audit.Event) error
}

// Planned is a job of the timetable. Its times are real ones, not business ones.
type Planned struct {
	Name    string
	Every   string        // cron expression, Europe/Paris; its French is "schedule." and the expression
	Timeout time.Duration // a run is cut then
	Next    time.Time
}

// Last is how a job stands.
type Last struct {
	Run      Run // zero when it never ran
	UnderWay bool
}

// Job is a job as people watch it.
type Job struct {
	Planned
	Last
}

// Run is one run of a job. Its times are the database's.
type Run struct {
	StartedAt  time.Time
	FinishedAt time.Time     // zero until it ends
	Age        time.Duration // since it started
	Report     string        // a few words of the job's, see Counts
	Failed     bool
}

// RunState is how a run goes or went.
type RunState string

// The states of a run.
const (
	Running     RunState = "running"
	Ended       RunState = "ended"
	Failed      RunState = "failed"
	Interrupted RunState = "interrupted" // the portal stopped or died meanwhile
)

// RunStates lists every state of a run.
var RunStates = [...]RunState{Running, Ended, Failed, Interrupted}

// StateOf tells how a run of the job goes or went. One without end is still running as
// long as the job is under way, if it is not too old for that: a run may wait for the one
// before, then take its own time.
func (j Job) StateOf(run Run) RunState {
	switch {
	case run.FinishedAt.IsZero() && j.UnderWay && run.Age <= 2*j.Timeout:
		return Running
	case run.FinishedAt.IsZero():
		return Interrupted
	case run.Failed:
		return Failed
	}
	return Ended
}

// RunsShown is how many of its last runs a job shows.
const RunsShown = 30

// List lists the jobs and how they stand.
func (j *Jobs) List(ctx context.Context) ([]Job, error) {
	planned := j.Timetable.Planned()
	names := make([]string, len(planned))
	for i, p := range planned {
		names[i] = p.Name
	}
	last, err := j.Store.LastRuns(ctx, names)
	if err != nil {
		return nil, fmt.Errorf("find last runs: %w", err)
	}
	jobs := make([]Job, len(planned))
	for i, p := range planned {
		jobs[i] = Job{p, last[p.Name]}
	}
	return jobs, nil
}

// Find finds a job with its last runs, newest first. Code: job.unknown.
func (j *Jobs) Find(ctx context.Context, name string) (Job, []Run, error) {
	planned, err := j.plan(name)
	if err != nil {
		return Job{}, nil, err
	}
	last, err := j.Store.LastRuns(ctx, []string{name})
	if err != nil {
		return Job{}, nil, fmt.Errorf("find last run: %w", err)
	}
	runs, err := j.Store.ListRuns(ctx, name, RunsShown)
	if err != nil {
		return Job{}, nil, fmt.Errorf("list runs: %w", err)
	}
	return Job{planned, last[name]}, runs, nil
}

func (j *Jobs) plan(name string) (Planned, error) {
	planned := j.Timetable.Planned()
	at := slices.IndexFunc(planned, func(p Planned) bool { return p.Name == name })
	if at < 0 {
		return Planned{}, fault.New(fault.NotFound, "job.unknown")
	}
	return planned[at], nil
}

// Start asks for a run of a job: it begins within seconds, after the run that may be under
// way. Code: job.unknown.
func (j *Jobs) Start(ctx context.Context, by audit.Author, requestID, name string) error {
	if _, err := j.plan(name); err != nil {
		return err
	}
	event := audit.Event{
		At: j.Now(), Author: by, Act: audit.JobStarted, RequestID: requestID,
		Object: audit.Object{Kind: "job", ID: name, Display: name},
	}
	if err := j.Store.RecordDemand(ctx, name, event); err != nil {
		return fmt.Errorf("record demand of a job: %w", err)
	}
	return nil
}
