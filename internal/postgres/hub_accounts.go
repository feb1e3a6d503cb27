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
	NextState      sql.NullString `db:"next_state"`
	NextStateAt    sql.NullTime   `db:"next_state_at"`
	NextClientID   sql.NullString `db:"next_client_id"`
	NextSealed     []byte         `db:"next_sealed"`
	NextByID       sql.NullString `db:"next_by_id"`
	NextBy         sql.NullString `db:"next_by_name"`
	NextKeptAt     sql.NullTime   `db:"next_kept_at"`
	NextBatch      sql.NullInt64  `db:"next_batch"`
	Revision       sql.NullInt64  `db:"revision"`

	Total int `db:"total"`
}

// hubAccessColumns hold nothing of the people of the town.
const hubAccessColumns = `
	s.siret, s.editor_siret, COALESCE(c.name, s.organisation) AS town, s.want, s.state, s.suspended_at_hub, s.at_hub, s.code_cog,
	COALESCE(s.hub_id, '') AS hub_id, a.state AS account_state, a.state_at, a.client_id, a.sealed, a.by_id, a.by_name, a.kept_at, a.batch, a.revision,
	a.next_state, a.next_state_at, a.next_client_id, a.next_sealed, a.next_by_id, a.next_by_name, a.next_kept_at, a.next_batch`

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
			Siret: siret, Editor: editor, Revision: int(r.Revision.Int64),
			HubDeposit: credential.HubDeposit{
				State: credential.HubAccountState(r.AccountState.String), StateAt: r.StateAt.Time, ClientID: r.ClientID.String, Sealed: r.Sealed,
				ByID: r.ByID.String, By: r.By.String, At: r.KeptAt.Time, Batch: r.Batch.Int64,
			},
			Next: credential.HubDeposit{
				State: credential.HubAccountState(r.NextState.String), StateAt: r.NextStateAt.Time, ClientID: r.NextClientID.String, Sealed: r.NextSealed,
				ByID: r.NextByID.String, By: r.NextBy.String, At: r.NextKeptAt.Time, Batch: r.NextBatch.Int64,
			},
		},
	}
}

// toFetch tells that HubEE shows a pair of which nothing is known here.
const toFetch = `(a.siret IS NULL AND s.want = 'actif' AND s.state = 'actif')`

// lastState is where the pair that was deposited last stands; of a list, whose number is a
// parameter, the pair that came with it.
func lastState(batch string) string {
	return `CASE WHEN ` + batch + ` = 0 OR a.next_batch = ` + batch + ` THEN COALESCE(a.next_state, a.state) ELSE a.state END`
}

// ListHubAccesses lists a page of the towns of an editor: what HubEE refuses first, then what
// is to be fetched, then what nobody could test.
func (h HubAccounts) ListHubAccesses(ctx context.Context, query credential.HubQuery) ([]credential.HubAccess, int, error) {
	sqlList := `
		SELECT ` + hubAccessColumns + `, count(*) OVER () AS total` + hubAccessTables + `
		CROSS JOIN LATERAL (SELECT ` + lastState("$5") + ` AS state) l
		WHERE s.editor_siret = $1
		  AND ($2 OR cardinality($3::text[]) > 0 AND COALESCE(c.folded_name, ` + plain + `s.organisation` + plainEnds + `) LIKE ALL ($3)
			OR $4 <> '' AND s.siret LIKE $4 || '%')
		  AND ($5 = 0 OR a.batch = $5 OR a.next_batch = $5)
		  AND CASE $6
			WHEN '' THEN true
			WHEN 'a_recuperer' THEN ` + toFetch + `
			WHEN 'recuperes' THEN a.state = 'recupere'
			WHEN 'deposes' THEN a.sealed IS NOT NULL
			WHEN 'a_tester' THEN l.state IN ('depose', 'test_impossible')
			WHEN 'refuses' THEN l.state = 'refuse' END
		ORDER BY
			CASE WHEN l.state = 'refuse' THEN 0 WHEN ` + toFetch + ` THEN 1 WHEN l.state = 'test_impossible' THEN 2 ELSE 3 END,
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
	sqlCount := `
		SELECT count(*) AS total, count(*) FILTER (WHERE ` + toFetch + `) AS to_fetch, count(*) FILTER (WHERE a.state = 'recupere') AS fetched,
			count(a.sealed) AS kept, count(*) FILTER (WHERE l.state IN ('depose', 'test_impossible')) AS untold,
			count(*) FILTER (WHERE l.state = 'refuse') AS refused, count(*) FILTER (WHERE l.state = 'teste') AS tested,
			count(*) FILTER (WHERE l.state = 'refuse' AND a.state = 'teste') AS spared` + hubAccessTables + `
		CROSS JOIN LATERAL (SELECT ` + lastState("$2") + ` AS state) l
		WHERE s.editor_siret = $1 AND ($2 = 0 OR a.batch = $2 OR a.next_batch = $2)`
	var row struct {
		Total   int `db:"total"`
		ToFetch int `db:"to_fetch"`
		Fetched int `db:"fetched"`
		Kept    int `db:"kept"`
		Untold  int `db:"untold"`
		Refused int `db:"refused"`
		Tested  int `db:"tested"`
		Spared  int `db:"spared"`
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

// RecordHubAccounts records changes of an editor, in the order of the towns: two lists that hold
// the same ones wait for each other, and never both.
func (h HubAccounts) RecordHubAccounts(ctx context.Context, changes ...credential.HubAccountChange) error {
	if len(changes) == 0 {
		return nil
	}
	changes = slices.SortedFunc(slices.Values(changes), func(a, b credential.HubAccountChange) int { return cmp.Compare(a.After.Siret, b.After.Siret) })
	editor := changes[0].After.Editor
	var given []string
	for _, change := range changes {
		if client := change.GivenClient(); client != "" {
			given = append(given, client)
		}
	}
	return h.DB.InTx(ctx, func(tx *sqlx.Tx) error {
		if len(given) > 0 { // before any row: whoever holds one does not wait here
			if _, err := tx.ExecContext(ctx, sqlWait, lockKey("client ids of "+editor.String())); err != nil {
				return fmt.Errorf("wait for other deposits: %w", err)
			}
		}
		for _, change := range changes {
			if err := recordHubAccount(ctx, tx, change); err != nil {
				return err
			}
		}
		return oneTownEach(ctx, tx, editor, given)
	})
}

func recordHubAccount(ctx context.Context, tx *sqlx.Tx, change credential.HubAccountChange) error {
	if err := stillReceives(ctx, tx, change.After); err != nil {
		return err
	}
	if err := writeHubAccount(ctx, tx, change.After, change.Part); err != nil {
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

// noNext leaves no candidate.
const noNext = `next_state = NULL, next_state_at = NULL, next_client_id = NULL, next_sealed = NULL, next_by_id = NULL, next_by_name = NULL,
	next_kept_at = NULL, next_batch = NULL`

// writeHubAccount writes what was read at its revision; 0 is nothing. Code: hub_account.moved.
func writeHubAccount(ctx context.Context, tx *sqlx.Tx, a credential.HubAccount, part credential.HubPart) error {
	const (
		sqlInsert = `
			INSERT INTO hub_accounts (siret, editor_siret, state, state_at, client_id, sealed, by_id, by_name, kept_at, batch)
			SELECT $1, $2, $4, $5, $6, $7, $8, $9, $10, $11 WHERE $3 = 0 ON CONFLICT (siret) DO NOTHING`
		sqlErase = `DELETE FROM hub_accounts` + asRead
		sqlWhole = `
			UPDATE hub_accounts SET state = $4, state_at = $5, client_id = $6, sealed = $7, by_id = $8, by_name = $9, kept_at = $10, batch = $11,
				` + noNext + `, revision = revision + 1` + asRead
		sqlTold = `UPDATE hub_accounts SET state = $4, state_at = $5, ` + noNext + `, revision = revision + 1` + asRead
		sqlNext = `
			UPDATE hub_accounts SET next_state = $4, next_state_at = $5, next_client_id = $6, next_sealed = $7, next_by_id = $8, next_by_name = $9,
				next_kept_at = $10, next_batch = $11, revision = revision + 1` + asRead
		sqlNextTold = `
			UPDATE hub_accounts SET next_state = $4, next_state_at = $5, next_sealed = CASE WHEN $4 = 'refuse' THEN NULL ELSE next_sealed END,
				revision = revision + 1` + asRead
		sqlNextTaken = `
			UPDATE hub_accounts SET state = $4, state_at = $5, client_id = next_client_id, sealed = next_sealed, by_id = next_by_id,
				by_name = next_by_name, kept_at = next_kept_at, batch = next_batch, ` + noNext + `, revision = revision + 1` + asRead
	)
	var statement string
	var written []any
	switch part {
	case credential.HubWhole:
		statement, written = sqlWhole, depositRow(a.HubDeposit)
		if a.State == credential.HubAccountNone {
			statement, written = sqlErase, nil
		} else if a.Revision == 0 {
			statement = sqlInsert
		}
	case credential.HubTold:
		statement, written = sqlTold, []any{string(a.State), a.StateAt}
	case credential.HubNext:
		statement, written = sqlNext, depositRow(a.Next)
	case credential.HubNextTold:
		statement, written = sqlNextTold, []any{string(a.Next.State), a.Next.StateAt}
	case credential.HubNextTaken:
		statement, written = sqlNextTaken, []any{string(a.State), a.StateAt}
	}
	result, err := tx.ExecContext(ctx, statement, append([]any{a.Siret.String(), a.Editor.String(), a.Revision}, written...)...)
	if err != nil {
		return fmt.Errorf("write an access to HubEE: %w", err)
	}
	return oneRow(result, fault.New(fault.Conflict, "hub_account.moved"))
}

// asRead selects the row of a town as it was read.
const asRead = ` WHERE siret = $1 AND editor_siret = $2 AND revision = $3`

// depositRow is a deposit as statements take it.
func depositRow(d credential.HubDeposit) []any {
	return []any{string(d.State), d.StateAt, d.ClientID, d.Sealed, d.ByID, d.By, d.At, nullNumber(d.Batch)}
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
