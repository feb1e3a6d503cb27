package jobs_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"portail-qf/internal/jobs"
	"portail-qf/internal/postgres"
	"portail-qf/internal/postgres/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// scene is a database and what several instances of the portal log.
type scene struct {
	t       testing.TB
	address string
	raw     *sql.DB
	log     journal
}

// journal keeps what is logged.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(line []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(line)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

func (j *journal) logger() *slog.Logger { return slog.New(slog.NewTextHandler(j, nil)) }

func setScene(t testing.TB) *scene {
	t.Helper()
	addresses := pgtest.New(t)
	raw, err := sql.Open("postgres", addresses.Owner)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = raw.Close() })
	return &scene{t: t, address: addresses.App, raw: raw}
}

// instance connects as one more instance of the portal would.
func (s *scene) instance() *postgres.DB {
	s.t.Helper()
	db, err := postgres.Open(context.Background(), s.address)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = db.Close() })
	return db
}

// count reads one number.
func (s *scene) count(query string, args ...any) int {
	s.t.Helper()
	var n int
	if err := s.raw.QueryRowContext(context.Background(), query, args...).Scan(&n); err != nil {
		s.t.Fatalf("%s: %v", query, err)
	}
	return n
}

func (s *scene) table(list ...jobs.Job) *jobs.Table {
	return &jobs.Table{Jobs: list, Runs: postgres.JobRuns{DB: s.instance()}, Log: s.log.logger(), Zone: time.UTC}
}

// await waits until something becomes true.
func await(t testing.TB, what string, isTrue func() bool) {
	t.Helper()
	for range 1000 {
		if isTrue() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("waited in vain: %s", what)
}

// « A tick of a job is a row that only one instance can insert »
func TestATickRunsOnceOverInstances(t *testing.T) {
	s := setScene(t)
	ctx, stop := context.WithCancel(context.Background())
	var runs atomic.Int64
	// The job comes every second, and a tick is a minute of the database's clock.
	job := jobs.Job{Name: "reminders", Every: "@every 1s", Timeout: time.Minute, Run: func(context.Context) (string, error) {
		runs.Add(1)
		return "3 reminders", nil
	}}
	var serving sync.WaitGroup
	for range 3 {
		table := s.table(job)
		serving.Go(func() {
			if err := table.Serve(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	time.Sleep(2500 * time.Millisecond) // two times three instances
	stop()
	serving.Wait()
	ticks := s.count(`SELECT count(*) FROM job_runs WHERE job = 'reminders' AND finished_at IS NOT NULL AND report = '3 reminders' AND NOT failed`)
	if ticks < 1 || ticks > 2 || runs.Load() != int64(ticks) { // two when a minute begins in between
		t.Errorf("the job ran %d times for %d ticks", runs.Load(), ticks)
	}
}

// « two runs of one job never overlap »: a tick that meets a run under way is over, whoever
// runs the job by hand waits for it.
func TestTwoRunsOfOneJobNeverOverlap(t *testing.T) {
	s := setScene(t)
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	began, goOn := make(chan struct{}), make(chan struct{})
	var under atomic.Bool
	first := s.table(jobs.Job{Name: "purge", Timeout: time.Minute, Run: func(context.Context) (string, error) {
		under.Store(true)
		close(began)
		<-goOn
		under.Store(false)
		return "the first", nil
	}})
	second := s.table(jobs.Job{Name: "purge", Every: "@every 1s", Timeout: time.Minute, Run: func(context.Context) (string, error) {
		if under.Load() {
			t.Error("two runs overlap")
		}
		return "the second", nil
	}})
	var running sync.WaitGroup
	running.Go(func() {
		if report, err := first.Run(ctx, "purge"); err != nil || report != "the first" {
			t.Errorf("the first run = %q, %v", report, err)
		}
	})
	<-began
	running.Go(func() {
		if err := second.Serve(ctx); err != nil {
			t.Error(err)
		}
	})
	await(t, "a tick that meets the first run", func() bool {
		return s.count(`SELECT count(*) FROM job_runs WHERE report = 'another run is under way' AND finished_at IS NOT NULL AND NOT failed`) > 0
	})
	impatient, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
	defer cancel()
	if _, err := second.Run(impatient, "purge"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a run by hand that gives up waiting = %v", err)
	}
	running.Go(func() {
		if report, err := second.Run(ctx, "purge"); err != nil || report != "the second" {
			t.Errorf("the second run = %q, %v", report, err)
		}
		stop()
	})
	close(goOn)
	running.Wait()
}

// A job that fails, hangs or breaks is told, ends, and may run again.
func TestAJobThatFailsIsToldAndRunsAgain(t *testing.T) {
	broken := errors.New("HubEE is down")
	tests := []struct {
		name    string
		run     func(ctx context.Context) (string, error)
		isCause func(err error) bool
	}{
		{"an error", func(context.Context) (string, error) { return "half of it", broken },
			func(err error) bool { return errors.Is(err, broken) }},
		{"a timeout", func(ctx context.Context) (string, error) { <-ctx.Done(); return "", ctx.Err() },
			func(err error) bool { return errors.Is(err, context.DeadlineExceeded) }},
		{"a panic", func(context.Context) (string, error) { panic("a defect") },
			func(err error) bool {
				return err != nil && strings.Contains(err.Error(), "panic of type string") && !strings.Contains(err.Error(), "a defect")
			}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := setScene(t)
			table := s.table(jobs.Job{Name: "purge", Timeout: 50 * time.Millisecond, Run: test.run})
			for i := range 2 {
				_, err := table.Run(context.Background(), "purge")
				if !test.isCause(err) {
					t.Errorf("Run = %v", err)
				}
				if n := s.count(`SELECT count(*) FROM job_runs WHERE failed AND finished_at IS NOT NULL`); n != i+1 {
					t.Errorf("%d failures kept after %d runs", n, i+1)
				}
			}
			if logged := s.log.String(); !strings.Contains(logged, "level=ERROR") || !strings.Contains(logged, "job=purge") {
				t.Errorf("logged %s", logged)
			}
		})
	}
}

func TestAnUnknownJobIsRefused(t *testing.T) {
	s := setScene(t)
	table := s.table(jobs.Job{Name: "purge"}, jobs.Job{Name: "drafts"})
	if _, err := table.Run(context.Background(), "purges"); !errors.Is(err, jobs.ErrUnknownJob) {
		t.Errorf("Run = %v", err)
	}
	if names := table.Names(); len(names) != 2 || names[0] != "purge" || names[1] != "drafts" {
		t.Errorf("Names = %v", names)
	}
	if n := s.count(`SELECT count(*) FROM job_runs`); n != 0 {
		t.Error("a run of an unknown job was written down")
	}
}

func TestAJobWithoutTimesIsRefusedAtStart(t *testing.T) {
	s := setScene(t)
	table := s.table(jobs.Job{Name: "purge", Every: "every now and then"})
	if err := table.Serve(context.Background()); err == nil || !strings.Contains(err.Error(), "purge") {
		t.Errorf("Serve = %v", err)
	}
}

// Serve « waits for those under way », which are told that the portal stops.
func TestAStopWaitsForTheJobUnderWay(t *testing.T) {
	s := setScene(t)
	ctx, stop := context.WithCancel(context.Background())
	var ended atomic.Bool
	began := make(chan struct{}, 1)
	table := s.table(jobs.Job{Name: "purge", Every: "@every 1s", Timeout: time.Minute, Run: func(ctx context.Context) (string, error) {
		began <- struct{}{}
		<-ctx.Done()
		time.Sleep(50 * time.Millisecond) // what it takes to stop properly
		ended.Store(true)
		return "stopped half-way", nil
	}})
	served := make(chan error, 1)
	go func() { served <- table.Serve(ctx) }()
	<-began
	stop()
	if err := <-served; err != nil || !ended.Load() {
		t.Errorf("Serve = %v, and the job had ended: %v", err, ended.Load())
	}
	if n := s.count(`SELECT count(*) FROM job_runs WHERE report = 'stopped half-way' AND finished_at IS NOT NULL`); n != 1 {
		t.Error("the report of the stopped job is lost")
	}
}
