package web

import (
	"time"

	"portail-qf/internal/domain/renewal"
	"portail-qf/internal/web/dsfr"
)

// Countdown is how far the expiry of a token is, in words: templates/pages/common/partials/
// countdown, and countdown_badge.
type Countdown struct {
	Left int  // civil days in Paris; below zero once it has passed
	Cut  bool // it has passed
	At   Moment
}

// NewCountdown shows an expiry as it is at a time.
func NewCountdown(expiry, now time.Time) Countdown {
	return Countdown{Left: renewal.DaysLeft(expiry, now), Cut: now.After(expiry), At: MomentOf(expiry)}
}

// Passed is how many days have passed since; templates call it.
func (c Countdown) Passed() int { return -c.Left }

// Midnight tells that the token lasts until the end of its day; templates call it.
func (c Countdown) Midnight() bool { return c.At.Hour == 23 && c.At.Minute == 59 }

// Presses tells that it is cut, or will be within a week; templates call it.
func (c Countdown) Presses() bool { return c.Cut || c.Left <= renewal.UrgentDays }

// Severity colours a badge; templates call it.
func (c Countdown) Severity() string {
	if c.Cut {
		return string(dsfr.Failure)
	}
	return string(dsfr.Warning)
}
