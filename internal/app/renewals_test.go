package app

import (
	"testing"
	"time"

	"portail-qf/internal/domain/value"
)

// « a missed run raises an alert metric »: the run that should be over is that of 8 o'clock in
// Paris, an hour after it; whatever the change of hour.
func TestTheRunThatShouldBeOverIsKnown(t *testing.T) {
	paris := value.InParis(time.Now()).Location()
	at := func(month time.Month, day, hour, minute int) time.Time {
		return time.Date(2026, month, day, hour, minute, 0, 0, paris)
	}
	for name, row := range map[string]struct{ now, want time.Time }{
		"the night before":                 {at(11, 26, 3, 0), at(11, 25, 8, 0)},
		"at eight":                         {at(11, 26, 8, 0), at(11, 25, 8, 0)},
		"it has an hour":                   {at(11, 26, 8, 59), at(11, 25, 8, 0)},
		"at nine":                          {at(11, 26, 9, 0), at(11, 26, 8, 0)},
		"in the evening":                   {at(11, 26, 23, 59), at(11, 26, 8, 0)},
		"half past midnight":               {at(11, 26, 0, 30), at(11, 25, 8, 0)},
		"the first of a month":             {at(12, 1, 7, 0), at(11, 30, 8, 0)},
		"the morning of the summer hour":   {at(3, 29, 8, 30), at(3, 28, 8, 0)},
		"the day after the winter hour":    {at(10, 25, 9, 0), at(10, 25, 8, 0)},
		"the day of UTC is that of before": {time.Date(2026, 11, 25, 23, 30, 0, 0, time.UTC), at(11, 25, 8, 0)},
	} {
		if got := lastDue(row.now); !got.Equal(row.want) {
			t.Errorf("%s: %s, want %s", name, got, row.want)
		}
	}
}
