package renewal_test

import (
	"testing"
	"time"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/renewal"
)

func paris(t testing.TB) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// « new expiry = max(now, expiry) + 18 calendar months (month end clamped, end of day Paris) »
func TestATokenIsProlongedByEighteenMonths(t *testing.T) {
	zone := paris(t)
	lastSecond := func(year int, month time.Month, day int) time.Time {
		return time.Date(year, month, day, 23, 59, 59, 0, zone)
	}
	at := func(year int, month time.Month, day, hour, minute int) time.Time {
		return time.Date(year, month, day, hour, minute, 0, 0, zone)
	}
	for name, row := range map[string]struct{ expiry, now, want time.Time }{
		"before it expires: no day is lost":          {lastSecond(2026, 11, 30), at(2026, 9, 2, 10, 0), lastSecond(2028, 5, 30)},
		"on its last day":                            {lastSecond(2026, 11, 30), at(2026, 11, 30, 23, 59), lastSecond(2028, 5, 30)},
		"a second before its end":                    {lastSecond(2026, 11, 30), lastSecond(2026, 11, 30).Add(-time.Second), lastSecond(2028, 5, 30)},
		"after it expired: from the day it is asked": {lastSecond(2026, 11, 30), at(2026, 12, 15, 9, 0), lastSecond(2028, 6, 15)},
		"31 August, in a year whose February has 28": {lastSecond(2025, 8, 31), at(2025, 7, 1, 9, 0), lastSecond(2027, 2, 28)},
		"31 August, in a year whose February has 29": {lastSecond(2026, 8, 31), at(2026, 7, 1, 9, 0), lastSecond(2028, 2, 29)},
		"29 February":                                   {lastSecond(2028, 2, 29), at(2028, 1, 1, 9, 0), lastSecond(2029, 8, 29)},
		"the night of the summer hour":                  {lastSecond(2026, 3, 29), at(2026, 3, 29, 1, 30), lastSecond(2027, 9, 29)},
		"the night of the winter hour":                  {lastSecond(2026, 10, 25), at(2026, 10, 25, 2, 30), lastSecond(2028, 4, 25)},
		"towards the summer hour":                       {lastSecond(2025, 12, 31), at(2025, 12, 1, 9, 0), lastSecond(2027, 6, 30)},
		"expired, asked just after midnight in Paris":   {lastSecond(2026, 11, 30), at(2026, 12, 1, 0, 0), lastSecond(2028, 6, 1)},
		"expired, the day of UTC is not that of Paris":  {lastSecond(2026, 5, 30), time.Date(2026, 5, 31, 22, 30, 0, 0, time.UTC), lastSecond(2027, 12, 1)},
		"an imported one that ends in the middle of it": {at(2026, 11, 30, 14, 12), at(2026, 11, 1, 9, 0), lastSecond(2028, 5, 30)},
	} {
		if got := renewal.Until(row.expiry, row.now, credential.TokenLife); !got.Equal(row.want) {
			t.Errorf("%s: until %s, want %s", name, got, row.want)
		}
	}
}

// « civil days in Paris; day 0 is sent in the morning of the last day » (SETTLED.md, time)
func TestDaysAreThoseOfParis(t *testing.T) {
	zone := paris(t)
	at := func(year int, month time.Month, day, hour int) time.Time {
		return time.Date(year, month, day, hour, 0, 0, 0, zone)
	}
	expiry := time.Date(2026, 10, 31, 23, 59, 59, 0, zone)
	for name, row := range map[string]struct {
		expiry, now time.Time
		want        int
	}{
		"90 days before, the hour changes between":    {expiry, at(2026, 8, 2, 8), 90},
		"the day before at 23 h":                      {expiry, at(2026, 10, 30, 23), 1},
		"the last morning":                            {expiry, at(2026, 10, 31, 8), 0},
		"the last minute":                             {expiry, time.Date(2026, 10, 31, 23, 59, 0, 0, zone), 0},
		"a second after":                              {expiry, expiry.Add(time.Second), -1},
		"the night that has 25 hours, first 2 h":      {time.Date(2026, 10, 25, 23, 59, 59, 0, zone), time.Date(2026, 10, 25, 0, 30, 0, 0, time.UTC), 0},
		"the night that has 25 hours, second 2 h":     {time.Date(2026, 10, 25, 23, 59, 59, 0, zone), time.Date(2026, 10, 25, 1, 30, 0, 0, time.UTC), 0},
		"the night that has 23 hours":                 {time.Date(2026, 3, 29, 23, 59, 59, 0, zone), time.Date(2026, 3, 28, 23, 30, 0, 0, time.UTC), 0},
		"midnight of Paris is before that of UTC":     {expiry, time.Date(2026, 10, 30, 23, 30, 0, 0, time.UTC), 0},
		"thirty days after, over the end of the year": {time.Date(2026, 12, 15, 23, 59, 59, 0, zone), at(2027, 1, 14, 8), -30},
	} {
		if got := renewal.DaysLeft(row.expiry, row.now); got != row.want {
			t.Errorf("%s: %d days are left, want %d", name, got, row.want)
		}
	}
}

// « 90, 60, 30, 15, 7 and 0 days before expiry and 7 and 30 days after »; « after an outage
// only the most urgent due stage »
func TestTheMostUrgentStageIsDue(t *testing.T) {
	for left, want := range map[int]renewal.Stage{
		90: 90, 89: 90, 61: 90, 60: 60, 31: 60, 30: 30, 16: 30, 15: 15, 8: 15, 7: 7, 1: 7, 0: 0, -1: 0, -6: 0, -7: -7, -29: -7, -30: -30, -60: -30,
	} {
		if got, ok := renewal.Due(left); !ok || got != want {
			t.Errorf("%d days left: %d, %t, want %d", left, got, ok, want)
		}
	}
	for _, left := range []int{91, 400, -61, -4000} {
		if got, ok := renewal.Due(left); ok {
			t.Errorf("%d days left: stage %d", left, got)
		}
	}
	zone := paris(t)
	expiry := time.Date(2026, 10, 31, 23, 59, 59, 0, zone)
	for _, stage := range renewal.Stages {
		day := stage.DayOf(expiry)
		if left := renewal.DaysLeft(expiry, day); left != int(stage) || day.In(zone).Hour() != 0 {
			t.Errorf("stage %d comes on %s, %d days before", stage, day, left)
		}
		if from, before := renewal.Window(day); expiry.Before(from) || !expiry.Before(before) {
			t.Errorf("stage %d is outside the window %s – %s", stage, from, before)
		}
	}
}

// A clock that goes back an hour, at midnight too, brings no stage that had not come.
func TestAClockThatGoesBackChangesNoStageThatCame(t *testing.T) {
	zone := paris(t)
	expiry := time.Date(2026, 10, 31, 23, 59, 59, 0, zone)
	for at := time.Date(2026, 7, 30, 0, 0, 0, 0, zone); at.Before(expiry.AddDate(0, 0, 40)); at = at.Add(30 * time.Minute) {
		now, okNow := renewal.Due(renewal.DaysLeft(expiry, at))
		back, okBack := renewal.Due(renewal.DaysLeft(expiry, at.Add(-time.Hour)))
		if okBack && (!okNow || now > back) {
			t.Fatalf("at %s stage %d, an hour before %d", at, now, back)
		}
	}
}
