package decision

import (
	"context"
	"fmt"
	"time"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/editor"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/failpoint"
)

// NoteFinder finds what an instructor wrote for a decision: it was shown as a mail, and is sent
// as it was shown.
type NoteFinder interface {
	// FindNote finds the note of an account about a request, for an act; zero for none.
	FindNote(ctx context.Context, number habilitation.RequestNumber, account int64, act habilitation.Act) (request.Note, error)
}

// Foreseen is what a decision will do, before it is made.
type Foreseen struct {
	Notices []notice.Notice // the mails, as they would leave now
	// Elsewhere: another software goes on receiving the dossiers, and somebody decides
	// later. Replaces: this one takes its place.
	Elsewhere, Replaces bool
	// FormOpens: the form of the town opens, or goes on, by this decision.
	FormOpens bool
	// Prolonged is the expiry that an approval gives the token; zero where it prolongs none.
	Prolonged time.Time
}

// ApproveNoted approves a deposit as the actor's note says: a habilitation, its subscription,
// its mails, whole or not at all. Of two instructors one wins. Codes: request.unknown
// (NotFound), request.moved (Conflict: somebody decided meanwhile, or nothing was shown).
func (s *Service) ApproveNoted(ctx context.Context, by account.Actor, number habilitation.RequestNumber) error {
	return s.decideNoted(ctx, by, number, habilitation.Approve)
}

// RefuseNoted refuses a deposit as the actor's note says. A modification that is refused leaves
// the habilitation as it was, and the answers with it. Codes as ApproveNoted, and
// reason.required (Invalid).
func (s *Service) RefuseNoted(ctx context.Context, by account.Actor, number habilitation.RequestNumber) error {
	return s.decideNoted(ctx, by, number, habilitation.Refuse)
}

// Foresee composes a decision without recording it. Codes as ApproveNoted.
func (s *Service) Foresee(ctx context.Context, by account.Actor, number habilitation.RequestNumber, act habilitation.Act) (Foreseen, error) {
	o, err := s.noted(ctx, by, number, act)
	if err != nil {
		return Foreseen{}, err
	}
	before, after := o.Read.Before, o.after()
	return Foreseen{
		Notices: o.Notices, Elsewhere: o.contends(),
		Replaces:  before.Siret != "" && before.Want == credential.WantActive && before.Editor != after.Editor,
		FormOpens: act == habilitation.Approve && after.Request == number && after.Want == credential.WantActive,
		Prolonged: o.until(),
	}, nil
}

func (s *Service) decideNoted(ctx context.Context, by account.Actor, number habilitation.RequestNumber, act habilitation.Act) error {
	var err error
	for attempt := range conflictsLived { // the subscription may move by itself meanwhile
		time.Sleep(time.Duration(attempt) * conflictPause)
		outcome, errMade := s.noted(ctx, by, number, act)
		if errMade != nil {
			return errMade
		}
		failpoint.Hit("instruction: decided, not recorded")
		if err = s.Store.Record(ctx, outcome); fault.KindOf(err) != fault.Conflict {
			break
		}
	}
	if err != nil {
		return fmt.Errorf("record decision: %w", err)
	}
	failpoint.Hit("instruction: recorded, not answered")
	return nil
}

// noted is the decision of a note, from what is true now.
func (s *Service) noted(ctx context.Context, by account.Actor, number habilitation.RequestNumber, act habilitation.Act) (Outcome, error) {
	file, err := s.Store.FindFile(ctx, number, "")
	switch {
	case err != nil:
		return Outcome{}, fmt.Errorf("find request: %w", err)
	case file.Application == nil:
		return Outcome{}, fault.New(fault.NotFound, "request.unknown")
	}
	note, err := s.Notes.FindNote(ctx, number, by.AccountID, act)
	if err != nil {
		return Outcome{}, fmt.Errorf("find note: %w", err)
	}
	of, err := s.editorFor(ctx, file, note)
	if err != nil {
		return Outcome{}, err
	}
	if act == habilitation.Approve && note.Number == 0 {
		if note.Number, err = s.Store.NextHabilitation(ctx); err != nil {
			return Outcome{}, fmt.Errorf("draw the number of a habilitation: %w", err)
		}
	}
	return DecideNoted(file, note, of, s.moment(by))
}

// editorFor is whose software a deposit is for: that of its form; on the generic one, the one
// that the instructor confirmed, else the one of the habilitation that is modified.
func (s *Service) editorFor(ctx context.Context, f File, note request.Note) (editor.Editor, error) {
	switch {
	case f.Application.Template.Editor.Siret != "":
		return f.Application.Template.Editor, nil
	case note.Editor == request.NoEditor:
		return editor.Editor{}, nil
	case note.Editor == "":
		return f.CurrentEditor, nil
	}
	of, err := s.Editors.FindEditor(ctx, note.Editor)
	if err != nil {
		return editor.Editor{}, fmt.Errorf("find editor: %w", err)
	}
	return of, nil
}

// DecideNoted is what an instructor decides of a deposit. Codes: request.moved (Conflict),
// reason.required (Invalid).
func DecideNoted(f File, note request.Note, of editor.Editor, m Moment) (Outcome, error) {
	a := *f.Application
	next, err := f.Request.State.After(note.Act)
	switch {
	case err != nil || !a.Allows(note.Act) || note.Revision != f.Request.Revision:
		return Outcome{}, fault.New(fault.Conflict, "request.moved")
	case note.Act == habilitation.Refuse && note.Text == "":
		return Outcome{}, fault.New(fault.Invalid, "reason.required")
	}
	if note.Act == habilitation.Approve {
		if err := readable(a); err != nil {
			return Outcome{}, err
		}
		f.Request.Requester.Phone, f.Request.Requester.Job = a.Answers.RequesterPhone, a.Answers.RequesterJob
	} else if a.Modification() {
		f.Request.Source = a.AsGranted().Request.Source
	}
	f.Request = movedTo(f.Request, next, m.At)
	var o Outcome
	if note.Act == habilitation.Approve {
		o, err = approve(f, grantOfNote(a, note, of, m), m)
	} else {
		o, err = change(f, Verdict{Act: note.Act, Reason: note.Text, Editor: of, Title: a.Answers.Title, Technical: a.TechnicalMail()}, m)
	}
	closed := a
	if note.Act == habilitation.Refuse && a.Modification() {
		closed = a.AsGranted()
	}
	closed.Phase, closed.Request = request.Closed, o.Request
	closed.Asked = request.Asked{Act: note.Act, Reason: note.Text, By: m.Author.Display, At: m.At}
	o.Application = &closed
	return o, err
}

// readable refuses to approve what nobody could read: a document waits for its analysis, or
// holds a virus (users-reliability-security.md B.4).
func readable(a request.Application) error {
	switch d := a.Document(a.Answers.Document); {
	case a.Answers.Document == 0 || d.Readable():
		return nil
	case d.State == request.Infected:
		return fault.New(fault.Conflict, "request.document_infected")
	}
	return fault.New(fault.Conflict, "request.document_waits")
}

// grantOfNote is what the approval of a deposit grants.
func grantOfNote(a request.Application, note request.Note, of editor.Editor, m Moment) Grant {
	contacts, modalities := a.Grant()
	return Grant{
		Number: note.Number, At: m.At, Contacts: contacts, Editor: of, FormUID: a.Template.UID, Title: a.Answers.Title,
		Terms: a.Terms, Scopes: a.Answers.Scopes, Modalities: modalities, ByName: m.Author.Display,
		Message: note.Text, Replaces: a.Replaces(),
	}
}
