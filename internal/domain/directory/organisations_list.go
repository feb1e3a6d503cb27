package directory

import (
	"context"
	"fmt"
	"strings"
)

// OrganisationState narrows a list of organisations.
type OrganisationState string

// The states of an organisation in the register.
const (
	OrganisationsAll    OrganisationState = ""
	OrganisationsOpen   OrganisationState = "open"
	OrganisationsClosed OrganisationState = "closed"
	// OrganisationsInUse are closed, and yet somebody holds a role for them or their form is
	// not closed: they ask for somebody.
	OrganisationsInUse OrganisationState = "in_use"
)

// OrganisationOrder sorts a list of organisations.
type OrganisationOrder string

// The orders: by name, or by when the register told them, longest ago first.
const (
	OrganisationsByName OrganisationOrder = ""
	OrganisationsByAge  OrganisationOrder = "age"
)

// OrganisationSearch is what a person asks of the list.
type OrganisationSearch struct {
	Text          string // words of the name, or the beginning of a SIRET; "" for all
	State         OrganisationState
	Order         OrganisationOrder
	Descending    bool // the order turned round
	Offset, Limit int
}

// OrganisationQuery is the search as understood: the name holds every word, or the SIRET
// begins so.
type OrganisationQuery struct {
	Words         []string // folded
	SiretStart    string   // "" when the text cannot be one
	State         OrganisationState
	Order         OrganisationOrder
	Descending    bool
	Offset, Limit int
}

// maxOrganisations bounds a page of the list.
const maxOrganisations = 100

// List lists the organisations that are kept and match, and tells how many there are in
// all. A state or an order that does not exist is the default.
func (s *Organisations) List(ctx context.Context, search OrganisationSearch) ([]Organisation, int, error) {
	query, mayMatch := search.understood()
	if !mayMatch {
		return nil, 0, nil
	}
	found, total, err := s.Store.ListOrganisations(ctx, query)
	if err != nil {
		return nil, 0, fmt.Errorf("list organisations: %w", err)
	}
	return found, total, nil
}

// understood is false for a text without letter or digit, which is in no name.
func (search OrganisationSearch) understood() (OrganisationQuery, bool) {
	text := shortened(search.Text)
	query := OrganisationQuery{
		Words: discriminating(wordsOf(text)), SiretStart: siretStart(text), Descending: search.Descending,
		Offset: max(search.Offset, 0), Limit: min(max(search.Limit, 1), maxOrganisations),
	}
	switch search.State {
	case OrganisationsOpen, OrganisationsClosed, OrganisationsInUse:
		query.State = search.State
	}
	if search.Order == OrganisationsByAge {
		query.Order = search.Order
	}
	return query, text == "" || len(query.Words) > 0
}

// siretStart gives the digits of a SIRET, or of its beginning, such as a SIREN.
func siretStart(text string) string {
	digits := strings.NewReplacer(" ", "", ".", "", "\u00a0", "", "\u202f", "").Replace(text)
	if len(digits) > 14 || strings.Trim(digits, "0123456789") != "" {
		return ""
	}
	return digits
}
