package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/renewal"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/domain/value"
)

// Renewals implements renewal.Store.
type Renewals struct{ DB *DB }

var _ renewal.Store = Renewals{}

// FindRenewal finds a token within reach with all that its prolongation needs.
func (s Renewals) FindRenewal(ctx context.Context, reach credential.TokenReach, id string) (renewal.File, error) {
	token, err := Tokens(s).FindToken(ctx, reach, id)
	if err != nil {
		return renewal.File{}, err
	}
	granted, err := Decisions(s).find(ctx, token.Request)
	if err != nil {
		return renewal.File{}, err
	}
	file := renewal.File{TokenFile: token, Granted: granted.Current, State: granted.State}
	if err := s.DB.pool.GetContext(ctx, &file.Mail, `SELECT `+requesterMail+` FROM requests r WHERE r.number = $1`, int64(token.Request)); err != nil {
		return renewal.File{}, fmt.Errorf("read where the requester is written to: %w", err)
	}
	refused, err := s.ListRefused(ctx, []string{id})
	if err != nil {
		return renewal.File{}, fmt.Errorf("read whether the requester's address refuses mails: %w", err)
	}
	file.MailRefused = len(refused) > 0
	if file.Purpose, err = s.findPurpose(ctx, granted.Current.Number); err != nil {
		return renewal.File{}, err
	}
	if file.Amendment, err = findAmendment(ctx, s.DB.pool, token.Request); err != nil {
		return renewal.File{}, err
	}
	if file.Last, err = s.findLast(ctx, id); err != nil {
		return renewal.File{}, err
	}
	if file.RefusedAt, err = s.findRefused(ctx, token.Token); err != nil {
		return renewal.File{}, err
	}
	if file.Claim, err = Exchange(s).FindClaim(ctx, token.Request); err != nil {
		return renewal.File{}, err
	}
	var nudged sql.NullTime
	err = s.DB.pool.GetContext(ctx, &nudged, `SELECT max(n.at) FROM nudges n WHERE n.token = $1 AND n.expires_at = $2 AND NOT `+neverLeft, id, token.ExpiresAt)
	file.NudgedAt = nudged.Time
	return file, err
}

// findPurpose is what the data of a habilitation are for; "" where another system granted it.
func (s Renewals) findPurpose(ctx context.Context, number habilitation.Number) (purpose string, err error) {
	const sqlPurpose = `SELECT COALESCE(max(answers ->> 'description'), '') FROM habilitations WHERE number = $1`
	if err := s.DB.pool.GetContext(ctx, &purpose, sqlPurpose, int64(number)); err != nil {
		return "", fmt.Errorf("find what a habilitation is for: %w", err)
	}
	return purpose, nil
}

const (
	// isFiled says of a modification d that it waits for its decision: it was deposited, and
	// nothing is asked of the town (renewal.Amendment.Filed).
	isFiled = `(d.filed_at IS NOT NULL AND EXISTS (SELECT FROM applications w WHERE w.request = d.request AND w.phase = 'deposee'))`
	// isReturned says that it was, and that an instructor asks for changes.
	isReturned = `(d.filed_at IS NOT NULL AND NOT ` + isFiled + `)`
)

// findAmendment finds the modification that is under way for the prolongation of the token of a
// request; zero for none.
func findAmendment(ctx context.Context, q sqlx.QueryerContext, number habilitation.RequestNumber) (renewal.Amendment, error) {
	const sqlFind = `
		SELECT d.id, d.token::text AS token, d.request, d.expires_at, d.same_purpose, d.right_contacts, d.author, d.begun_at, d.filed_at, ` + isReturned + ` AS returned,
			(SELECT w.filed_at FROM applications w WHERE w.request = d.request AND d.filed_at IS NOT NULL) AS last_filed_at
		FROM amendments d WHERE d.request = $1 AND d.ended_at IS NULL`
	var row struct {
		ID            int64        `db:"id"`
		Token         string       `db:"token"`
		Request       int64        `db:"request"`
		ExpiresAt     time.Time    `db:"expires_at"`
		SamePurpose   bool         `db:"same_purpose"`
		RightContacts bool         `db:"right_contacts"`
		Author        string       `db:"author"`
		BegunAt       time.Time    `db:"begun_at"`
		FiledAt       sql.NullTime `db:"filed_at"`
		Returned      bool         `db:"returned"`
		LastFiledAt   sql.NullTime `db:"last_filed_at"`
	}
	err := sqlx.GetContext(ctx, q, &row, sqlFind, int64(number))
	if errors.Is(err, sql.ErrNoRows) {
		return renewal.Amendment{}, nil
	}
	if err != nil {
		return renewal.Amendment{}, fmt.Errorf("find the modification for a prolongation: %w", err)
	}
	return renewal.Amendment{
		ID: row.ID, TokenID: row.Token, Request: habilitation.RequestNumber(row.Request), Expiry: row.ExpiresAt,
		Answers: renewal.Answers{InCharge: true, SamePurpose: row.SamePurpose, RightContacts: row.RightContacts},
		By:      row.Author, BegunAt: row.BegunAt, FiledAt: row.FiledAt.Time, LastFiledAt: row.LastFiledAt.Time, Returned: row.Returned,
	}, nil
}

// prolongationColumns are those of a prolongation.
const prolongationColumns = `token::text AS token, from_at, until_at, way, author_id, author, at`

type prolongationRow struct {
	Token    string    `db:"token"`
	FromAt   time.Time `db:"from_at"`
	UntilAt  time.Time `db:"until_at"`
	Way      string    `db:"way"`
	AuthorID string    `db:"author_id"`
	Author   string    `db:"author"`
	At       time.Time `db:"at"`
}

func (r prolongationRow) prolongation() renewal.Prolongation {
	return renewal.Prolongation{TokenID: r.Token, From: r.FromAt, Until: r.UntilAt, Way: renewal.Way(r.Way), ByID: r.AuthorID, By: r.Author, At: r.At}
}

func (s Renewals) findLast(ctx context.Context, tokenID string) (renewal.Prolongation, error) {
	const sqlLast = `SELECT ` + prolongationColumns + ` FROM prolongations WHERE token = $1 ORDER BY from_at DESC LIMIT 1`
	var row prolongationRow
	err := s.DB.pool.GetContext(ctx, &row, sqlLast, tokenID)
	if errors.Is(err, sql.ErrNoRows) {
		return renewal.Prolongation{}, nil
	}
	return row.prolongation(), err
}

// findRefused is when a modification was refused that was to move the expiry of a token; zero for
// never.
func (s Renewals) findRefused(ctx context.Context, t credential.Token) (time.Time, error) {
	const sqlRefused = `SELECT max(ended_at) FROM amendments WHERE token = $1 AND expires_at = $2 AND outcome = 'refusee'`
	var refused sql.NullTime
	if err := s.DB.pool.GetContext(ctx, &refused, sqlRefused, t.ID, t.ExpiresAt); err != nil {
		return time.Time{}, fmt.Errorf("find a refused modification: %w", err)
	}
	return refused.Time, nil
}

// FindProlongation finds the prolongation that moved an expiry.
func (s Renewals) FindProlongation(ctx context.Context, tokenID string, from time.Time) (renewal.Prolongation, error) {
	const sqlFind = `SELECT ` + prolongationColumns + ` FROM prolongations WHERE token = $1 AND from_at = $2`
	var row prolongationRow
	if err := s.DB.pool.GetContext(ctx, &row, sqlFind, tokenID, from); err != nil {
		return renewal.Prolongation{}, notFoundAs("renewal.unknown", err)
	}
	return row.prolongation(), nil
}

// RecordProlongation records a prolongation, whole.
func (s Renewals) RecordProlongation(ctx context.Context, change renewal.Change) error {
	return s.DB.InTx(ctx, func(tx *sqlx.Tx) error {
		if err := updateToken(ctx, tx, change.Token); err != nil {
			return err
		}
		if err := insertProlongation(ctx, tx, change.Prolongation); err != nil {
			return err
		}
		if err := endAmendment(ctx, tx, change.Token.Request, renewal.EndGivenUp, change.Prolongation.At); err != nil {
			return err
		}
		if err := recordEvent(ctx, tx, change.Event); err != nil {
			return err
		}
		if _, err := recordLetters(ctx, tx, change.Letters, change.Prolongation.At); err != nil {
			return err
		}
		return tellEditors(ctx, tx, change.Told, change.Prolongation.At)
	})
}

// insertProlongation writes a prolongation, and takes back the reminders of the expiry that it
// moves. Code: token.moved, where somebody moved it before.
func insertProlongation(ctx context.Context, tx *sqlx.Tx, p renewal.Prolongation) error {
	const sqlInsert = `
		INSERT INTO prolongations (token, from_at, until_at, way, author_id, author, at) VALUES ($1, $2, $3, $4, $5, $6, $7)`
	_, err := tx.ExecContext(ctx, sqlInsert, p.TokenID, p.From, p.Until, string(p.Way), p.ByID, p.By, p.At)
	if violates(err, "prolongations_pkey") {
		return fault.Because(fault.Conflict, "token.moved", err)
	}
	if err != nil {
		return fmt.Errorf("write a prolongation: %w", err)
	}
	return withdrawSettled(ctx, tx, pq.StringArray{p.TokenID}, p.At)
}

// endAmendment ends the modification that is under way for the token of a request, if any.
func endAmendment(ctx context.Context, tx *sqlx.Tx, number habilitation.RequestNumber, end renewal.End, at time.Time) error {
	const sqlEnd = `UPDATE amendments SET ended_at = $2, outcome = $3 WHERE request = $1 AND ended_at IS NULL`
	if _, err := tx.ExecContext(ctx, sqlEnd, int64(number), at, string(end)); err != nil {
		return fmt.Errorf("end the modification for a prolongation: %w", err)
	}
	return withdrawReworded(ctx, tx, number, at)
}

// followAmendment notes the deposit of a modification that is to prolong a token, and its end
// when the town gives it up. Reminders that wait say where it stands.
func followAmendment(ctx context.Context, tx *sqlx.Tx, a request.Application, at time.Time) error {
	if a.Phase == request.Closed {
		return endAmendment(ctx, tx, a.Request.Number, renewal.EndGivenUp, at)
	}
	if a.Phase == request.Filed {
		const sqlFiled = `UPDATE amendments SET filed_at = COALESCE(filed_at, $2) WHERE request = $1 AND ended_at IS NULL`
		if _, err := tx.ExecContext(ctx, sqlFiled, int64(a.Request.Number), at); err != nil {
			return fmt.Errorf("note the deposit of a modification: %w", err)
		}
	}
	return withdrawReworded(ctx, tx, a.Request.Number, at)
}

// RecordAmendment records that a modification begins, for a token that is as it was read. Where
// the request was deposited already, so is the modification.
func (s Renewals) RecordAmendment(ctx context.Context, begun renewal.Amendment, event audit.Event) error {
	const (
		sqlLock   = `SELECT FROM tokens WHERE id = $1 AND expires_at = $2 AND replaced_at IS NULL AND revoked_at IS NULL FOR SHARE`
		sqlRecord = `
		INSERT INTO amendments AS d (token, request, expires_at, same_purpose, right_contacts, author, begun_at, filed_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7,
			(SELECT $7::timestamptz FROM requests r JOIN applications a ON a.request = r.number WHERE r.number = $2 AND r.state = 'reouverte' AND a.phase IN ('deposee', 'a_modifier')))
		ON CONFLICT (request) WHERE ended_at IS NULL DO UPDATE SET
			token = EXCLUDED.token, expires_at = EXCLUDED.expires_at, same_purpose = EXCLUDED.same_purpose, right_contacts = EXCLUDED.right_contacts
		WHERE (d.token, d.expires_at, d.same_purpose, d.right_contacts) <> (EXCLUDED.token, EXCLUDED.expires_at, EXCLUDED.same_purpose, EXCLUDED.right_contacts)`
	)
	a := begun
	return s.DB.InTx(ctx, func(tx *sqlx.Tx) error {
		locked, err := tx.ExecContext(ctx, sqlLock, a.TokenID, a.Expiry)
		if err != nil {
			return fmt.Errorf("lock the token to modify for: %w", err)
		}
		if err := oneRow(locked, fault.New(fault.Conflict, "token.moved")); err != nil {
			return err
		}
		recorded, err := tx.ExecContext(ctx, sqlRecord, a.TokenID, int64(a.Request), a.Expiry, a.Answers.SamePurpose, a.Answers.RightContacts, a.By, a.BegunAt)
		if err != nil {
			return fmt.Errorf("write the modification for a prolongation: %w", err)
		}
		if rows, err := recorded.RowsAffected(); err != nil || rows == 0 { // the same answers, sent twice
			return err
		}
		if err := withdrawReworded(ctx, tx, a.Request, a.BegunAt); err != nil {
			return err
		}
		return recordEvent(ctx, tx, event)
	})
}

// neverLeft says of a demand n that its mail was withdrawn before the requester had it: it counts for
// nothing. Its key is renewal.NudgeNotice.Key; a test compares them. One that a worker was handing
// over, and that left all the same, counts as soon as that is recorded.
const neverLeft = `EXISTS (SELECT FROM mails m WHERE m.key = 'prolongation-demandee ' || n.token || ' ' || to_char(n.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
	AND ` + isWithdrawn + `)`

// RecordNudge records that an editor asks for a prolongation.
func (s Renewals) RecordNudge(ctx context.Context, nudge renewal.Nudge) error {
	// Whoever waited for the other one's demand reads what became of its mail.
	const sqlLock = `SELECT FROM nudges WHERE token = $1 FOR UPDATE`
	const sqlNudge = `
		INSERT INTO nudges AS n (token, expires_at, author, at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (token) DO UPDATE SET expires_at = EXCLUDED.expires_at, author = EXCLUDED.author, at = EXCLUDED.at
		WHERE n.at <= $5 OR n.expires_at <> EXCLUDED.expires_at OR ` + neverLeft
	return s.DB.InTx(ctx, func(tx *sqlx.Tx) error {
		if _, err := tx.ExecContext(ctx, sqlLock, nudge.TokenID); err != nil {
			return fmt.Errorf("lock the demand before: %w", err)
		}
		result, err := tx.ExecContext(ctx, sqlNudge, nudge.TokenID, nudge.Expiry, nudge.By, nudge.At, nudge.Since)
		if err != nil {
			return fmt.Errorf("write a demand to prolong: %w", err)
		}
		if err := oneRow(result, fault.New(fault.Conflict, "renewal.nudged")); err != nil {
			return err
		}
		if err := recordEvent(ctx, tx, nudge.Event); err != nil {
			return err
		}
		return recordLetter(ctx, tx, nudge.Letter, nudge.At)
	})
}

// ListNudged tells when each token was asked for, for the expiry that it has now.
func (s Renewals) ListNudged(ctx context.Context, tokenIDs []string) (map[string]time.Time, error) {
	const sqlNudged = `
		SELECT n.token::text AS token, n.at FROM nudges n JOIN tokens t ON t.id = n.token AND t.expires_at = n.expires_at
		WHERE n.token = ANY ($1::uuid[]) AND NOT ` + neverLeft
	return s.timesOf(ctx, sqlNudged, tokenIDs)
}

// ListRefused lists those of some tokens whose requester's address refused the last reminder.
func (s Renewals) ListRefused(ctx context.Context, tokenIDs []string) (refused []string, err error) {
	const sqlRefused = `
		SELECT t.id::text FROM tokens t JOIN requests r ON r.number = t.request` + lastHandedOver + `
		WHERE t.id = ANY ($1::uuid[]) AND handed.state = 'bounced'`
	err = s.DB.pool.SelectContext(ctx, &refused, sqlRefused, pq.StringArray(tokenIDs))
	return refused, err
}

// ListFiled tells when the modification of the request of each token was deposited, where it waits
// for its decision.
func (s Renewals) ListFiled(ctx context.Context, tokenIDs []string) (map[string]time.Time, error) {
	const sqlFiled = `
		SELECT t.id::text AS token, d.filed_at AS at FROM tokens t JOIN amendments d ON d.request = t.request AND d.ended_at IS NULL
		WHERE t.id = ANY ($1::uuid[]) AND ` + isFiled
	return s.timesOf(ctx, sqlFiled, tokenIDs)
}

// timesOf reads a time of each of some tokens.
func (s Renewals) timesOf(ctx context.Context, query string, tokenIDs []string) (map[string]time.Time, error) {
	var rows []struct {
		Token string    `db:"token"`
		At    time.Time `db:"at"`
	}
	if err := s.DB.pool.SelectContext(ctx, &rows, query, pq.StringArray(tokenIDs)); err != nil {
		return nil, err
	}
	times := make(map[string]time.Time, len(rows))
	for _, row := range rows {
		times[row.Token] = row.At
	}
	return times, nil
}

// FindCopies finds what an editor chose that its technical contact receives.
func (s Renewals) FindCopies(ctx context.Context, editor value.Siret) (renewal.CopyChoice, error) {
	const sqlFind = `SELECT reminder_copies AS copies, technical_contact AS technical FROM editors WHERE siret = $1`
	var row struct {
		Copies    string `db:"copies"`
		Technical string `db:"technical"`
	}
	if err := s.DB.pool.GetContext(ctx, &row, sqlFind, editor.String()); err != nil {
		return renewal.CopyChoice{}, notFoundAs("editor.unknown", err)
	}
	return renewal.CopyChoice{Copies: renewal.Copies(row.Copies), Technical: row.Technical}, nil
}

// RecordCopies records it, unless it is the present choice.
func (s Renewals) RecordCopies(ctx context.Context, editor value.Siret, copies renewal.Copies, event audit.Event) error {
	const (
		sqlPresent = `SELECT reminder_copies FROM editors WHERE siret = $1 FOR UPDATE`
		sqlRecord  = `UPDATE editors SET reminder_copies = $2, updated_at = $3 WHERE siret = $1`
	)
	return s.DB.InTx(ctx, func(tx *sqlx.Tx) error {
		var present string
		if err := tx.GetContext(ctx, &present, sqlPresent, editor.String()); err != nil {
			return notFoundAs("editor.unknown", err)
		}
		if present == string(copies) {
			return nil
		}
		if _, err := tx.ExecContext(ctx, sqlRecord, editor.String(), string(copies), event.At); err != nil {
			return fmt.Errorf("write which reminders an editor receives: %w", err)
		}
		return recordEvent(ctx, tx, event)
	})
}

// RecordArrival notes that the requester of a token that is to be prolonged signed in to do so,
// once for an expiry. Whoever else signs in, and for whatever token, nothing is noted.
func (s Renewals) RecordArrival(ctx context.Context, by account.Actor, tokenID string, now time.Time) error {
	const sqlArrival = `
		INSERT INTO renewal_arrivals (token, expires_at, at)
		SELECT t.id, t.expires_at, $3 FROM tokens t JOIN requests r ON r.number = t.request
		WHERE t.id = $1 AND r.holder = $2 AND EXISTS (SELECT FROM reminders x WHERE x.token = t.id AND x.expires_at = t.expires_at)
		ON CONFLICT DO NOTHING`
	if _, err := s.DB.pool.ExecContext(ctx, sqlArrival, tokenID, by.AccountID, now); err != nil {
		return fmt.Errorf("note an arrival: %w", err)
	}
	return nil
}
