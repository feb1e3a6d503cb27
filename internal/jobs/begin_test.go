package jobs_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"portail-qf/internal/domain/operation"
	"portail-qf/internal/domain/outbox"
	"portail-qf/internal/jobs"
)

// « Lancer maintenant »: an order of the outbox begins the job, and does not wait for it,
// which may take longer than an order may.
func TestAJobIsBegunByAnOrder(t *testing.T) {
	s := setScene(t)
	ctx, stop := context.WithCancel(context.Background())
	goOn := make(chan struct{})
	table := s.table(jobs.Job{Name: "purge", Every: "0 4 1 1 *", Timeout: time.Minute, Run: func(context.Context) (string, error) {
		<-goOn
		return "half of it", errors.New("HubEE is down")
	}})
	served := make(chan error, 1)
	go func() { served <- table.Serve(ctx) }()
	workers := s.workers(nil)
	workers.Kinds[outbox.RunJob] = jobs.Kind{Deliver: table.Begin, GiveUpAfter: time.Hour}
	s.run(`INSERT INTO outbox (kind, subject, due_at, created_at) VALUES ('job.run', 'purge', $1, $1)`, noon)
	stopWorkers := serve(t, workers)
	await(t, "the order done while the job runs", func() bool { return s.done() == 1 })
	if n := s.count(`SELECT count(*) FROM job_runs WHERE job = 'purge' AND finished_at IS NULL`); n != 1 {
		t.Error("the run under way is not to be seen")
	}
	close(goOn)
	await(t, "the run kept, with why it failed", func() bool {
		return s.count(`SELECT count(*) FROM job_runs WHERE failed AND finished_at IS NOT NULL AND report = 'half of it; HubEE is down'`) == 1
	})
	stopWorkers()
	stop()
	if err := <-served; err != nil {
		t.Error(err)
	}
}

// A run that was asked for ends with the portal, like those that come by themselves.
func TestAStopWaitsForTheJobAskedFor(t *testing.T) {
	s := setScene(t)
	ctx, stop := context.WithCancel(context.Background())
	began := make(chan struct{})
	table := s.table(jobs.Job{Name: "purge", Every: "0 4 1 1 *", Timeout: time.Minute, Run: func(ctx context.Context) (string, error) {
		close(began)
		<-ctx.Done()
		return "stopped half-way", nil
	}})
	if err := table.Begin(ctx, "purge"); err == nil || errors.Is(err, outbox.ErrHopeless) {
		t.Errorf("begun before the table is served: %v", err)
	}
	served := make(chan error, 1)
	go func() { served <- table.Serve(ctx) }()
	await(t, "the run begun", func() bool { return table.Begin(ctx, "purge") == nil })
	<-began
	stop()
	if err := <-served; err != nil {
		t.Error(err)
	}
	if n := s.count(`SELECT count(*) FROM job_runs WHERE report = 'stopped half-way' AND finished_at IS NOT NULL`); n != 1 {
		t.Error("the report of the stopped job is lost")
	}
	if err := table.Begin(context.Background(), "purge"); err == nil {
		t.Error("begun after the stop")
	}
	// Another instance, newer, may know it.
	if err := table.Begin(context.Background(), "purges"); !errors.Is(err, jobs.ErrUnknownJob) || errors.Is(err, outbox.ErrHopeless) {
		t.Errorf("Begin = %v", err)
	}
}

// « next run (cron's own computation in Europe/Paris) »
func TestTheTimetableTellsTheNextRunInParis(t *testing.T) {
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	table := &jobs.Table{Zone: paris, Jobs: []jobs.Job{
		{Name: "purge", Every: "*/10 * * * *", Timeout: time.Minute}, {Name: "reminders", Every: "30 7 * * *", Timeout: time.Hour},
		{Name: "wrong", Every: "every now and then"},
	}}
	now := time.Now()
	planned := table.Planned()
	if len(planned) != 3 || planned[0].Name != "purge" || planned[0].Every != "*/10 * * * *" || planned[0].Timeout != time.Minute {
		t.Fatalf("%+v", planned)
	}
	if wait := planned[0].Next.Sub(now); wait <= -time.Second || wait > 10*time.Minute || planned[0].Next.Minute()%10 != 0 {
		t.Errorf("the purge comes in %s", wait)
	}
	if next := planned[1].Next.In(paris); next.Hour() != 7 || next.Minute() != 30 || next.Sub(now) > 25*time.Hour {
		t.Errorf("the reminders come at %s", next)
	}
	if !planned[2].Next.IsZero() {
		t.Error("a job without times has a next run")
	}
}

// What is kept of a run is bounded, and storable.
func TestTheReportOfARunIsBounded(t *testing.T) {
	s := setScene(t)
	table := s.table(
		jobs.Job{Name: "purge", Timeout: time.Minute, Run: func(context.Context) (string, error) {
			return strings.Repeat("é", 3000), nil
		}},
		jobs.Job{Name: "drafts", Timeout: time.Minute, Run: func(context.Context) (string, error) {
			return "", errors.New("a\x00b\xff")
		}})
	for _, name := range []string{"purge", "drafts"} {
		_, _ = table.Run(context.Background(), name)
	}
	if n := s.count(`SELECT length(report) FROM job_runs WHERE job = 'purge' AND NOT failed`); n != 2000 {
		t.Errorf("%d characters kept", n)
	}
	if n := s.count(`SELECT count(*) FROM job_runs WHERE job = 'drafts' AND failed AND report = 'ab'`); n != 1 {
		t.Error("the failure is not kept")
	}
	if s.count(`SELECT count(*) FROM job_runs WHERE report = $1`, operation.ReportBusy) != 0 {
		t.Error("nobody else ran")
	}
}
