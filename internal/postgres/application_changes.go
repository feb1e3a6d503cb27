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
	"portail-qf/internal/domain/place"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/domain/value"
)

// draftOnce is the index that keeps a person from having two drafts of one form.
const draftOnce = "requests_draft_once"

var (
	requestMoved   = fault.New(fault.Conflict, "request.moved")
	requestWritten = fault.New(fault.Conflict, "request.written")
)

// RecordBegun keeps a new application, or finds the draft that there is already. One that
// goes while it is looked for is begun anew.
func (s Applications) RecordBegun(ctx context.Context, begun request.Application, event audit.Event) (habilitation.RequestNumber, error) {
	const tries = 3
	var number int64
	for range tries {
		err := s.DB.InTx(ctx, func(tx *sqlx.Tx) (err error) {
			if number, err = findDraft(ctx, tx, begun.Request); err != nil || number != 0 {
				return err
			}
			if number, err = insertDraft(ctx, tx, begun.Request); err != nil || number == 0 {
				return err
			}
			begun.Request.Number = habilitation.RequestNumber(number)
			event.Object.ID = strconv.FormatInt(number, 10)
			event.Object.Display = begun.Request.Number.String() + " " + begun.Request.Organisation
			if err := writeApplication(ctx, tx, begun, time.Time{}); err != nil {
				return err
			}
			return recordEvent(ctx, tx, event)
		})
		if err != nil || number != 0 {
			return habilitation.RequestNumber(number), err
		}
	}
	return 0, requestMoved
}

// findDraft is 0 where there is none.
func findDraft(ctx context.Context, tx *sqlx.Tx, r habilitation.Request) (number int64, err error) {
	const sqlFind = `
		SELECT number FROM requests WHERE siret = $1 AND form_uid = $2 AND holder = $3 AND state = 'brouillon' AND source = 'portail'`
	err = tx.GetContext(ctx, &number, sqlFind, r.Siret.String(), r.FormUID, nullNumber(r.Holder))
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("find draft: %w", err)
	}
	return number, nil
}

// insertDraft is 0 where the same draft was begun at the same moment.
func insertDraft(ctx context.Context, tx *sqlx.Tx, r habilitation.Request) (number int64, err error) {
	const sqlInsert = `
		INSERT INTO requests (number, source, siret, organisation, form_uid, state, state_at, created_at, requester, holder)
		VALUES (nextval('request_numbers'), $1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT (siret, form_uid, holder) WHERE state = 'brouillon' AND source = 'portail' DO NOTHING
		RETURNING number`
	requester, err := json.Marshal(r.Requester)
	if err != nil {
		return 0, fmt.Errorf("write the requester: %w", err)
	}
	err = tx.GetContext(ctx, &number, sqlInsert, string(r.Source), r.Siret.String(), r.Organisation, r.FormUID, string(r.State),
		r.StateAt, r.CreatedAt, requester, nullNumber(r.Holder))
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("record draft: %w", err)
	}
	return number, nil
}

// RecordWritten keeps what was written. Whoever writes in a draft has not forgotten it: the
// warnings of its erasure begin anew.
func (s Applications) RecordWritten(ctx context.Context, written request.Written) error {
	const sqlWrite = `
		UPDATE applications SET answers = $2, edited_at = $3, edition = edition + 1, warned_stage = 0, warned_at = NULL
		WHERE request = $1`
	a := written.Application
	return s.DB.InTx(ctx, func(tx *sqlx.Tx) error {
		if err := lockWritable(ctx, tx, a); err != nil {
			return err
		}
		if written.Document != nil {
			var err error
			if a.Answers.Document, err = insertDocument(ctx, tx, a.Request.Number, *written.Document); err != nil {
				return err
			}
		}
		answers, err := json.Marshal(a.Answers)
		if err != nil {
			return fmt.Errorf("write the answers: %w", err)
		}
		if _, err := tx.ExecContext(ctx, sqlWrite, int64(a.Request.Number), answers, written.At); err != nil {
			return fmt.Errorf("record answers: %w", err)
		}
		return nil
	})
}

// lockWritable holds an application until the end of the transaction, if it is still as it
// was read. Codes: request.unknown, request.moved, request.written.
func lockWritable(ctx context.Context, tx *sqlx.Tx, read request.Application) error {
	const sqlLock = `SELECT phase, edition FROM applications WHERE request = $1 FOR NO KEY UPDATE`
	var now struct {
		Phase   string `db:"phase"`
		Edition int    `db:"edition"`
	}
	err := tx.GetContext(ctx, &now, sqlLock, int64(read.Request.Number))
	switch {
	case err != nil:
		return notFoundAs("request.unknown", err)
	case !request.Phase(now.Phase).Editable():
		return requestMoved
	case now.Edition != read.Edition:
		return requestWritten
	}
	return nil
}

// RecordChange keeps a change whole.
func (s Applications) RecordChange(ctx context.Context, change request.Change) error {
	number := change.Application.Request.Number
	return s.DB.InTx(ctx, func(tx *sqlx.Tx) error {
		if change.Moves {
			if err := recordMove(ctx, tx, change.Application); err != nil {
				return err
			}
		}
		if change.Deposit != nil {
			if err := insertDeposit(ctx, tx, number, *change.Deposit); err != nil {
				return err
			}
		}
		if change.Moves {
			if err := followAmendment(ctx, tx, change.Application, change.At); err != nil {
				return err
			}
		}
		if change.Message != nil {
			if err := insertMessage(ctx, tx, number, *change.Message); err != nil {
				return err
			}
		}
		if change.Claim != nil {
			if err := recordClaim(ctx, tx, number, *change.Claim); err != nil {
				return err
			}
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
		return nil
	})
}

// recordMove writes a request that was read at its revision, and its application: a request
// that came from elsewhere may have none. Codes: request.moved, request.written,
// request.colleague_drafts (the new holder of a draft has one of the same form).
func recordMove(ctx context.Context, tx *sqlx.Tx, a request.Application) error {
	const sqlMove = `
		UPDATE requests SET source = $3, state = $4, state_at = $5, requester = $6, holder = $7, revision = revision + 1
		WHERE number = $1 AND revision = $2`
	r := a.Request
	requester, err := json.Marshal(r.Requester)
	if err != nil {
		return fmt.Errorf("write the requester: %w", err)
	}
	result, err := tx.ExecContext(ctx, sqlMove, int64(r.Number), r.Revision, string(r.Source), string(r.State), r.StateAt, requester, nullNumber(r.Holder))
	if violates(err, draftOnce) {
		return fault.New(fault.Conflict, "request.colleague_drafts")
	}
	if err != nil {
		return fmt.Errorf("move request: %w", err)
	}
	if err := oneRow(result, requestMoved); err != nil || a.Template.UID == "" {
		return err
	}
	return writeApplication(ctx, tx, a, time.Time{})
}

// writeApplication writes an application that was read at its edition, 0 for a new one; a
// zero decidedAt leaves the last decision as it is. Whoever calls holds the request's row.
// What instructors were writing goes when the phase moves on; a modification that begins is
// nobody's yet; whoever holds a draft now has been told nothing of its erasure. Code:
// request.written.
func writeApplication(ctx context.Context, tx *sqlx.Tx, a request.Application, decidedAt time.Time) error {
	const sqlForget = `
		DELETE FROM instruction_notes n USING applications a WHERE n.request = $1 AND a.request = n.request AND a.phase <> $2`
	const sqlWrite = `
		INSERT INTO applications AS kept (request, form_uid, form_version, phase, answers, edited_at, filed_at, first_filed_at, asked,
			departement, decided_at, carried)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $13)
		ON CONFLICT (request) DO UPDATE SET
			form_uid = EXCLUDED.form_uid, form_version = EXCLUDED.form_version, phase = EXCLUDED.phase, answers = EXCLUDED.answers,
			carried = COALESCE(EXCLUDED.carried, kept.carried), edited_at = EXCLUDED.edited_at, filed_at = EXCLUDED.filed_at, first_filed_at = EXCLUDED.first_filed_at,
			asked = EXCLUDED.asked, departement = COALESCE(NULLIF(kept.departement, ''), EXCLUDED.departement),
			decided_at = COALESCE(EXCLUDED.decided_at, kept.decided_at),
			assignee = CASE WHEN kept.phase <> 'close' OR EXCLUDED.phase = 'close' THEN kept.assignee END,
			warned_stage = 0, warned_at = NULL, edition = kept.edition + 1
		WHERE kept.edition = $12`
	number := int64(a.Request.Number)
	answers, err := json.Marshal(a.Answers)
	if err != nil {
		return fmt.Errorf("write the answers: %w", err)
	}
	var carried []byte // what another system granted
	if a.Carried && a.Granted != nil {
		if carried, err = json.Marshal(*a.Granted); err != nil {
			return fmt.Errorf("write what was granted: %w", err)
		}
	}
	asked, err := json.Marshal(askedChanges(a.Asked))
	if err != nil {
		return fmt.Errorf("write what is asked: %w", err)
	}
	departement, err := findDepartement(ctx, tx, a.Request.Siret)
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, sqlForget, number, string(a.Phase)); err != nil {
		return fmt.Errorf("forget notes: %w", err)
	}
	result, err := tx.ExecContext(ctx, sqlWrite, number, a.Template.UID, a.Template.Version, string(a.Phase), answers,
		a.EditedAt, nullTime(a.FiledAt), nullTime(a.FirstFiledAt), asked, departement, nullTime(decidedAt), a.Edition, carried)
	if err != nil {
		return fmt.Errorf("write application: %w", err)
	}
	if err := oneRow(result, requestWritten); err != nil {
		return err
	}
	return closeClaims(ctx, tx, a.Request)
}

// closeClaims takes back what colleagues claim of a request that is over.
func closeClaims(ctx context.Context, tx *sqlx.Tx, r habilitation.Request) error {
	switch r.State {
	case habilitation.Archived, habilitation.Refused, habilitation.Revoked:
	case habilitation.Draft, habilitation.Submitted, habilitation.ChangesRequested, habilitation.Validated, habilitation.Reopened, habilitation.Suspended:
		return nil
	}
	const sqlClose = `UPDATE request_claims SET state = 'retiree', answered_at = $2 WHERE request = $1 AND state = 'en_attente'`
	if _, err := tx.ExecContext(ctx, sqlClose, int64(r.Number), r.StateAt); err != nil {
		return fmt.Errorf("close claims: %w", err)
	}
	return nil
}

// findDepartement is "" where neither the register nor the directory told the commune.
func findDepartement(ctx context.Context, tx *sqlx.Tx, siret value.Siret) (string, error) {
	const sqlCOG = `
		SELECT COALESCE(NULLIF((SELECT code_cog FROM organisations WHERE siret = $1), ''),
			(SELECT code_cog FROM collectivities WHERE siret = $1), '')`
	var cog string
	if err := tx.GetContext(ctx, &cog, sqlCOG, siret.String()); err != nil {
		return "", fmt.Errorf("find the commune of the town: %w", err)
	}
	departement, _ := place.Departement(cog)
	return departement, nil
}

func insertDeposit(ctx context.Context, tx *sqlx.Tx, number habilitation.RequestNumber, d request.Deposit) error {
	const sqlInsert = `
		INSERT INTO deposits (request, rank, answers, terms, account_id, author, at)
		SELECT $1, COALESCE(max(rank), 0) + 1, $2, $3, $4, $5, $6 FROM deposits WHERE request = $1`
	answers, err := json.Marshal(d.Answers)
	if err != nil {
		return fmt.Errorf("write what is deposited: %w", err)
	}
	if _, err := tx.ExecContext(ctx, sqlInsert, int64(number), answers, d.Terms, nullNumber(d.By.ID), d.By.Name, d.At); err != nil {
		return fmt.Errorf("record deposit: %w", err)
	}
	return nil
}

// insertMessage keeps a message. Whoever answers has read what was shown. A thread takes one
// message at a time: of a form that is sent twice, the second says what the last one says, and
// is not kept. Code: message.sent_already.
func insertMessage(ctx context.Context, tx *sqlx.Tx, number habilitation.RequestNumber, m request.Message) error {
	const (
		sqlLock   = `SELECT FROM applications WHERE request = $1 FOR NO KEY UPDATE`
		sqlInsert = `
			INSERT INTO request_messages (request, side, account_id, author, body, at)
			SELECT $1, $2, $3, $4, $5, $6 WHERE NOT EXISTS (
				SELECT FROM (SELECT id, side, account_id, body FROM request_messages WHERE request = $1 ORDER BY id DESC LIMIT 1) last
				WHERE last.id > $7 AND last.side = $2 AND last.account_id = $3 AND last.body = $5)`
		sqlRead = `UPDATE request_messages SET read_at = $3 WHERE request = $1 AND side = $2 AND id <= $4 AND read_at IS NULL`
	)
	if _, err := tx.ExecContext(ctx, sqlLock, int64(number)); err != nil {
		return fmt.Errorf("lock a thread: %w", err)
	}
	result, err := tx.ExecContext(ctx, sqlInsert, int64(number), string(m.Side), nullNumber(m.Author.ID), m.Author.Name, m.Text, m.At, m.Seen)
	if err != nil {
		return fmt.Errorf("record message: %w", err)
	}
	if err := oneRow(result, fault.New(fault.Conflict, "message.sent_already")); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, sqlRead, int64(number), string(m.Side.Other()), m.At, m.Seen); err != nil {
		return fmt.Errorf("mark messages as read: %w", err)
	}
	return nil
}

// recordClaim keeps a new claim, or the answer to one that waits. Codes: request.claimed,
// request.unclaimed.
func recordClaim(ctx context.Context, tx *sqlx.Tx, number habilitation.RequestNumber, c request.Claim) error {
	const (
		sqlInsert = `INSERT INTO request_claims (request, account_id, state, at) VALUES ($1, $2, $3, $4)`
		sqlAnswer = `
			UPDATE request_claims SET state = $3, answered_at = $4, answered_by = $5 WHERE id = $1 AND request = $2 AND state = 'en_attente'`
	)
	if c.ID == 0 {
		_, err := tx.ExecContext(ctx, sqlInsert, int64(number), c.Claimant.ID, string(c.State), c.At)
		if violates(err, "request_claims_waiting_once") {
			return fault.New(fault.Conflict, "request.claimed")
		}
		if err != nil {
			return fmt.Errorf("record claim: %w", err)
		}
		return nil
	}
	result, err := tx.ExecContext(ctx, sqlAnswer, c.ID, int64(number), string(c.State), nullTime(c.Answered), c.By)
	if err != nil {
		return fmt.Errorf("answer claim: %w", err)
	}
	return oneRow(result, fault.New(fault.Conflict, "request.unclaimed"))
}
