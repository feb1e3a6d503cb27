package directory

import (
	"context"
	"fmt"
	"slices"

	"portail-qf/internal/domain/value"
)

// Town is a collectivity as staff see it.
type Town struct {
	Collectivity
	EditorName string // "" without an editor
}

// TownStore reads every collectivity, closed forms included, for staff.
type TownStore interface {
	// ListTowns lists those that match, and tells how many there are in all; 0 too when the
	// offset lies beyond them.
	ListTowns(ctx context.Context, query TownQuery) ([]Town, int, error)
	// FindTown finds one; fault.NotFound, code collectivity.unknown.
	FindTown(ctx context.Context, siret value.Siret) (Town, error)
}

// TownSearch is what a person asks of the list. What is empty selects all.
type TownSearch struct {
	Text          string // as a citizen searches, or the beginning of a SIRET
	Form          FormState
	Departement   string
	Editor        value.Siret
	Descending    bool // by name, turned round
	Offset, Limit int
}

// TownQuery is the search as understood: the words, the postcode and the département hold,
// or the SIRET begins so.
type TownQuery struct {
	Query
	SiretStart    string // "" when the text cannot be one
	Form          FormState
	InDepartement string // as chosen; Query.Departement is as typed
	Editor        value.Siret
	Descending    bool
	Offset, Limit int
}

// maxTowns bounds a page of the list.
const maxTowns = 100

// understood is false for a text without letter or digit, which is in no name.
func (search TownSearch) understood() (TownQuery, bool) {
	text := shortened(search.Text)
	query := TownQuery{
		Query: ParseQuery(text), SiretStart: siretStart(text), InDepartement: search.Departement, Editor: search.Editor,
		Descending: search.Descending, Offset: max(search.Offset, 0), Limit: min(max(search.Limit, 1), maxTowns),
	}
	if slices.Contains(FormStates[:], search.Form) {
		query.Form = search.Form
	}
	return query, text == "" || !query.IsEmpty()
}

// Towns tells staff of every collectivity.
type Towns struct{ Store TownStore }

// List lists the collectivities that match, and tells how many there are in all. A state
// that does not exist is any.
func (t *Towns) List(ctx context.Context, search TownSearch) ([]Town, int, error) {
	query, mayMatch := search.understood()
	if !mayMatch {
		return nil, 0, nil
	}
	found, total, err := t.Store.ListTowns(ctx, query)
	if err != nil {
		return nil, 0, fmt.Errorf("list every collectivity: %w", err)
	}
	return found, total, nil
}

// Find finds a collectivity. Code: collectivity.unknown (NotFound).
func (t *Towns) Find(ctx context.Context, siret value.Siret) (Town, error) {
	town, err := t.Store.FindTown(ctx, siret)
	if err != nil {
		return Town{}, fmt.Errorf("find collectivity %s: %w", siret, err)
	}
	return town, nil
}
