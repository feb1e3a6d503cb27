package value

import "time"

// DayBegins gives the instant at which a civil day begins in Paris. A day past the end
// of its month is one of the next.
func DayBegins(year int, month time.Month, day int) time.Time {
	return time.Date(year, month, day, 0, 0, 0, 0, paris())
}
