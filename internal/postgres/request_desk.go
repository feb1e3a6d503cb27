package postgres

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jmoiron/sqlx"

	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/domain/value"
)

const (
	maxFilters = 20 // an account
	maxReasons = 30 // an act
)

// ListInstructors lists who may be in charge, by name. A role counts as long as the person
// signs in for the establishment for which it was taken.
func (s Desk) ListInstructors(ctx context.Context) ([]request.Person, error) {
	const sqlList = `
		SELECT p.id, ` + nameOfPerson + ` AS name, p.mail FROM accounts p
		WHERE EXISTS (SELECT FROM memberships m
			WHERE m.account_id = p.id AND m.role = 'instructor' AND m.ended_at IS NULL AND m.signed_for = p.siret)
		ORDER BY p.folded_name, p.id`
	var listed []request.Person
	err := s.DB.pool.SelectContext(ctx, &listed, sqlList)
	return listed, err
}

// RecordAssigned puts somebody in charge in the place of read. Codes: request.unknown,
// request.instructor_unknown (NotFound), request.assigned_meanwhile (Conflict).
func (s Desk) RecordAssigned(ctx context.Context, number habilitation.RequestNumber, to request.Person, read int64, event audit.Event) error {
	const (
		sqlAssign = `UPDATE applications SET assignee = $2 WHERE request = $1 AND COALESCE(assignee, 0) = $3`
		sqlKnown  = `SELECT EXISTS (SELECT FROM applications WHERE request = $1)`
	)
	return s.DB.InTx(ctx, func(tx *sqlx.Tx) error {
		result, err := tx.ExecContext(ctx, sqlAssign, int64(number), nullNumber(to.ID), read)
		if violates(err, "applications_assignee_fkey") {
			return fault.New(fault.NotFound, "request.instructor_unknown")
		}
		if err != nil {
			return fmt.Errorf("assign: %w", err)
		}
		var known bool
		if err := tx.GetContext(ctx, &known, sqlKnown, int64(number)); err != nil {
			return fmt.Errorf("find who is in charge: %w", err)
		}
		missed := fault.New(fault.Conflict, "request.assigned_meanwhile")
		if !known {
			missed = fault.New(fault.NotFound, "request.unknown")
		}
		if err := oneRow(result, missed); err != nil {
			return err
		}
		return recordEvent(ctx, tx, event)
	})
}

// FindNote finds what an instructor is writing; zero for nothing.
func (s Desk) FindNote(ctx context.Context, number habilitation.RequestNumber, account int64, act habilitation.Act) (request.Note, error) {
	const sqlFind = `
		SELECT n.revision, n.body, n.comments, n.editor, n.number FROM instruction_notes n
		WHERE n.request = $1 AND n.account_id = $2 AND n.act = $3`
	var row struct {
		Revision int    `db:"revision"`
		Body     string `db:"body"`
		Comments []byte `db:"comments"`
		Editor   string `db:"editor"`
		Number   int64  `db:"number"`
	}
	err := s.DB.pool.GetContext(ctx, &row, sqlFind, int64(number), account, string(act))
	if errors.Is(err, sql.ErrNoRows) {
		return request.Note{}, nil
	}
	if err != nil {
		return request.Note{}, err
	}
	note := request.Note{
		Request: number, Account: account, Act: act, Revision: row.Revision, Text: row.Body,
		Editor: value.Siret(row.Editor), Number: habilitation.Number(row.Number),
	}
	if err := json.Unmarshal(row.Comments, &note.Comments); err != nil {
		return request.Note{}, fmt.Errorf("read the comments about %s: %w", number, err)
	}
	return note, nil
}

// RecordNote keeps a note in the place of the one before. A note that neither says anything
// nor prepares an approval is erased. Code: request.unknown (NotFound).
func (s Desk) RecordNote(ctx context.Context, note request.Note, at time.Time) error {
	const (
		sqlErase = `DELETE FROM instruction_notes WHERE request = $1 AND account_id = $2 AND act = $3`
		sqlKeep  = `
			INSERT INTO instruction_notes AS n (request, account_id, act, revision, body, comments, editor, number, updated_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
			ON CONFLICT (request, account_id, act) DO UPDATE SET revision = EXCLUDED.revision, body = EXCLUDED.body, comments = EXCLUDED.comments,
				editor = EXCLUDED.editor, number = EXCLUDED.number, updated_at = EXCLUDED.updated_at`
	)
	key := []any{int64(note.Request), note.Account, string(note.Act)}
	if note.Text == "" && len(note.Comments) == 0 && note.Editor == "" && note.Number == 0 {
		_, err := s.DB.pool.ExecContext(ctx, sqlErase, key...)
		return err
	}
	comments, err := json.Marshal(append([]request.Comment{}, note.Comments...))
	if err != nil {
		return fmt.Errorf("write the comments: %w", err)
	}
	_, err = s.DB.pool.ExecContext(ctx, sqlKeep, append(key, note.Revision, note.Text, comments, note.Editor.String(), int64(note.Number), at)...)
	if violates(err, "instruction_notes_request_fkey") {
		return fault.New(fault.NotFound, "request.unknown")
	}
	return err
}

// ListFilters lists those of an account, by name.
func (s Desk) ListFilters(ctx context.Context, account int64) ([]request.Filter, error) {
	const sqlList = `SELECT f.id, f.name, f.query FROM saved_filters f WHERE f.account_id = $1 ORDER BY lower(f.name), f.id`
	var listed []request.Filter
	err := s.DB.pool.SelectContext(ctx, &listed, sqlList, account)
	return listed, err
}

// RecordFilter keeps a filter under its name.
func (s Desk) RecordFilter(ctx context.Context, account int64, filter request.Filter) error {
	const sqlKeep = `
		INSERT INTO saved_filters (account_id, name, query)
		SELECT $1, $2, $3 WHERE (SELECT count(*) FROM saved_filters f WHERE f.account_id = $1 AND f.name <> $2) < $4
		ON CONFLICT (account_id, name) DO UPDATE SET query = EXCLUDED.query`
	return s.DB.InTx(ctx, func(tx *sqlx.Tx) error {
		if err := oneAtATime(ctx, tx, "filters of account "+strconv.FormatInt(account, 10)); err != nil {
			return err
		}
		result, err := tx.ExecContext(ctx, sqlKeep, account, filter.Name, filter.Query, maxFilters)
		if err != nil {
			return fmt.Errorf("keep filter: %w", err)
		}
		return oneRow(result, fault.New(fault.Conflict, "filter.too_many"))
	})
}

// EraseFilter erases one of an account. What is not there, or is another's, is left alone.
func (s Desk) EraseFilter(ctx context.Context, account, id int64) error {
	_, err := s.DB.pool.ExecContext(ctx, `DELETE FROM saved_filters WHERE account_id = $1 AND id = $2`, account, id)
	return err
}

// oneAtATime makes the transactions that count the same things wait for one another: each
// then sees what the others added.
func oneAtATime(ctx context.Context, tx *sqlx.Tx, counted string) error {
	if _, err := tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock($1)`, lockKey(counted)); err != nil {
		return fmt.Errorf("wait for others: %w", err)
	}
	return nil
}

const sqlReasons = `SELECT t.id, t.act, t.title, t.body AS text FROM reason_templates t `

// ListReasons lists the models by act, then by title.
func (s Desk) ListReasons(ctx context.Context) ([]request.Reason, error) {
	var listed []request.Reason
	err := s.DB.pool.SelectContext(ctx, &listed, sqlReasons+`ORDER BY t.act, lower(t.title), t.id`)
	return listed, err
}

// FindReason finds a model.
func (s Desk) FindReason(ctx context.Context, id int64) (request.Reason, error) {
	var found request.Reason
	if err := s.DB.pool.GetContext(ctx, &found, sqlReasons+`WHERE t.id = $1`, id); err != nil {
		return request.Reason{}, notFoundAs("reason_template.unknown", err)
	}
	return found, nil
}

// RecordReason adds a model or changes it. The event names it by its id. Codes:
// reason_template.too_many (Conflict), reason_template.unknown (NotFound).
func (s Desk) RecordReason(ctx context.Context, reason request.Reason, event audit.Event) (id int64, err error) {
	const (
		room   = ` (SELECT count(*) FROM reason_templates o WHERE o.act = $2 AND o.id <> $1) < $5 `
		sqlAdd = `
			INSERT INTO reason_templates (act, title, body) SELECT $2, $3, $4 WHERE` + room + `RETURNING id`
		sqlChange = `
			UPDATE reason_templates SET act = $2, title = $3, body = $4 WHERE id = $1 AND` + room + `RETURNING id`
		// Nobody takes it away meanwhile: what is not changed then lacks room.
		sqlKnown = `SELECT t.id FROM reason_templates t WHERE t.id = $1 FOR UPDATE`
	)
	err = s.DB.InTx(ctx, func(tx *sqlx.Tx) error {
		if err := oneAtATime(ctx, tx, "models of texts"); err != nil {
			return err
		}
		statement := sqlAdd
		if reason.ID != 0 {
			statement = sqlChange
			if err := tx.GetContext(ctx, &id, sqlKnown, reason.ID); err != nil {
				return notFoundAs("reason_template.unknown", err)
			}
		}
		err := tx.GetContext(ctx, &id, statement, reason.ID, string(reason.Act), reason.Title, reason.Text, maxReasons)
		if err != nil {
			return conflictWhenAbsent("reason_template.too_many", err)
		}
		event.Object.ID = strconv.FormatInt(id, 10)
		return recordEvent(ctx, tx, event)
	})
	if err != nil {
		return 0, err
	}
	return id, nil
}

// EraseReason takes a model away. Code: reason_template.unknown (NotFound).
func (s Desk) EraseReason(ctx context.Context, id int64, event audit.Event) error {
	return s.DB.InTx(ctx, func(tx *sqlx.Tx) error {
		result, err := tx.ExecContext(ctx, `DELETE FROM reason_templates WHERE id = $1`, id)
		if err != nil {
			return fmt.Errorf("erase model: %w", err)
		}
		if err := oneRow(result, fault.New(fault.NotFound, "reason_template.unknown")); err != nil {
			return err
		}
		return recordEvent(ctx, tx, event)
	})
}
