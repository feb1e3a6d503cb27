package request

import (
	"context"
	"fmt"
	"slices"
	"time"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/editor"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/notice"
)

// Service is what the people of a town do with their requests.
type Service struct {
	Store     Store
	Files     DocumentStore
	Messages  MessageStore
	Claims    ClaimStore
	Templates *editor.Templates
	Inspector Inspector
	// Scanner is nil where no analysis for viruses is configured.
	Scanner Scanner
	Sealer  notice.Sealer
	Now     func() time.Time // business time
	// Mailbox is where a message goes that nobody is in charge of.
	Mailbox string
}

// event is a line of the journal about a request.
func event(by account.Actor, r habilitation.Request, act audit.Act, at time.Time) audit.Event {
	number := fmt.Sprint(int64(r.Number))
	return audit.Event{
		At: at, Author: by.Author(), Act: act, Organisation: r.Siret.String(), RequestID: by.RequestID,
		Object: audit.Object{Kind: "habilitation", ID: number, Display: r.Number.String() + " " + r.Organisation},
	}
}

// Find finds an application of the actor's town. Code: request.unknown (NotFound).
func (s *Service) Find(ctx context.Context, by account.Actor, number habilitation.RequestNumber) (Application, error) {
	a, err := s.Store.FindApplication(ctx, number, by.Organisation.Siret)
	if err != nil {
		return Application{}, fmt.Errorf("find application: %w", err)
	}
	return a, nil
}

// List lists the applications of the actor's town.
func (s *Service) List(ctx context.Context, by account.Actor) ([]Application, error) {
	const most = 50
	found, err := s.Store.ListApplications(ctx, by.Organisation.Siret, most)
	if err != nil {
		return nil, fmt.Errorf("list applications: %w", err)
	}
	return found, nil
}

// Elsewhere tells which software receives the dossiers of the town of an application, where
// it is not its own: then somebody has to say which one must. Zero where the question does not
// arise.
func (s *Service) Elsewhere(ctx context.Context, a Application) (Receiver, error) {
	receiver, err := s.Store.FindReceiver(ctx, a.Request.Siret)
	if err != nil {
		return Receiver{}, fmt.Errorf("find who receives the dossiers: %w", err)
	}
	if !a.Answers.Form || !receiver.Active || receiver.Request == a.Request.Number || receiver.Editor.Siret == a.Template.Editor.Siret {
		return Receiver{}, nil
	}
	return receiver, nil
}

// Begin begins a request, or finds the draft that the person has of the same form. prefill
// brings what the address of the form asked for; nil for nothing. Codes: template.unknown
// (NotFound), template.withdrawn, organisation.closed (Conflict).
func (s *Service) Begin(ctx context.Context, by account.Actor, uid string, prefill func(editor.Template, Answers) Answers) (habilitation.RequestNumber, error) {
	t, err := s.Templates.Find(ctx, uid)
	switch {
	case err != nil:
		return 0, err
	case t.Withdrawn:
		return 0, fault.New(fault.Conflict, "template.withdrawn")
	case by.Organisation.Closed:
		return 0, fault.New(fault.Conflict, "organisation.closed")
	}
	holder, err := s.Store.FindColleague(ctx, by.AccountID, by.Organisation.Siret)
	if err != nil {
		return 0, fmt.Errorf("find who begins: %w", err)
	}
	now, answers := s.Now(), Begun(t)
	if prefill != nil {
		answers = prefill(t, answers)
	}
	begun := Application{
		Request: habilitation.Request{
			Source: habilitation.FromPortal, Siret: by.Organisation.Siret, Organisation: by.Organisation.Name, FormUID: t.UID,
			State: habilitation.Draft, StateAt: now, CreatedAt: now, Requester: holder.Contact, Holder: holder.ID,
		},
		Template: t, Phase: Writing, Answers: answers, EditedAt: now,
	}
	number, err := s.Store.RecordBegun(ctx, begun, event(by, begun.Request, audit.RequestBegun, now))
	if err != nil {
		return 0, fmt.Errorf("record a request that begins: %w", err)
	}
	return number, nil
}

// Typed is a step as somebody sent it.
type Typed struct {
	Number habilitation.RequestNumber
	Block  editor.Block
	Stamp  string // of the block as it was shown
	Answers
	File *Upload // a file handed in with it; nil for none
	// DropDocument takes the file back that was handed in before.
	DropDocument bool
}

// Upload is a file as it arrived.
type Upload struct {
	Name    string
	Content []byte
}

// Saved is what became of a step. Overwritten: somebody, perhaps the same person in another
// tab, wrote in this block since it was shown; nothing is kept, and Application says what is
// there now.
type Saved struct {
	Application Application
	Faults      []Fault // of the block
	Overwritten bool
}

// editsLived is how many times a save is made anew when another block was written meanwhile.
const editsLived = 8

// touchedEvery is how often a step that is sent unchanged still counts as an edit, which keeps a
// draft from being erased.
const touchedEvery = 24 * time.Hour

// Save keeps what was typed in a step, right or wrong: a draft loses nothing. Codes:
// request.unknown (NotFound; a block that the town does not answer too), request.not_holder
// (Forbidden), request.moved (Conflict: it is not to be written any more).
func (s *Service) Save(ctx context.Context, by account.Actor, typed Typed) (Saved, error) {
	if _, err := s.writable(ctx, by, typed.Number); err != nil {
		return Saved{}, err
	}
	handed, err := s.received(ctx, by, typed)
	if err != nil {
		return Saved{}, err
	}
	for range editsLived {
		var saved Saved
		saved, err = s.save(ctx, by, typed, handed)
		if !fault.Is(err, "request.written") {
			return saved, err
		}
	}
	return Saved{}, err
}

func (s *Service) save(ctx context.Context, by account.Actor, typed Typed, handed handedIn) (Saved, error) {
	a, err := s.writable(ctx, by, typed.Number)
	if err != nil {
		return Saved{}, err
	}
	receiver, err := s.Elsewhere(ctx, a)
	if err != nil {
		return Saved{}, err
	}
	if !slices.Contains(Steps(a.Template, receiver.Active), typed.Block) {
		return Saved{}, unknown
	}
	before := a.Answers
	a.Answers = a.locked(take(typed.Block, a.Answers, typed.Answers))
	if typed.DropDocument {
		a.Answers.Document = 0
	}
	if typed.Stamp != before.Stamp(typed.Block) && (typed.File != nil || a.Answers.Stamp(typed.Block) != before.Stamp(typed.Block)) {
		a.Answers = before
		return Saved{Application: a, Overwritten: true}, nil
	}
	document, refused := handed.document, handed.refused
	if document == nil && a.Answers.Equal(before) && s.Now().Sub(a.EditedAt) < touchedEvery {
		if len(refused) == 0 {
			refused = Check(a.Answers, a.Situation(receiver.Active), typed.Block)
		}
		return Saved{Application: a, Faults: refused}, nil
	}
	a.EditedAt = s.Now()
	if err := s.Store.RecordWritten(ctx, Written{Application: a, Document: document, At: a.EditedAt}); err != nil {
		return Saved{}, fmt.Errorf("record what was written: %w", err)
	}
	if a, err = s.Find(ctx, by, typed.Number); err != nil {
		return Saved{}, err
	}
	if len(refused) > 0 { // the file: what there was before is not what was meant
		return Saved{Application: a, Faults: refused}, nil
	}
	return Saved{Application: a, Faults: Check(a.Answers, a.Situation(receiver.Active), typed.Block)}, nil
}

// writable finds an application that the actor may write now.
func (s *Service) writable(ctx context.Context, by account.Actor, number habilitation.RequestNumber) (Application, error) {
	a, err := s.held(ctx, by, number)
	if err == nil && !a.Allows(habilitation.Submit) {
		err = moved
	}
	return a, err
}

// held finds an application that the actor holds: colleagues only read it.
func (s *Service) held(ctx context.Context, by account.Actor, number habilitation.RequestNumber) (Application, error) {
	a, err := s.Find(ctx, by, number)
	if err == nil && a.Request.Holder != by.AccountID {
		err = notHolder
	}
	return a, err
}

// handedIn is a file that was handed in, or why it is refused.
type handedIn struct {
	document *NewDocument
	refused  []Fault
}

// received looks at a file that was handed in: one that is no document is refused, with why.
func (s *Service) received(ctx context.Context, by account.Actor, typed Typed) (handedIn, error) {
	if typed.File == nil || typed.Block != editor.BlockDeliberation {
		return handedIn{}, nil
	}
	refused := func(code string) (handedIn, error) {
		return handedIn{refused: []Fault{{FieldDocument, typed.Block, code}}}, nil
	}
	pages, err := s.Inspector.Inspect(ctx, typed.File.Content)
	if kind := fault.KindOf(err); kind == fault.Invalid || kind == fault.Unavailable && ctx.Err() == nil {
		return refused(fault.CodeOf(err))
	}
	if err != nil {
		return handedIn{}, fmt.Errorf("inspect document: %w", err)
	}
	d := &NewDocument{Content: typed.File.Content, Document: Document{
		Request: typed.Number, Name: documentName(typed.File.Name), Size: len(typed.File.Content), Pages: pages,
		AddedAt: s.Now(), AddedBy: by.Name,
	}}
	state, err := s.scan(ctx, typed.File.Content)
	switch {
	case state == Infected:
		return refused("document.infected")
	case fault.KindOf(err) == fault.Unavailable: // it waits, visibly, and the work goes on
		d.ScanLater = true
	case fault.KindOf(err) == fault.Invalid:
		return refused(fault.CodeOf(err))
	case err != nil:
		return handedIn{}, fmt.Errorf("scan document: %w", err)
	}
	d.State = state
	return handedIn{document: d}, nil
}

// scan gives the state of a file after its analysis.
func (s *Service) scan(ctx context.Context, content []byte) (DocumentState, error) {
	if s.Scanner == nil {
		return NotScanned, nil
	}
	virus, err := s.Scanner.Scan(ctx, content)
	switch {
	case err != nil:
		return Unscanned, err
	case virus != "":
		return Infected, nil
	}
	return Clean, nil
}

// Scan analyses a file that waits for it. It fails while the analysis does not answer: the
// order is carried out again.
func (s *Service) Scan(ctx context.Context, id int64) error {
	content, err := s.Files.FindContent(ctx, id)
	if err != nil || content == nil {
		return err
	}
	state, err := s.scan(ctx, content)
	if fault.KindOf(err) == fault.Invalid { // too large for the analysis
		state, err = NotScanned, nil
	}
	if err != nil {
		return fmt.Errorf("scan document: %w", err)
	}
	if err := s.Files.RecordScanned(ctx, id, state, s.Now()); err != nil {
		return fmt.Errorf("record analysis: %w", err)
	}
	return nil
}

// Document finds a file of the actor's town with its content. Codes: document.unknown
// (NotFound), document.unreadable (Conflict: it waits for its analysis, or holds a virus).
func (s *Service) Document(ctx context.Context, by account.Actor, number habilitation.RequestNumber, id int64) (Document, []byte, error) {
	return readable(s.Files.FindDocument(ctx, id, number, by.Organisation.Siret))
}

func readable(d Document, content []byte, err error) (Document, []byte, error) {
	switch {
	case err != nil:
		return Document{}, nil, fmt.Errorf("find document: %w", err)
	case !d.Readable():
		return d, nil, fault.New(fault.Conflict, "document.unreadable")
	}
	return d, content, nil
}
