package postgres_test

import (
	"context"
	"crypto/sha256"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/decision"
	"portail-qf/internal/postgres"
)

// sent keeps an event of DataPass, received some hours ago.
func (s *scene) sent(event string, request, firedAt int64, state decision.InboxState, hours int) {
	s.t.Helper()
	digest := sha256.Sum256([]byte(event + time.Duration(hours).String()))
	at := noon.Add(-time.Duration(hours) * time.Hour)
	s.run(`INSERT INTO datapass_events (digest, received_at, last_at, event, model_type, request, fired_at, state, content)
		VALUES ($1, $2, $2, $3, 'authorization_request/api_particulier', NULLIF($4, 0), NULLIF($5, 0), $6, '\x00')`, digest[:], at, event, request, firedAt, string(state))
}

// « events received, quarantined first »
func TestTheEventsOfDataPassAreListedThoseInQuarantineFirst(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	mailroom := &decision.Mailroom{Store: postgres.Mailroom{DB: s.db}}
	s.sent("approve", 48231, 1_700_000_000, decision.Applied, 1) // 1
	s.sent("submit", 48231, 0, decision.Quarantined, 30)         // 2
	s.sent("refuse", 48232, 0, decision.WithoutUse, 3)           // 3
	s.sent("", 0, 0, decision.Quarantined, 2)                    // 4
	s.sent("test", 0, 0, decision.Trial, 4)                      // 5
	for name, row := range map[string]struct {
		search decision.ReceivedSearch
		want   []int64
	}{
		"oldest first":            {decision.ReceivedSearch{}, []int64{2, 4, 5, 3, 1}},
		"newest first":            {decision.ReceivedSearch{Descending: true}, []int64{4, 2, 1, 3, 5}},
		"a state":                 {decision.ReceivedSearch{State: decision.WithoutUse}, []int64{3}},
		"an event":                {decision.ReceivedSearch{Event: "approve"}, []int64{1}},
		"an event that is not":    {decision.ReceivedSearch{Event: "dance", Descending: true}, []int64{4, 2, 1, 3, 5}},
		"a request":               {decision.ReceivedSearch{Text: "D48231", Descending: true}, []int64{2, 1}},
		"a name, which is sealed": {decision.ReceivedSearch{Text: "Majastres"}, nil},
		"a habilitation":          {decision.ReceivedSearch{Text: "H10000001"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			row.search.Limit = 10
			found, total, err := mailroom.List(ctx, row.search)
			var got []int64
			for _, event := range found {
				got = append(got, event.ID)
			}
			if diff := cmp.Diff(row.want, got); diff != "" || total != len(row.want) || err != nil {
				t.Errorf("%d in all, %v: %s", total, err, diff)
			}
		})
	}
	if page, total, err := mailroom.List(ctx, decision.ReceivedSearch{Offset: 3, Limit: 1, Descending: true}); err != nil || total != 5 || len(page) != 1 || page[0].ID != 3 {
		t.Errorf("the fourth page of one: %v of %d, %v", page, total, err)
	}
}

func TestAnEventOfDataPassIsFoundWithoutWhatItSaid(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	mailroom := &decision.Mailroom{Store: postgres.Mailroom{DB: s.db}}
	s.sent("approve", 48231, 1_700_000_000, decision.Quarantined, 1)
	s.run(`UPDATE datapass_events SET arrivals = 3, last_at = $1, reason = 'datapass.mail_invalid'`, noon)
	want := decision.Received{
		ID: 1, Event: "approve", ModelType: "authorization_request/api_particulier", Request: 48231, FiredAt: time.Unix(1_700_000_000, 0),
		ReceivedAt: noon.Add(-time.Hour), LastAt: noon, Arrivals: 3, State: decision.Quarantined, Reason: "datapass.mail_invalid",
	}
	found, err := mailroom.Find(ctx, 1)
	if diff := cmp.Diff(want, found); diff != "" || err != nil || !found.CanReplay() {
		t.Error(diff, err)
	}
	s.run(`UPDATE datapass_events SET content = NULL`)
	if erased, err := mailroom.Find(ctx, 1); err != nil || !erased.Erased || erased.CanReplay() {
		t.Errorf("erased: %+v, %v", erased, err)
	}
	_, err = mailroom.Find(ctx, 2)
	wantCode(t, err, "datapass.unknown")
}
