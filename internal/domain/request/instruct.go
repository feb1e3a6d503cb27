package request

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/value"
)

// Instruction is what the instructors do with the requests of every town. To approve and to
// refuse is package decision's.
type Instruction struct {
	Store    Store
	Files    DocumentStore
	Messages MessageStore
	Claims   ClaimStore
	Desk     Desk
	Facts    FactStore
	Register Register
	Sealer   notice.Sealer
	Now      func() time.Time // business time
}

// Desk keeps what instructors work with.
type Desk interface {
	// ListQueue lists a page of the applications that match, and tells how many there are.
	ListQueue(ctx context.Context, query Query) ([]Queued, int, error)
	// FindNext finds the application that comes after another one in the order of the queue,
	// among those that match; 0 for none.
	FindNext(ctx context.Context, query Query, after habilitation.RequestNumber) (habilitation.RequestNumber, error)
	// FindPendingRenewal finds the prolongation that waits for a request; zero for none.
	FindPendingRenewal(ctx context.Context, number habilitation.RequestNumber) (Renewal, error)
	// CountQueue counts what waits: for the instructors, and for one of them.
	CountQueue(ctx context.Context, assignee int64) (Counts, error)
	// ListInstructors lists who may be in charge.
	ListInstructors(ctx context.Context) ([]Person, error)
	// RecordAssigned puts somebody in charge in the place of read, zero for nobody. It changes
	// nothing else. fault.Conflict, code request.assigned_meanwhile, when another is in charge.
	RecordAssigned(ctx context.Context, number habilitation.RequestNumber, to Person, read int64, event audit.Event) error

	// FindNote finds what an instructor is writing about a request for an act; zero for
	// nothing. RecordNote keeps it; a note without text nor comments is erased.
	FindNote(ctx context.Context, number habilitation.RequestNumber, account int64, act habilitation.Act) (Note, error)
	RecordNote(ctx context.Context, note Note, at time.Time) error

	ListFilters(ctx context.Context, account int64) ([]Filter, error)
	// RecordFilter keeps a filter under its name, in the place of the one of the same name.
	// fault.Conflict, code filter.too_many.
	RecordFilter(ctx context.Context, account int64, filter Filter) error
	EraseFilter(ctx context.Context, account, id int64) error

	ListReasons(ctx context.Context) ([]Reason, error)
	// FindReason finds a model. fault.NotFound, code reason_template.unknown.
	FindReason(ctx context.Context, id int64) (Reason, error)
	// RecordReason adds a model (ID 0) or changes it. fault.Conflict, code
	// reason_template.too_many.
	RecordReason(ctx context.Context, reason Reason, event audit.Event) (int64, error)
	EraseReason(ctx context.Context, id int64, event audit.Event) error
}

// Note is what an instructor is writing: it becomes the mail once it is confirmed, as it was
// shown.
type Note struct {
	Request  habilitation.RequestNumber
	Account  int64
	Act      habilitation.Act
	Revision int // of the request as it was read
	Text     string
	Comments []Comment
	// Editor is whose software it is, on the generic form, as the instructor confirms it; ""
	// leaves it as it is.
	Editor value.Siret
	// Number is that of the habilitation to come, drawn for the mail that is shown.
	Number habilitation.Number
}

// NoEditor says, in the place of an editor, that there is none.
const NoEditor value.Siret = "aucun"

// Reason is a model of a text, for an act.
type Reason struct {
	ID    int64
	Act   habilitation.Act // Approve, RequestChanges or Refuse
	Title string
	Text  string // with {numero} and {collectivite}
}

// Limits of models and notes, in characters.
const (
	reasonTitleLimit = 60
	reasonLimit      = 2000
	commentLimit     = 500
)

// For writes the model for a request.
func (r Reason) For(a Application) string {
	return strings.NewReplacer("{numero}", a.Request.Number.String(), "{collectivite}", a.Request.Organisation).Replace(r.Text)
}

// Find finds an application of any town. Code: request.unknown (NotFound).
func (i *Instruction) Find(ctx context.Context, number habilitation.RequestNumber) (Application, error) {
	a, err := i.Store.FindApplication(ctx, number, "")
	if err != nil {
		return Application{}, fmt.Errorf("find application: %w", err)
	}
	return a, nil
}

// Document is a file that a town deposited: what is being written is the town's alone. Codes as
// Service.Document.
func (i *Instruction) Document(ctx context.Context, number habilitation.RequestNumber, id int64) (Document, []byte, error) {
	return readable(i.Files.FindDeposited(ctx, id, number))
}

// Assign puts an instructor in charge of a request, 0 for nobody; read is who was, as the
// actor read it. Codes: request.unknown, request.instructor_unknown (NotFound),
// request.assigned_meanwhile (Conflict: another is in charge now).
func (i *Instruction) Assign(ctx context.Context, by account.Actor, number habilitation.RequestNumber, to, read int64) error {
	a, err := i.Find(ctx, number)
	switch {
	case err != nil:
		return err
	case a.Assignee.ID != read:
		return fault.New(fault.Conflict, "request.assigned_meanwhile")
	}
	person, err := i.instructor(ctx, to)
	if err != nil {
		return err
	}
	told := event(by, a.Request, audit.RequestAssigned, i.Now())
	switch to {
	case 0:
		told.Detail = "nobody"
	case by.AccountID:
		told.Detail = "oneself"
	default:
		told.Detail = "somebody"
	}
	if err := i.Desk.RecordAssigned(ctx, number, person, read, told); err != nil {
		return fmt.Errorf("record who is in charge: %w", err)
	}
	return nil
}

func (i *Instruction) instructor(ctx context.Context, id int64) (Person, error) {
	if id == 0 {
		return Person{}, nil
	}
	listed, err := i.Desk.ListInstructors(ctx)
	if err != nil {
		return Person{}, fmt.Errorf("list instructors: %w", err)
	}
	for _, person := range listed {
		if person.ID == id {
			return person, nil
		}
	}
	return Person{}, fault.New(fault.NotFound, "request.instructor_unknown")
}

// Draft keeps what an instructor writes for an act, so that the mail can be shown as it will
// be sent. Codes: request.unknown (NotFound), request.moved (Conflict), reason.required,
// reason.too_long (Invalid).
func (i *Instruction) Draft(ctx context.Context, by account.Actor, note Note) error {
	a, err := i.Find(ctx, note.Request)
	if err != nil {
		return err
	}
	note.Account, note.Text = by.AccountID, tidy(note.Text, Text{Lines: true})
	if err := note.check(a); err != nil {
		return err
	}
	if err := i.Desk.RecordNote(ctx, note.tidied(), i.Now()); err != nil {
		return fmt.Errorf("record note: %w", err)
	}
	return nil
}

func (n Note) check(a Application) error {
	switch {
	case !a.Allows(n.Act) || a.Request.Revision != n.Revision:
		return moved
	case n.Text == "" && n.Act != habilitation.Approve && !(n.Act == habilitation.RequestChanges && len(n.tidied().Comments) > 0):
		return fault.New(fault.Invalid, "reason.required")
	case utf8.RuneCountInString(n.Text) > reasonLimit:
		return fault.New(fault.Invalid, "reason.too_long")
	}
	return nil
}

// tidied keeps the comments that say something, of fields that exist.
func (n Note) tidied() Note {
	var kept []Comment
	for _, c := range n.Comments {
		if text := tidy(c.Text, Text{Limit: commentLimit, Lines: true}); text != "" && c.Field.exists() {
			kept = append(kept, Comment{c.Field, text})
		}
	}
	n.Comments = kept
	return n
}

// Note finds what the actor is writing for an act; zero for nothing.
func (i *Instruction) Note(ctx context.Context, by account.Actor, number habilitation.RequestNumber, act habilitation.Act) (Note, error) {
	note, err := i.Desk.FindNote(ctx, number, by.AccountID, act)
	if err != nil {
		return Note{}, fmt.Errorf("find note: %w", err)
	}
	return note, nil
}

// ChangesAsked is the mail of a note that asks for changes, as RequestChanges sends it. It names
// the token that the modification was begun to prolong.
func (i *Instruction) ChangesAsked(ctx context.Context, a Application, note Note, at time.Time) (ChangesAsked, error) {
	about := a.about()
	about.CC = a.TechnicalMail()
	renewed, err := lapsing(ctx, i.Store, a.Request.Number, at)
	if err != nil {
		return ChangesAsked{}, err
	}
	if !renewed.Amended {
		renewed = Lapsing{}
	}
	return NewChangesAsked(ChangesAsked{
		About: about, Revision: a.Request.Revision + 1, Reason: note.Text, Comments: note.Comments, At: at, Lapsing: renewed,
	})
}

// RequestChanges gives a request back to the town, as the actor's note says. Codes:
// request.unknown (NotFound), request.moved (Conflict: somebody decided meanwhile, or nothing
// was drafted).
func (i *Instruction) RequestChanges(ctx context.Context, by account.Actor, number habilitation.RequestNumber) error {
	a, err := i.Find(ctx, number)
	if err != nil {
		return err
	}
	note, err := i.Note(ctx, by, number, habilitation.RequestChanges)
	if err != nil {
		return err
	}
	if err := note.check(a); err != nil {
		return err
	}
	now := i.Now()
	next, err := a.after(habilitation.RequestChanges)
	if err != nil {
		return err
	}
	change := Change{Moves: true, At: now, Events: []audit.Event{event(by, a.Request, audit.RequestReturned, now)}}
	err = change.write(i.Sealer, func() (notice.Notice, error) { return i.ChangesAsked(ctx, a, note, now) })
	if err != nil {
		return err
	}
	a.move(next, now)
	a.Phase, a.Asked = Returned, Asked{Act: habilitation.RequestChanges, Reason: note.Text, Comments: note.Comments, By: by.Name, At: now}
	change.Application = a
	if err := i.Store.RecordChange(ctx, change); err != nil {
		return fmt.Errorf("record the changes that are asked: %w", err)
	}
	return nil
}

// Thread lists the messages of a request, oldest first.
func (i *Instruction) Thread(ctx context.Context, number habilitation.RequestNumber) ([]Message, error) {
	return listed(i.Messages.ListMessages(ctx, number))
}

// Write sends a message to the town. seen is the last message that the actor was shown, 0 for
// none: what the town wrote up to it counts as read. Codes: request.unknown (NotFound),
// message.required, message.too_long (Invalid), request.moved, message.sent_already (Conflict:
// the actor wrote the same since, and nobody wrote after).
func (i *Instruction) Write(ctx context.Context, by account.Actor, number habilitation.RequestNumber, text string, seen int64) error {
	a, err := i.Find(ctx, number)
	if err != nil {
		return err
	}
	if a.over() {
		return moved
	}
	change, err := said(by, a, SideStaff, Saying{Text: text, Seen: seen, To: a.Request.Requester.Mail, At: i.Now()}, i.Sealer)
	if err != nil {
		return err
	}
	if err := i.Store.RecordChange(ctx, change); err != nil {
		return fmt.Errorf("record message: %w", err)
	}
	return nil
}

// MarkRead marks what the town wrote as read, up to a message. Code: request.unknown
// (NotFound).
func (i *Instruction) MarkRead(ctx context.Context, number habilitation.RequestNumber, upTo int64) error {
	if _, err := i.Find(ctx, number); err != nil {
		return err
	}
	if err := i.Messages.MarkRead(ctx, number, SideStaff, upTo, i.Now()); err != nil {
		return fmt.Errorf("mark messages as read: %w", err)
	}
	return nil
}

// Claim finds the claim that waits for a request; zero when none does.
func (i *Instruction) Claim(ctx context.Context, number habilitation.RequestNumber) (Claim, error) {
	claim, err := i.Claims.FindClaim(ctx, number)
	if err != nil {
		return Claim{}, fmt.Errorf("find claim: %w", err)
	}
	return claim, nil
}

// DecideClaim decides in the place of a holder who did not answer in time. Codes:
// request.unknown (NotFound), request.unclaimed, request.claim_young (Conflict).
func (i *Instruction) DecideClaim(ctx context.Context, by account.Actor, number habilitation.RequestNumber, accepted bool) error {
	a, err := i.Store.FindGranted(ctx, number, "")
	if fault.KindOf(err) == fault.NotFound {
		a, err = i.Find(ctx, number)
	}
	if err != nil {
		return err
	}
	claim, err := i.Claim(ctx, number)
	if err != nil {
		return err
	}
	if claim.ID != 0 && !claim.Ripe(i.Now()) {
		return fault.New(fault.Conflict, "request.claim_young")
	}
	return recordAnswer(ctx, i.Store, i.Sealer, answer{by, a, claim, accepted, i.Now()})
}
