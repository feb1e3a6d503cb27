package operation_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/operation"
	"portail-qf/internal/domain/outbox"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// « outbox and dead letters with « Relancer » » (issue 3)
func TestWhatFailedMayBeTriedAgain(t *testing.T) {
	hour := time.Hour
	for name, row := range map[string]struct {
		order outbox.Listed
		code  string // "" when it may
	}{
		"given up":                  {outbox.Listed{AbandonedAt: noon.Add(-hour), LastError: "down"}, ""},
		"put off":                   {outbox.Listed{DueAt: noon.Add(hour), LastError: "down"}, ""},
		"put off, its time come":    {outbox.Listed{DueAt: noon, LastError: "down"}, "order.already_waiting"},
		"with a worker":             {outbox.Listed{DueAt: noon, Leased: true, LastError: "down"}, "order.under_way"},
		"done":                      {outbox.Listed{DoneAt: noon}, "order.done"},
		"about to be taken":         {outbox.Listed{DueAt: noon}, "order.already_waiting"},
		"given for later on":        {outbox.Listed{DueAt: noon.Add(hour)}, "order.already_waiting"},
		"done by a worker too late": {outbox.Listed{DoneAt: noon, Leased: true}, "order.done"},
	} {
		order := row.order
		order.ID, order.Kind, order.Subject, order.Reference = 7, outbox.DeliverDossier, "12", "ABCDEFGHJKLM7"
		got, err := operation.DecideRetry(order, noon)
		if fault.CodeOf(err) != row.code {
			t.Errorf("%s: %v, want the code %q", name, err, row.code)
		}
		if operation.CanRetry(order.State(noon)) != (row.code == "") {
			t.Errorf("%s: the page and the decision disagree", name)
		}
		if row.code != "" {
			continue
		}
		want := operation.Retried{OrderID: 7, Due: order.DueAt, Event: audit.Event{
			At: noon, Act: audit.OrderRetried, Detail: outbox.DeliverDossier,
			Object: audit.Object{Kind: "order", ID: "7", Display: "ABCD-EFGH-JKLM7"},
		}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// « dossier reference rather than its internal number »
func TestAnOrderIsAboutWhatPeopleKnow(t *testing.T) {
	for want, order := range map[string]outbox.Listed{
		"ABCD-EFGH-JKLM7": {Kind: outbox.DeliverDossier, Subject: "12", Reference: "ABCDEFGHJKLM7"},
		"12":              {Kind: outbox.CloseDossier, Subject: "12"}, // its dossier is erased
		"purge":           {Kind: outbox.RunJob, Subject: "purge"},
	} {
		if got := operation.About(order); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
