package account

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"time"

	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/value"
)

// The mails that are about accounts.
const (
	KindInvited         notice.Kind = "invitation"
	KindAccessGranted   notice.Kind = "acces-ouvert"
	KindAccessWithdrawn notice.Kind = "acces-retire"
)

// nameLimit cuts the names that a mail prints, in characters.
const nameLimit = 256

// Invited tells somebody that a role is offered, with the link that accepts or declines
// it.
type Invited struct {
	Mail             string // of the person invited
	Inviter          string // as displayed
	Role             Role
	OrganisationName string
	// Token opens the invitation. It is in clear because the mail prints it; the content of
	// a mail is stored sealed.
	Token     string
	ExpiresAt time.Time
}

// NewInvited completes the notice of an invitation. It refuses one without address, role,
// token or end.
func NewInvited(n Invited) (Invited, error) {
	if n.Mail == "" || n.Role.Space() == "" || n.Token == "" || n.ExpiresAt.IsZero() {
		return Invited{}, fmt.Errorf("make %s: %w", KindInvited, notice.ErrIncomplete)
	}
	n.Inviter, n.OrganisationName = oneLine(n.Inviter), oneLine(n.OrganisationName)
	return n, nil
}

// Kind implements notice.Notice.
func (Invited) Kind() notice.Kind { return KindInvited }

// Key tells invitations apart by their token: one sent again has another, and is another
// mail.
func (n Invited) Key() string {
	hash := value.Token(n.Token).Hash()
	return string(KindInvited) + " " + hex.EncodeToString(hash[:8])
}

// Recipients is the person invited.
func (n Invited) Recipients() notice.Recipients { return notice.Recipients{To: []string{n.Mail}} }

// AccessGranted tells somebody who has an account that a further role is theirs.
type AccessGranted struct {
	AccountID        int64
	Mail             string
	Role             Role
	Organisation     value.Siret
	OrganisationName string
	By               string // who gave the role, as displayed
	GrantedAt        time.Time
}

// NewAccessGranted completes the notice of a role given. It refuses one without account,
// address, role, organisation or date.
func NewAccessGranted(n AccessGranted) (AccessGranted, error) {
	if n.AccountID == 0 || n.Mail == "" || n.Role.Space() == "" || n.Organisation == "" || n.GrantedAt.IsZero() {
		return AccessGranted{}, fmt.Errorf("make %s: %w", KindAccessGranted, notice.ErrIncomplete)
	}
	n.By, n.OrganisationName = oneLine(n.By), oneLine(n.OrganisationName)
	return n, nil
}

// Kind implements notice.Notice.
func (AccessGranted) Kind() notice.Kind { return KindAccessGranted }

// Key is what makes a membership, before it has a number: a role given again later is
// another mail.
func (n AccessGranted) Key() string {
	return fmt.Sprintf("%s %d %s %s %s", KindAccessGranted, n.AccountID, n.Role, n.Organisation, n.GrantedAt.UTC().Format(time.RFC3339Nano))
}

// Recipients is the person who has the role.
func (n AccessGranted) Recipients() notice.Recipients {
	return notice.Recipients{To: []string{n.Mail}}
}

// AccessWithdrawn tells somebody that a role is no longer theirs.
type AccessWithdrawn struct {
	MembershipID     int64
	Mail             string
	Role             Role
	OrganisationName string
	By               string // who took the role, as displayed
}

// NewAccessWithdrawn completes the notice of a role taken. It refuses one without address,
// role or membership.
func NewAccessWithdrawn(n AccessWithdrawn) (AccessWithdrawn, error) {
	if n.Mail == "" || n.Role.Space() == "" || n.MembershipID == 0 {
		return AccessWithdrawn{}, fmt.Errorf("make %s: %w", KindAccessWithdrawn, notice.ErrIncomplete)
	}
	n.By, n.OrganisationName = oneLine(n.By), oneLine(n.OrganisationName)
	return n, nil
}

// Kind implements notice.Notice.
func (AccessWithdrawn) Kind() notice.Kind { return KindAccessWithdrawn }

// Key is one per membership: it ends once.
func (n AccessWithdrawn) Key() string {
	return string(KindAccessWithdrawn) + " " + strconv.FormatInt(n.MembershipID, 10)
}

// Recipients is the person who had the role.
func (n AccessWithdrawn) Recipients() notice.Recipients {
	return notice.Recipients{To: []string{n.Mail}}
}

func oneLine(name string) string { return notice.OneLine(name, nameLimit) }
