package renewal

import (
	"context"
	"fmt"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/value"
)

// Copies is what the technical contact of an editor receives of the reminders (issue 7: « Cc on
// every mail is the default; a weekly digest … replaces the copies only by the technical
// contact's recorded choice »).
type Copies string

// What it receives, as the database's CHECK lists them.
const (
	EachReminder Copies = "chacun"
	WeeklyList   Copies = "semaine"
)

// AllCopies lists both, the default one first.
var AllCopies = [...]Copies{EachReminder, WeeklyList}

// CopyChoice is what an editor chose, and who receives it.
type CopyChoice struct {
	Copies    Copies
	Technical string // address of the technical contact; "" for none
}

// Copies tells what an editor's technical contact receives. Code: editor.unknown (NotFound).
func (s *Service) Copies(ctx context.Context, by account.Actor) (CopyChoice, error) {
	chosen, err := s.Store.FindCopies(ctx, by.Organisation.Siret)
	if err != nil {
		return CopyChoice{}, fmt.Errorf("find who receives the reminders: %w", err)
	}
	return chosen, nil
}

// ChooseCopies records what the technical contact of the actor's editor receives. What is
// chosen already changes nothing. Codes: renewal.copies_unknown (Invalid), editor.unknown
// (NotFound).
func (s *Service) ChooseCopies(ctx context.Context, by account.Actor, copies Copies) error {
	if copies != EachReminder && copies != WeeklyList {
		return fault.New(fault.Invalid, "renewal.copies_unknown")
	}
	siret := by.Organisation.Siret
	err := s.Store.RecordCopies(ctx, siret, copies, audit.Event{
		At: s.Now(), Author: by.Author(), Act: audit.RemindersChosen, Detail: "reminders." + string(copies), RequestID: by.RequestID,
		Object: audit.Object{Kind: "organisation", ID: siret.String(), Display: by.Organisation.Name}, Organisation: siret.String(),
	})
	if err != nil {
		return fmt.Errorf("record who receives the reminders: %w", err)
	}
	return nil
}

// CopyStore keeps the choices of editors.
type CopyStore interface {
	// FindCopies finds what an editor chose. fault.NotFound, code editor.unknown.
	FindCopies(ctx context.Context, editor value.Siret) (CopyChoice, error)
	// RecordCopies records it, with its line of the journal, unless it is the present choice.
	// fault.NotFound, code editor.unknown.
	RecordCopies(ctx context.Context, editor value.Siret, copies Copies, event audit.Event) error
}
