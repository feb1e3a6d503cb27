package web

import (
	"time"

	"portail-qf/internal/domain/request"
)

// LapsingView is the token of a request that expires soon, or is cut: templates/pages/common/
// partials/lapsing. It is zero for none.
type LapsingView struct {
	Countdown
	URL     string // of the page of its prolongation (package tokens); "" for none
	Held    bool   // the reader holds the request, and may prolong it
	Amended bool   // a modification is under way that prolongs it
	Filed   bool   // which waits for the instructors
	Overdue bool   // they let the time pass after which silence is a refusal
}

// NewLapsingView shows a token as it is at a time. held: to whoever may prolong it.
func NewLapsingView(l request.Lapsing, held bool, now time.Time) LapsingView {
	if l.IsZero() {
		return LapsingView{}
	}
	return LapsingView{Countdown: NewCountdown(l.Expiry, now), URL: "/jetons/" + l.TokenID + "/prolongation", Held: held, Amended: l.Amended, Filed: l.Filed, Overdue: l.Overdue}
}

// AmendedOnly leaves out a token that no modification under way prolongs.
func (v LapsingView) AmendedOnly() LapsingView {
	if !v.Amended {
		return LapsingView{}
	}
	return v
}
