package postgres

import (
	"context"
	"database/sql"
	"encoding/hex"
	"fmt"
	"net/netip"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/machine"
)

// APIDoor implements machine.DoorStore.
type APIDoor struct{ DB *DB }

var _ machine.DoorStore = APIDoor{}

// The present minute and second of the counts, by the database's clock.
const (
	presentMinute = `(extract(epoch FROM clock_timestamp())::bigint / 60)`
	presentSecond = `floor(extract(epoch FROM clock_timestamp()))::bigint`
)

func failureOf(attempt machine.Attempt) string { return "failure " + hex.EncodeToString(attempt[:]) }

// FindShown finds a client by its secret. Whatever is not found, the statement does the same
// work.
func (s APIDoor) FindShown(ctx context.Context, id string, digests [][]byte, attempt machine.Attempt) (machine.Found, int, error) {
	const (
		sqlFailures = `SELECT COALESCE(max(times), 0) FROM api_counts WHERE what = $1 AND span = ` + presentMinute
		sqlShown    = `
			SELECT ` + clientColumns + `, s.id AS secret_id FROM api_client_secrets s JOIN api_clients c ON c.id = s.client` + withItsEditor + `
			WHERE s.digest = ANY($2) AND c.id = $1 AND s.ended_at IS NULL AND c.revoked_at IS NULL`
	)
	var failures int
	if err := s.DB.pool.GetContext(ctx, &failures, sqlFailures, failureOf(attempt)); err != nil {
		return machine.Found{}, 0, fmt.Errorf("count failures: %w", err)
	}
	var row struct {
		clientRow
		SecretID int64 `db:"secret_id"`
	}
	if err := s.DB.pool.GetContext(ctx, &row, sqlShown, id, pq.ByteaArray(digests)); err != nil {
		return machine.Found{}, failures, notFoundAs("api_client.unknown", err)
	}
	client, err := row.client()
	return machine.Found{Client: client, SecretID: row.SecretID}, failures, err
}

// NoteFailure counts a failure.
func (s APIDoor) NoteFailure(ctx context.Context, attempt machine.Attempt) error {
	const sqlNote = `
		INSERT INTO api_counts AS n (what, span, times, at) VALUES ($1, ` + presentMinute + `, 1, clock_timestamp())
		ON CONFLICT (what) DO UPDATE SET span = EXCLUDED.span, at = EXCLUDED.at,
			times = CASE WHEN n.span = EXCLUDED.span THEN n.times + 1 ELSE 1 END`
	_, err := s.DB.pool.ExecContext(ctx, sqlNote, failureOf(attempt))
	return err
}

// NoteUse moves the last use of a client and of its secret.
func (s APIDoor) NoteUse(ctx context.Context, found machine.Found, stale, now time.Time) error {
	const sqlUse = `
		WITH secret AS (
			UPDATE api_client_secrets SET last_used_at = $3 WHERE id = $2 AND (last_used_at IS NULL OR last_used_at < $4) RETURNING id)
		UPDATE api_clients SET last_used_at = $3 WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $4)`
	_, err := s.DB.pool.ExecContext(ctx, sqlUse, found.Client.ID, found.SecretID, now, stale)
	return err
}

// CountGrant counts that a client asks for an access token.
func (s APIDoor) CountGrant(ctx context.Context, clientID string, most int) (bool, error) {
	const sqlCount = `
		INSERT INTO api_counts AS n (what, span, times, at) VALUES ('grant ' || $1, ` + presentMinute + `, 1, clock_timestamp())
		ON CONFLICT (what) DO UPDATE SET span = greatest(n.span, EXCLUDED.span), at = EXCLUDED.at, -- never back to a minute of before
			times = CASE WHEN n.span < EXCLUDED.span THEN 1 ELSE n.times + 1 END
		WHERE n.span < EXCLUDED.span OR n.times < $2`
	result, err := s.DB.pool.ExecContext(ctx, sqlCount, clientID, most)
	if err != nil {
		return false, err
	}
	counted, err := result.RowsAffected()
	return counted == 1, err
}

// RecordAccess keeps an access token, while its client waits: those that it may have are
// counted.
func (s APIDoor) RecordAccess(ctx context.Context, access machine.Access, most int) error {
	const (
		sqlHolds = `
			SELECT c.id FROM api_clients c JOIN api_client_secrets s ON s.client = c.id
			WHERE c.id = $1 AND s.id = $2 AND c.revoked_at IS NULL AND s.ended_at IS NULL FOR NO KEY UPDATE OF c`
		sqlOldest = `
			DELETE FROM api_accesses WHERE client = $1 AND (expires_at <= $2 OR digest IN (
				SELECT digest FROM api_accesses WHERE client = $1 AND expires_at > $2 ORDER BY issued_at DESC, digest OFFSET $3))`
		sqlInsert = `
			INSERT INTO api_accesses (digest, client, secret, scopes, issued_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)`
	)
	return s.DB.InTx(ctx, func(tx *sqlx.Tx) error {
		var id string
		if err := tx.GetContext(ctx, &id, sqlHolds, access.ClientID, access.SecretID); err != nil {
			return notFoundAs("api_client.unknown", err)
		}
		if _, err := tx.ExecContext(ctx, sqlOldest, access.ClientID, access.IssuedAt, most-1); err != nil {
			return fmt.Errorf("erase the oldest access tokens: %w", err)
		}
		_, err := tx.ExecContext(ctx, sqlInsert, access.Digest[:], access.ClientID, access.SecretID, scopeNames(access.Scopes), access.IssuedAt, access.ExpiresAt)
		if err != nil {
			return fmt.Errorf("write access token: %w", err)
		}
		return nil
	})
}

// FindAccess finds what an access token opens, and counts the call, in one statement. What it
// says of the address is machine.Client.Calls; a test compares them.
func (s APIDoor) FindAccess(ctx context.Context, digest [32]byte, from netip.Addr, stale, now time.Time) (machine.Pass, int, error) {
	const (
		sqlAccess = `
			WITH live AS (
				SELECT a.client, a.scopes, o.networks = '{}' OR $3::inet <<= ANY (o.networks) AS from_home FROM api_accesses a
				JOIN api_client_secrets s ON s.id = a.secret JOIN api_clients o ON o.id = a.client
				WHERE a.digest = $1 AND a.expires_at > $2 AND s.ended_at IS NULL AND o.revoked_at IS NULL
			), counted AS (
				INSERT INTO api_counts AS n (what, span, times, at) SELECT 'call ' || live.client, ` + presentSecond + `, 1, clock_timestamp() FROM live
				WHERE live.from_home
				ON CONFLICT (what) DO UPDATE SET span = greatest(n.span, EXCLUDED.span), at = EXCLUDED.at, -- never back to a second of before
					times = CASE WHEN n.span < EXCLUDED.span THEN 1 ELSE n.times + 1 END
				RETURNING times
			)
			SELECT ` + clientColumns + `, live.scopes AS opened, COALESCE(counted.times, 0) AS times
			FROM live LEFT JOIN counted ON true JOIN api_clients c ON c.id = live.client` + withItsEditor
		sqlUse = `UPDATE api_clients SET last_used_at = $2 WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $3)`
	)
	var row struct {
		clientRow
		Opened pq.StringArray `db:"opened"`
		Times  int            `db:"times"`
	}
	if err := s.DB.pool.GetContext(ctx, &row, sqlAccess, digest[:], now, nullText(knownAddress(from))); err != nil {
		return machine.Pass{}, 0, notFoundAs("api_client.unknown", err)
	}
	if row.Times > 0 && row.LastUsedAt.Time.Before(stale) {
		if _, err := s.DB.pool.ExecContext(ctx, sqlUse, row.ID, now, stale); err != nil {
			return machine.Pass{}, 0, fmt.Errorf("note the use of an API client: %w", err)
		}
	}
	client, err := row.client()
	pass := machine.Pass{Client: client}
	for _, scope := range scopesOf(row.Opened) {
		if client.Holds(scope) {
			pass.Scopes = append(pass.Scopes, scope)
		}
	}
	return pass, row.Times, err
}

// knownAddress is "" for an address that is in no network: not known, or of a zone of its own.
func knownAddress(from netip.Addr) string {
	if !from.IsValid() || from.Zone() != "" {
		return ""
	}
	return from.String()
}

// PurgeAccesses erases the access tokens that are over, and the counts of before.
func (s APIDoor) PurgeAccesses(ctx context.Context, now time.Time) (int, error) {
	const (
		sqlAccesses = `DELETE FROM api_accesses WHERE expires_at <= $1`
		sqlCounts   = `DELETE FROM api_counts WHERE at < clock_timestamp() - interval '2 minutes'`
	)
	var erased sql.Result
	for _, statement := range []struct {
		query string
		args  []any
	}{{sqlCounts, nil}, {sqlAccesses, []any{now}}} {
		var err error
		if erased, err = s.DB.pool.ExecContext(ctx, statement.query, statement.args...); err != nil {
			return 0, fmt.Errorf("purge the accesses of API clients: %w", err)
		}
	}
	count, err := erased.RowsAffected()
	return int(count), err
}

// RecordOnce journals an event unless the same one was within a time.
func (s APIDoor) RecordOnce(ctx context.Context, event audit.Event, within time.Duration) error {
	return Journal(s).RecordOnce(ctx, event, within)
}
