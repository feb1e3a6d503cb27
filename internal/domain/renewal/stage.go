package renewal

import (
	"time"

	"portail-qf/internal/domain/value"
)

// Stage is when a reminder is due: the civil days, in Paris, that are left before the expiry;
// below zero, those that have passed since.
type Stage int

// Stages lists every stage in the order in which they come (SETTLED.md, time).
var Stages = [...]Stage{90, 60, 30, 15, 7, 0, -7, -30}

const (
	// Opening is how many days before its expiry a token may be prolonged (guide 6.c: « à
	// compter de 3 mois avant l'expiration »).
	Opening = 90
	// lastCall is after how many days nobody is reminded any more: whoever has let a token
	// expire for so long knows, or is gone.
	lastCall = 60
)

// DaysLeft is how many civil days are left, in Paris, before an expiry: 0 on the last day.
func DaysLeft(expiry, now time.Time) int {
	const day = 24 * time.Hour
	return int(civilDay(expiry).Sub(civilDay(now)) / day)
}

// civilDay is the day of an instant in Paris, as a date that no change of hour shortens.
func civilDay(at time.Time) time.Time {
	day := value.MomentOf(at)
	return time.Date(day.Year, time.Month(day.Month), day.Day, 0, 0, 0, 0, time.UTC)
}

// Due is the stage at which a token is when so many days are left: the most urgent of those
// that have come. ok is false before the first, and long after the last.
func Due(daysLeft int) (due Stage, ok bool) {
	if daysLeft < -lastCall {
		return 0, false
	}
	for _, stage := range Stages {
		if daysLeft <= int(stage) {
			due, ok = stage, true
		}
	}
	return due, ok
}

// Before lists the stages that come before one.
func (s Stage) Before() []Stage {
	for i, stage := range Stages {
		if stage == s {
			return Stages[:i]
		}
	}
	return nil
}

// DayOf is the day, from its beginning in Paris, at which a stage comes for an expiry.
func (s Stage) DayOf(expiry time.Time) time.Time { return DayIn(expiry, -int(s)) }

// DayIn is a day some days after an instant, from its beginning in Paris.
func DayIn(at time.Time, days int) time.Time {
	day := value.MomentOf(at)
	return value.DayBegins(day.Year, time.Month(day.Month), day.Day+days)
}

// Window is between which expiries a token is at some stage, on the day of now.
func Window(now time.Time) (from, before time.Time) {
	return DayIn(now, -lastCall), DayIn(now, Opening+1)
}

// Until is the expiry of a token that is prolonged at now: eighteen calendar months after its
// present expiry, or after now when that has passed, to the end of the day in Paris. The last
// day of a shorter month stands for one that it has not (PRODUCT.md 3.10).
func Until(expiry, now time.Time, months int) time.Time {
	if expiry.Before(now) {
		expiry = now
	}
	return value.MonthsLater(expiry, months)
}
