package credential

import (
	"context"
	"fmt"
	"slices"

	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/value"
)

// Find finds a town. Code: hub_account.unknown (NotFound), for another editor's too.
func (h *HubAccounts) Find(ctx context.Context, editor, siret value.Siret) (HubAccess, error) {
	found, err := h.Store.FindHubAccess(ctx, editor, siret)
	if err != nil {
		return HubAccess{}, fmt.Errorf("find the access to HubEE of %s: %w", siret, err)
	}
	return found, nil
}

// States tells where the pairs of towns stand, for lists (HubAccess.AccountState). A town whose
// dossiers the editor does not receive is left out.
func (h *HubAccounts) States(ctx context.Context, editor value.Siret, sirets []value.Siret) (map[value.Siret]HubAccountState, error) {
	if len(sirets) == 0 {
		return nil, nil
	}
	found, err := h.Store.FindHubAccesses(ctx, editor, sirets)
	if err != nil {
		return nil, fmt.Errorf("find accesses to HubEE: %w", err)
	}
	states := make(map[value.Siret]HubAccountState, len(found))
	for siret, access := range found {
		states[siret] = access.AccountState()
	}
	return states, nil
}

// HubSelection narrows the list of the towns of an editor.
type HubSelection string

// The selections.
const (
	HubToFetch HubSelection = "a_recuperer"
	HubFetched HubSelection = "recuperes"
	HubKept    HubSelection = "deposes"
	HubUntold  HubSelection = "a_tester"
	HubRefusal HubSelection = "refuses"
)

// HubSelections lists every selection.
var HubSelections = [...]HubSelection{HubToFetch, HubFetched, HubKept, HubUntold, HubRefusal}

// HubCounts counts the towns of an editor, or of a list.
type HubCounts struct {
	Total, ToFetch, Fetched, Kept int
	Untold, Refused, Tested       int // of those kept, by the pair deposited last; in a list, by the list's own
	Spared                        int // of those refused: the pair accepted before stays in use
}

// HubSearch is what a person asks of the list. What is empty selects all.
type HubSearch struct {
	Text          string // a name, or a SIRET
	Selection     HubSelection
	Batch         int64 // of a list that was deposited
	Offset, Limit int
}

// HubQuery is the search as understood.
type HubQuery struct {
	habilitation.Named
	Editor        value.Siret
	Selection     HubSelection
	Batch         int64
	Offset, Limit int
}

// maxHubListed bounds a page of the list; the report of a pasted list is on one.
const maxHubListed = MaxHubLines

// List lists the towns whose dossiers an editor receives, and tells how many match in all. A
// criterion that does not exist does not restrict.
func (h *HubAccounts) List(ctx context.Context, editor value.Siret, search HubSearch) ([]HubAccess, int, error) {
	named, mayMatch := habilitation.ReadNamed(search.Text)
	if !mayMatch {
		return nil, 0, nil
	}
	query := HubQuery{
		Named: named, Editor: editor, Batch: search.Batch,
		Offset: max(search.Offset, 0), Limit: min(max(search.Limit, 1), maxHubListed),
	}
	if slices.Contains(HubSelections[:], search.Selection) {
		query.Selection = search.Selection
	}
	found, total, err := h.Store.ListHubAccesses(ctx, query)
	if err != nil {
		return nil, 0, fmt.Errorf("list accesses to HubEE: %w", err)
	}
	return found, total, nil
}

// Counts counts the towns of an editor; those of a list that was deposited when batch is not 0.
func (h *HubAccounts) Counts(ctx context.Context, editor value.Siret, batch int64) (HubCounts, error) {
	counts, err := h.Store.CountHubAccesses(ctx, editor, batch)
	if err != nil {
		return HubCounts{}, fmt.Errorf("count accesses to HubEE: %w", err)
	}
	return counts, nil
}
