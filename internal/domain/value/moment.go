package value

import (
	"sync"
	"time"
	_ "time/tzdata" // Paris must be known on a machine without zone files
)

// Moment is a date and a time of day in Paris, as pages and mails print them. The zero
// Moment is "not known".
type Moment struct{ Year, Month, Day, Hour, Minute int }

// paris is read once: the zone comes from a file. It is UTC should that fail.
var paris = sync.OnceValue(func() *time.Location {
	zone, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		return time.UTC
	}
	return zone
})

// MomentOf gives the civil time of an instant in Paris; the zero time gives the zero
// Moment.
func MomentOf(instant time.Time) Moment {
	if instant.IsZero() {
		return Moment{}
	}
	instant = instant.In(paris())
	year, month, day := instant.Date()
	return Moment{Year: year, Month: int(month), Day: day, Hour: instant.Hour(), Minute: instant.Minute()}
}

// InParis gives an instant with the offset of Paris, as the programs of editors read it.
func InParis(instant time.Time) time.Time { return instant.In(paris()) }
