package postgres_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"portail-qf/internal/postgres"
)

// « A tick is a row unique on (job, scheduled_for) » (SETTLED.md, names).
func TestATickIsTakenOnceOverInstances(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	runs := postgres.JobRuns{DB: s.db}
	for i := range 20 {
		job := fmt.Sprintf("job %d", i)
		ticks := make([]time.Time, 8) // zero where another instance has the tick
		atOnce(len(ticks), func(instance int) {
			tick, taken, err := runs.BeginTick(ctx, job)
			if err != nil {
				t.Error(err)
			}
			if taken {
				ticks[instance] = tick
			}
		})
		distinct := map[time.Time]int{}
		for _, tick := range ticks {
			distinct[tick]++
		}
		delete(distinct, time.Time{})
		// A new minute may begin in between: its tick is another one.
		for tick, times := range distinct {
			if times != 1 || !tick.Equal(tick.Truncate(time.Minute)) {
				t.Errorf("the tick of %s was taken %d times", tick, times)
			}
		}
		if len(distinct) == 0 {
			t.Errorf("nobody took the tick of %s", job)
		}
	}
	at, err := runs.BeginNow(ctx, "purge")
	if err != nil {
		t.Fatal(err)
	}
	if err := runs.End(ctx, "purge", at, "erased: 3", true); err != nil {
		t.Fatal(err)
	}
	ended := `SELECT count(*) FROM job_runs WHERE finished_at IS NOT NULL AND report = 'erased: 3' AND failed AND scheduled_for = $1 AND job = 'purge'`
	if n := s.count(ended, at); n != 1 || s.count(`SELECT count(*) FROM job_runs WHERE finished_at IS NOT NULL`) != 1 {
		t.Error("the report is not with its run alone")
	}
}

// « an advisory lock only stops two runs of one job overlapping »
func TestTwoRunsOfOneJobNeverOverlap(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	// Two instances: the lock is not one of a process.
	runs := []postgres.JobRuns{{DB: s.db}, {DB: connect(t, s.addresses.App)}}
	var under, worked atomic.Int64
	alone, err := runs[0].Alone(ctx, "purge", func(ctx context.Context) {
		for i := range 6 {
			ran, err := runs[i%2].Alone(ctx, "purge", func(context.Context) { t.Error("two runs overlap") })
			if err != nil || ran {
				t.Errorf("a second run = %v, %v", ran, err)
			}
		}
		other, err := runs[1].Alone(ctx, "drafts", func(context.Context) { worked.Add(1) })
		if err != nil || !other || worked.Load() != 1 {
			t.Errorf("another job at the same time = %v, %v", other, err)
		}
	})
	if err != nil || !alone {
		t.Fatalf("Alone = %v, %v", alone, err)
	}
	atOnce(8, func(i int) {
		for {
			ran, err := runs[i%2].Alone(ctx, "purge", func(context.Context) {
				if under.Add(1) != 1 {
					t.Error("two runs overlap")
				}
				time.Sleep(time.Millisecond)
				under.Add(-1)
			})
			if err != nil {
				t.Error(err)
			}
			if ran || err != nil {
				return
			}
		}
	})
}

// The connection that held the lock goes back to the pool without it, whatever happened.
func TestTheLockIsReleasedAfterAPanicAndAfterACancellation(t *testing.T) {
	s := setScene(t)
	runs := postgres.JobRuns{DB: s.db}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		_, _ = runs.Alone(context.Background(), "purge", func(context.Context) { panic("a defect") })
	}()
	ctx, cancel := context.WithCancel(context.Background())
	if ran, err := runs.Alone(ctx, "purge", func(context.Context) { cancel() }); err != nil || !ran {
		t.Errorf("after a panic: %v, %v", ran, err)
	}
	if ran, err := runs.Alone(context.Background(), "purge", func(context.Context) {}); err != nil || !ran {
		t.Errorf("after a cancellation: %v, %v", ran, err)
	}
	if n := s.count(`SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'
		AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`); n != 0 {
		t.Errorf("%d locks are still held", n)
	}
}
