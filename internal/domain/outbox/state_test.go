package outbox_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"portail-qf/internal/domain/outbox"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func TestAnOrderStandsWherePeopleReadIt(t *testing.T) {
	before, after := noon.Add(-time.Minute), noon.Add(time.Minute)
	seen := map[outbox.State]bool{}
	for name, row := range map[string]struct {
		order outbox.Listed
		want  outbox.State
	}{
		"given for later":                     {outbox.Listed{DueAt: after}, outbox.Waiting},
		"given for now":                       {outbox.Listed{DueAt: noon}, outbox.Due},
		"late":                                {outbox.Listed{DueAt: before}, outbox.Due},
		"with a worker":                       {outbox.Listed{DueAt: before, Leased: true, Attempts: 1}, outbox.UnderWay},
		"given back by a worker that stops":   {outbox.Listed{DueAt: before, Attempts: 1}, outbox.Due},
		"failed, its next try to come":        {outbox.Listed{DueAt: after, Attempts: 1, LastError: "down"}, outbox.Retrying},
		"failed, its next try now":            {outbox.Listed{DueAt: before, Attempts: 1, LastError: "down"}, outbox.Due},
		"failed, with a worker again":         {outbox.Listed{DueAt: before, Leased: true, Attempts: 2, LastError: "down"}, outbox.UnderWay},
		"failed for too long":                 {outbox.Listed{DueAt: before, Attempts: 9, LastError: "down", AbandonedAt: before}, outbox.Abandoned},
		"done":                                {outbox.Listed{DueAt: before, Attempts: 1, DoneAt: before}, outbox.Done},
		"done by a worker that came too late": {outbox.Listed{DueAt: after, Leased: true, DoneAt: before}, outbox.Done},
	} {
		if got := row.order.State(noon); got != row.want {
			t.Errorf("%s: %s, want %s", name, got, row.want)
		}
		seen[row.want] = true
	}
	for _, state := range outbox.States {
		if !seen[state] {
			t.Errorf("no order is %s", state)
		}
	}
	if outbox.States[0] != outbox.Abandoned || slices.Index(outbox.States[:], outbox.Done) != len(outbox.States)-1 {
		t.Error("what asks for somebody comes first, what is done last")
	}
}

func TestAHopelessFailureSaysWhatItsCauseSays(t *testing.T) {
	cause := errors.New("no number")
	err := fmt.Errorf("carry out: %w", outbox.Hopeless(fmt.Errorf("read subject: %w", cause)))
	if !errors.Is(err, outbox.ErrHopeless) || !errors.Is(err, cause) || err.Error() != "carry out: read subject: no number" {
		t.Errorf("%v", err)
	}
	if outbox.Hopeless(nil) != nil || errors.Is(cause, outbox.ErrHopeless) {
		t.Error("what did not fail, or may be mended, is called hopeless")
	}
}
