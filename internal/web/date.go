package web

import (
	"time"

	"portail-qf/internal/domain/value"
)

// Moment is a date and a time of day in Paris, as a page prints them.
type Moment = value.Moment

// MomentOf gives the civil time of an instant in Paris; the zero time gives the zero
// Moment.
func MomentOf(instant time.Time) Moment { return value.MomentOf(instant) }
