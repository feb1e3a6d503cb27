package postgres

import (
	"context"
	"fmt"
	"time"
)

// Fill adds collectivities and dossiers of no one, so that measurements run on tables as
// full as production's (PRODUCT.md §7). It is for the demo and the benchmarks.
func Fill(ctx context.Context, db *DB, collectivities, dossiers int, now time.Time) error {
	// The check digit of a SIRET is found by trying the ten of them; Luhn's sum of the
	// thirteen other digits is computed in place.
	const sqlCollectivities = `
		WITH numbered AS (
			SELECT i, '9' || lpad(i::text, 8, '0') || '0001' AS digits FROM generate_series(1, $1) i
		), summed AS (
			SELECT i, digits, (
				SELECT sum(CASE WHEN p % 2 = 1 THEN (2 * d) / 10 + (2 * d) % 10 ELSE d END)
				FROM generate_series(1, 13) p, LATERAL (SELECT substr(digits, 14 - p, 1)::int AS d) AS digit) AS total
			FROM numbered
		)
		INSERT INTO collectivities (siret, name, folded_name, code_cog, departement, postcode, form, created_at, updated_at)
		SELECT digits || ((10 - total % 10) % 10), 'Commune essai ' || i, 'commune essai ' || i,
			lpad((1 + i % 95)::text, 2, '0') || lpad((i % 900)::text, 3, '0'), lpad((1 + i % 95)::text, 2, '0'),
			lpad((1 + i % 95)::text, 2, '0') || lpad((i % 900)::text, 3, '0'), 'ouvert', $2, $2
		FROM summed ON CONFLICT DO NOTHING`
	if _, err := db.pool.ExecContext(ctx, sqlCollectivities, collectivities, now); err != nil {
		return fmt.Errorf("fill collectivities: %w", err)
	}
	const sqlDossiers = `
		WITH town AS (SELECT siret, code_cog FROM collectivities ORDER BY siret LIMIT 1)
		INSERT INTO dossiers (reference, attempt_id, siret, code_cog, state, recorded_at, state_at, transmitted_at, received_at, looked_at)
		SELECT translate(upper(substr(md5('essai' || i), 1, 13)), '01', 'XY'), gen_random_uuid(), town.siret, town.code_cog, 'traite',
			at, at, at, at, at
		FROM generate_series(1, $1) i, town, LATERAL (SELECT $2::timestamptz - (i % 89) * interval '1 day' AS at) AS moment
		ON CONFLICT DO NOTHING`
	if _, err := db.pool.ExecContext(ctx, sqlDossiers, dossiers, now); err != nil {
		return fmt.Errorf("fill dossiers: %w", err)
	}
	return nil
}
