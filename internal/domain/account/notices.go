package account

import (
	"strconv"
	"time"

	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/value"
)

// The mails about accounts.
const (
	KindInvitation      notice.Kind = "invitation"
	KindAccessGranted   notice.Kind = "acces-ouvert"
	KindAccessWithdrawn notice.Kind = "acces-retire"
)

// InvitationMail offers a role. It is the only place where the link of an invitation is
// in clear, inside the seal of its mail.
type InvitationMail struct {
	ID           int64
	Mail         string
	Inviter      string
	Role         Role
	Organisation string // its name
	Link         string // the token, last part of the address
	ExpiresAt    time.Time
}

// NewInvitationMail makes the mail of an invitation. notice.ErrIncomplete without an
// address, an id, a link or a date.
func NewInvitationMail(i Invitation, link value.Token) (InvitationMail, error) {
	if i.ID == 0 || i.Mail == "" || link == "" || i.ExpiresAt.IsZero() {
		return InvitationMail{}, notice.ErrIncomplete
	}
	return InvitationMail{
		ID: i.ID, Mail: i.Mail, Inviter: i.Inviter, Role: i.Role, Organisation: i.Organisation.Name,
		Link: link.Reveal(), ExpiresAt: i.ExpiresAt,
	}, nil
}

// Kind names the mail.
func (InvitationMail) Kind() notice.Kind { return KindInvitation }

// Key is one an invitation: sent again, it is another one.
func (m InvitationMail) Key() string { return "invitation " + strconv.FormatInt(m.ID, 10) }

// Recipients is who is invited.
func (m InvitationMail) Recipients() notice.Recipients {
	return notice.Recipients{To: []string{m.Mail}}
}

// AccessMail tells somebody that a role was given or taken.
type AccessMail struct {
	AccountID    int64
	Mail         string
	By           string
	Role         Role
	Organisation string
	At           time.Time
}

func newAccessMail(mail, by string, m Membership, at time.Time) (AccessMail, error) {
	if mail == "" || at.IsZero() {
		return AccessMail{}, notice.ErrIncomplete
	}
	return AccessMail{AccountID: m.AccountID, Mail: mail, By: by, Role: m.Role, Organisation: m.Organisation.Name, At: at}, nil
}

func (m AccessMail) key(kind notice.Kind) string {
	return string(kind) + " " + strconv.FormatInt(m.AccountID, 10) + " " + string(m.Role) + " " + m.At.UTC().Format(time.RFC3339Nano)
}

// Recipients is whose role it is.
func (m AccessMail) Recipients() notice.Recipients { return notice.Recipients{To: []string{m.Mail}} }

// AccessGranted tells somebody that a role was given.
type AccessGranted struct{ AccessMail }

// NewAccessGranted makes the mail of a role given. notice.ErrIncomplete without an address
// or a date.
func NewAccessGranted(mail string, grant Membership) (AccessGranted, error) {
	made, err := newAccessMail(mail, grant.GrantedBy, grant, grant.GrantedAt)
	return AccessGranted{made}, err
}

// Kind names the mail.
func (AccessGranted) Kind() notice.Kind { return KindAccessGranted }

// Key is one a grant.
func (m AccessGranted) Key() string { return m.key(KindAccessGranted) }

// AccessWithdrawn tells somebody that a role was taken.
type AccessWithdrawn struct{ AccessMail }

// NewAccessWithdrawn makes the mail of a role taken. notice.ErrIncomplete without an
// address or a date.
func NewAccessWithdrawn(mail string, ending Ending) (AccessWithdrawn, error) {
	made, err := newAccessMail(mail, ending.By, ending.Membership, ending.At)
	return AccessWithdrawn{made}, err
}

// Kind names the mail.
func (AccessWithdrawn) Kind() notice.Kind { return KindAccessWithdrawn }

// Key is one a withdrawal.
func (m AccessWithdrawn) Key() string { return m.key(KindAccessWithdrawn) }
