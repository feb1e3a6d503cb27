package renewal

import (
	"time"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/notice"
)

// Outcome is what the answers to a prolongation decide. Exactly one of its parts is set.
type Outcome struct {
	// Prolonged is the prolongation, to be recorded whole or not at all.
	Prolonged *Change
	// Amendment begins a modification, which prolongs when it is approved.
	Amendment *Amendment
	// HandOver: whoever answered is not in charge any more, and names somebody else.
	HandOver bool
}

// Change is a prolongation, with what is recorded in the same transaction.
type Change struct {
	Token        credential.Token // with the revision that was read
	Prolongation Prolongation
	Event        audit.Event
	Letters      []notice.Letter
	Told         []notice.EditorEvent
}

// Decide is what the requester's answers decide (guide, 6.c). Codes: renewal.not_holder
// (Forbidden: « seule la personne de la collectivité ayant effectué la demande initiale »),
// renewal.closed, renewal.too_early, renewal.amended (Conflict: a modification waits for its
// decision, which prolongs it).
func (f File) Decide(by account.Actor, answers Answers, now time.Time) (Outcome, error) {
	switch {
	case f.Holder == 0 || f.Holder != by.AccountID:
		return Outcome{}, fault.New(fault.Forbidden, "renewal.not_holder")
	case f.closed(now) != nil:
		return Outcome{}, f.closed(now)
	case f.DaysLeft(now) > Opening:
		return Outcome{}, fault.New(fault.Conflict, "renewal.too_early")
	case f.Amendment.Filed():
		return Outcome{}, fault.New(fault.Conflict, "renewal.amended")
	}
	switch {
	case !answers.InCharge:
		return Outcome{HandOver: true}, nil
	case !answers.Unchanged():
		return Outcome{Amendment: &Amendment{
			TokenID: f.ID, Request: f.Request, Expiry: f.ExpiresAt, Answers: answers, By: by.Name, BegunAt: now,
		}}, nil
	}
	after, done := prolonged(f.Token, Confirmed, by.Author(), now)
	return Outcome{Prolonged: &Change{Token: after, Prolongation: done}}, nil
}

// closed tells why a token is not to be prolonged: it is revoked, suspended or replaced, or
// its habilitation does not hold.
func (f File) closed(now time.Time) error {
	switch state := f.Token.State(now); {
	case state == credential.TokenRevoked, state == credential.TokenReplaced, state == credential.TokenSuspended,
		!f.ReplacedAt.IsZero(), !f.Right.Holds:
		return fault.New(fault.Conflict, "renewal.closed")
	}
	return nil
}

// Closed tells that a token is not to be prolonged, whenever and by whomever: it is revoked,
// suspended or replaced, or its habilitation does not hold.
func (f File) Closed(now time.Time) bool { return f.closed(now) != nil }

// nudgePatience is how long an editor waits before it asks again.
const nudgePatience = 7 * 24 * time.Hour

// MayNudge tells whether the editor may ask the requester to prolong: once a week. Codes:
// renewal.closed, renewal.too_early, renewal.nudged (Conflict), renewal.amended (Conflict: a
// modification waits for its decision, there is nothing to do), renewal.no_address (Conflict:
// nobody would receive it, or another system writes).
func (f File) MayNudge(now time.Time) error {
	switch {
	case f.closed(now) != nil:
		return f.closed(now)
	case f.DaysLeft(now) > Opening:
		return fault.New(fault.Conflict, "renewal.too_early")
	case f.Amendment.Filed():
		return fault.New(fault.Conflict, "renewal.amended")
	case f.Addressees.Requester == "":
		return fault.New(fault.Conflict, "renewal.no_address")
	case !f.NudgedAt.IsZero() && now.Before(f.NudgeAgain()):
		return fault.New(fault.Conflict, "renewal.nudged")
	}
	return nil
}

// NudgeAgain is from when the editor may ask again; zero where it never did.
func (f File) NudgeAgain() time.Time {
	if f.NudgedAt.IsZero() {
		return time.Time{}
	}
	return f.NudgedAt.Add(nudgePatience)
}
