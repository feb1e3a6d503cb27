package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/domain/value"
)

// Drafts implements request.DraftStore. Several instances may run it at once: what one of
// them erases or warns of, another one leaves alone.
type Drafts struct{ DB *DB }

var _ request.DraftStore = Drafts{}

// isDraft tells that an application a of a request r was begun and never deposited.
const isDraft = `r.state = 'brouillon' AND a.phase = 'redaction'`

// ListIdle lists the drafts that were not written in since a time, from one on. A warning of before the
// last edit does not count any more.
func (s Drafts) ListIdle(ctx context.Context, editedBefore time.Time, after request.Idle, limit int) ([]request.Idle, error) {
	const sqlList = `
		SELECT r.number, r.siret, r.organisation, COALESCE(v.content ->> 'logiciel', '') AS software, COALESCE(r.requester ->> 'mail', '') AS mail,
			a.edited_at, CASE WHEN a.warned_at > a.edited_at THEN a.warned_stage ELSE 0 END AS warned_stage,
			CASE WHEN a.warned_at > a.edited_at THEN a.warned_at END AS warned_at
		FROM applications a
		JOIN requests r ON r.number = a.request
		LEFT JOIN form_versions v ON v.form_uid = a.form_uid AND v.version = a.form_version
		WHERE ` + isDraft + ` AND a.edited_at < $1 AND ($4 = 0 OR (a.edited_at, r.number) > ($3, $4))
		ORDER BY a.edited_at, r.number LIMIT $2`
	var rows []struct {
		Number       int64        `db:"number"`
		Siret        string       `db:"siret"`
		Organisation string       `db:"organisation"`
		Software     string       `db:"software"`
		Mail         string       `db:"mail"`
		EditedAt     time.Time    `db:"edited_at"`
		WarnedStage  int          `db:"warned_stage"`
		WarnedAt     sql.NullTime `db:"warned_at"`
	}
	if err := s.DB.pool.SelectContext(ctx, &rows, sqlList, editedBefore, limit, after.EditedAt, int64(after.Number)); err != nil {
		return nil, err
	}
	listed := make([]request.Idle, len(rows))
	for i, row := range rows {
		listed[i] = request.Idle{
			Number: habilitation.RequestNumber(row.Number), Siret: value.Siret(row.Siret), Organisation: row.Organisation, Software: row.Software,
			Mail: row.Mail, EditedAt: row.EditedAt, WarnedStage: row.WarnedStage, WarnedAt: row.WarnedAt.Time,
		}
	}
	return listed, nil
}

// untouched takes the number, the last edit and the holder's address of a draft as it was
// read: nobody wrote in it, and nobody else holds it.
const untouched = isDraft + ` AND r.number = $1 AND a.edited_at = $2 AND COALESCE(r.requester ->> 'mail', '') = $3`

// RecordWarned keeps that a holder was told, with the mail. It does nothing when somebody
// wrote in the draft meanwhile, or when another instance told that stage, or a later one.
func (s Drafts) RecordWarned(ctx context.Context, idle request.Idle, letters []notice.Letter, at time.Time) error {
	const sqlWarned = `
		UPDATE applications a SET warned_stage = $4, warned_at = $5 FROM requests r
		WHERE r.number = a.request AND ` + untouched + `
		  AND (a.warned_at > a.edited_at AND a.warned_stage <= $4) IS NOT TRUE`
	return s.DB.InTx(ctx, func(tx *sqlx.Tx) error {
		result, err := tx.ExecContext(ctx, sqlWarned, int64(idle.Number), idle.EditedAt, idle.Mail, idle.WarnedStage, at)
		if err != nil {
			return fmt.Errorf("keep a warning: %w", err)
		}
		warned, err := result.RowsAffected()
		if err != nil || warned == 0 {
			return err
		}
		for _, letter := range letters {
			if err := recordLetter(ctx, tx, letter, at); err != nil {
				return err
			}
		}
		return nil
	})
}

// EraseDraft erases what a draft says, and archives its request.
func (s Drafts) EraseDraft(ctx context.Context, idle request.Idle, event audit.Event) (erased bool, err error) {
	const (
		sqlLock    = `SELECT r.number FROM requests r JOIN applications a ON a.request = r.number WHERE ` + untouched + ` FOR UPDATE`
		sqlArchive = `UPDATE requests SET state = 'archivee', state_at = $2 WHERE number = $1`
	)
	err = s.DB.InTx(ctx, func(tx *sqlx.Tx) error {
		var number int64
		err := tx.GetContext(ctx, &number, sqlLock, int64(idle.Number), idle.EditedAt, idle.Mail)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("look at the draft again: %w", err)
		}
		if _, err := tx.ExecContext(ctx, sqlArchive, number, event.At); err != nil {
			return fmt.Errorf("archive request: %w", err)
		}
		if err := eraseSaid(ctx, tx, pq.Int64Array{number}); err != nil {
			return err
		}
		erased = true
		return recordEvent(ctx, tx, event)
	})
	return erased && err == nil, err
}

// eraseSaid erases what the town and the instructors said of requests, and who held them. The
// name of the organisation, the states and the dates stay.
func eraseSaid(ctx context.Context, tx *sqlx.Tx, requests pq.Int64Array) error {
	for _, statement := range [...]string{
		`DELETE FROM documents WHERE request = ANY ($1)`, // their contents go along
		`DELETE FROM deposits WHERE request = ANY ($1)`,
		`DELETE FROM request_messages WHERE request = ANY ($1)`,
		`DELETE FROM request_claims WHERE request = ANY ($1)`,
		`DELETE FROM instruction_notes WHERE request = ANY ($1)`,
		`UPDATE applications SET answers = '{}', asked = '{}', phase = 'close', edition = edition + 1, is_erased = true WHERE request = ANY ($1)`,
		`UPDATE requests SET requester = '{}', holder = NULL, revision = revision + 1 WHERE number = ANY ($1)`,
	} {
		if _, err := tx.ExecContext(ctx, statement, requests); err != nil {
			return fmt.Errorf("erase what requests said: %w", err)
		}
	}
	return nil
}

// eraseBatch bounds a transaction that erases.
const eraseBatch = 200

// EraseWithdrawn erases what requests said that came to nothing, once. What somebody holds at that moment is left for the next time.
func (s Drafts) EraseWithdrawn(ctx context.Context, movedBefore time.Time) (int, error) {
	const sqlDue = `
		SELECT r.number FROM requests r JOIN applications a ON a.request = r.number
		WHERE r.source = 'portail' AND r.state IN ('archivee', 'refusee') AND r.state_at < $1 AND NOT a.is_erased
		  AND NOT EXISTS (SELECT FROM habilitations h WHERE h.request = r.number)
		ORDER BY r.number LIMIT $2 FOR UPDATE OF r, a SKIP LOCKED`
	erased := 0
	for {
		var due pq.Int64Array
		err := s.DB.InTx(ctx, func(tx *sqlx.Tx) error {
			if err := tx.SelectContext(ctx, &due, sqlDue, movedBefore, eraseBatch); err != nil {
				return fmt.Errorf("find what came to nothing: %w", err)
			}
			if len(due) == 0 {
				return nil
			}
			return eraseSaid(ctx, tx, due)
		})
		if err != nil {
			return erased, err
		}
		if erased += len(due); len(due) < eraseBatch {
			return erased, nil
		}
	}
}

// EraseOrphans erases the files that nobody names. A file belongs to one request: only what is
// kept of that one may name it.
func (s Drafts) EraseOrphans(ctx context.Context, addedBefore time.Time) (int, error) {
	const sqlErase = `
		DELETE FROM documents d WHERE d.added_at < $1
		  AND NOT EXISTS (SELECT FROM applications a WHERE a.request = d.request AND a.answers -> 'document' = to_jsonb(d.id))
		  AND NOT EXISTS (SELECT FROM deposits p WHERE p.request = d.request AND p.answers -> 'document' = to_jsonb(d.id))
		  AND NOT EXISTS (SELECT FROM habilitations h WHERE h.request = d.request AND h.answers -> 'document' = to_jsonb(d.id))`
	result, err := s.DB.pool.ExecContext(ctx, sqlErase, addedBefore)
	if err != nil {
		return 0, fmt.Errorf("erase files that nobody names: %w", err)
	}
	erased, err := result.RowsAffected()
	return int(erased), err
}
