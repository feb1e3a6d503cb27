package operation_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/operation"
)

// A run that never ended is not under way for ever: the portal may have died.
func TestARunThatNeverEndedIsToldFromOneUnderWay(t *testing.T) {
	const timeout = 10 * time.Minute
	for name, row := range map[string]struct {
		run      operation.Run
		underWay bool
		want     operation.RunState
	}{
		"begun, the job under way":           {operation.Run{Age: time.Second}, true, operation.Running},
		"waits for the one before":           {operation.Run{Age: 19 * time.Minute}, true, operation.Running},
		"died last week, another under way":  {operation.Run{Age: 7 * 24 * time.Hour}, true, operation.Interrupted},
		"died a minute ago":                  {operation.Run{Age: time.Minute}, false, operation.Interrupted},
		"ended":                              {operation.Run{FinishedAt: noon}, false, operation.Ended},
		"ended, the next one under way":      {operation.Run{FinishedAt: noon}, true, operation.Ended},
		"failed":                             {operation.Run{FinishedAt: noon, Failed: true}, false, operation.Failed},
		"failed half-way, with a report too": {operation.Run{FinishedAt: noon, Failed: true, Report: "half"}, false, operation.Failed},
	} {
		job := operation.Job{Planned: operation.Planned{Timeout: timeout}, Last: operation.Last{UnderWay: row.underWay}}
		if got := job.StateOf(row.run); got != row.want {
			t.Errorf("%s: %s, want %s", name, got, row.want)
		}
	}
}

func TestTheNumbersOfAReportAreRead(t *testing.T) {
	for report, want := range map[string][]operation.Count{
		"":                                     nil,
		operation.ReportBusy:                   nil,
		"12 notifications":                     {{12, "notifications"}},
		"erased: 3 dossiers, 0 ox; 4 sign-ins": {{3, "dossiers"}, {0, "ox"}, {4, "sign-ins"}},
		"sealed: 2 batches, 14 events, up to 12:9f86d081884c7d65": {{2, "batches"}, {14, "events"}},
		"7 cases; case 1234567890123 of HubEE: no answer":         {{7, "cases"}},
	} {
		if diff := cmp.Diff(want, operation.Counts(report)); diff != "" {
			t.Errorf("%q: %s", report, diff)
		}
	}
}
