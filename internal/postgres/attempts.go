package postgres

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"time"

	"github.com/jmoiron/sqlx"

	"portail-qf/internal/domain/dossier"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/outbox"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/failpoint"
)

// Attempts implements dossier.AttemptStore.
type Attempts struct{ DB *DB }

// attemptRow is what every finder of attempts reads.
type attemptRow struct {
	ID        string         `db:"id"`
	Siret     string         `db:"siret"`
	Step      string         `db:"step"`
	Reference sql.NullString `db:"reference"`
	CreatedAt time.Time      `db:"created_at"`
	Sealed    []byte         `db:"sealed"`
	Nonce     string         `db:"nonce"`
}

func (r attemptRow) attempt() dossier.SealedAttempt {
	return dossier.SealedAttempt{
		ID: r.ID, Siret: value.Siret(r.Siret), Step: dossier.Step(r.Step),
		Reference: value.Reference(r.Reference.String), CreatedAt: r.CreatedAt, Sealed: r.Sealed,
	}
}

// seenEvery is how often reading an attempt is written down: often enough for the idle
// limit, seldom enough to keep reads cheap.
const seenEvery = time.Minute

// RecordStarted opens the session if needed and replaces its attempt for the collectivity.
// The session counts as new, so that a purge at the same moment leaves it its attempt.
func (a Attempts) RecordStarted(ctx context.Context, session dossier.SessionKey, attempt dossier.SealedAttempt, stateHash [32]byte, nonce string) error {
	const sqlSession = `
		INSERT INTO citizen_sessions (key, created_at) VALUES ($1, $2)
		ON CONFLICT (key) DO UPDATE SET created_at = EXCLUDED.created_at
		RETURNING id`
	const sqlReplace = `DELETE FROM attempts WHERE session_id = $1 AND siret = $2`
	const sqlStart = `
		INSERT INTO attempts (id, session_id, siret, step, state_hash, nonce, sealed, created_at, seen_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)`
	return a.DB.InTx(ctx, func(tx *sqlx.Tx) error {
		var sessionID int64
		if err := tx.GetContext(ctx, &sessionID, sqlSession, session[:], attempt.CreatedAt); err != nil {
			return fmt.Errorf("open session: %w", err)
		}
		if _, err := tx.ExecContext(ctx, sqlReplace, sessionID, attempt.Siret); err != nil {
			return fmt.Errorf("replace attempt: %w", err)
		}
		_, err := tx.ExecContext(ctx, sqlStart, attempt.ID, sessionID, attempt.Siret, attempt.Step, stateHash[:], nonce, attempt.Sealed, attempt.CreatedAt)
		if err != nil {
			return fmt.Errorf("start attempt: %w", err)
		}
		return nil
	})
}

// TakeSignIn consumes the state of a sign-in that still has time.
func (a Attempts) TakeSignIn(ctx context.Context, session dossier.SessionKey, stateHash [32]byte, now time.Time) (dossier.SealedAttempt, string, error) {
	// before only tells the nonce: the conditions are on a, which PostgreSQL reads again
	// when another callback was faster, and not before.
	const sqlTake = `
		UPDATE attempts a SET state_hash = NULL, nonce = ''
		FROM attempts before
		WHERE a.id = before.id AND a.state_hash = $2 AND a.created_at > $3 AND a.step = 'commencee'
		  AND a.session_id = (SELECT id FROM citizen_sessions WHERE key = $1)
		RETURNING a.id, a.siret, a.step, a.reference, a.created_at, a.sealed, before.nonce`
	var row attemptRow
	if err := a.DB.pool.GetContext(ctx, &row, sqlTake, session[:], stateHash[:], now.Add(-dossier.SignInLife)); err != nil {
		return dossier.SealedAttempt{}, "", notFoundAs("attempt.ended", err)
	}
	return row.attempt(), row.Nonce, nil
}

// FindLatestStarted finds the attempt that the browser most likely comes back to.
func (a Attempts) FindLatestStarted(ctx context.Context, session dossier.SessionKey, now time.Time) (dossier.SealedAttempt, error) {
	const sqlLatest = `
		SELECT a.id, a.siret, a.step, a.reference, a.created_at, a.sealed, a.nonce
		FROM attempts a JOIN citizen_sessions s ON s.id = a.session_id
		WHERE s.key = $1 AND a.step = 'commencee' AND a.created_at > $2
		ORDER BY a.created_at DESC LIMIT 1`
	var row attemptRow
	if err := a.DB.pool.GetContext(ctx, &row, sqlLatest, session[:], now.Add(-dossier.AbsoluteLife)); err != nil {
		return dossier.SealedAttempt{}, notFoundAs("attempt.ended", err)
	}
	return row.attempt(), nil
}

// RecordIdentified stores the person who signed in and renews the session's key.
func (a Attempts) RecordIdentified(ctx context.Context, session, renewed dossier.SessionKey, attempt dossier.SealedAttempt, now time.Time) error {
	const sqlRenew = `UPDATE citizen_sessions SET key = $2 WHERE key = $1 RETURNING id`
	const sqlForget = `DELETE FROM attempts WHERE session_id = $1 AND id <> $2 AND step <> 'commencee'`
	const sqlIdentify = `
		UPDATE attempts SET step = 'identifiee', sealed = $3, seen_at = $4
		WHERE id = $2 AND session_id = $1 AND step = 'commencee'`
	return a.DB.InTx(ctx, func(tx *sqlx.Tx) error {
		var sessionID int64
		if err := tx.GetContext(ctx, &sessionID, sqlRenew, session[:], renewed[:]); err != nil {
			return notFoundAs("attempt.ended", err)
		}
		if _, err := tx.ExecContext(ctx, sqlForget, sessionID, attempt.ID); err != nil {
			return fmt.Errorf("forget the person before: %w", err)
		}
		result, err := tx.ExecContext(ctx, sqlIdentify, sessionID, attempt.ID, attempt.Sealed, now)
		if err != nil {
			return fmt.Errorf("identify attempt: %w", err)
		}
		return oneRow(result, fault.New(fault.NotFound, "attempt.ended"))
	})
}

// RecordUnanswered stores what is left of a sign-in that led to no quotient.
func (a Attempts) RecordUnanswered(ctx context.Context, session dossier.SessionKey, attempt dossier.SealedAttempt) error {
	const sqlKeep = `
		UPDATE attempts SET sealed = $3
		WHERE id = $2 AND step = 'commencee' AND session_id = (SELECT id FROM citizen_sessions WHERE key = $1)`
	if _, err := a.DB.pool.ExecContext(ctx, sqlKeep, session[:], attempt.ID, attempt.Sealed); err != nil {
		return err
	}
	return nil
}

// FindAttempt finds an attempt that is neither idle nor old.
func (a Attempts) FindAttempt(ctx context.Context, session dossier.SessionKey, siret value.Siret, now time.Time) (dossier.SealedAttempt, error) {
	const sqlFind = `
		SELECT a.id, a.siret, a.step, a.reference, a.created_at, a.sealed, a.nonce, a.seen_at < $6 AS stale
		FROM attempts a JOIN citizen_sessions s ON s.id = a.session_id
		WHERE s.key = $1 AND a.siret = $2 AND a.created_at > $3
		  AND (a.seen_at > $4 OR a.step = 'commencee' AND a.seen_at > $5)`
	const sqlSeen = `UPDATE attempts SET seen_at = $2 WHERE id = $1`
	var row struct {
		attemptRow
		Stale bool `db:"stale"`
	}
	err := a.DB.pool.GetContext(ctx, &row, sqlFind, session[:], siret,
		now.Add(-dossier.AbsoluteLife), now.Add(-dossier.IdleLife), now.Add(-dossier.SignInLife), now.Add(-seenEvery))
	if err != nil {
		return dossier.SealedAttempt{}, notFoundAs("attempt.ended", err)
	}
	if row.Stale && row.Step != string(dossier.StepStarted) {
		if _, err := a.DB.pool.ExecContext(ctx, sqlSeen, row.ID, now); err != nil {
			return dossier.SealedAttempt{}, fmt.Errorf("note attempt as seen: %w", err)
		}
	}
	return row.attempt(), nil
}

// RecordDossier records the dossier, its payload and its delivery order, and shrinks the
// attempt. The attempt's row is locked first: of two POSTs, the second one reads what the
// first one recorded.
func (a Attempts) RecordDossier(ctx context.Context, session dossier.SessionKey, d dossier.NewDossier) (value.Reference, error) {
	const sqlLock = `
		SELECT a.step, COALESCE(a.reference, '') AS reference
		FROM attempts a JOIN citizen_sessions s ON s.id = a.session_id
		WHERE a.id = $1 AND s.key = $2 AND a.step <> 'commencee' FOR UPDATE OF a`
	const sqlDossier = `
		WITH recorded AS (
			INSERT INTO dossiers (reference, attempt_id, siret, code_cog, state, recorded_at, state_at)
			VALUES ($1, $2, $3, $4, 'enregistre', $5, $5) RETURNING id
		), traced AS (
			INSERT INTO dossier_events (dossier_id, at, kind) SELECT id, $5, 'recorded' FROM recorded
		)
		INSERT INTO dossier_payloads (dossier_id, key, content) SELECT id, $6, $7 FROM recorded
		RETURNING dossier_id`
	const sqlShrink = `UPDATE attempts SET step = 'transmise', reference = $2, sealed = $3 WHERE id = $1`
	reference := d.Reference
	err := a.DB.InTx(ctx, func(tx *sqlx.Tx) error {
		var attempt struct{ Step, Reference string }
		if err := tx.GetContext(ctx, &attempt, sqlLock, d.AttemptID, session[:]); err != nil {
			return notFoundAs("attempt.ended", err)
		}
		if attempt.Step == string(dossier.StepSent) {
			reference = value.Reference(attempt.Reference)
			return nil
		}
		var id int64
		if err := tx.GetContext(ctx, &id, sqlDossier, d.Reference, d.AttemptID, d.Recipient.Siret, d.Recipient.COG, d.RecordedAt, d.PayloadKey, d.Payload); err != nil {
			return fmt.Errorf("insert dossier: %w", err)
		}
		if _, err := tx.ExecContext(ctx, sqlShrink, d.AttemptID, d.Reference, d.AttemptLeft); err != nil {
			return fmt.Errorf("shrink attempt: %w", err)
		}
		if err := enqueue(ctx, tx, outbox.DeliverDossier, strconv.FormatInt(id, 10), d.RecordedAt); err != nil {
			return err
		}
		failpoint.Hit("record: before commit")
		return nil
	})
	if err != nil {
		return "", err
	}
	failpoint.Hit("record: after commit")
	return reference, nil
}

// EndSession erases the session; its attempts go with it.
func (a Attempts) EndSession(ctx context.Context, session dossier.SessionKey) ([]dossier.SealedAttempt, error) {
	const sqlHeld = `
		SELECT a.id, a.siret, a.step, a.reference, a.created_at, a.sealed, a.nonce
		FROM attempts a JOIN citizen_sessions s ON s.id = a.session_id
		WHERE s.key = $1 ORDER BY a.seen_at DESC`
	const sqlEnd = `DELETE FROM citizen_sessions WHERE key = $1`
	var ended []dossier.SealedAttempt
	err := a.DB.InTx(ctx, func(tx *sqlx.Tx) error {
		var rows []attemptRow
		if err := tx.SelectContext(ctx, &rows, sqlHeld, session[:]); err != nil {
			return fmt.Errorf("list attempts of the session: %w", err)
		}
		for _, row := range rows {
			ended = append(ended, row.attempt())
		}
		if _, err := tx.ExecContext(ctx, sqlEnd, session[:]); err != nil {
			return fmt.Errorf("erase session: %w", err)
		}
		return nil
	})
	return ended, err
}

// oneRow returns otherwise when a statement that must change one row changed none.
func oneRow(result sql.Result, otherwise error) error {
	changed, err := result.RowsAffected()
	if err != nil {
		return fmt.Errorf("count changed rows: %w", err)
	}
	if changed == 0 {
		return otherwise
	}
	return nil
}

var _ dossier.AttemptStore = Attempts{}
