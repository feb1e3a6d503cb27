package postgres_test

import (
	"context"
	"testing"
	"time"

	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/operation"
	"portail-qf/internal/domain/outbox"
	"portail-qf/internal/postgres"
)

// timetable is what a portal with three jobs plans.
type timetable []operation.Planned

func (t timetable) Planned() []operation.Planned { return t }

func (s *scene) jobs() *operation.Jobs {
	planned := timetable{{Name: "purge", Timeout: time.Minute}, {Name: "drafts", Timeout: time.Minute}, {Name: "reminders", Timeout: time.Minute}}
	return &operation.Jobs{Timetable: planned, Store: postgres.JobRuns{DB: s.db}, Now: func() time.Time { return noon }}
}

// « name, next run, last runs (started, finished, report, failed), under way or not »
func TestJobsAreWatchedWhileTheyRun(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	runs := postgres.JobRuns{DB: connect(t, s.addresses.App)} // another instance's
	for _, report := range []string{"1 dossiers", "2 dossiers"} {
		at, err := runs.BeginNow(ctx, "purge")
		if err != nil {
			t.Fatal(err)
		}
		if err := runs.End(ctx, "purge", at, report, report == "1 dossiers"); err != nil {
			t.Fatal(err)
		}
	}
	states := func() map[string]operation.RunState {
		listed, err := s.jobs().List(ctx)
		if err != nil || len(listed) != 3 || listed[0].Name != "purge" {
			t.Fatalf("%+v, %v", listed, err)
		}
		found := map[string]operation.RunState{}
		for _, job := range listed {
			found[job.Name] = job.StateOf(job.Run)
			if job.Run.StartedAt.IsZero() != (job.Name == "reminders") {
				t.Errorf("%s began at %s", job.Name, job.Run.StartedAt)
			}
		}
		return found
	}
	alone, err := runs.Alone(ctx, "drafts", func(ctx context.Context) {
		if _, err := runs.BeginNow(ctx, "drafts"); err != nil {
			t.Fatal(err)
		}
		if found := states(); found["purge"] != operation.Ended || found["drafts"] != operation.Running {
			t.Errorf("while the drafts are looked at: %v", found)
		}
	})
	if err != nil || !alone {
		t.Fatal(alone, err)
	}
	if found := states(); found["drafts"] != operation.Interrupted {
		t.Errorf("the portal died while the drafts were looked at: %v", found)
	}

	job, last, err := s.jobs().Find(ctx, "purge")
	if err != nil || len(last) != 2 || last[0].Report != "2 dossiers" || last[1].Report != "1 dossiers" ||
		job.StateOf(last[0]) != operation.Ended || job.StateOf(last[1]) != operation.Failed || job.Run.Report != "2 dossiers" || job.UnderWay {
		t.Errorf("%+v, %+v, %v", job, last, err)
	}
	if last[0].Age < 0 || last[0].Age > time.Minute || last[0].FinishedAt.Before(last[0].StartedAt) {
		t.Errorf("%+v", last[0])
	}
	_, _, err = s.jobs().Find(ctx, "purges")
	wantCode(t, err, "job.unknown")
}

// « outbox unique index makes a double click harmless »
func TestAJobAskedForTwiceRunsOnce(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	atOnce(4, func(int) {
		if err := s.jobs().Start(ctx, camille, "r-1", "purge"); err != nil {
			t.Error(err)
		}
	})
	if order := s.claimOne(noon); order.Kind != outbox.RunJob || order.Subject != "purge" {
		t.Errorf("ordered %+v", order)
	}
	wantCode(t, s.jobs().Start(ctx, camille, "r-1", "purges"), "job.unknown")
	page, err := s.journal(noon).Search(ctx, audit.Search{Act: audit.JobStarted, ObjectKind: "job", ObjectID: "purge"}, 0, 10)
	if err != nil || page.Total != 4 || page.Entries[0].Author != camille {
		t.Errorf("the journal tells %+v, %v", page, err)
	}
}
