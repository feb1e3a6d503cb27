package renewal

import (
	"time"

	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/request"
)

// File is a token with all that its prolongation needs.
type File struct {
	credential.TokenFile
	// Granted is the newest habilitation: what the requester is asked about.
	Granted habilitation.Habilitation
	// Purpose is what the data are for, as it was granted; "" where another system granted it.
	Purpose string
	State   habilitation.State // of the request
	// Mail is the requester's, "" where none is known: a prolongation is confirmed to it where
	// another system writes the other mails too, which knows nothing of one made here.
	Mail string
	// MailRefused: the last reminder of this expiry was refused by that address.
	MailRefused bool
	// Amendment is the modification that is under way for this prolongation; zero for none.
	Amendment Amendment
	// RefusedAt is when a modification was refused that was to move the present expiry; zero for
	// never.
	RefusedAt time.Time
	// Claim is that of a colleague who asks to hold the request; zero for none.
	Claim request.Claim
	// Last is the newest prolongation of the token; zero for none.
	Last Prolongation
	// NudgedAt is when the editor last asked the requester to prolong; zero for never, and where the
	// demand was withdrawn before he had it.
	NudgedAt time.Time
}

// DaysLeft is how many civil days are left before the expiry.
func (f File) DaysLeft(now time.Time) int { return DaysLeft(f.ExpiresAt, now) }

// Until is the expiry that a prolongation gives at now.
func (f File) Until(now time.Time) time.Time {
	return Until(f.ExpiresAt, now, credential.TokenLife)
}

// OpensAt is the day from which the token may be prolonged.
func (f File) OpensAt() time.Time { return Stage(Opening).DayOf(f.ExpiresAt) }

// Open tells whether the token may be prolonged now: within Opening days of its expiry or
// after it, and neither suspended, replaced nor revoked.
func (f File) Open(now time.Time) bool { return f.closed(now) == nil && f.DaysLeft(now) <= Opening }

// Answers are what the requester says (guide, 6.c). The zero Answers change everything.
type Answers struct {
	InCharge, SamePurpose, RightContacts bool
}

// Unchanged tells that nothing has changed since the habilitation.
func (a Answers) Unchanged() bool { return a.InCharge && a.SamePurpose && a.RightContacts }

// Prolongation is a token prolonged: one for each expiry that was moved.
type Prolongation struct {
	TokenID     string
	From, Until time.Time
	Way         Way
	ByID, By    string // of the author, and as displayed then
	At          time.Time
}

// Way is how a token came to be prolonged.
type Way string

// The ways, as the database's CHECK lists them.
const (
	Confirmed Way = "confirmee"    // nothing had changed
	Amended   Way = "modification" // a modification was approved
)

// Ways lists both.
var Ways = [...]Way{Confirmed, Amended}

// Amendment is a modification of a habilitation that somebody began because the answers to a
// prolongation had changed. It prolongs the token when it is approved.
type Amendment struct {
	ID      int64
	TokenID string
	Request habilitation.RequestNumber
	Expiry  time.Time // of the token, when it began
	Answers Answers
	By      string // as displayed then
	BegunAt time.Time
	// FiledAt is its first deposit, LastFiledAt the last one; EndedAt is when it was decided or given
	// up. Zero before.
	FiledAt, LastFiledAt, EndedAt time.Time
	// Returned: an instructor asks for changes, and the town has not deposited it again.
	Returned bool
}

// End is what became of an amendment.
type End string

// The ends, as the database's CHECK lists them.
const (
	EndApproved End = "validee"
	EndRefused  End = "refusee"
	EndGivenUp  End = "abandonnee"
)

// Ends lists every end.
var Ends = [...]End{EndApproved, EndRefused, EndGivenUp}

// IsZero tells that there is none.
func (a Amendment) IsZero() bool { return a.ID == 0 }

// Filed tells that it waits for its decision, which prolongs the token: it was deposited, and
// nothing is asked of the town.
func (a Amendment) Filed() bool { return !a.FiledAt.IsZero() && !a.Returned }

// Deadline is when the silence of the instructors becomes a refusal, as the page of the request
// tells it; zero where it does not wait for them.
func (a Amendment) Deadline() time.Time {
	if !a.Filed() {
		return time.Time{}
	}
	return request.DeadlineOf(a.LastFiledAt)
}

// Overdue tells that the silence of the instructors has become a refusal at a time.
func (a Amendment) Overdue(now time.Time) bool {
	deadline := a.Deadline()
	return !deadline.IsZero() && !now.Before(deadline)
}

// Prolonged is the amendment's token once it is approved at now.
func (a Amendment) Prolonged(t credential.Token, by audit.Author, now time.Time) (credential.Token, Prolongation) {
	return prolonged(t, Amended, by, now)
}

func prolonged(t credential.Token, way Way, by audit.Author, now time.Time) (credential.Token, Prolongation) {
	done := Prolongation{TokenID: t.ID, From: t.ExpiresAt, Until: Until(t.ExpiresAt, now, credential.TokenLife), Way: way, ByID: by.ID, By: by.Display, At: now}
	t.ExpiresAt = done.Until
	return t, done
}

// Kind of events that the programs of an editor learn (PRODUCT.md 3.9).
const (
	EventProlonged = "jeton.prolonge"
	EventExpiring  = "jeton.expire_bientot"
)
