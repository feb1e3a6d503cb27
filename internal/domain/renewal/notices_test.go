package renewal_test

import (
	"testing"
	"time"

	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/renewal"
)

// « at day 0 « expire ce soir à minuit », after it « coupé depuis… » »: by the instant, since an
// imported token is cut at any hour of its last day.
func TestAReminderIsOfTheMomentAtWhichItLeaves(t *testing.T) {
	zone := paris(t)
	at := func(day, hour, minute int) time.Time { return time.Date(2026, 10, day, hour, minute, 0, 0, zone) }
	midnight := time.Date(2026, 10, 31, 23, 59, 59, 0, zone)
	for name, row := range map[string]struct {
		expiry, leaves time.Time
		want           notice.Kind
	}{
		"the day before, at its end":            {midnight, at(30, 23, 59), renewal.KindExpiring},
		"the last morning":                      {midnight, at(31, 8, 0), renewal.KindLastDay},
		"the last second":                       {midnight, midnight, renewal.KindLastDay},
		"a second later":                        {midnight, midnight.Add(time.Second), renewal.KindCut},
		"after an outage of three days":         {midnight, midnight.Add(72 * time.Hour), renewal.KindCut},
		"an imported one, that morning":         {at(31, 14, 12), at(31, 8, 0), renewal.KindLastDay},
		"an imported one, cut before the job":   {at(31, 7, 12), at(31, 8, 0), renewal.KindCut},
		"an imported one, the day before":       {at(31, 7, 12), at(30, 8, 0), renewal.KindExpiring},
		"the second 2 h of a night of 25 hours": {time.Date(2026, 10, 25, 0, 30, 0, 0, time.UTC), time.Date(2026, 10, 25, 1, 30, 0, 0, time.UTC), renewal.KindCut},
	} {
		n, err := renewal.NewReminder(renewal.Reminder{
			About: renewal.About{ID: "one", Token: "apip_test_1", Siret: "21990000100013", Expiry: row.expiry, To: "anne@example.fr"}, At: row.expiry.AddDate(0, 0, -7),
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := n.LeavingAt(row.leaves).Kind(); got != row.want {
			t.Errorf("%s: %s, want %s", name, got, row.want)
		}
	}
	if _, err := renewal.NewReminder(renewal.Reminder{
		About: renewal.About{ID: "one", Token: "apip_test_1", Siret: "21990000100013", Expiry: midnight, To: "anne@example.fr"},
	}); err == nil {
		t.Error("a reminder without a moment is made")
	}
}

// « expire ce soir » is of a token that lasts until midnight of the day of the list.
func TestARowOfTheWeekExpiresTonight(t *testing.T) {
	zone := paris(t)
	list := time.Date(2026, 10, 26, 8, 0, 0, 0, zone)
	for name, row := range map[string]struct {
		expiry time.Time
		want   bool
	}{
		"at midnight":                 {time.Date(2026, 10, 26, 23, 59, 59, 0, zone), true},
		"imported, that afternoon":    {time.Date(2026, 10, 26, 14, 12, 0, 0, zone), false},
		"at midnight, the next day":   {time.Date(2026, 10, 27, 23, 59, 59, 0, zone), false},
		"at midnight, the day before": {time.Date(2026, 10, 25, 23, 59, 59, 0, zone), false},
	} {
		if got := (renewal.DigestRow{Expiry: row.expiry}).Tonight(list); got != row.want {
			t.Errorf("%s: tonight %t", name, got)
		}
	}
}
