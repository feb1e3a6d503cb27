package decision

import (
	"context"
	"time"

	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/editor"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/renewal"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/domain/value"
)

// File is all that a decision reads of a request.
type File struct {
	Town    value.Siret          // whose subscription was read
	Request habilitation.Request // zero when the request is not known yet
	Track   Track
	// CurrentEditor is the editor of its newest habilitation, as it is today; zero without one.
	CurrentEditor editor.Editor
	// Software is the name of the product that it is for, as every mail about its token has it; ""
	// where only its editor is known.
	Software string
	// Subscription is that of the town, or what the directory believes of it; zero without
	// one. Server is the request that it serves.
	Subscription credential.Subscription
	Server       habilitation.Request
	// TownForm is the form of the town as citizens find it; "" for a town that has none yet.
	TownForm directory.FormState
	// Former is the subscription of the town that the request was for, where an approval
	// names another one; zero otherwise. FormerHeir is who takes that one, with its editor, and
	// FormerRival who may contend for it.
	Former           credential.Subscription
	FormerHeir       habilitation.Request
	FormerHeirEditor editor.Editor
	FormerRival      habilitation.RequestNumber
	// Heir is the request, other than this one, that takes the subscription when the one that
	// it serves no longer holds: the one that contends for it, else the newest that is valid
	// for the form of the town. HeirEditor is the editor that it is for, as it is today. Zero
	// without one.
	Heir       habilitation.Request
	HeirEditor editor.Editor
	// Rival is the newest other request that is valid for the form, and for another software
	// than the one that receives the dossiers; 0 without one. It contends in the place of a
	// contender that gives up, so that nobody who waits for an answer is forgotten.
	Rival habilitation.RequestNumber
	// Receiver is the editor that receives the dossiers of the town, as it is today; zero for
	// none. Application is what the town wrote; nil where another system has it.
	Receiver    editor.Editor
	Application *request.Application
	// Tokens are those of the request that nobody revoked, Revoked the others, in the order of
	// their issue. ServerTokens are those of the request that the subscription serves, but for the
	// revoked ones.
	Tokens, Revoked, ServerTokens []credential.Token
	// Amendment: the modification under way was begun for the prolongation of a token; zero
	// otherwise.
	Amendment renewal.Amendment
}

// Reading is the subscription of a town as a decision read it, with who may take it: all of
// it must be the same still when the decision is recorded.
type Reading struct {
	Before credential.Subscription
	Heir   habilitation.Number // the newest version of the heir's
	Rival  habilitation.RequestNumber
}

// Outcome is a decision, whole, to be recorded in one transaction or not at all.
type Outcome struct {
	// Request is as it is afterwards; its revision is the one that was read, 0 for a request
	// that is new.
	Request habilitation.Request
	Track   Track
	// Habilitation is the version that an approval yields; nil for another decision.
	Habilitation *habilitation.Habilitation
	// Editor is the one to know first, where nobody declared it before.
	Editor editor.Editor
	// Town is the one whose subscription was read; ReadFormer is that of Former.
	Town             value.Siret
	Read, ReadFormer Reading
	// Subscription is as it is wanted afterwards, with the revision that was read; nil where
	// nothing changes. Provision orders the saga.
	Subscription *credential.Subscription
	Provision    bool
	// Left is the subscription of the town that the request was for before, as it is wanted
	// afterwards; nil for none.
	Left *credential.Subscription
	// Application is what was written, as it is afterwards; nil where nothing of it changes.
	Application *request.Application
	// Tokens are those that change, each with the revision that was read, and the new ones.
	Tokens credential.TokenChange
	// Prolonged are the tokens, among those, that are prolonged. AmendmentEnd is what becomes of
	// the modification that was to do so; "" where nothing is decided of it.
	Prolonged    []renewal.Prolongation
	AmendmentEnd renewal.End
	prolongation notice.Notice // the mail of what is prolonged, before it is written; nil for none
	Events       []audit.Event
	Letters      []notice.Letter
	Notices      []notice.Notice // what the letters say
	EditorEvents []notice.EditorEvent
	At           time.Time
}

// outcome begins a decision about a file.
func (f File) outcome(at time.Time) Outcome {
	return Outcome{
		Request: f.Request, Track: f.Track, Town: f.Town, At: at,
		Read:       Reading{f.Subscription, f.Heir.Current.Number, f.Rival},
		ReadFormer: Reading{f.Former, f.FormerHeir.Current.Number, f.FormerRival},
	}
}

// EventValidated is the kind of an approval (PRODUCT.md 3.9).
const EventValidated = "habilitation.validee"

// Store keeps what is decided.
type Store interface {
	// FindFile reads what a decision needs. siret names the town that the decision is for,
	// "" for the one that the request is for. For a request that is not known, the rest is
	// zero.
	FindFile(ctx context.Context, number habilitation.RequestNumber, siret value.Siret) (File, error)
	// FindTokensOf reads all the tokens of a request, revoked ones too, and those of these
	// ids, whosever they are.
	FindTokensOf(ctx context.Context, number habilitation.RequestNumber, ids []string) ([]credential.Token, error)
	// FindContended reads the file of the request that contends for the subscription of a
	// town. fault.NotFound, code subscription.unknown.
	FindContended(ctx context.Context, siret value.Siret) (File, error)
	// NextHabilitation draws the number of a habilitation: never one of before.
	NextHabilitation(ctx context.Context) (habilitation.Number, error)
	// Record records a decision. fault.Conflict, code habilitation.moved, when somebody
	// decided meanwhile: then nothing is recorded.
	Record(ctx context.Context, outcome Outcome) error
}

// InboxStore keeps what DataPass sent.
type InboxStore interface {
	// FindReceived finds an event by the digest of its body.
	// fault.NotFound, code datapass.unknown.
	FindReceived(ctx context.Context, digest [32]byte) (Received, error)
	// FindKept finds an event by its id, with its sealed content, nil once erased. Same code.
	FindKept(ctx context.Context, id int64) (Kept, error)
	// HasApplied tells whether the event of this name and moment was applied to a request.
	HasApplied(ctx context.Context, e Event) (bool, error)
	// RecordArrival counts one more arrival of an event that is kept.
	RecordArrival(ctx context.Context, id int64, now time.Time) error
	// RecordReceived keeps what became of an event, with the outcome that it had, in one
	// transaction; ID 0 keeps it for the first time. It returns its id. fault.Conflict, code
	// habilitation.moved or datapass.moved, when something changed meanwhile.
	RecordReceived(ctx context.Context, kept Kept) (int64, error)
	// EraseContents erases what events said that were received before a time, unless they
	// are in quarantine, those received before the other one in any case.
	EraseContents(ctx context.Context, before, quarantinedBefore time.Time) (int, error)
	// ForgetRequesters erases who made the requests that were never approved and have not
	// moved since a time.
	ForgetRequesters(ctx context.Context, before time.Time) (int, error)
}

// Kept is an event to keep.
type Kept struct {
	Received
	Digest  [32]byte
	Content []byte   // sealed
	Outcome *Outcome // nil where it had none
	Events  []audit.Event
}
