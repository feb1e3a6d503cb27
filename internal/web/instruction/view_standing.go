package instruction

import (
	"time"

	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/web"
	"portail-qf/internal/web/dsfr"
)

// stateView is where a request stands, as a badge shows it.
type stateView struct {
	Code     string // of its words
	Severity string
}

var phaseSeverities = map[request.Phase]dsfr.Severity{
	request.Writing: dsfr.Info, request.Filed: dsfr.Info, request.Returned: dsfr.Warning, request.Closed: dsfr.Success,
}

// newStateView says how far a modification is, where one is under way: its state does not.
func newStateView(state habilitation.State, phase request.Phase) stateView {
	if state == habilitation.Reopened && phase != "" {
		return stateView{"instruction.modification." + string(phase), string(phaseSeverities[phase])}
	}
	return stateView{"habilitation.state." + string(state), web.StateSeverity(state)}
}

// helpOf is the code of what a state means to the instructors.
func helpOf(state habilitation.State, phase request.Phase) string {
	if state == habilitation.Reopened && phase != "" {
		return "instruction.help.modification." + string(phase)
	}
	return "instruction.help." + string(state)
}

// The codes of what a claim means to the instructors.
const (
	helpClaim      = "instruction.help.reprise"
	helpYoungClaim = "instruction.help.reprise_a_repondre"
)

// helpAbove is helpOf above a claim: where there is nothing else to decide, that is to be.
func helpAbove(claim *claimView, state habilitation.State, phase request.Phase) string {
	isSettled := state == habilitation.Validated || state == habilitation.Suspended || state == habilitation.Reopened && phase == request.Closed
	switch {
	case claim == nil || !isSettled:
		return helpOf(state, phase)
	case claim.Ripe:
		return helpClaim
	}
	return helpYoungClaim
}

// filedView is when a deposit was made, and until when it must be answered.
type filedView struct {
	At       web.Moment // zero before any deposit
	First    web.Moment // of the exchange under way, where it is another one
	Days     int        // since At
	Deadline deadlineView
}

// deadlineView is the day on which silence becomes a refusal. Severity is "" as long as that
// is far away.
type deadlineView struct {
	Day      web.Moment // zero for none: nothing waits for an answer
	Left     int        // days; none is left from 0 on
	Severity string
	Over     bool // silence became a refusal on that day, which does not keep anybody from deciding
}

// How many days before the deadline somebody should know.
const (
	soon   = 15
	urgent = 5
)

// newFiledView: the delay runs only while the instructors have the deposit.
func newFiledView(first, last time.Time, phase request.Phase, now time.Time) filedView {
	if last.IsZero() {
		return filedView{}
	}
	view := filedView{At: web.MomentOf(last), Days: daysBetween(last, now)}
	if first.Before(last) {
		view.First = web.MomentOf(first)
	}
	if phase == request.Filed {
		view.Deadline = newDeadlineView(request.DeadlineOf(last), now)
	}
	return view
}

func newDeadlineView(deadline, now time.Time) deadlineView {
	view := deadlineView{Day: web.MomentOf(deadline), Left: daysBetween(now, deadline)}
	view.Over = view.Left <= 0
	switch {
	case view.Left < urgent:
		view.Severity = string(dsfr.Failure)
	case view.Left < soon:
		view.Severity = string(dsfr.Warning)
	}
	return view
}

// daysBetween counts the midnights of Paris between two instants.
func daysBetween(from, to time.Time) int {
	midnight := func(instant time.Time) time.Time {
		day := web.MomentOf(instant)
		return time.Date(day.Year, time.Month(day.Month), day.Day, 0, 0, 0, 0, time.UTC)
	}
	return int(midnight(to).Sub(midnight(from)) / (24 * time.Hour))
}

// nameOf is the name of an organisation, or its SIRET where nobody told it.
func nameOf(r habilitation.Request) string {
	if r.Organisation == "" {
		return r.Siret.Display()
	}
	return web.Typographic(r.Organisation)
}
