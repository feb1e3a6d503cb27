package postgres

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/value"
)

// TokenGate implements credential.GateStore. Calls come by the thousand a second: those that
// come together are looked up, and counted, in one statement. Nothing is remembered from one
// statement to the next, and nobody waits for others to come.
type TokenGate struct {
	db *DB

	mu       sync.Mutex
	waiting  []*lookup
	underway bool // a statement
}

var _ credential.GateStore = (*TokenGate)(nil)

// NewTokenGate makes a gate over a database.
func NewTokenGate(db *DB) *TokenGate { return &TokenGate{db: db} }

const (
	mostTogether = 64   // calls in a statement
	mostWaiting  = 4096 // beyond, the database is not there
	gatePatience = 5 * time.Second
)

// lookup is a call that waits for its token.
type lookup struct {
	ctx    context.Context // of the caller, who may leave
	shown  credential.Shown
	counts bool
	now    time.Time

	token     credential.Token
	allowance credential.Allowance
	err       error
	done      chan struct{}
}

// FindShown finds a token by what was shown, and counts a call where that is wanted.
func (g *TokenGate) FindShown(ctx context.Context, shown credential.Shown, counts bool, now time.Time) (credential.Token, credential.Allowance, error) {
	call := &lookup{ctx: ctx, shown: shown, counts: counts, now: now, done: make(chan struct{})}
	g.mu.Lock()
	if len(g.waiting) >= mostWaiting {
		g.mu.Unlock()
		return credential.Token{}, credential.Allowance{}, fault.New(fault.Unavailable, "token.gate_busy")
	}
	g.waiting = append(g.waiting, call)
	begins := !g.underway
	g.underway = true
	g.mu.Unlock()
	if begins {
		go g.work(context.WithoutCancel(ctx)) // whoever came first may leave before the others
	}
	select {
	case <-call.done:
		return call.token, call.allowance, call.err
	case <-ctx.Done():
		return credential.Token{}, credential.Allowance{}, ctx.Err()
	}
}

// work looks calls up until none waits. Whoever left is neither looked up nor counted.
func (g *TokenGate) work(ctx context.Context) {
	for {
		g.mu.Lock()
		g.waiting = slices.DeleteFunc(g.waiting, func(call *lookup) bool { return call.ctx.Err() != nil })
		calls := slices.Clone(g.waiting[:min(len(g.waiting), mostTogether)])
		g.waiting = slices.Delete(g.waiting, 0, len(calls))
		if len(calls) == 0 {
			g.underway = false
			g.mu.Unlock()
			return
		}
		g.mu.Unlock()
		g.look(ctx, calls)
		for _, call := range calls {
			close(call.done)
		}
	}
}

// gateColumns are what a check reads of a token.
const gateColumns = `
	t.id, t.request, t.habilitation, t.siret, t.organisation, t.editor_siret, t.scopes, t.barred_at, t.issued_at, t.expires_at, t.replaced_at,
	t.ends_at, t.suspended_at, t.revoked_at`

// sqlGate finds tokens by their public ids and hashes ($1 to $3: number of the call, public id,
// hash) and those of other systems by their ids ($4, $5), and counts the calls whose numbers
// are in $6, by request. The clock of the database is that of all instances; once the calls of
// a second are too many ($8), they are counted no further. In the order of the requests: two
// instances that count the same ones do not wait for each other in a circle.
const sqlGate = `
	WITH found AS (
		SELECT s.call,` + gateColumns + `
		FROM unnest($1::int[], $2::text[], $3::bytea[]) AS s (call, public_id, digest)
		JOIN tokens t ON t.public_id = s.public_id AND t.digest = s.digest
		UNION ALL
		SELECT s.call,` + gateColumns + `
		FROM unnest($4::int[], $5::uuid[]) AS s (call, id) JOIN tokens t ON t.id = s.id AND t.public_id IS NULL
	), counted AS (
		INSERT INTO call_allowances AS a (request, second, calls)
		SELECT f.request, floor(extract(epoch FROM now())), count(*) FROM found f
		WHERE f.call = ANY($6) AND f.revoked_at IS NULL AND f.suspended_at IS NULL AND f.barred_at IS NULL AND (f.ends_at IS NULL OR f.ends_at > $7)
		GROUP BY f.request ORDER BY f.request
		ON CONFLICT (request) DO UPDATE SET
			second = greatest(a.second, EXCLUDED.second), calls = CASE WHEN a.second < EXCLUDED.second THEN EXCLUDED.calls ELSE a.calls + EXCLUDED.calls END
		WHERE a.second < EXCLUDED.second OR a.calls <= $8
		RETURNING request, second, calls
	)
	SELECT f.call, f.id, f.request, f.habilitation, f.siret, f.organisation, f.editor_siret, f.scopes, f.barred_at, f.issued_at, f.expires_at,
		f.replaced_at, f.ends_at, f.suspended_at, f.revoked_at, COALESCE(counted.second, floor(extract(epoch FROM now()))::bigint), counted.calls
	FROM found f LEFT JOIN counted USING (request) ORDER BY f.call`

// look finds the tokens of calls. What goes wrong, goes wrong for all of them.
func (g *TokenGate) look(ctx context.Context, calls []*lookup) {
	ctx, cancel := context.WithTimeout(ctx, gatePatience)
	defer cancel()
	for _, call := range calls {
		call.err = fault.New(fault.NotFound, "token.unknown")
	}
	if err := g.query(ctx, calls); err != nil {
		for _, call := range calls {
			call.err = fmt.Errorf("look tokens up: %w", err)
		}
	}
}

func (g *TokenGate) query(ctx context.Context, calls []*lookup) error {
	statement, err := g.db.statement(ctx, sqlGate)
	if err != nil {
		return err
	}
	now := calls[0].now
	for _, call := range calls { // one moment for all of them, here and in the statement
		call.now = now
	}
	rows, err := statement.QueryContext(ctx, argumentsOf(calls)...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	counts := map[int64]*secondly{}
	for rows.Next() {
		if err := readShown(rows, calls, counts); err != nil {
			return err
		}
	}
	for _, of := range counts {
		of.share()
	}
	return rows.Err()
}

func argumentsOf(calls []*lookup) []any {
	var ours, theirs, counted pq.Int64Array
	var publics, ids pq.StringArray
	var digests pq.ByteaArray
	for number, call := range calls {
		if call.counts {
			counted = append(counted, int64(number))
		}
		if call.shown.PublicID == "" {
			theirs, ids = append(theirs, int64(number)), append(ids, call.shown.ID)
			continue
		}
		for _, digest := range call.shown.Digests {
			ours, publics, digests = append(ours, int64(number)), append(publics, call.shown.PublicID), append(digests, digest)
		}
	}
	return []any{ours, publics, digests, theirs, ids, counted, calls[0].now, credential.CallsPerSecond}
}

// secondly is what was counted of a request in a second: its calls of this statement, and how
// many there are in all; not valid when they were too many before.
type secondly struct {
	calls  []*lookup
	second int64
	total  sql.NullInt64
}

// share tells each call what is left after it, in their order.
func (s *secondly) share() {
	for i, call := range s.calls {
		left := credential.Allowance{Limit: credential.CallsPerSecond, Reset: time.Unix(s.second+1, 0)}
		if position := int(s.total.Int64) - len(s.calls) + i + 1; s.total.Valid && position <= left.Limit {
			left.Remaining = left.Limit - position
		} else {
			left.Exceeded = true
		}
		call.allowance = left
	}
}

func readShown(rows *sql.Rows, calls []*lookup, counts map[int64]*secondly) error {
	var (
		t                                          credential.Token
		number                                     int
		request, granted                           int64
		siret                                      string
		editor                                     sql.NullString
		barred, replaced, ends, suspended, revoked sql.NullTime
		counted                                    secondly
	)
	if err := rows.Scan(&number, &t.ID, &request, &granted, &siret, &t.Organisation, &editor, (*pq.StringArray)(&t.Scopes), &barred, &t.IssuedAt, &t.ExpiresAt,
		&replaced, &ends, &suspended, &revoked, &counted.second, &counted.total); err != nil {
		return fmt.Errorf("read a token: %w", err)
	}
	t.Request, t.Habilitation = habilitation.RequestNumber(request), habilitation.Number(granted)
	t.Siret, t.Editor = value.Siret(siret), value.Siret(editor.String)
	t.Barred, t.ReplacedAt, t.EndsAt = barred.Time, replaced.Time, ends.Time
	t.Suspension.At, t.Revocation.At = suspended.Time, revoked.Time
	call := calls[number]
	call.token, call.err = t, nil
	if closed := !t.Revocation.At.IsZero() || !t.Suspension.At.IsZero() || !t.Barred.IsZero() || !t.EndsAt.IsZero() && !call.now.Before(t.EndsAt); closed || !call.counts {
		return nil
	}
	if counts[request] == nil {
		counts[request] = &counted
	}
	counts[request].calls = append(counts[request].calls, call)
	return nil
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
		// In one order, whatever the plan: whoever writes tokens takes them so.
		if _, err := tx.ExecContext(ctx, `SELECT FROM tokens WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE`, used); err != nil {
			return fmt.Errorf("lock the tokens that were used: %w", err)
		}
		if _, err := tx.ExecContext(ctx, sqlUsed, used, firsts, lasts); err != nil {
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
