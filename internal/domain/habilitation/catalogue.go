package habilitation

import (
	"context"
	"fmt"
	"slices"

	"portail-qf/internal/domain/value"
)

// CatalogueStore reads the requests and what was granted of them.
type CatalogueStore interface {
	// ListRequests lists the requests that match, each with its newest habilitation, and
	// tells how many there are in all; 0 too when the offset lies beyond them.
	ListRequests(ctx context.Context, query Query) ([]Request, int, error)
	// FindRequest finds a request with all its habilitations, newest first; fault.NotFound,
	// code habilitation.unknown.
	FindRequest(ctx context.Context, number RequestNumber) (Request, []Habilitation, error)
	// ListRequestsOfOrganisation lists the requests of an organisation, those that
	// habilitate first, then the newest.
	ListRequestsOfOrganisation(ctx context.Context, siret value.Siret, limit int) ([]Request, error)
}

// Modality is a way to the data, as a criterion.
type Modality string

// The modalities (PRODUCT.md 3.2).
const (
	AnyModality   Modality = ""
	TokenModality Modality = "jeton"
	FormModality  Modality = "formulaire"
)

// Order sorts a list of requests.
type Order string

// The orders: by when the state was reached, or by name.
const (
	ByDate Order = "date"
	ByName Order = "nom"
)

// Search is what a person asks of the list of requests. What is empty selects all.
type Search struct {
	Text          string // see ReadNamed
	State         State
	Modality      Modality
	Editor        value.Siret // of the newest habilitation
	Order         Order
	Descending    bool
	Offset, Limit int
}

// Query is the search as understood.
type Query struct {
	Named
	State         State
	Modality      Modality
	Editor        value.Siret
	Order         Order
	Descending    bool
	Offset, Limit int
}

// maxListed bounds a page of the list, maxOfOrganisation what is told of one organisation.
const (
	maxListed         = 100
	maxOfOrganisation = 20
)

// understood is false for a text without letter or digit, which is nowhere.
func (s Search) understood() (Query, bool) {
	named, mayMatch := ReadNamed(s.Text)
	query := Query{
		Named: named, Editor: s.Editor, Order: ByDate, Descending: s.Descending,
		Offset: max(s.Offset, 0), Limit: min(max(s.Limit, 1), maxListed),
	}
	if slices.Contains(States[:], s.State) {
		query.State = s.State
	}
	if s.Modality == TokenModality || s.Modality == FormModality {
		query.Modality = s.Modality
	}
	if s.Order == ByName {
		query.Order = ByName
	}
	return query, mayMatch
}

// Catalogue tells what was asked and what was granted.
type Catalogue struct{ Store CatalogueStore }

// List lists the requests that match, each with its newest habilitation, and tells how many
// there are in all. A criterion that does not exist does not restrict.
func (c *Catalogue) List(ctx context.Context, search Search) ([]Request, int, error) {
	query, mayMatch := search.understood()
	if !mayMatch {
		return nil, 0, nil
	}
	found, total, err := c.Store.ListRequests(ctx, query)
	if err != nil {
		return nil, 0, fmt.Errorf("list requests: %w", err)
	}
	return found, total, nil
}

// Find finds a request with all its habilitations, newest first. Code: habilitation.unknown
// (NotFound).
func (c *Catalogue) Find(ctx context.Context, number RequestNumber) (Request, []Habilitation, error) {
	request, versions, err := c.Store.FindRequest(ctx, number)
	if err != nil {
		return Request{}, nil, fmt.Errorf("find request %s: %w", number, err)
	}
	return request, versions, nil
}

// OfOrganisation lists the requests of an organisation, those that habilitate first, then
// the newest.
func (c *Catalogue) OfOrganisation(ctx context.Context, siret value.Siret) ([]Request, error) {
	found, err := c.Store.ListRequestsOfOrganisation(ctx, siret, maxOfOrganisation)
	if err != nil {
		return nil, fmt.Errorf("list the requests of an organisation: %w", err)
	}
	return found, nil
}
