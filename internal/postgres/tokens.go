package postgres

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/value"
)

// Tokens implements credential.TokenStore, credential.GateStore and credential.TallyStore.
type Tokens struct{ DB *DB }

var (
	_ credential.TokenStore = Tokens{}
	_ credential.GateStore  = Tokens{}
	_ credential.TallyStore = Tokens{}
)

// tokenColumns are those of a token t.
const tokenColumns = `
	t.id, t.public_id, t.sealed IS NOT NULL AS kept, t.request, t.habilitation, t.siret, t.organisation, t.editor_siret, t.scopes, t.barred_at,
	t.issued_at, t.expires_at, t.replaces, t.replaced_at, t.ends_at, t.collected_at, t.collected_side, t.collected_by, t.collector, t.collected_session,
	t.collection_key, t.confirmed_at, t.first_used_at, t.last_used_at, t.suspended_at, t.suspended_by, t.suspender, t.suspended_for, t.revoked_at, t.revoker,
	t.revoked_for, t.revision, COALESCE(t.imported_revision = t.revision, false) AS untouched`

type tokenRow struct {
	ID            string         `db:"id"`
	PublicID      sql.NullString `db:"public_id"`
	Kept          bool           `db:"kept"`
	Request       int64          `db:"request"`
	Habilitation  int64          `db:"habilitation"`
	Siret         string         `db:"siret"`
	Organisation  string         `db:"organisation"`
	Editor        sql.NullString `db:"editor_siret"`
	Scopes        pq.StringArray `db:"scopes"`
	Barred        sql.NullTime   `db:"barred_at"`
	IssuedAt      time.Time      `db:"issued_at"`
	ExpiresAt     time.Time      `db:"expires_at"`
	Replaces      sql.NullString `db:"replaces"`
	ReplacedAt    sql.NullTime   `db:"replaced_at"`
	EndsAt        sql.NullTime   `db:"ends_at"`
	CollectedAt   sql.NullTime   `db:"collected_at"`
	CollectedSide string         `db:"collected_side"`
	CollectedBy   string         `db:"collected_by"`
	Collector     string         `db:"collector"`
	CollectedIn   sql.NullInt64  `db:"collected_session"`
	CollectionKey []byte         `db:"collection_key"`
	ConfirmedAt   sql.NullTime   `db:"confirmed_at"`
	FirstUse      sql.NullTime   `db:"first_used_at"`
	LastUse       sql.NullTime   `db:"last_used_at"`
	SuspendedAt   sql.NullTime   `db:"suspended_at"`
	SuspendedBy   string         `db:"suspended_by"`
	Suspender     string         `db:"suspender"`
	SuspendedFor  string         `db:"suspended_for"`
	RevokedAt     sql.NullTime   `db:"revoked_at"`
	Revoker       string         `db:"revoker"`
	RevokedFor    string         `db:"revoked_for"`
	Revision      int            `db:"revision"`
	Untouched     bool           `db:"untouched"`
}

func (r tokenRow) token() credential.Token {
	return credential.Token{
		ID: r.ID, PublicID: r.PublicID.String, Request: habilitation.RequestNumber(r.Request), Habilitation: habilitation.Number(r.Habilitation),
		Siret: value.Siret(r.Siret), Organisation: r.Organisation, Editor: value.Siret(r.Editor.String), Scopes: r.Scopes, Barred: r.Barred.Time,
		IssuedAt: r.IssuedAt, ExpiresAt: r.ExpiresAt, Replaces: r.Replaces.String, ReplacedAt: r.ReplacedAt.Time, EndsAt: r.EndsAt.Time,
		Collection: credential.Collection{
			Side: credential.Side(r.CollectedSide), ByID: r.CollectedBy, By: r.Collector, At: r.CollectedAt.Time, Session: r.CollectedIn.Int64,
			Key: callKey(r.CollectionKey),
		},
		Kept: r.Kept, ConfirmedAt: r.ConfirmedAt.Time, FirstUse: r.FirstUse.Time, LastUse: r.LastUse.Time,
		Suspension: credential.TokenSuspension{Side: credential.Side(r.SuspendedBy), By: r.Suspender, Reason: r.SuspendedFor, At: r.SuspendedAt.Time},
		Revocation: credential.TokenRevocation{By: r.Revoker, Reason: r.RevokedFor, At: r.RevokedAt.Time},
		Revision:   r.Revision, Untouched: r.Untouched,
	}
}

func callKey(stored []byte) (key credential.Key) {
	copy(key[:], stored)
	return key
}

func nullKey(key credential.Key) []byte {
	if key == (credential.Key{}) {
		return nil
	}
	return key[:]
}

// RecordTokens records a change, whole.
func (s Tokens) RecordTokens(ctx context.Context, change credential.TokenChange) error {
	return s.DB.InTx(ctx, func(tx *sqlx.Tx) error {
		for _, drawn := range change.New {
			if err := stillGranted(ctx, tx, drawn.Token); err != nil {
				return err
			}
			if err := stillOpen(ctx, tx, drawn.Token, change); err != nil {
				return err
			}
		}
		if err := recordTokens(ctx, tx, change, change.At); err != nil {
			return err
		}
		for _, event := range change.Events {
			if err := recordEvent(ctx, tx, event); err != nil {
				return err
			}
		}
		for _, letter := range change.Letters {
			if err := recordLetter(ctx, tx, letter, change.At); err != nil {
				return err
			}
		}
		return tellEditors(ctx, tx, change.Told, change.At)
	})
}

// stillGranted makes whoever decides about a request wait until its new token is there, and
// refuses one that the newest habilitation does not give to this software, or that replaces a
// revoked one of before the last: what became of the last one counts. A token that is over already,
// of a seed, opens nothing. Codes: token.barred, token.replaced.
func stillGranted(ctx context.Context, tx *sqlx.Tx, t credential.Token) error {
	if !t.Revocation.At.IsZero() {
		return nil
	}
	// Statements apart: one that waits for the row reads the rest as it was before it waited.
	const (
		sqlLock     = `SELECT state IN ('validee', 'reouverte') FROM requests WHERE number = $1 FOR SHARE`
		sqlGranted  = `SELECT token AND editor_siret IS NOT DISTINCT FROM $2 FROM habilitations WHERE request = $1 ORDER BY number DESC LIMIT 1`
		sqlFollowed = `
			SELECT EXISTS (SELECT FROM tokens former JOIN tokens later ON later.request = former.request AND later.issued_at > former.issued_at
				WHERE former.id = $1 AND former.revoked_at IS NOT NULL)`
	)
	var holds, granted, followed bool
	if err := tx.GetContext(ctx, &holds, sqlLock, int64(t.Request)); err != nil {
		return fmt.Errorf("lock what is granted: %w", notFoundAs("token.barred", err))
	}
	if err := tx.GetContext(ctx, &granted, sqlGranted, int64(t.Request), nullText(t.Editor.String())); err != nil {
		return fmt.Errorf("find what is granted: %w", notFoundAs("token.barred", err))
	}
	if !holds || !granted {
		return fault.New(fault.Conflict, "token.barred")
	}
	if err := tx.GetContext(ctx, &followed, sqlFollowed, nullText(t.Replaces)); err != nil {
		return fmt.Errorf("find what followed the former token: %w", err)
	}
	if followed {
		return fault.New(fault.Conflict, "token.replaced")
	}
	return nil
}

// stillOpen refuses a token in the place of one that a change does not write (credential.Tokens.
// IssueMissing), once somebody suspended or revoked that one. Code: token.moved.
func stillOpen(ctx context.Context, tx *sqlx.Tx, t credential.Token, change credential.TokenChange) error {
	written := slices.ContainsFunc(change.Changed, func(former credential.Token) bool { return former.ID == t.Replaces }) ||
		slices.ContainsFunc(change.New, func(former credential.Drawn) bool { return former.ID == t.Replaces })
	if t.Replaces == "" || written {
		return nil
	}
	const sqlOpen = `SELECT suspended_at IS NULL AND revoked_at IS NULL FROM tokens WHERE id = $1 FOR SHARE`
	var open bool
	if err := tx.GetContext(ctx, &open, sqlOpen, t.Replaces); err != nil {
		return fmt.Errorf("lock the former token: %w", err)
	}
	if !open {
		return fault.New(fault.Conflict, "token.moved")
	}
	return nil
}

// barTokens closes the tokens of a request whose habilitation does not hold, one that was issued
// while that was decided included.
func barTokens(ctx context.Context, tx *sqlx.Tx, request habilitation.RequestNumber, at time.Time) error {
	const sqlBar = `
		WITH these AS MATERIALIZED (
			SELECT id FROM tokens WHERE request = $1 AND barred_at IS NULL AND revoked_at IS NULL ORDER BY id FOR NO KEY UPDATE)
		UPDATE tokens t SET barred_at = $2, revision = revision + 1 FROM these WHERE t.id = these.id RETURNING t.id`
	var barred pq.StringArray
	if err := tx.SelectContext(ctx, &barred, sqlBar, int64(request), at); err != nil {
		return fmt.Errorf("close the tokens of a request: %w", err)
	}
	return withdrawSettled(ctx, tx, barred, at)
}

// recordTokens writes the tokens of a change: those that change first, so that the new one of
// a habilitation finds its place. Reminders that wait of what is closed do not leave any more.
// Code: token.moved.
func recordTokens(ctx context.Context, tx *sqlx.Tx, change credential.TokenChange, at time.Time) error {
	var written pq.StringArray
	// In one order: two changes that meet do not wait for each other in a circle.
	for _, t := range slices.SortedFunc(slices.Values(change.Changed), func(a, b credential.Token) int { return strings.Compare(a.ID, b.ID) }) {
		if err := updateToken(ctx, tx, t); err != nil {
			return err
		}
		written = append(written, t.ID)
	}
	for _, t := range change.Corrected {
		if err := correctToken(ctx, tx, t); err != nil {
			return err
		}
		written = append(written, t.ID)
	}
	for _, drawn := range change.New {
		if err := insertToken(ctx, tx, drawn); err != nil {
			return err
		}
	}
	return withdrawSettled(ctx, tx, written, at)
}

// updateToken writes a token that was read at its revision. Code: token.moved.
func updateToken(ctx context.Context, tx *sqlx.Tx, t credential.Token) error {
	const sqlUpdate = `
		UPDATE tokens SET habilitation = $3, siret = $4, organisation = $5, editor_siret = $6, scopes = $7, barred_at = $8, expires_at = $9,
			replaced_at = $10, ends_at = $11, collected_at = $12, collected_side = $13, collected_by = $14, collector = $15, collection_key = $16,
			sealed = CASE WHEN $17 THEN sealed END, confirmed_at = $18, suspended_at = $19, suspended_by = $20, suspender = $21, suspended_for = $22,
			revoked_at = $23, revoker = $24, revoked_for = $25, collected_session = $26, revision = revision + 1,
			-- What follows the habilitation alone is nobody's act: another system's word counts still.
			imported_revision = CASE WHEN imported_revision = revision AND expires_at = $9 AND replaced_at IS NOT DISTINCT FROM $10
				AND ends_at IS NOT DISTINCT FROM $11 AND suspended_at IS NOT DISTINCT FROM $19 AND revoked_at IS NOT DISTINCT FROM $23
				THEN revision + 1 END
		WHERE id = $1 AND revision = $2`
	c, s, r := t.Collection, t.Suspension, t.Revocation
	scopes := pq.StringArray{}
	result, err := tx.ExecContext(ctx, sqlUpdate, t.ID, t.Revision, int64(t.Habilitation), t.Siret.String(), t.Organisation, nullText(t.Editor.String()),
		append(scopes, t.Scopes...), nullTime(t.Barred), t.ExpiresAt, nullTime(t.ReplacedAt), nullTime(t.EndsAt), nullTime(c.At), string(c.Side), c.ByID, c.By,
		nullKey(c.Key), t.Kept, nullTime(t.ConfirmedAt), nullTime(s.At), string(s.Side), s.By, s.Reason, nullTime(r.At), r.By, r.Reason,
		nullNumber(c.Session))
	if violates(err, "tokens_current") {
		return fault.Because(fault.Conflict, "token.moved", err)
	}
	if err != nil {
		return fmt.Errorf("write token: %w", err)
	}
	return oneRow(result, fault.New(fault.Conflict, "token.moved"))
}

// correctToken writes a token as another system's newer list tells it. Code: token.moved, when
// somebody acted on it here meanwhile.
func correctToken(ctx context.Context, tx *sqlx.Tx, t credential.Token) error {
	const sqlCorrect = `
		UPDATE tokens SET scopes = $3, expires_at = $4, replaced_at = $5, ends_at = $6, revoked_at = $7, revoker = $8,
			revision = revision + 1, imported_revision = revision + 1
		WHERE id = $1 AND revision = $2 AND imported_revision = revision`
	scopes := pq.StringArray{}
	result, err := tx.ExecContext(ctx, sqlCorrect, t.ID, t.Revision, append(scopes, t.Scopes...), t.ExpiresAt, nullTime(t.ReplacedAt), nullTime(t.EndsAt),
		nullTime(t.Revocation.At), t.Revocation.By)
	if violates(err, "tokens_current") {
		return fault.Because(fault.Conflict, "token.moved", err)
	}
	if err != nil {
		return fmt.Errorf("correct a token: %w", err)
	}
	return oneRow(result, fault.New(fault.Conflict, "token.moved"))
}

// insertToken writes a new token. Code: token.moved, where the habilitation has one that goes
// on, or the former one was replaced already.
func insertToken(ctx context.Context, tx *sqlx.Tx, d credential.Drawn) error {
	const sqlInsert = `
		INSERT INTO tokens (id, public_id, digest, pepper, sealed, request, habilitation, siret, organisation, editor_siret, scopes, barred_at,
			issued_at, expires_at, replaces, replacement_key, collected_at, collected_side, collected_by, collector, confirmed_at, first_used_at, last_used_at,
			revoked_at, revoker, revoked_for, replaced_at, ends_at, suspended_at, suspended_by, suspender, suspended_for, imported_revision)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28,
			$29, $30, $31, $32, CASE WHEN $2::text IS NULL THEN 1 END)`
	t, c, s := d.Token, d.Collection, d.Suspension
	scopes := pq.StringArray{}
	_, err := tx.ExecContext(ctx, sqlInsert, t.ID, nullText(t.PublicID), d.Digest, d.Pepper, d.Sealed, int64(t.Request), int64(t.Habilitation), t.Siret.String(),
		t.Organisation, nullText(t.Editor.String()), append(scopes, t.Scopes...), nullTime(t.Barred), t.IssuedAt, t.ExpiresAt, nullText(t.Replaces), nullKey(d.Asked),
		nullTime(c.At), string(c.Side), c.ByID, c.By, nullTime(t.ConfirmedAt), nullTime(t.FirstUse), nullTime(t.LastUse),
		nullTime(t.Revocation.At), t.Revocation.By, t.Revocation.Reason, nullTime(t.ReplacedAt), nullTime(t.EndsAt),
		nullTime(s.At), string(s.Side), s.By, s.Reason)
	switch {
	case violates(err, "tokens_current"), violates(err, "tokens_replaces_key"), violates(err, "tokens_pkey"):
		return fault.Because(fault.Conflict, "token.moved", err)
	case err != nil:
		return fmt.Errorf("write a new token: %w", err)
	}
	return nil
}

// FindCurrent finds the token of a request that goes on.
func (s Tokens) FindCurrent(ctx context.Context, request habilitation.RequestNumber) (credential.Token, error) {
	const sqlFind = `SELECT` + tokenColumns + ` FROM tokens t WHERE t.request = $1 AND t.replaced_at IS NULL AND t.revoked_at IS NULL`
	var row tokenRow
	if err := s.DB.pool.GetContext(ctx, &row, sqlFind, int64(request)); err != nil {
		return credential.Token{}, notFoundAs("token.unknown", err)
	}
	return row.token(), nil
}

// IsAmended tells whether a modification of a request waits for its decision, which prolongs its
// token.
func (s Tokens) IsAmended(ctx context.Context, request habilitation.RequestNumber) (amended bool, err error) {
	const sqlAmended = `SELECT EXISTS (SELECT FROM amendments d WHERE d.request = $1 AND d.ended_at IS NULL AND ` + isFiled + `)`
	err = s.DB.pool.GetContext(ctx, &amended, sqlAmended, int64(request))
	return amended, err
}

// FindText finds the sealed text of a token.
func (s Tokens) FindText(ctx context.Context, id string) ([]byte, error) {
	var sealed []byte
	err := s.DB.pool.GetContext(ctx, &sealed, `SELECT sealed FROM tokens WHERE id = $1`, id)
	return sealed, notFoundAs("token.unknown", err)
}

// FindSuccessor finds the token that replaced one, with the key of the call that asked for it.
func (s Tokens) FindSuccessor(ctx context.Context, id string) (credential.Token, credential.Key, error) {
	const sqlFind = `SELECT` + tokenColumns + `, t.replacement_key FROM tokens t WHERE t.replaces = $1`
	var row struct {
		tokenRow
		Key []byte `db:"replacement_key"`
	}
	if err := s.DB.pool.GetContext(ctx, &row, sqlFind, id); err != nil {
		return credential.Token{}, credential.Key{}, notFoundAs("token.unknown", err)
	}
	return row.token(), callKey(row.Key), nil
}

// EraseTexts erases the texts that nobody may be shown any more.
func (s Tokens) EraseTexts(ctx context.Context, collectedBefore, now time.Time) (int, error) {
	const sqlErase = `
		WITH these AS MATERIALIZED (
			SELECT id FROM tokens WHERE sealed IS NOT NULL AND (collected_at < $1 OR revoked_at IS NOT NULL OR ends_at <= $2)
			ORDER BY id FOR NO KEY UPDATE)
		UPDATE tokens t SET sealed = NULL, revision = revision + 1 FROM these WHERE t.id = these.id`
	result, err := s.DB.pool.ExecContext(ctx, sqlErase, collectedBefore, now)
	if err != nil {
		return 0, err
	}
	erased, err := result.RowsAffected()
	return int(erased), err
}

// findTokens reads the tokens of a request that nobody revoked, and the others, in the order of
// their issue.
func findTokens(ctx context.Context, q sqlx.QueryerContext, request habilitation.RequestNumber) (held, revoked []credential.Token, err error) {
	if request == 0 {
		return nil, nil, nil
	}
	const sqlOfRequest = `SELECT` + tokenColumns + ` FROM tokens t WHERE t.request = $1 ORDER BY t.issued_at, t.id`
	var rows []tokenRow
	if err := sqlx.SelectContext(ctx, q, &rows, sqlOfRequest, int64(request)); err != nil {
		return nil, nil, fmt.Errorf("find the tokens of a request: %w", err)
	}
	for _, t := range tokensOf(rows) {
		if t.Revocation.At.IsZero() {
			held = append(held, t)
		} else {
			revoked = append(revoked, t)
		}
	}
	return held, revoked, nil
}

// ListBeside lists the other tokens that the software of one may still use.
func (s Tokens) ListBeside(ctx context.Context, of credential.Token, now time.Time) ([]credential.Token, error) {
	sqlBeside := `SELECT` + tokenColumns + ` FROM tokens t
		WHERE t.request = $1 AND t.id <> $2 AND t.editor_siret IS NOT DISTINCT FROM $3 AND t.collected_at IS NOT NULL
			AND ` + stateAt("$4::timestamptz") + ` IN ('recupere', 'en_service', 'expire_bientot', 'remplacement_en_cours')
		ORDER BY t.issued_at DESC, t.id`
	var rows []tokenRow
	if err := s.DB.pool.SelectContext(ctx, &rows, sqlBeside, int64(of.Request), of.ID, nullText(of.Editor.String()), now); err != nil {
		return nil, err
	}
	return tokensOf(rows), nil
}

// FindTokensOf reads all the tokens of a request, and those of these ids.
func (s Decisions) FindTokensOf(ctx context.Context, number habilitation.RequestNumber, ids []string) ([]credential.Token, error) {
	const sqlFind = `SELECT` + tokenColumns + ` FROM tokens t WHERE t.request = $1 OR t.id = ANY ($2::uuid[]) ORDER BY t.issued_at, t.id`
	var rows []tokenRow
	if err := s.DB.pool.SelectContext(ctx, &rows, sqlFind, int64(number), append(pq.StringArray{}, ids...)); err != nil {
		return nil, err
	}
	return tokensOf(rows), nil
}

func tokensOf(rows []tokenRow) []credential.Token {
	tokens := make([]credential.Token, len(rows))
	for i, row := range rows {
		tokens[i] = row.token()
	}
	return tokens
}
