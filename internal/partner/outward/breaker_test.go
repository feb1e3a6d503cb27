package outward

import (
	"testing"
	"time"
)

// "Upstream down answers the documented 502/504 quickly" (issue 6): the clock is moved, and
// each line is one call.
func TestABreakerStopsCallingWhatDoesNotAnswer(t *testing.T) {
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	breaker := &Breaker{Failures: 3, Pause: 5 * time.Second, Now: func() time.Time { return now }}
	for _, call := range []struct {
		after   time.Duration
		how     Outcome
		stopped bool
		why     string
	}{
		{0, Silent, false, "the first failure stops nobody"},
		{0, Silent, false, "nor the second"},
		{0, Answered, false, "an answer forgets them"},
		{0, Silent, false, "one"},
		{0, Silent, false, "two"},
		{0, Left, false, "who leaves says nothing of the other side"},
		{0, Silent, false, "three in a row"},
		{0, Answered, true, "open"},
		{4 * time.Second, Answered, true, "still open"},
		{time.Second, Silent, false, "after the pause one call tries, in vain"},
		{4 * time.Second, Answered, true, "open again"},
		{time.Second, Left, false, "who tries and leaves tells nothing"},
		{0, Answered, false, "so that the next one tries, and is answered"},
		{0, Silent, false, "closed: one failure stops nobody"},
		{0, Answered, false, "closed"},
	} {
		now = now.Add(call.after)
		end, ok := breaker.Begin()
		if ok == call.stopped {
			t.Fatalf("%s: may call: %v", call.why, ok)
		}
		if ok {
			end(call.how)
		}
	}
}

func TestOneCallAloneTriesWhatDidNotAnswer(t *testing.T) {
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	breaker := &Breaker{Failures: 1, Pause: time.Second, Now: func() time.Time { return now }}
	late, _ := breaker.Begin()
	end, _ := breaker.Begin()
	end(Silent)
	now = now.Add(900 * time.Millisecond)
	late(Silent) // began before it opened: the pause is not begun again
	now = now.Add(100 * time.Millisecond)
	trial, ok := breaker.Begin()
	if !ok {
		t.Fatal("nobody tries after the pause")
	}
	if _, ok := breaker.Begin(); ok {
		t.Error("a second call tries beside the first")
	}
	trial(Answered)
	if _, ok := breaker.Begin(); !ok {
		t.Error("stopped although it answers")
	}
}
