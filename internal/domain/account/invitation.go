package account

import (
	"strings"
	"time"

	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/value"
)

// InvitationLife is how long an invitation may be accepted.
const InvitationLife = 14 * 24 * time.Hour

// Invitation offers a role to whoever reads a mailbox.
type Invitation struct {
	ID           int64
	Mail         string // lower case
	Role         Role
	Organisation Organisation
	InviterID    string
	Inviter      string // as displayed then
	CreatedAt    time.Time
	ExpiresAt    time.Time
	AcceptedAt   time.Time
	AcceptedBy   int64 // account
	WithdrawnAt  time.Time
	Letter       InvitationLetter
}

// InvitationLetter is the mail that an invitation left by, in a list: the zero value once
// nobody knows it any more.
type InvitationLetter struct {
	MailID int64
	State  notice.State
}

// InvitationState is where an invitation stands.
type InvitationState string

// The states, as people read them (templates/messages).
const (
	InvitationWaiting   InvitationState = "waiting"
	InvitationTaken     InvitationState = "accepted"
	InvitationWithdrawn InvitationState = "withdrawn"
	InvitationExpired   InvitationState = "expired"
)

// Answerable tells whether an invitation in this state can be sent again or taken back.
func (s InvitationState) Answerable() bool {
	return s == InvitationWaiting || s == InvitationExpired
}

// State tells where the invitation stands at a time.
func (i Invitation) State(now time.Time) InvitationState {
	switch {
	case !i.AcceptedAt.IsZero():
		return InvitationTaken
	case !i.WithdrawnAt.IsZero():
		return InvitationWithdrawn
	case !now.Before(i.ExpiresAt):
		return InvitationExpired
	}
	return InvitationWaiting
}

// DecideAcceptance says whether an actor may accept an invitation. The link proves the
// mailbox; the address must be the account's too, so that a forwarded link opens nothing.
// Nobody accepts what he offered: that would be to edit his own rights. Staff prove a
// second factor first. Codes: invitation.accepted, invitation.withdrawn,
// invitation.expired, invitation.own, invitation.other_mail, invitation.factor_needed.
func DecideAcceptance(actor Actor, i Invitation, now time.Time) error {
	switch state := i.State(now); {
	case state == InvitationTaken:
		return fault.New(fault.Conflict, "invitation.accepted")
	case state == InvitationWithdrawn:
		return fault.New(fault.Conflict, "invitation.withdrawn")
	case state == InvitationExpired:
		return fault.New(fault.Conflict, "invitation.expired")
	case i.InviterID == actor.Author().ID:
		return fault.New(fault.Forbidden, "invitation.own")
	case i.Mail != actor.Mail:
		return fault.New(fault.Forbidden, "invitation.other_mail")
	case i.Role.Staff() && actor.StrongAt.IsZero():
		return fault.New(fault.Forbidden, "invitation.factor_needed")
	}
	return nil
}

// ParseMail reads one address as a person types it, in lower case: one to which a mail can
// be sent, and which ProConnect can tell. Codes: mail.required, mail.invalid.
func ParseMail(typed string) (string, error) {
	typed = strings.ToLower(strings.TrimSpace(typed))
	if typed == "" {
		return "", fault.New(fault.Invalid, "mail.required")
	}
	address, err := notice.ParseAddress(typed)
	if err != nil {
		return "", fault.Because(fault.Invalid, "mail.invalid", err)
	}
	return address, nil
}

// Offer is an invitation to make.
type Offer struct {
	Mail         string // as typed
	Role         Role
	Organisation value.Siret // ignored for staff
}
