package value

import "time"

// DayBegins gives the instant at which a civil day begins in Paris. A day past the end
// of its month is one of the next.
func DayBegins(year int, month time.Month, day int) time.Time {
	return time.Date(year, month, day, 0, 0, 0, 0, paris())
}

// MonthsLater gives the last second, in Paris, of the day that comes some months after an
// instant: 31 August and 18 months are the last day of February (PRODUCT.md 3.10).
func MonthsLater(instant time.Time, months int) time.Time {
	year, month, day := instant.In(paris()).Date()
	lastOfMonth := DayBegins(year, month+time.Month(months)+1, 1).AddDate(0, 0, -1).Day()
	return DayBegins(year, month+time.Month(months), min(day, lastOfMonth)+1).Add(-time.Second)
}
