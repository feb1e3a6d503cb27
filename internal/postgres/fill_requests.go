package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"portail-qf/internal/domain/editor"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/domain/value"
)

// Paperwork is which requests FillRequests makes: so many that wait for the instructors, and a
// draft for each of the sessions, held by whoever signed in with it. All say the same.
type Paperwork struct {
	Template editor.Template
	Answers  request.Answers
	Filed    int
	Drafts   []value.Token // of sessions of towns' agents (FillPeople), one each
}

// FillRequests adds requests of the collectivities of Fill, on top of the people of
// FillPeople: one in twenty of those that wait modifies what was granted, and one in ten has a
// message that nobody read. It gives the numbers of the drafts in the order of their sessions.
// It is for the benchmarks.
func FillRequests(ctx context.Context, db *DB, p Paperwork, now time.Time) (drafts []habilitation.RequestNumber, err error) {
	answers, err := json.Marshal(p.Answers)
	if err != nil {
		return nil, fmt.Errorf("write the answers: %w", err)
	}
	err = db.InTx(ctx, func(tx *sqlx.Tx) error {
		if err := fillFiled(ctx, tx, p, answers, now); err != nil {
			return err
		}
		drafts, err = fillDrafts(ctx, tx, p, answers, now)
		return err
	})
	return drafts, err
}

// fillFiled makes what waits for the instructors: of one town each, deposited within the last
// two months.
func fillFiled(ctx context.Context, tx *sqlx.Tx, p Paperwork, answers []byte, now time.Time) error {
	const (
		sqlRequests = `
			WITH towns AS (SELECT siret, name, departement, row_number() OVER (ORDER BY siret) AS place FROM collectivities WHERE siret LIKE $1 || '%'),
			asked AS (
				INSERT INTO requests (number, source, siret, organisation, form_uid, state, state_at, created_at, requester)
				SELECT nextval('request_numbers'), 'portail', siret, upper(name), $2, CASE WHEN place % 20 = 0 THEN 'reouverte' ELSE 'deposee' END,
					moment.at, moment.at, jsonb_build_object('prenom', 'Anne', 'nom', 'Essai', 'mail', 'demandeur-' || place || '@essai.example.fr')
				FROM towns, LATERAL (SELECT $3::timestamptz - (place % 1440) * interval '1 hour' AS at) AS moment WHERE place <= $4
				RETURNING number, siret, state_at)
			INSERT INTO applications (request, form_uid, form_version, phase, answers, edited_at, filed_at, first_filed_at, departement)
			SELECT a.number, $2, $5, 'deposee', $6::jsonb, a.state_at, a.state_at, a.state_at, t.departement FROM asked a JOIN towns t USING (siret)`
		sqlDeposits = `
			INSERT INTO deposits (request, rank, answers, terms, author, at)
			SELECT request, 1, answers, $1, $2, filed_at FROM applications WHERE phase = 'deposee' ON CONFLICT DO NOTHING`
		sqlMessages = `
			INSERT INTO request_messages (request, side, author, body, at)
			SELECT request, 'collectivite', $1, 'Avez-vous besoin d’autre chose ?', $2 FROM applications WHERE phase = 'deposee' AND request % 10 = 0`
	)
	_, err := tx.ExecContext(ctx, sqlRequests, filledTowns, p.Template.UID, now, p.Filed, p.Template.Version, answers)
	if err != nil {
		return fmt.Errorf("fill requests: %w", err)
	}
	if _, err := tx.ExecContext(ctx, sqlDeposits, request.TermsVersion, filler); err != nil {
		return fmt.Errorf("fill deposits: %w", err)
	}
	if _, err := tx.ExecContext(ctx, sqlMessages, filler, now); err != nil {
		return fmt.Errorf("fill messages: %w", err)
	}
	return nil
}

func fillDrafts(ctx context.Context, tx *sqlx.Tx, p Paperwork, answers []byte, now time.Time) ([]habilitation.RequestNumber, error) {
	const sqlDrafts = `
		WITH holders AS (
			SELECT given.place, s.account_id, s.signed_for, p.given_name, p.usual_name, p.mail, nextval('request_numbers') AS number
			FROM unnest($1::bytea[]) WITH ORDINALITY AS given (key, place) JOIN sessions s ON s.key = given.key JOIN accounts p ON p.id = s.account_id
		), asked AS (
			INSERT INTO requests (number, source, siret, organisation, form_uid, state, state_at, created_at, requester, holder)
			SELECT h.number, 'portail', h.signed_for, COALESCE(o.name, ''), $2, 'brouillon', $3, $3,
				jsonb_build_object('prenom', h.given_name, 'nom', h.usual_name, 'mail', h.mail), h.account_id
			FROM holders h LEFT JOIN organisations o ON o.siret = h.signed_for
			RETURNING number
		), written AS (
			INSERT INTO applications (request, form_uid, form_version, phase, answers, edited_at)
			SELECT number, $2, $4, 'redaction', $5::jsonb, $3 FROM asked RETURNING request)
		SELECT h.number FROM holders h JOIN written w ON w.request = h.number ORDER BY h.place`
	keys := make(pq.ByteaArray, len(p.Drafts))
	for i, cookie := range p.Drafts {
		hash := cookie.Hash()
		keys[i] = hash[:]
	}
	var numbers []habilitation.RequestNumber
	if err := tx.SelectContext(ctx, &numbers, sqlDrafts, keys, p.Template.UID, now, p.Template.Version, answers); err != nil {
		return nil, fmt.Errorf("fill drafts: %w", err)
	}
	if len(numbers) != len(p.Drafts) {
		return nil, fmt.Errorf("fill drafts: %d sessions are known of %d", len(numbers), len(p.Drafts))
	}
	return numbers, nil
}
