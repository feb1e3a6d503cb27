package renewal

import (
	"context"
	"time"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/value"
)

// Store keeps prolongations.
type Store interface {
	CopyStore
	// FindRenewal finds a token within reach with all that its prolongation needs.
	// fault.NotFound, code token.unknown.
	FindRenewal(ctx context.Context, reach credential.TokenReach, id string) (File, error)
	// FindProlongation finds the prolongation that moved an expiry. fault.NotFound, code
	// renewal.unknown.
	FindProlongation(ctx context.Context, tokenID string, from time.Time) (Prolongation, error)
	// RecordProlongation records a prolongation, and takes back the reminders that did not leave.
	// fault.Conflict, code token.moved, when the token changed meanwhile.
	RecordProlongation(ctx context.Context, change Change) error
	// RecordAmendment records that a modification begins, and takes back the reminders that did not
	// leave where it is deposited already; one that goes on for the same token
	// and expiry takes the new answers. fault.Conflict, code token.moved, when the token changed
	// meanwhile.
	RecordAmendment(ctx context.Context, begun Amendment, event audit.Event) error
	// RecordNudge records that an editor asks the requester to prolong, unless it did since a
	// time: fault.Conflict, code renewal.nudged. A demand that was withdrawn before the requester
	// had it is none, here and for those who read when there was one.
	RecordNudge(ctx context.Context, nudge Nudge) error
	// ListNudged tells when an editor last asked that each of some tokens be prolonged, for the
	// expiry that it has now.
	ListNudged(ctx context.Context, tokenIDs []string) (map[string]time.Time, error)
	// ListRefused lists those of some tokens whose requester's address refused the last reminder.
	ListRefused(ctx context.Context, tokenIDs []string) ([]string, error)
	// ListFiled tells when the modification was deposited that waits for its decision
	// (Amendment.Filed), for each of some tokens whose request has one.
	ListFiled(ctx context.Context, tokenIDs []string) (map[string]time.Time, error)
}

// Requests begins the modification of a request (request.Service).
type Requests interface {
	// Reopen begins a modification. Code request.moved (Conflict) where one is under way.
	Reopen(ctx context.Context, by account.Actor, number habilitation.RequestNumber) error
}

// Nudge is an editor's demand that a token be prolonged.
type Nudge struct {
	TokenID string
	Expiry  time.Time
	By      string // as displayed
	At      time.Time
	Since   time.Time // none may have been made since
	Event   audit.Event
	Letter  notice.Letter
}

// Reminding is what reminders need of a store.
type Reminding interface {
	// ListDue reads some tokens in the order of their expiry and id, after a place, and lists
	// those whose reminder of now is not recorded yet. Those that are suspended, revoked,
	// replaced or without habilitation are not among them. next is where to go on, zero at the end.
	ListDue(ctx context.Context, now time.Time, after Place, read int) (due []DueToken, next Place, err error)
	// RecordReminders records reminders, with the stages that are skipped, and their mails, and
	// takes back what did not leave of earlier stages: a reminder that nobody got is none. One
	// that is recorded already, or whose token changed since it was listed, is left out. It tells
	// of which tokens one was recorded, and how many stages were skipped.
	RecordReminders(ctx context.Context, reminders []Recorded, now time.Time) (recorded map[string]bool, skipped int, err error)
	// ListBounced lists reminders whose requester's address was refused and of which the
	// technical contact was not told: those of the present expiry of tokens that may be
	// prolonged.
	ListBounced(ctx context.Context, limit int) ([]BouncedReminder, error)
	// ListPressing lists modifications that wait for their decision (Amendment.Filed), which
	// prolongs a token that expires before a time.
	ListPressing(ctx context.Context, before time.Time) ([]Pressing, error)
	// ListDigests lists the editors that are to be told of their clients' tokens in a week. Those
	// whose clients are all cut for long have nothing new to be told of.
	ListDigests(ctx context.Context, now time.Time, atLeast int) ([]Digest, error)
	// RecordLetters records mails, once each by their key. It tells how many were new.
	RecordLetters(ctx context.Context, letters []notice.Letter, now time.Time) (int, error)
}

// Place is where a list goes on; zero at its beginning.
type Place struct {
	Expiry time.Time
	ID     string
}

// DueToken is a token whose requester is to be reminded.
type DueToken struct {
	credential.TokenFile
	// Covered are the stages that were recorded for this expiry of the token that this one
	// replaces.
	Covered []Stage
	// CopyTechnical: the technical contact wants a copy of each reminder, rather than the weekly
	// list alone.
	CopyTechnical bool
	// AmendmentFiled: a modification waits for its decision, which prolongs the token
	// (Amendment.Filed).
	AmendmentFiled bool
	// Elsewhere: another system writes the mails. The editor's programs learn of the expiry here
	// alone.
	Elsewhere bool
}

// Recorded is a reminder to be recorded.
type Recorded struct {
	TokenID string
	Expiry  time.Time
	Stage   Stage
	Skipped []Stage
	// Silent: a reminder of this stage has left for the token that this one replaces. Elsewhere:
	// another system writes it.
	Silent, Elsewhere bool
	Letter            *notice.Letter // nil where nobody has an address, or either of those
	Told              []notice.EditorEvent
}

// BouncedReminder is a reminder that did not reach the requester.
type BouncedReminder struct {
	MailID                        int64
	Token                         credential.Token // its names alone
	Habilitation                  habilitation.Number
	Siret                         value.Siret
	Software                      string // as TokenFile has it
	Organisation, Editor, Address string
	Technical                     string
	Expiry                        time.Time
}

// Pressing is a modification that holds a prolongation up.
type Pressing struct {
	Amendment    int64
	Request      habilitation.RequestNumber
	Siret        value.Siret
	Organisation string
	TokenID      string
	Expiry       time.Time
}

// Digest is what an editor is told of its clients in a week.
type Digest struct {
	Editor    value.Siret
	Name      string
	Technical string
	Rows      []DigestRow
	LongCut   int // towns whose token was cut before the oldest of the rows could be
}

// DigestRow is a client of a digest.
type DigestRow struct {
	TokenID      string
	Siret        value.Siret
	Organisation string
	Software     string // as TokenFile has it
	Expiry       time.Time
}
