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

// firstFilledRequest numbers the requests of FillTokens, below our own and beyond DataPass's.
const firstFilledRequest = 5_000_000

// FillTokens gives the collectivities of Fill, whose editors are those of FillPeople, a valid
// habilitation and a token that is in use, and returns the texts. It is for the benchmarks and
// the demo.
func FillTokens(ctx context.Context, db *DB, mint *credential.Mint, count int, now time.Time) ([]value.Secret, error) {
	texts := make([]value.Secret, count)
	var ids, publics pq.StringArray
	var digests pq.ByteaArray
	var pepper string
	for i := range texts {
		drawn, text, err := mint.DrawText(0)
		if err != nil {
			return nil, err
		}
		texts[i] = text
		ids, publics, digests, pepper = append(ids, drawn.ID), append(publics, drawn.PublicID), append(digests, drawn.Digest), drawn.Pepper
	}
	return texts, db.InTx(ctx, func(tx *sqlx.Tx) error {
		const (
			sqlRequests = `
				INSERT INTO requests (number, source, siret, organisation, form_uid, state, state_at, created_at, requester)
				SELECT $1 + place, 'datapass', siret, upper(name), 'formulaire-qf', 'validee', $2, $2,
					jsonb_build_object('prenom', 'Anne', 'nom', 'Essai', 'mail', 'demandeur-' || place || '@essai.example.fr')
				FROM (SELECT siret, name, row_number() OVER (ORDER BY siret) AS place FROM collectivities WHERE siret LIKE $3 || '%') towns WHERE place <= $4`
			sqlGranted = `
				INSERT INTO habilitations (number, request, siret, organisation, token, form, scopes, editor_siret, editor, form_uid, title, terms, contacts,
					approved_by, approved_at)
				SELECT nextval('habilitation_numbers'), r.number, r.siret, r.organisation, true, true,
					'{cnaf_quotient_familial,cnaf_allocataires,cnaf_enfants,cnaf_adresse}', e.siret, COALESCE(e.name, ''), r.form_uid, 'Tarifs de la cantine', 'essai', '{}', $2, r.state_at
				FROM requests r
				LEFT JOIN (SELECT siret, name, row_number() OVER (ORDER BY siret) AS place, count(*) OVER () AS many FROM editors WHERE siret LIKE $3 || '%') e
					ON e.place = 1 + r.number % e.many
				WHERE r.number > $1 AND r.number <= $1 + $4`
			sqlTokens = `
				INSERT INTO tokens (id, public_id, digest, pepper, request, habilitation, siret, organisation, editor_siret, scopes, issued_at, expires_at,
					collected_at, collected_side, collected_by, collector, confirmed_at)
				SELECT drawn.id, drawn.public_id, drawn.digest, $4, h.request, h.number, h.siret, h.organisation, h.editor_siret, h.scopes,
					$5::timestamptz - drawn.place % 400 * interval '1 day', $5::timestamptz + interval '1 year' - drawn.place % 400 * interval '1 hour', $5, 'editeur', $6, $6, $5
				FROM unnest($1::uuid[], $2::text[], $3::bytea[]) WITH ORDINALITY AS drawn (id, public_id, digest, place)
				JOIN habilitations h ON h.request = $7 + drawn.place`
		)
		if _, err := tx.ExecContext(ctx, sqlRequests, firstFilledRequest, now, filledTowns, count); err != nil {
			return fmt.Errorf("fill requests: %w", err)
		}
		if _, err := tx.ExecContext(ctx, sqlGranted, firstFilledRequest, filler, filledEditors, count); err != nil {
			return fmt.Errorf("fill habilitations: %w", err)
		}
		if _, err := tx.ExecContext(ctx, sqlTokens, ids, publics, digests, pepper, now, filler, firstFilledRequest); err != nil {
			return fmt.Errorf("fill tokens: %w", err)
		}
		return nil
	})
}
