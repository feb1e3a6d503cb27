package postgres

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/outbox"
	"portail-qf/internal/domain/value"
)

// HubAccounts implements credential.HubAccountStore.
type HubAccounts struct{ DB *DB }

var _ credential.HubAccountStore = HubAccounts{}

type hubAccessRow struct {
	Siret          string         `db:"siret"`
	Editor         string         `db:"editor_siret"`
	Town           string         `db:"town"`
	Want           string         `db:"want"`
	State          string         `db:"state"`
	SuspendedAtHub bool           `db:"suspended_at_hub"`
	AtHub          string         `db:"at_hub"`
	COG            string         `db:"code_cog"`
	HubID          string         `db:"hub_id"`
	AccountState   sql.NullString `db:"account_state"`
	StateAt        sql.NullTime   `db:"state_at"`
	ClientID       sql.NullString `db:"client_id"`
	Sealed         []byte         `db:"sealed"`
	ByID           sql.NullString `db:"by_id"`
	By             sql.NullString `db:"by_name"`
	KeptAt         sql.NullTime   `db:"kept_at"`
	Batch          sql.NullInt64  `db:"batch"`
	Revision       sql.NullInt64  `db:"revision"`

	Total int `db:"total"`
}

// hubAccessColumns hold nothing of the people of the town.
const hubAccessColumns = `
	s.siret, s.editor_siret, COALESCE(c.name, s.organisation) AS town, s.want, s.state, s.suspended_at_hub, s.at_hub, s.code_cog,
	COALESCE(s.hub_id, '') AS hub_id, a.state AS account_state, a.state_at, a.client_id, a.sealed, a.by_id, a.by_name, a.kept_at, a.batch, a.revision`

// hubAccessTables join what is kept with the editor that receives: what another one left, were
// there such a row, would not be seen.
const hubAccessTables = `
	FROM subscriptions s
	LEFT JOIN collectivities c ON c.siret = s.siret
	LEFT JOIN hub_accounts a ON a.siret = s.siret AND a.editor_siret = s.editor_siret`

func (r hubAccessRow) access() credential.HubAccess {
	siret, editor := value.Siret(r.Siret), value.Siret(r.Editor)
	return credential.HubAccess{
		Siret: siret, Editor: editor, Town: r.Town, Want: credential.Want(r.Want), State: credential.State(r.State),
		SuspendedAtHub: r.SuspendedAtHub, AtHub: credential.HubStatus(r.AtHub), COG: r.COG, HubID: r.HubID,
		Account: credential.HubAccount{
			Siret: siret, Editor: editor, State: credential.HubAccountState(r.AccountState.String), StateAt: r.StateAt.Time,
			ClientID: r.ClientID.String, Sealed: r.Sealed, ByID: r.ByID.String, By: r.By.String, At: r.KeptAt.Time,
			Batch: r.Batch.Int64, Revision: int(r.Revision.Int64),
		},
	}
}

// toFetch tells that HubEE shows a pair of which nothing is known here.
const toFetch = `(a.siret IS NULL AND s.want = 'actif' AND s.state = 'actif')`

// ListHubAccesses lists a page of the towns of an editor: what HubEE refuses first, then what
// is to be fetched, then what nobody could test.
func (h HubAccounts) ListHubAccesses(ctx context.Context, query credential.HubQuery) ([]credential.HubAccess, int, error) {
	const sqlList = `
		SELECT ` + hubAccessColumns + `, count(*) OVER () AS total` + hubAccessTables + `
		WHERE s.editor_siret = $1
		  AND ($2 OR cardinality($3::text[]) > 0 AND COALESCE(c.folded_name, ` + plain + `s.organisation` + plainEnds + `) LIKE ALL ($3)
			OR $4 <> '' AND s.siret LIKE $4 || '%')
		  AND ($5 = 0 OR a.batch = $5)
		  AND CASE $6
			WHEN '' THEN true
			WHEN 'a_recuperer' THEN ` + toFetch + `
			WHEN 'recuperes' THEN a.state = 'recupere'
			WHEN 'deposes' THEN a.sealed IS NOT NULL
			WHEN 'a_tester' THEN a.state IN ('depose', 'test_impossible')
			WHEN 'refuses' THEN a.state = 'refuse' END
		ORDER BY
			CASE WHEN a.state = 'refuse' THEN 0 WHEN ` + toFetch + ` THEN 1 WHEN a.state = 'test_impossible' THEN 2 ELSE 3 END,
			COALESCE(c.folded_name, ` + plain + `s.organisation` + plainEnds + `), s.siret
		LIMIT $7 OFFSET $8`
	var rows []hubAccessRow
	err := h.DB.pool.SelectContext(ctx, &rows, sqlList, query.Editor.String(), query.IsZero(), patterns(query.Words), query.SiretStart,
		query.Batch, string(query.Selection), query.Limit, query.Offset)
	if err != nil || len(rows) == 0 {
		return nil, 0, err
	}
	return accessesOf(rows), rows[0].Total, nil
}

func accessesOf(rows []hubAccessRow) []credential.HubAccess {
	found := make([]credential.HubAccess, len(rows))
	for i, row := range rows {
		found[i] = row.access()
	}
	return found
}

// CountHubAccesses counts the towns of an editor, or those of one list.
func (h HubAccounts) CountHubAccesses(ctx context.Context, editor value.Siret, batch int64) (credential.HubCounts, error) {
	const sqlCount = `
		SELECT count(*) AS total, count(*) FILTER (WHERE ` + toFetch + `) AS to_fetch, count(*) FILTER (WHERE a.state = 'recupere') AS fetched,
			count(a.sealed) AS kept, count(*) FILTER (WHERE a.state IN ('depose', 'test_impossible')) AS untold,
			count(*) FILTER (WHERE a.state = 'refuse') AS refused, count(*) FILTER (WHERE a.state = 'teste') AS tested` + hubAccessTables + `
		WHERE s.editor_siret = $1 AND ($2 = 0 OR a.batch = $2)`
	var row struct {
		Total   int `db:"total"`
		ToFetch int `db:"to_fetch"`
		Fetched int `db:"fetched"`
		Kept    int `db:"kept"`
		Untold  int `db:"untold"`
		Refused int `db:"refused"`
		Tested  int `db:"tested"`
	}
	err := h.DB.pool.GetContext(ctx, &row, sqlCount, editor.String(), batch)
	return credential.HubCounts(row), err
}

// FindHubAccess finds a town for the editor that receives its dossiers.
func (h HubAccounts) FindHubAccess(ctx context.Context, editor, siret value.Siret) (credential.HubAccess, error) {
	const sqlFind = `SELECT ` + hubAccessColumns + hubAccessTables + ` WHERE s.siret = $1 AND s.editor_siret = $2`
	return h.find(ctx, sqlFind, siret.String(), editor.String())
}

// FindHubAccessOfReceiver finds a town for whichever editor receives its dossiers.
func (h HubAccounts) FindHubAccessOfReceiver(ctx context.Context, siret value.Siret) (credential.HubAccess, error) {
	const sqlFind = `SELECT ` + hubAccessColumns + hubAccessTables + ` WHERE s.siret = $1 AND s.editor_siret IS NOT NULL`
	return h.find(ctx, sqlFind, siret.String())
}

func (h HubAccounts) find(ctx context.Context, query string, arguments ...any) (credential.HubAccess, error) {
	var row hubAccessRow
	if err := h.DB.pool.GetContext(ctx, &row, query, arguments...); err != nil {
		return credential.HubAccess{}, notFoundAs("hub_account.unknown", err)
	}
	return row.access(), nil
}

// FindHubAccesses finds those of some towns whose dossiers an editor receives.
func (h HubAccounts) FindHubAccesses(ctx context.Context, editor value.Siret, sirets []value.Siret) (map[value.Siret]credential.HubAccess, error) {
	const sqlFind = `SELECT ` + hubAccessColumns + hubAccessTables + ` WHERE s.siret = ANY ($1) AND s.editor_siret = $2`
	asked := make(pq.StringArray, len(sirets))
	for i, siret := range sirets {
		asked[i] = siret.String()
	}
	var rows []hubAccessRow
	if err := h.DB.pool.SelectContext(ctx, &rows, sqlFind, asked, editor.String()); err != nil {
		return nil, err
	}
	found := make(map[value.Siret]credential.HubAccess, len(rows))
	for _, row := range rows {
		found[value.Siret(row.Siret)] = row.access()
	}
	return found, nil
}

// FindHubClients tells which of an editor's towns has each of some client ids.
func (h HubAccounts) FindHubClients(ctx context.Context, editor value.Siret, ids []string) (map[string]value.Siret, error) {
	const sqlOwners = `SELECT client_id, min(siret) AS siret FROM hub_accounts WHERE editor_siret = $1 AND client_id = ANY ($2) GROUP BY client_id`
	var rows []struct {
		Client string `db:"client_id"`
		Siret  string `db:"siret"`
	}
	if err := h.DB.pool.SelectContext(ctx, &rows, sqlOwners, editor.String(), pq.StringArray(ids)); err != nil {
		return nil, err
	}
	owners := make(map[string]value.Siret, len(rows))
	for _, row := range rows {
		owners[row.Client] = value.Siret(row.Siret)
	}
	return owners, nil
}

// ListLeftHubAccesses lists what is kept for subscriptions that have been stopped since before
// a time.
func (h HubAccounts) ListLeftHubAccesses(ctx context.Context, before time.Time, limit int) ([]credential.HubAccess, error) {
	const sqlLeft = `SELECT ` + hubAccessColumns + hubAccessTables + `
		WHERE a.siret IS NOT NULL AND s.want = 'suspendu' AND s.wanted_at < $1 ORDER BY s.wanted_at LIMIT $2`
	var rows []hubAccessRow
	if err := h.DB.pool.SelectContext(ctx, &rows, sqlLeft, before, limit); err != nil {
		return nil, err
	}
	return accessesOf(rows), nil
}

// NextHubBatch draws the number of a list.
func (h HubAccounts) NextHubBatch(ctx context.Context) (batch int64, err error) {
	err = h.DB.pool.GetContext(ctx, &batch, `SELECT nextval('hub_deposit_numbers')`)
	return batch, err
}

// RecordHubAccounts records changes, in the order of the towns: two lists that hold the same
// ones wait for each other, and never both.
func (h HubAccounts) RecordHubAccounts(ctx context.Context, changes ...credential.HubAccountChange) error {
	if len(changes) == 0 {
		return nil
	}
	changes = slices.SortedFunc(slices.Values(changes), func(a, b credential.HubAccountChange) int { return cmp.Compare(a.After.Siret, b.After.Siret) })
	return h.DB.InTx(ctx, func(tx *sqlx.Tx) error {
		for _, change := range changes {
			if err := recordHubAccount(ctx, tx, change); err != nil {
				return err
			}
		}
		return nil
	})
}

func recordHubAccount(ctx context.Context, tx *sqlx.Tx, change credential.HubAccountChange) error {
	if err := stillReceives(ctx, tx, change.After); err != nil {
		return err
	}
	if err := writeHubAccount(ctx, tx, change.After, change.Told); err != nil {
		return err
	}
	for _, event := range change.Events {
		if err := recordEvent(ctx, tx, event); err != nil {
			return err
		}
	}
	if change.TestAt.IsZero() {
		return nil
	}
	return enqueue(ctx, tx, outbox.TestHubAccount, change.After.Siret.String(), change.TestAt)
}

// stillReceives keeps the dossiers of a town with its editor until the transaction ends: whoever
// gives them to another one waits, then erases what is written here. Code: hub_account.unknown.
func stillReceives(ctx context.Context, tx *sqlx.Tx, a credential.HubAccount) error {
	const sqlHold = `SELECT siret FROM subscriptions WHERE siret = $1 AND editor_siret = $2 FOR KEY SHARE`
	var held string
	if err := tx.GetContext(ctx, &held, sqlHold, a.Siret.String(), a.Editor.String()); err != nil {
		if errors.Is(err, sql.ErrNoRows) {
			return fault.New(fault.NotFound, "hub_account.unknown")
		}
		return fmt.Errorf("hold the subscription: %w", err)
	}
	return nil
}

// writeHubAccount writes what was read at its revision; 0 is nothing. Code: hub_account.moved.
func writeHubAccount(ctx context.Context, tx *sqlx.Tx, a credential.HubAccount, told bool) error {
	const (
		sqlInsert = `
			INSERT INTO hub_accounts (siret, editor_siret, state, state_at, client_id, sealed, by_id, by_name, kept_at, batch)
			SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10 WHERE $11 = 0 ON CONFLICT (siret) DO NOTHING`
		sqlUpdate = `
			UPDATE hub_accounts SET state = $3, state_at = $4, client_id = $5, sealed = $6, by_id = $7, by_name = $8, kept_at = $9, batch = $10,
				revision = revision + 1
			WHERE siret = $1 AND editor_siret = $2 AND revision = $11`
		sqlTold = `
			UPDATE hub_accounts SET state = $3, state_at = $4, revision = revision + 1
			WHERE siret = $1 AND editor_siret = $2 AND revision = $5`
		sqlErase = `DELETE FROM hub_accounts WHERE siret = $1 AND editor_siret = $2 AND revision = $3`
	)
	statement, arguments := sqlUpdate, []any{
		a.Siret.String(), a.Editor.String(), string(a.State), a.StateAt, a.ClientID, a.Sealed, a.ByID, a.By, a.At, nullNumber(a.Batch), a.Revision,
	}
	switch {
	case a.State == credential.HubAccountNone:
		statement, arguments = sqlErase, []any{a.Siret.String(), a.Editor.String(), a.Revision}
	case told:
		statement, arguments = sqlTold, append(arguments[:4:4], a.Revision)
	case a.Revision == 0:
		statement = sqlInsert
	}
	result, err := tx.ExecContext(ctx, statement, arguments...)
	if err != nil {
		return fmt.Errorf("write an access to HubEE: %w", err)
	}
	return oneRow(result, fault.New(fault.Conflict, "hub_account.moved"))
}

// RecordHubReveal records that a pair is shown: the one that was read, to the editor that has
// it still.
func (h HubAccounts) RecordHubReveal(ctx context.Context, shown credential.HubAccount, event audit.Event) error {
	const sqlSame = `SELECT revision FROM hub_accounts WHERE siret = $1 AND editor_siret = $2 FOR SHARE`
	return h.DB.InTx(ctx, func(tx *sqlx.Tx) error {
		if err := stillReceives(ctx, tx, shown); err != nil {
			return err
		}
		var revision int
		err := tx.GetContext(ctx, &revision, sqlSame, shown.Siret.String(), shown.Editor.String())
		if errors.Is(err, sql.ErrNoRows) || err == nil && revision != shown.Revision {
			return fault.New(fault.Conflict, "hub_account.moved")
		}
		if err != nil {
			return fmt.Errorf("read an access to HubEE again: %w", err)
		}
		return recordEvent(ctx, tx, event)
	})
}

// forgetHubAccount erases what another editor than the one that receives the dossiers kept. It
// comes after the subscription is written: a deposit under way was waited for there.
func forgetHubAccount(ctx context.Context, tx *sqlx.Tx, s credential.Subscription, at time.Time) error {
	const sqlForget = `DELETE FROM hub_accounts WHERE siret = $1 AND editor_siret IS DISTINCT FROM $2 RETURNING editor_siret`
	var former []string
	if err := tx.SelectContext(ctx, &former, sqlForget, s.Siret.String(), nullText(s.Editor.String())); err != nil {
		return fmt.Errorf("erase what the former editor kept: %w", err)
	}
	for _, editor := range former {
		if err := recordEvent(ctx, tx, credential.HubAccountPassed(s, value.Siret(editor), at)); err != nil {
			return err
		}
	}
	return nil
}
