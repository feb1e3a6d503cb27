package account

import (
	"slices"
	"strconv"
	"time"

	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/value"
)

// Actor is who makes a request: a signed-in person acting in one membership. It is read
// from the database at every request, and handed down as an argument.
type Actor struct {
	AccountID int64
	SessionID int64
	// ClientID is the id of the program that acts, of an editor; "" for a person.
	ClientID string
	Name     string // "Camille Ferrand"
	Mail     string
	// SignedFor is the establishment for which the person signed in.
	SignedFor Organisation
	// MembershipID, Role and Organisation are zero until a space is chosen.
	MembershipID int64
	Role         Role
	Organisation Organisation // for whom the person acts: the operator, an editor, a town
	// Open are the spaces of the memberships that the person may choose from, one a
	// membership.
	Open []Space
	// StrongAt is when the second factor was last proved, in business time, by ProConnect's
	// own account of it: it may be before the session. Zero: never.
	StrongAt time.Time
	// FormWaits: a form that the person sent waits to be sent again (HeldForm).
	FormWaits bool
	RequestID string
}

// Organisation is an establishment of the company register.
type Organisation struct {
	Siret value.Siret
	Name  string
	// Closed: the register says that it no longer exists.
	Closed bool
	// LocalAuthority: its agents may ask for a habilitation.
	LocalAuthority bool
	// Declared: nobody but the person says that she works there (of a sign-in).
	Declared bool
}

// Opens tells whether the person may choose a membership of a space.
func (a Actor) Opens(space Space) bool { return slices.Contains(a.Open, space) }

// Display is the name of the organisation, or its SIRET where nobody told the name.
func (o Organisation) Display() string {
	if o.Name == "" {
		return o.Siret.Display()
	}
	return o.Name
}

// SignedIn tells a person from nobody.
func (a Actor) SignedIn() bool { return a.AccountID != 0 }

// Author is the actor as the journal names him.
func (a Actor) Author() audit.Author {
	if a.ClientID != "" {
		return audit.Author{ID: audit.ProgramPrefix + a.ClientID, Display: a.Name, Role: string(a.Role)}
	}
	return audit.Author{ID: strconv.FormatInt(a.AccountID, 10), Display: a.Name, Role: string(a.Role)}
}

// OfTenant is the SIRET of the editor or the town whose affair the actor's acts are; ""
// for the operator's people.
func (a Actor) OfTenant() string { return tenant(a.Role, a.Organisation.Siret) }

func tenant(role Role, organisation value.Siret) string {
	if role.Editor() || role == Town || role == APIClient {
		return organisation.String()
	}
	return ""
}

// StepUpLife is how long a proof of the second factor counts for a sensitive act
// (ASVS 7.5.3, users-reliability-security.md C.1).
const StepUpLife = 10 * time.Minute

// Confirmed tells whether the actor proved a second factor recently enough for a
// sensitive act.
func (a Actor) Confirmed(now time.Time) bool {
	return !a.StrongAt.IsZero() && now.Sub(a.StrongAt) <= StepUpLife && !now.Before(a.StrongAt)
}
