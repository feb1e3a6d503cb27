package credential

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/habilitation"
)

// A bookmark of another time still shows a list.
func TestASelectionThatDoesNotExistDoesNotRestrict(t *testing.T) {
	now := time.Date(2026, time.March, 2, 12, 0, 0, 0, time.UTC)
	for _, row := range []struct {
		asked WatchSearch
		want  WatchQuery
	}{
		{WatchSearch{Selection: "perdu", Order: "couleur", Offset: -3, Limit: 100_000}, WatchQuery{Order: ByUrgency, Limit: maxWatched}},
		{WatchSearch{Selection: Contended, Order: ByName, Descending: true, Text: "D48231", Limit: 25},
			WatchQuery{Named: habilitation.Named{Request: 48231}, Selection: Contended, Order: ByName, Descending: true, Limit: 25}},
		{WatchSearch{Selection: Selection(Failed), Order: ByDate}, WatchQuery{Selection: "en_erreur", Order: ByDate, Limit: 1}},
	} {
		row.want.AwaitedSince = now.Add(-24 * time.Hour)
		got, mayMatch := row.asked.understood(now)
		if diff := cmp.Diff(row.want, got); diff != "" || !mayMatch {
			t.Error(diff)
		}
	}
}

// « Relancer » is offered where it may change something.
func TestASubscriptionIsSettledWhenItIsWhatThePortalWants(t *testing.T) {
	for _, row := range []struct {
		want    Want
		state   State
		atHub   bool
		settled bool
	}{
		{WantActive, Active, false, true},
		{WantActive, Active, true, false},
		{WantActive, Awaiting, false, false},
		{WantActive, Suspended, true, false},
		{WantActive, Failed, false, false},
		{WantSuspended, Suspended, false, true},
		{WantSuspended, Active, false, false},
		{WantSuspended, Failed, false, false},
	} {
		s := Subscription{Want: row.want, State: row.state, SuspendedAtHub: row.atHub}
		if s.Settled() != row.settled {
			t.Errorf("%+v: settled %v", row, s.Settled())
		}
	}
}
