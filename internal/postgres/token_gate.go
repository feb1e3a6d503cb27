package postgres

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/value"
)

// What a check reads of a token: it happens thousands of times a second, and takes one round
// trip, the counting of the call included. The clock of the database is that of all instances;
// once the calls of a second are too many, they are counted no further.
const (
	gateColumns = `
		t.id, t.request, t.habilitation, t.siret, t.organisation, t.editor_siret, t.scopes, t.barred_at, t.issued_at, t.expires_at, t.replaced_at,
		t.ends_at, t.suspended_at, t.revoked_at`
	sqlLook = `
		SELECT` + gateColumns + `, NULL::integer, NULL::bigint
		FROM tokens t WHERE t.public_id = $1 AND t.digest = ANY($2) AND $3::timestamptz IS NOT NULL AND $4::integer IS NOT NULL`
	sqlLookForeign = `
		SELECT` + gateColumns + `, NULL::integer, NULL::bigint
		FROM tokens t WHERE t.id = $1 AND $2::bytea[] IS NULL AND t.public_id IS NULL AND $3::timestamptz IS NOT NULL AND $4::integer IS NOT NULL`
	counting = `
		), counted AS (
			INSERT INTO call_allowances AS a (request, second, calls)
			SELECT t.request, floor(extract(epoch FROM now())), 1 FROM t
			WHERE t.revoked_at IS NULL AND t.suspended_at IS NULL AND t.barred_at IS NULL AND (t.ends_at IS NULL OR t.ends_at > $3)
			ON CONFLICT (request) DO UPDATE SET
				second = greatest(a.second, EXCLUDED.second), calls = CASE WHEN a.second < EXCLUDED.second THEN 1 ELSE a.calls + 1 END
			WHERE a.second < EXCLUDED.second OR a.calls <= $4
			RETURNING calls, second)
		SELECT` + gateColumns + `, counted.calls, COALESCE(counted.second, floor(extract(epoch FROM now()))::bigint)
		FROM t LEFT JOIN counted ON true`
	sqlAdmit        = `WITH t AS (SELECT` + gateColumns + ` FROM tokens t WHERE t.public_id = $1 AND t.digest = ANY($2)` + counting
	sqlAdmitForeign = `WITH t AS (SELECT` + gateColumns + ` FROM tokens t WHERE t.id = $1 AND t.public_id IS NULL AND $2::bytea[] IS NULL` + counting
)

// FindShown finds a token by what was shown, and counts a call where that is wanted.
func (s Tokens) FindShown(ctx context.Context, shown credential.Shown, counts bool, now time.Time) (credential.Token, credential.Allowance, error) {
	text, key, digests := sqlLook, shown.PublicID, pq.ByteaArray(shown.Digests)
	switch {
	case shown.PublicID != "" && counts:
		text = sqlAdmit
	case shown.PublicID == "" && counts:
		text, key, digests = sqlAdmitForeign, shown.ID, nil
	case shown.PublicID == "":
		text, key, digests = sqlLookForeign, shown.ID, nil
	}
	statement, err := s.DB.statement(ctx, text)
	if err != nil {
		return credential.Token{}, credential.Allowance{}, err
	}
	var (
		t                                          credential.Token
		request, number                            int64
		siret                                      string
		editor                                     sql.NullString
		barred, replaced, ends, suspended, revoked sql.NullTime
		calls                                      sql.NullInt64
		second                                     sql.NullInt64
	)
	err = statement.QueryRowContext(ctx, key, digests, now, credential.CallsPerSecond).Scan(
		&t.ID, &request, &number, &siret, &t.Organisation, &editor, (*pq.StringArray)(&t.Scopes), &barred, &t.IssuedAt, &t.ExpiresAt, &replaced,
		&ends, &suspended, &revoked, &calls, &second)
	if err != nil {
		return credential.Token{}, credential.Allowance{}, notFoundAs("token.unknown", err)
	}
	t.Request, t.Habilitation = habilitation.RequestNumber(request), habilitation.Number(number)
	t.Siret, t.Editor = value.Siret(siret), value.Siret(editor.String)
	t.Barred, t.ReplacedAt, t.EndsAt = barred.Time, replaced.Time, ends.Time
	t.Suspension.At, t.Revocation.At = suspended.Time, revoked.Time
	if !counts {
		return t, credential.Allowance{}, nil
	}
	return t, allowance(calls, second.Int64), nil
}

// allowance is what is left of a second; calls is null when they were too many before this one.
func allowance(calls sql.NullInt64, second int64) credential.Allowance {
	left := credential.Allowance{Limit: credential.CallsPerSecond, Reset: time.Unix(second+1, 0)}
	if !calls.Valid || calls.Int64 > credential.CallsPerSecond {
		left.Exceeded = true
		return left
	}
	left.Remaining = credential.CallsPerSecond - int(calls.Int64)
	return left
}

// AddUses adds to the counts of calls, and moves the first and the last use.
func (s Tokens) AddUses(ctx context.Context, uses []credential.Use) error {
	const sqlCount = `
		INSERT INTO token_uses AS u (token, day, outcome, uses)
		SELECT * FROM unnest($1::uuid[], $2::date[], $3::text[], $4::bigint[])
		ON CONFLICT (token, day, outcome) DO UPDATE SET uses = u.uses + EXCLUDED.uses`
	const sqlUsed = `
		UPDATE tokens t SET first_used_at = LEAST(t.first_used_at, used.first), last_used_at = GREATEST(t.last_used_at, used.last)
		FROM (SELECT token, min(first) AS first, max(last) AS last FROM unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[]) AS told (token, first, last) GROUP BY token) used
		WHERE t.id = used.token`
	var tokens, days, outcomes, used pq.StringArray
	var counts pq.Int64Array
	var firsts, lasts pq.StringArray
	for _, use := range uses {
		tokens, days, outcomes, counts = append(tokens, use.TokenID), append(days, use.Day), append(outcomes, use.Outcome), append(counts, use.Count)
		if use.Served {
			used = append(used, use.TokenID)
			firsts, lasts = append(firsts, use.First.Format(time.RFC3339Nano)), append(lasts, use.Last.Format(time.RFC3339Nano))
		}
	}
	return s.DB.InTx(ctx, func(tx *sqlx.Tx) error {
		if _, err := tx.ExecContext(ctx, sqlCount, tokens, days, outcomes, counts); err != nil {
			return fmt.Errorf("count calls: %w", err)
		}
		if len(used) == 0 {
			return nil
		}
		if _, err := tx.ExecContext(ctx, sqlUsed, used, firsts, lasts); err != nil {
			return fmt.Errorf("note the last use of tokens: %w", err)
		}
		return nil
	})
}

// ListUses lists how often a token was shown since a day, newest first.
func (s Tokens) ListUses(ctx context.Context, id, since string) ([]credential.Use, error) {
	const sqlList = `
		SELECT to_char(day, 'YYYY-MM-DD') AS day, outcome, uses FROM token_uses WHERE token = $1 AND day >= $2::date ORDER BY day DESC, outcome`
	var rows []struct {
		Day     string `db:"day"`
		Outcome string `db:"outcome"`
		Uses    int64  `db:"uses"`
	}
	if err := s.DB.pool.SelectContext(ctx, &rows, sqlList, id, since); err != nil {
		return nil, err
	}
	uses := make([]credential.Use, len(rows))
	for i, row := range rows {
		uses[i] = credential.Use{TokenID: id, Day: row.Day, Outcome: row.Outcome, Count: row.Uses}
	}
	return uses, nil
}
