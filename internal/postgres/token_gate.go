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

// What a check reads of a token: that happens thousands of times a second, by one prepared
// statement.
const (
	gateColumns = `
		t.id, t.request, t.habilitation, t.siret, t.organisation, t.editor_siret, t.scopes, t.barred_at, t.issued_at, t.expires_at, t.replaced_at,
		t.ends_at, t.suspended_at, t.revoked_at`
	// One key is the rule, several the time of a rotation: an array costs more than a value.
	sqlShown        = `SELECT` + gateColumns + ` FROM tokens t WHERE t.public_id = $1 AND t.digest = $2`
	sqlShownByAny   = `SELECT` + gateColumns + ` FROM tokens t WHERE t.public_id = $1 AND t.digest = ANY($2)`
	sqlShownForeign = `SELECT` + gateColumns + ` FROM tokens t WHERE t.id = $1 AND t.public_id IS NULL`
)

var (
	sqlCounted        = counting(sqlShown, "$3", "$4")
	sqlCountedByAny   = counting(sqlShownByAny, "$3", "$4")
	sqlCountedForeign = counting(sqlShownForeign, "$2", "$3")
)

// counting reads a token and counts a call of its software in the same statement, by the clock
// of the database, that of all instances. The calls of a token that is closed are not counted
// (credential.Token.State), nor those of a second that has had its number: it tells no calls
// then.
func counting(shown, limit, now string) string {
	return `
		WITH t AS MATERIALIZED (` + shown + `), counted AS (
			INSERT INTO call_allowances AS a (request, second, calls)
			SELECT t.request, floor(extract(epoch FROM now())), 1 FROM t
			WHERE t.revoked_at IS NULL AND t.suspended_at IS NULL AND t.barred_at IS NULL
				AND (t.ends_at IS NULL OR t.ends_at >= t.expires_at OR t.ends_at > ` + now + `)
			ON CONFLICT (request) DO UPDATE SET
				second = greatest(a.second, EXCLUDED.second), calls = CASE WHEN a.second < EXCLUDED.second THEN 1 ELSE a.calls + 1 END
			WHERE a.second < EXCLUDED.second OR a.calls < ` + limit + `
			RETURNING second, calls)
		SELECT t.*, COALESCE(counted.second, floor(extract(epoch FROM now()))::bigint), counted.calls FROM t LEFT JOIN counted ON true`
}

// FindShown finds a token by what was shown.
func (s Tokens) FindShown(ctx context.Context, shown credential.Shown) (credential.Token, error) {
	text := chosen(shown, sqlShown, sqlShownByAny, sqlShownForeign)
	return s.read(ctx, text, shownBy(shown))
}

// CountShown finds a token by what was shown, and counts a call of its request's software,
// whatever its token and the instance.
func (s Tokens) CountShown(ctx context.Context, shown credential.Shown, now time.Time) (credential.Token, credential.Allowance, error) {
	text := chosen(shown, sqlCounted, sqlCountedByAny, sqlCountedForeign)
	arguments := append(shownBy(shown), credential.CountedPerSecond, now)
	var second int64
	var calls sql.NullInt64
	t, err := s.read(ctx, text, arguments, &second, &calls)
	if err != nil || !t.State(now).Counts() {
		return t, credential.Allowance{}, err
	}
	left := credential.Allowance{Limit: credential.CallsPerSecond, Exceeded: !calls.Valid, Reset: time.Unix(second+1, 0)}
	if calls.Valid {
		left.Remaining = credential.CountedPerSecond - int(calls.Int64)
	}
	return t, left, nil
}

// chosen is the statement for what was shown.
func chosen(shown credential.Shown, byOne, byAny, foreign string) string {
	switch {
	case shown.PublicID == "":
		return foreign
	case len(shown.Digests) == 1:
		return byOne
	}
	return byAny
}

func shownBy(shown credential.Shown) []any {
	switch {
	case shown.PublicID == "":
		return []any{shown.ID}
	case len(shown.Digests) == 1:
		return []any{shown.PublicID, shown.Digests[0]}
	}
	return []any{shown.PublicID, pq.ByteaArray(shown.Digests)}
}

// read reads a token, and what its statement tells besides.
func (s Tokens) read(ctx context.Context, text string, arguments []any, besides ...any) (credential.Token, error) {
	statement, err := s.DB.statement(ctx, text)
	if err != nil {
		return credential.Token{}, err
	}
	var (
		t                                          credential.Token
		request, granted                           int64
		siret                                      string
		editor                                     sql.NullString
		barred, replaced, ends, suspended, revoked sql.NullTime
	)
	err = statement.QueryRowContext(ctx, arguments...).Scan(append([]any{&t.ID, &request, &granted, &siret, &t.Organisation, &editor,
		(*pq.StringArray)(&t.Scopes), &barred, &t.IssuedAt, &t.ExpiresAt, &replaced, &ends, &suspended, &revoked}, besides...)...)
	if err != nil {
		return credential.Token{}, notFoundAs("token.unknown", err)
	}
	t.Request, t.Habilitation = habilitation.RequestNumber(request), habilitation.Number(granted)
	t.Siret, t.Editor = value.Siret(siret), value.Siret(editor.String)
	t.Barred, t.ReplacedAt, t.EndsAt = barred.Time, replaced.Time, ends.Time
	t.Suspension.At, t.Revocation.At = suspended.Time, revoked.Time
	return t, nil
}

// AddUses adds to the counts of calls, and moves the first and the last use, and the first
// answer.
func (s Tokens) AddUses(ctx context.Context, uses []credential.Use) error {
	const sqlCount = `
		INSERT INTO token_uses AS u (token, day, outcome, uses)
		SELECT * FROM unnest($1::uuid[], $2::date[], $3::text[], $4::bigint[])
		ON CONFLICT (token, day, outcome) DO UPDATE SET uses = u.uses + EXCLUDED.uses`
	const sqlUsed = `
		UPDATE tokens t SET first_used_at = LEAST(t.first_used_at, used.first), last_used_at = GREATEST(t.last_used_at, used.last),
			first_answered_at = LEAST(t.first_answered_at, used.answered)
		FROM (SELECT token, min(first) AS first, max(last) AS last, min(first) FILTER (WHERE served) AS answered
			FROM unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[], $4::boolean[]) AS told (token, first, last, served) GROUP BY token) used
		WHERE t.id = used.token`
	var tokens, days, outcomes, used pq.StringArray
	var counts pq.Int64Array
	var firsts, lasts pq.StringArray
	var served pq.BoolArray
	for _, use := range uses {
		tokens, days, outcomes, counts = append(tokens, use.TokenID), append(days, use.Day), append(outcomes, use.Outcome), append(counts, use.Count)
		if use.Accepted {
			used, served = append(used, use.TokenID), append(served, use.Served())
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
		// In one order, whatever the plan: whoever writes tokens takes them so.
		if _, err := tx.ExecContext(ctx, `SELECT FROM tokens WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE`, used); err != nil {
			return fmt.Errorf("lock the tokens that were used: %w", err)
		}
		if _, err := tx.ExecContext(ctx, sqlUsed, used, firsts, lasts, served); err != nil {
			return fmt.Errorf("note the last use of tokens: %w", err)
		}
		return nil
	})
}

// EraseUses erases the counts of days before one.
func (s Tokens) EraseUses(ctx context.Context, before string) (int, error) {
	result, err := s.DB.pool.ExecContext(ctx, `DELETE FROM token_uses WHERE day < $1::date`, before)
	if err != nil {
		return 0, err
	}
	erased, err := result.RowsAffected()
	return int(erased), err
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
