package account

import (
	"slices"
	"time"

	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/value"
)

// Membership is a role that an account holds for an organisation.
type Membership struct {
	ID           int64
	AccountID    int64
	Role         Role
	Organisation Organisation // for whom
	// SignedFor is the person's own establishment when the role was taken.
	SignedFor value.Siret
	GrantedBy string // as displayed then
	GrantedAt time.Time
	EndedBy   string
	EndedAt   time.Time // zero while it holds
}

// UsableFrom tells whether the role may be used by somebody who signed in for an
// establishment. Staff and agents of a town hold theirs for the establishment under which
// they took it: the SIRET is read again at each sign-in, and who left takes no right
// along. A town that the register has closed is nobody's any more, nor is one of which the
// person only declares to be an agent. An editor's people are
// members by invitation, whatever their SIRET (PRODUCT.md §1).
func (m Membership) UsableFrom(signedFor Organisation) bool {
	switch {
	case !m.EndedAt.IsZero():
		return false
	case m.Role.Editor():
		return true
	case m.Role == Town && (signedFor.Closed || signedFor.Declared):
		return false
	}
	return m.SignedFor == signedFor.Siret
}

// Usable keeps the memberships that may be used by somebody who signed in for an
// establishment.
func Usable(memberships []Membership, signedFor Organisation) []Membership {
	return slices.DeleteFunc(slices.Clone(memberships), func(m Membership) bool { return !m.UsableFrom(signedFor) })
}

// MayGrant says why an actor may not give or take a role for an organisation, or nil.
// « Nobody grants what they do not hold »: an editor's administrator acts in his own
// organisation alone, and another's looks like one that does not exist.
func MayGrant(actor Actor, role Role, organisation value.Siret) error {
	switch {
	case !slices.Contains(actor.Role.Grantable(), role):
		return fault.New(fault.Forbidden, "membership.not_grantable")
	case actor.Role != Admin && organisation != actor.Organisation.Siret:
		return fault.New(fault.NotFound, "membership.unknown")
	}
	return nil
}

// Ending is a membership to end, decided.
type Ending struct {
	Membership Membership
	By         string // "" for the person herself
	At         time.Time
}

// DecideWithdrawal says whether an actor may take a role from somebody. Whether it is the
// last administrator's is asked by the store, under a lock. Another organisation's looks
// like none, whatever the role. Codes: membership.own (one leaves by one's own account
// page), membership.not_grantable, membership.unknown, membership.ended.
func DecideWithdrawal(actor Actor, m Membership, now time.Time) (Ending, error) {
	if actor.Role != Admin && m.Organisation.Siret != actor.Organisation.Siret {
		return Ending{}, fault.New(fault.NotFound, "membership.unknown")
	}
	if err := MayGrant(actor, m.Role, m.Organisation.Siret); err != nil {
		return Ending{}, err
	}
	switch {
	case m.AccountID == actor.AccountID:
		return Ending{}, fault.New(fault.Conflict, "membership.own")
	case !m.EndedAt.IsZero():
		return Ending{}, fault.New(fault.Conflict, "membership.ended")
	}
	return Ending{Membership: m, By: actor.Name, At: now}, nil
}

// DecideLeaving says whether an actor may give a role of his own up: the ending is then by
// nobody.
func DecideLeaving(actor Actor, m Membership, now time.Time) (Ending, error) {
	switch {
	case m.AccountID != actor.AccountID:
		return Ending{}, fault.New(fault.NotFound, "membership.unknown")
	case !m.EndedAt.IsZero():
		return Ending{}, fault.New(fault.Conflict, "membership.ended")
	}
	return Ending{Membership: m, At: now}, nil
}
