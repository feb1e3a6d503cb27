package postgres

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/value"
)

// FindHubClients tells which of an editor's towns have each of some client ids.
func (h HubAccounts) FindHubClients(ctx context.Context, editor value.Siret, ids []string) (map[string][]value.Siret, error) {
	return findHubClients(ctx, h.DB.pool, editor, ids)
}

// findHubClients leaves out the id of a refused candidate, which is nobody's: it may be another
// town's, which is why it was refused.
func findHubClients(ctx context.Context, q sqlx.QueryerContext, editor value.Siret, ids []string) (map[string][]value.Siret, error) {
	const sqlOwners = `
		SELECT DISTINCT o.client_id, a.siret
		FROM hub_accounts a CROSS JOIN LATERAL (VALUES (a.client_id), (CASE WHEN a.next_sealed IS NOT NULL THEN a.next_client_id END)) o (client_id)
		WHERE a.editor_siret = $1 AND o.client_id = ANY ($2)`
	var rows []struct {
		Client string `db:"client_id"`
		Siret  string `db:"siret"`
	}
	if err := sqlx.SelectContext(ctx, q, &rows, sqlOwners, editor.String(), pq.StringArray(ids)); err != nil {
		return nil, err
	}
	owners := make(map[string][]value.Siret, len(rows))
	for _, row := range rows {
		owners[row.Client] = append(owners[row.Client], value.Siret(row.Siret))
	}
	return owners, nil
}

// oneTownEach refuses client ids that two towns would have now. An index cannot: an id is in use in
// one row, or the candidate's of another one. Code: hub_account.moved.
func oneTownEach(ctx context.Context, tx *sqlx.Tx, editor value.Siret, clients []string) error {
	if len(clients) == 0 {
		return nil
	}
	owners, err := findHubClients(ctx, tx, editor, clients)
	if err != nil {
		return fmt.Errorf("find whose client ids are: %w", err)
	}
	for _, towns := range owners {
		if len(towns) > 1 {
			return fault.New(fault.Conflict, "hub_account.moved")
		}
	}
	return nil
}
