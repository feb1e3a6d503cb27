package postgres

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/decision"
	"portail-qf/internal/domain/dossier"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/operation"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/seal"
)

// Rotation implements operation.RotationStore.
type Rotation struct{ DB *DB }

var _ operation.RotationStore = Rotation{}

// keyOf reads the name of the key in a sealed text: after the version of the format, the length
// of the name, then the name (package seal); "" in what is none, which no key opens. Only the
// beginning of a long text is read.
func keyOf(column string) string {
	return `CASE WHEN length(` + column + `) > 2 AND get_byte(substring(` + column + ` FROM 1 FOR 2), 0) = 1
		THEN encode(substring(substring(` + column + ` FROM 1 FOR 40) FROM 3 FOR get_byte(substring(` + column + ` FROM 1 FOR 2), 1)), 'escape') ELSE '' END`
}

// sealedTable is where the texts of a kind are.
type sealedTable struct {
	name, id, column string
	// first comes before every id.
	first string
	// about is what place is told, besides the id, and place binds a text to its row.
	about string
	place func(id, about string) string
}

var sealedTables = map[operation.SealedKind]sealedTable{
	operation.SealedCandidates:  {name: "hub_accounts", id: "siret", column: "next_sealed", about: "editor_siret", place: hubAccountPlace},
	operation.SealedHubAccounts: {name: "hub_accounts", id: "siret", column: "sealed", about: "editor_siret", place: hubAccountPlace},
	operation.SealedTokens: {
		name: "tokens", id: "id", column: "sealed", first: "00000000-0000-0000-0000-000000000000", about: "''",
		place: func(id, _ string) string { return credential.TextPlace(id) },
	},
	operation.SealedMails: {
		name: "mails", id: "id", column: "content", first: "0", about: "key",
		place: func(_, about string) string { return notice.Place(about) },
	},
	operation.SealedEvents: {
		name: "datapass_events", id: "id", column: "content", first: "0", about: "encode(digest, 'hex')",
		place: func(_, about string) string {
			var digest [32]byte
			_, _ = hex.Decode(digest[:], []byte(about)) // 64 digits, by the schema
			return decision.PlaceOf(digest)
		},
	},
	operation.SealedPayloads: {
		name: "dossier_payloads", id: "dossier_id", column: "key", first: "0", about: "(SELECT d.reference FROM dossiers d WHERE d.id = dossier_id)",
		place: func(_, about string) string { return seal.RowKeyPlace(dossier.PayloadPlace(value.Reference(about))) },
	},
}

func hubAccountPlace(siret, editor string) string {
	return credential.HubAccountPlace(value.Siret(siret), value.Siret(editor))
}

// ofOthers selects the texts that another key than $1 sealed, and what names no key: whoever says
// that everything is sealed anew has looked at it.
func (t sealedTable) ofOthers() string {
	return ` FROM ` + t.name + ` WHERE ` + t.column + ` IS NOT NULL AND ` + keyOf(t.column) + ` <> $1`
}

// ListSealedByOthers lists texts that another key sealed, or none.
func (r Rotation) ListSealedByOthers(ctx context.Context, kind operation.SealedKind, key, after string, limit int) ([]operation.SealedText, error) {
	t := sealedTables[kind]
	if after == "" {
		after = t.first
	}
	query := `SELECT ` + t.id + `::text AS id, ` + t.about + ` AS about, ` + t.column + ` AS sealed` + t.ofOthers() + `
		AND ` + t.id + ` > $2 ORDER BY ` + t.name + `.` + t.id + ` LIMIT $3`
	var rows []struct {
		ID     string `db:"id"`
		About  string `db:"about"`
		Sealed []byte `db:"sealed"`
	}
	if err := r.DB.pool.SelectContext(ctx, &rows, query, key, after, limit); err != nil {
		return nil, err
	}
	texts := make([]operation.SealedText, len(rows))
	for i, row := range rows {
		texts[i] = operation.SealedText{ID: row.ID, Place: t.place(row.ID, row.About), Sealed: row.Sealed}
	}
	return texts, nil
}

// ReplaceSealed replaces a text that is as it was read.
func (r Rotation) ReplaceSealed(ctx context.Context, kind operation.SealedKind, before operation.SealedText, sealed []byte) (bool, error) {
	t := sealedTables[kind]
	query := `UPDATE ` + t.name + ` SET ` + t.column + ` = $3 WHERE ` + t.id + ` = $1 AND ` + t.column + ` = $2`
	result, err := r.DB.pool.ExecContext(ctx, query, before.ID, before.Sealed, sealed)
	if err != nil {
		return false, err
	}
	changed, err := result.RowsAffected()
	return changed == 1, err
}

// CountSealedByOthers counts the texts that another key sealed, or none.
func (r Rotation) CountSealedByOthers(ctx context.Context, kind operation.SealedKind, key string) (count int, err error) {
	err = r.DB.pool.GetContext(ctx, &count, `SELECT count(*)`+sealedTables[kind].ofOthers(), key)
	return count, err
}

// SealingKeys tells which keys sealed what is kept for long.
func (r Rotation) SealingKeys(ctx context.Context) ([]operation.KeyUse, error) {
	var uses []operation.KeyUse
	for _, kind := range operation.SealedKinds {
		t := sealedTables[kind]
		found, err := r.uses(ctx, string(kind), `SELECT `+keyOf(t.column)+` AS key, count(*) AS texts FROM `+t.name+` WHERE `+t.column+` IS NOT NULL GROUP BY 1`)
		if err != nil {
			return nil, err
		}
		uses = append(uses, found...)
	}
	return uses, nil
}

// HashingKeys tells which keys hashed what is kept for long.
func (r Rotation) HashingKeys(ctx context.Context) ([]operation.KeyUse, error) {
	const (
		sqlTokens  = `SELECT pepper AS key, count(*) AS texts FROM tokens WHERE revoked_at IS NULL AND (ends_at IS NULL OR ends_at > now() - interval '1 year') GROUP BY 1`
		sqlSecrets = `SELECT s.pepper AS key, count(*) AS texts FROM api_client_secrets s JOIN api_clients c ON c.id = s.client WHERE c.revoked_at IS NULL AND s.ended_at IS NULL GROUP BY 1`
	)
	tokens, err := r.uses(ctx, "tokens", sqlTokens)
	if err != nil {
		return nil, err
	}
	secrets, err := r.uses(ctx, "API client secrets", sqlSecrets)
	return append(tokens, secrets...), err
}

func (r Rotation) uses(ctx context.Context, kind, query string) ([]operation.KeyUse, error) {
	var rows []struct {
		Key   string `db:"key"`
		Texts int    `db:"texts"`
	}
	if err := r.DB.pool.SelectContext(ctx, &rows, query); err != nil {
		return nil, fmt.Errorf("read the keys of %s: %w", kind, err)
	}
	var uses []operation.KeyUse
	for _, row := range rows {
		if row.Key != "" { // what names no key needs none
			uses = append(uses, operation.KeyUse{Key: row.Key, Kind: kind, Texts: row.Texts})
		}
	}
	return uses, nil
}

// errKeysAltered undoes what was kept of the other keys.
var errKeysAltered = errors.New("a key is not the one that was kept")

// KeepKeys keeps what keys are known again by, those that are new, and returns those that are
// not what was kept under their name: then it keeps nothing. Of instances that start at once
// with different keys, one is right.
func (r Rotation) KeepKeys(ctx context.Context, shown []operation.KeyCheck) (altered []operation.KeyCheck, err error) {
	const (
		sqlKeep = `INSERT INTO key_checks (variable, name, digest) SELECT * FROM unnest($1::text[], $2::text[], $3::bytea[]) ON CONFLICT DO NOTHING`
		sqlKept = `SELECT variable, name, digest FROM key_checks`
	)
	var variables, names pq.StringArray
	var digests pq.ByteaArray
	for _, check := range shown { // two instances take the rows in one order
		variables, names, digests = append(variables, check.Variable), append(names, check.Key), append(digests, check.Digest)
	}
	err = r.DB.InTx(ctx, func(tx *sqlx.Tx) error {
		if _, err := tx.ExecContext(ctx, sqlKeep, variables, names, digests); err != nil {
			return fmt.Errorf("keep what keys are known by: %w", err)
		}
		var rows []struct {
			Variable string `db:"variable"`
			Name     string `db:"name"`
			Digest   []byte `db:"digest"`
		}
		if err := tx.SelectContext(ctx, &rows, sqlKept); err != nil {
			return fmt.Errorf("read what keys are known by: %w", err)
		}
		kept := make([]operation.KeyCheck, len(rows))
		for i, row := range rows {
			kept[i] = operation.KeyCheck{Variable: row.Variable, Key: row.Name, Digest: row.Digest}
		}
		if altered = operation.Altered(kept, shown); len(altered) > 0 {
			return errKeysAltered
		}
		return nil
	})
	if errors.Is(err, errKeysAltered) {
		return altered, nil
	}
	return nil, err
}
