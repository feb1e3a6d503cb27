package main

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestAPercentileIsTheNearestRank(t *testing.T) {
	for name, row := range map[string]struct{ of, percent, want int }{
		"half of ten":     {10, 50, 5},
		"95 of a hundred": {100, 95, 95},
		"95 of ten":       {10, 95, 10},
		"of one":          {1, 50, 1},
		"of none":         {0, 95, 0},
	} {
		var m measure
		for i := range row.of {
			m.took = append(m.took, time.Duration(1+i))
		}
		if got := m.percentile(row.percent); got != time.Duration(row.want) {
			t.Errorf("%s: %d, want %d", name, got, row.want)
		}
	}
}

// Visitors at a rate come however late the portal is: one that serves them one by one, half as fast as they come, makes the last
// of ten wait for all those before.
func TestAPortalThatFallsBehindShowsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := make(chan struct{}, 1) // a mutex, on which a bubble's time would stand still
		m := atRate(t.Context(), 10, time.Second, func(context.Context, int) error {
			slow <- struct{}{}
			time.Sleep(200 * time.Millisecond)
			<-slow
			return nil
		})
		if len(m.took) != 10 || m.took[9] != 1100*time.Millisecond || m.elapsed != 2*time.Second || m.rate() != 5 {
			t.Errorf("took %v in %v", m.took, m.elapsed)
		}
	})
}

func TestVisitorsWithoutPauseStartAgainAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := withoutPause(t.Context(), 4, during(time.Second), func(context.Context, int) error {
			time.Sleep(100 * time.Millisecond)
			return nil
		})
		if len(m.took) != 40 || m.rate() != 40 {
			t.Errorf("%d acts, %v/s", len(m.took), m.rate())
		}
	})
}

func TestVisitsAreNumberedAndFailuresCountedApart(t *testing.T) {
	odd := errors.New("odd")
	var mu sync.Mutex
	numbers := map[int]bool{}
	m := withoutPause(t.Context(), 3, upTo(9), func(_ context.Context, number int) error {
		mu.Lock()
		defer mu.Unlock()
		numbers[number] = true
		if number%2 == 1 {
			return odd
		}
		return nil
	})
	if len(numbers) != 9 || len(m.took) != 5 || m.failed != 4 || !errors.Is(m.failure, odd) {
		t.Errorf("%d numbers, %+v", len(numbers), m)
	}
}

// The ratio is the median of the rounds, and the first one only opens connections.
func TestTheRatioIsTheMedianOfTheRounds(t *testing.T) {
	round := func(perSecond int) measure {
		return measure{took: make([]time.Duration, perSecond), elapsed: time.Second}
	}
	var d duel
	for _, perSecond := range []int{900, 60, 10, 70} {
		d.portal = append(d.portal, round(perSecond))
		d.bare = append(d.bare, round(100))
	}
	if diff := cmp.Diff([]float64{0.1, 0.6, 0.7}, d.ratios()); diff != "" || d.ratio() != 0.6 {
		t.Errorf("ratio %v, %s", d.ratio(), diff)
	}
}
