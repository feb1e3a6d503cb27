package dossier

import (
	"context"
	"fmt"
	"time"

	"portail-qf/internal/domain/value"
)

// Progress is what the programs of an editor learn of a dossier of their collectivities: its
// state, and where it is at HubEE. Never whose it is.
type Progress struct {
	Reference value.Reference
	Siret     value.Siret
	State     State
	StateAt   time.Time // since when it has been in this state
	FolderID  string    // at HubEE; "" while there is none
	CaseID    string
}

// ProgressMark is a place in the list of dossiers, by the change of their state: a dossier that
// moves while the list is read comes again, at its end.
type ProgressMark struct {
	At        time.Time
	Reference value.Reference
}

// Mark is the place of a dossier.
func (p Progress) Mark() ProgressMark { return ProgressMark{p.StateAt, p.Reference} }

// ProgressQuery selects dossiers. What is empty selects all.
type ProgressQuery struct {
	Siret value.Siret
	Since time.Time // of the state
	After ProgressMark
	Limit int
}

// maxProgress bounds a page; one more tells whether there is another page.
const maxProgress = 101

// Progress lists the dossiers of the collectivities that an editor equips at present.
func (l *Lookup) Progress(ctx context.Context, editor value.Siret, query ProgressQuery) ([]Progress, error) {
	query.Limit = min(max(query.Limit, 1), maxProgress)
	found, err := l.Records.ListProgressForEditor(ctx, editor, query, l.Now().Add(-Retention))
	if err != nil {
		return nil, fmt.Errorf("list the dossiers of an editor: %w", err)
	}
	return found, nil
}

// FindProgress finds one of them. Code: dossier.unknown (NotFound), for one of another editor
// too.
func (l *Lookup) FindProgress(ctx context.Context, editor value.Siret, reference value.Reference) (Progress, error) {
	found, err := l.Records.FindProgressForEditor(ctx, editor, reference, l.Now().Add(-Retention))
	if err != nil {
		return Progress{}, fmt.Errorf("find the dossier of an editor: %w", err)
	}
	return found, nil
}
