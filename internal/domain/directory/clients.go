package directory

import (
	"context"
	"fmt"
	"slices"

	"portail-qf/internal/domain/value"
)

// ClientStore reads which collectivities offer the form, closed forms included.
type ClientStore interface {
	// ListCollectivitiesForEditor lists those that an editor equips and that match, by
	// name, after the offset, and tells how many there are in all; 0 too when the offset
	// lies beyond them.
	ListCollectivitiesForEditor(ctx context.Context, editor value.Siret, query ClientQuery) ([]Collectivity, int, error)
	// CountFormsForEditor counts those that an editor equips.
	CountFormsForEditor(ctx context.Context, editor value.Siret) (FormCounts, error)
	// CountForms counts them all.
	CountForms(ctx context.Context) (FormCounts, error)
}

// FormCounts is how many collectivities have their form in each state.
type FormCounts struct{ Open, Soon, Closed int }

// Total is how many there are, whatever their state.
func (c FormCounts) Total() int { return c.Open + c.Soon + c.Closed }

// Add counts one more state, n times.
func (c FormCounts) Add(state FormState, n int) FormCounts {
	switch state {
	case FormOpen:
		c.Open += n
	case FormSoon:
		c.Soon += n
	case FormClosed:
		c.Closed += n
	}
	return c
}

// ClientSearch is what an editor asks of the list of its collectivities.
type ClientSearch struct {
	Text          string    // as a citizen searches: a name, a postcode, a SIRET; "" for all
	Form          FormState // "" for any
	Stuck         bool      // only those whose subscription at HubEE failed, or that HubEE suspended
	Offset, Limit int
}

// ClientQuery is the search as understood.
type ClientQuery struct {
	Query
	Form          FormState
	Stuck         bool
	Offset, Limit int
}

// maxClients bounds a page of the list.
const maxClients = 100

// understood is false for a text without letter or digit, which is in no name.
func (search ClientSearch) understood() (ClientQuery, bool) {
	query := ClientQuery{
		Query: ParseQuery(search.Text), Stuck: search.Stuck, Offset: max(search.Offset, 0), Limit: min(max(search.Limit, 1), maxClients),
	}
	if slices.Contains(FormStates[:], search.Form) {
		query.Form = search.Form
	}
	return query, shortened(search.Text) == "" || !query.IsEmpty()
}

// Clients tells editors and staff which collectivities offer the form, and which editor
// equips them.
type Clients struct{ Store ClientStore }

// List lists the collectivities that an editor equips and that match, and tells how many
// there are in all. A state that does not exist is any.
func (s *Clients) List(ctx context.Context, editor value.Siret, search ClientSearch) ([]Collectivity, int, error) {
	query, mayMatch := search.understood()
	if !mayMatch {
		return nil, 0, nil
	}
	found, total, err := s.Store.ListCollectivitiesForEditor(ctx, editor, query)
	if err != nil {
		return nil, 0, fmt.Errorf("list the collectivities of an editor: %w", err)
	}
	return found, total, nil
}

// Counts counts the collectivities that an editor equips.
func (s *Clients) Counts(ctx context.Context, editor value.Siret) (FormCounts, error) {
	counts, err := s.Store.CountFormsForEditor(ctx, editor)
	if err != nil {
		return FormCounts{}, fmt.Errorf("count the collectivities of an editor: %w", err)
	}
	return counts, nil
}

// All counts every collectivity.
func (s *Clients) All(ctx context.Context) (FormCounts, error) {
	counts, err := s.Store.CountForms(ctx)
	if err != nil {
		return FormCounts{}, fmt.Errorf("count the collectivities: %w", err)
	}
	return counts, nil
}
