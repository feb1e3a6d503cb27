package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/value"
)

// firstFilledRequest numbers the requests of FillTokens and FillClients, below our own and
// beyond DataPass's.
const firstFilledRequest = 5_000_000

// FillTokens gives the collectivities of Fill, whose editors are those of FillPeople, a valid
// habilitation and a token that is in use, and returns the texts. It is for the benchmarks.
func FillTokens(ctx context.Context, db *DB, mint *credential.Mint, count int, now time.Time) ([]value.Secret, error) {
	f := filling{editors: filledEditors, ofEditors: count, now: now}
	if err := f.draw(mint, count); err != nil {
		return nil, err
	}
	return f.texts, f.write(ctx, db)
}

// Clientele is what FillClients makes: so many clients of each editor, and in all so many tokens
// that expire within 90 days. What is 0 is not asked for.
type Clientele struct{ PerEditor, Expiring int }

// FillClients makes collectivities of no one, each with a valid habilitation and a token that is
// in use: clients of the editors that there are, in turn, then others without editor. A town that
// has them keeps them. It is for the demo.
func FillClients(ctx context.Context, db *DB, mint *credential.Mint, c Clientele, now time.Time) error {
	var editors int
	if err := db.pool.GetContext(ctx, &editors, `SELECT count(*) FROM editors`); err != nil {
		return fmt.Errorf("count editors: %w", err)
	}
	f := filling{ofEditors: c.PerEditor * editors, expiring: c.Expiring, now: now}
	count := max(f.ofEditors, f.expiring)
	if count <= 0 {
		return nil
	}
	if err := Fill(ctx, db, count, 0, now); err != nil {
		return err
	}
	if err := f.draw(mint, count); err != nil {
		return err
	}
	return f.write(ctx, db)
}

// filling is habilitations and tokens on their way into the tables.
type filling struct {
	editors   string // how the SIRETs of the editors begin
	ofEditors int    // how many towns have one of them, the first ones
	expiring  int    // how many tokens expire within 90 days, the first ones; the others last about a year
	now       time.Time

	texts        []value.Secret
	ids, publics pq.StringArray
	digests      pq.ByteaArray
	pepper       string
}

func (f *filling) draw(mint *credential.Mint, count int) error {
	for range count {
		drawn, text, err := mint.DrawText(0)
		if err != nil {
			return err
		}
		f.texts = append(f.texts, text)
		f.ids, f.publics, f.digests, f.pepper = append(f.ids, drawn.ID), append(f.publics, drawn.PublicID), append(f.digests, drawn.Digest), drawn.Pepper
	}
	return nil
}

func (f *filling) write(ctx context.Context, db *DB) error {
	const (
		sqlRequests = `
			INSERT INTO requests (number, source, siret, organisation, form_uid, state, state_at, created_at, requester)
			SELECT $1 + place, 'datapass', siret, upper(name), 'formulaire-qf', 'validee', $2, $2,
				jsonb_build_object('prenom', 'Anne', 'nom', 'Essai', 'mail', 'demandeur-' || place || '@essai.example.fr')
			FROM (SELECT siret, name, row_number() OVER (ORDER BY siret) AS place FROM collectivities WHERE siret LIKE $3 || '%') towns WHERE place <= $4
			ON CONFLICT DO NOTHING`
		sqlGranted = `
			INSERT INTO habilitations (number, request, siret, organisation, token, form, scopes, editor_siret, editor, form_uid, title, terms, contacts,
				approved_by, approved_at)
			SELECT nextval('habilitation_numbers'), r.number, r.siret, r.organisation, true, true,
				'{cnaf_quotient_familial,cnaf_allocataires,cnaf_enfants,cnaf_adresse}', e.siret, COALESCE(e.name, ''), r.form_uid, 'Tarifs de la cantine', 'essai', '{}', $2, r.state_at
			FROM requests r
			LEFT JOIN (SELECT siret, name, row_number() OVER (ORDER BY siret) AS place, count(*) OVER () AS many FROM editors WHERE siret LIKE $3 || '%') e
				ON e.place = 1 + r.number % e.many AND r.number <= $1::int + $5::int
			WHERE r.number > $1 AND r.number <= $1 + $4::int AND NOT EXISTS (SELECT FROM habilitations h WHERE h.request = r.number)`
		// The multiple of a prime number spreads the tokens of an editor over the 90 days too.
		sqlTokens = `
			INSERT INTO tokens (id, public_id, digest, pepper, request, habilitation, siret, organisation, editor_siret, scopes, issued_at, expires_at,
				collected_at, collected_side, collected_by, collector, confirmed_at)
			SELECT drawn.id, drawn.public_id, drawn.digest, $4, h.request, h.number, h.siret, h.organisation, h.editor_siret, h.scopes,
				$5::timestamptz - drawn.place % 400 * interval '1 day',
				CASE WHEN drawn.place <= $8::int THEN $5::timestamptz + interval '90 days' * ((drawn.place * 7919 % $8::int + 0.5) / $8::int)
					ELSE $5::timestamptz + interval '1 year' - drawn.place % 400 * interval '1 hour' END, $5, 'editeur', $6, $6, $5
			FROM unnest($1::uuid[], $2::text[], $3::bytea[]) WITH ORDINALITY AS drawn (id, public_id, digest, place)
			JOIN habilitations h ON h.request = $7 + drawn.place
			WHERE NOT EXISTS (SELECT FROM tokens t WHERE t.request = h.request)`
	)
	count := len(f.texts)
	return db.InTx(ctx, func(tx *sqlx.Tx) error {
		if _, err := tx.ExecContext(ctx, sqlRequests, firstFilledRequest, f.now, filledTowns, count); err != nil {
			return fmt.Errorf("fill requests: %w", err)
		}
		if _, err := tx.ExecContext(ctx, sqlGranted, firstFilledRequest, filler, f.editors, count, f.ofEditors); err != nil {
			return fmt.Errorf("fill habilitations: %w", err)
		}
		if _, err := tx.ExecContext(ctx, sqlTokens, f.ids, f.publics, f.digests, f.pepper, f.now, filler, firstFilledRequest, f.expiring); err != nil {
			return fmt.Errorf("fill tokens: %w", err)
		}
		return nil
	})
}
