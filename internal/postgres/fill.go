package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/value"
)

// sqlSirets numbers SIRETs of no one from 1 to $1, their first digit being $2. The check
// digit is what brings Luhn's sum of the thirteen other digits to a multiple of ten.
const sqlSirets = `
	numbered AS (
		SELECT i, $2 || lpad(i::text, 8, '0') || '0001' AS digits FROM generate_series(1, $1) i
	), summed AS (
		SELECT i, digits, (
			SELECT sum(CASE WHEN p % 2 = 1 THEN (2 * d) / 10 + (2 * d) % 10 ELSE d END)
			FROM generate_series(1, 13) p, LATERAL (SELECT substr(digits, 14 - p, 1)::int AS d) AS digit) AS total
		FROM numbered
	), sirets AS (SELECT i, digits || ((10 - total % 10) % 10) AS siret FROM summed)`

// The first digits of the SIRETs that are made.
const (
	filledTowns   = "9"
	filledEditors = "8"
)

// Fill adds collectivities and dossiers of no one, so that measurements run on tables as
// full as production's (PRODUCT.md §7). It is for the demo and the benchmarks.
func Fill(ctx context.Context, db *DB, collectivities, dossiers int, now time.Time) error {
	const sqlCollectivities = `
		WITH ` + sqlSirets + `
		INSERT INTO collectivities (siret, name, folded_name, code_cog, departement, postcode, form, created_at, updated_at)
		SELECT siret, 'Commune essai ' || i, 'commune essai ' || i,
			lpad((1 + i % 95)::text, 2, '0') || lpad((i % 900)::text, 3, '0'), lpad((1 + i % 95)::text, 2, '0'),
			lpad((1 + i % 95)::text, 2, '0') || lpad((i % 900)::text, 3, '0'), 'ouvert', $3, $3
		FROM sirets ON CONFLICT DO NOTHING`
	if _, err := db.pool.ExecContext(ctx, sqlCollectivities, collectivities, filledTowns, now); err != nil {
		return fmt.Errorf("fill collectivities: %w", err)
	}
	// OFFSET keeps what is drawn from being drawn again for each of its characters.
	sqlDossiers := `
		WITH town AS (SELECT siret, code_cog FROM collectivities ORDER BY siret LIMIT 1)
		INSERT INTO dossiers (reference, attempt_id, siret, code_cog, state, recorded_at, state_at, transmitted_at, received_at, looked_at)
		SELECT drawn || ` + checkCharacter("drawn") + `, gen_random_uuid(), town.siret, town.code_cog, 'traite', at, at, at, at, at
		FROM generate_series(1, $1) i, town,
			LATERAL (SELECT translate(upper(substr(md5('essai' || i), 1, 12)), '01', 'XY') AS drawn, $2::timestamptz - (i % 89) * interval '1 day' AS at OFFSET 0) AS made
		ON CONFLICT DO NOTHING`
	if _, err := db.pool.ExecContext(ctx, sqlDossiers, dossiers, now); err != nil {
		return fmt.Errorf("fill dossiers: %w", err)
	}
	return nil
}

// checkCharacter is the last character of a reference, from the twelve others (value.Reference).
func checkCharacter(drawn string) string {
	const alphabet = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
	var sum []string
	for place := 1; place <= 12; place++ {
		sum = append(sum, fmt.Sprintf("%d * (strpos('%s', substr(%s, %d, 1)) - 1)", place, alphabet, drawn, place))
	}
	return fmt.Sprintf("substr('%s', 1 + (%s) %% %d, 1)", alphabet, strings.Join(sum, " + "), len(alphabet))
}

// Crowd is how many professionals FillPeople makes. Their sessions open by cookies that the
// caller draws: nobody else can use one.
type Crowd struct {
	Accounts int
	Operator value.Siret   // of the support
	Agents   []value.Token // of the sessions of towns' agents
	Support  []value.Token // of the sessions of the support
}

// filler is who gave the roles that FillPeople makes.
const filler = "Jeu d’essai"

// FillPeople adds editors, professionals who hold roles, and live sessions, on top of the
// collectivities of Fill: of 200 people one is of the support, ten are an editor's, and the
// others are agents of a collectivity. One in ten held the same role before and lost it.
// The sessions were seen more than a minute and less than six minutes ago. It is for the
// benchmarks.
func FillPeople(ctx context.Context, db *DB, crowd Crowd, now time.Time) error {
	return db.InTx(ctx, func(tx *sqlx.Tx) error {
		if err := fillOrganisations(ctx, tx, now); err != nil {
			return err
		}
		if err := fillAccounts(ctx, tx, crowd, now); err != nil {
			return err
		}
		if err := fillSessions(ctx, tx, account.Town, crowd.Agents, now); err != nil {
			return err
		}
		return fillSessions(ctx, tx, account.Support, crowd.Support, now)
	})
}

// fillOrganisations makes editors, and keeps what the register would have told of every
// collectivity.
func fillOrganisations(ctx context.Context, tx *sqlx.Tx, now time.Time) error {
	const editors = 100 // PRODUCT.md §7
	const sqlEditors = `
		WITH ` + sqlSirets + `
		INSERT INTO editors (siret, name, created_at, updated_at)
		SELECT siret, 'Éditeur essai ' || i, $3, $3 FROM sirets ON CONFLICT DO NOTHING`
	const sqlOrganisations = `
		INSERT INTO organisations (siret, name, folded_name, legal_category, code_cog, postcode, told_at, asked_at, last_answer, created_at)
		SELECT siret, upper(name), folded_name, '7210', code_cog, postcode, $1, $1, 'told', $1 FROM collectivities ON CONFLICT DO NOTHING`
	if _, err := tx.ExecContext(ctx, sqlEditors, editors, filledEditors, now); err != nil {
		return fmt.Errorf("fill editors: %w", err)
	}
	if _, err := tx.ExecContext(ctx, sqlOrganisations, now); err != nil {
		return fmt.Errorf("fill organisations: %w", err)
	}
	return nil
}

// fillAccounts makes people with names that some of them share, each in its town or at its
// editor, and gives them their roles. Those of one town come one after the other.
func fillAccounts(ctx context.Context, tx *sqlx.Tx, crowd Crowd, now time.Time) error {
	const sqlAccounts = `
		WITH names AS (SELECT
			ARRAY['Camille', 'Nadia', 'Paul', 'Inès', 'Léo', 'Jeanne', 'Karim', 'Maud', 'Samir', 'Élodie', 'Bruno', 'Awa', 'Yann', 'Sofia',
				'Noé', 'Denise', 'Hélène', 'François', 'Agnès', 'Théo'] AS given,
			ARRAY['Martin', 'Bernard', 'Petit', 'Robert', 'Richard', 'Durand', 'Dubois', 'Moreau', 'Laurent', 'Simon', 'Michel', 'Lefèvre',
				'Leroy', 'Roux', 'David', 'Bertrand', 'Morel', 'Fournier', 'Girard', 'Bonnet', 'Dupont', 'Lambert', 'Fontaine', 'Rousseau',
				'Vincent', 'Müller', 'Faure', 'André', 'Mercier', 'Blanc', 'Guérin', 'Boyer', 'Garnier', 'Chevalier', 'Legrand', 'Gauthier',
				'Garcia', 'Perrin', 'Robin', 'Clément', 'Morin', 'Nicolas', 'Henry', 'Roussel', 'Mathieu', 'Masson', 'Marchand', 'Duval'] AS usual
		), towns AS (
			SELECT siret, row_number() OVER (ORDER BY siret) AS place, count(*) OVER () AS many FROM collectivities WHERE siret LIKE $3 || '%'
		), publishers AS (
			SELECT siret, row_number() OVER (ORDER BY siret) AS place, count(*) OVER () AS many FROM editors WHERE siret LIKE $4 || '%'
		), people AS (
			SELECT i, towns.siret FROM towns, generate_series(towns.place, $1, towns.many) i WHERE i % 200 <> 0 AND i % 20 <> 7
			UNION ALL
			SELECT 20 * i - 13, publishers.siret FROM publishers, generate_series(publishers.place, ($1 + 13) / 20, publishers.many) i
			UNION ALL
			SELECT 200 * i, $2 FROM generate_series(1, $1 / 200) i
		), called AS (
			SELECT i, siret, given[1 + i % 20] AS given_name, usual[1 + (i / 20) % 48] AS usual_name FROM people, names
		), spelled AS (
			SELECT *, translate(lower(given_name || ' ' || usual_name), 'éèëüçÉ', 'eeeuce') AS folded_name FROM called
		)
		INSERT INTO accounts (issuer, subject, given_name, usual_name, folded_name, mail, siret, created_at, signed_in_at)
		SELECT 'essai', i, given_name, usual_name, folded_name, replace(folded_name, ' ', '.') || '@organisme-' || i || '.example.fr', siret,
			$5::timestamptz - interval '1 year', $5::timestamptz - (i % 300) * interval '1 day'
		FROM spelled ON CONFLICT DO NOTHING`
	const sqlMemberships = `
		INSERT INTO memberships (account_id, role, organisation, signed_for, granted_by, granted_at, ended_by, ended_at)
		SELECT a.id, CASE
				WHEN a.siret = $1 THEN 'support'
				WHEN a.siret NOT LIKE $2 || '%' THEN 'town'
				WHEN a.subject::int % 100 = 7 THEN 'editor_admin'
				ELSE 'editor_member' END,
			a.siret, a.siret, $3, a.created_at, CASE WHEN held.before THEN $3 ELSE '' END, CASE WHEN held.before THEN a.created_at END
		FROM accounts a, (VALUES (true), (false)) AS held (before)
		WHERE a.issuer = 'essai' AND (NOT held.before OR a.subject::int % 10 = 3)
		ON CONFLICT DO NOTHING`
	if _, err := tx.ExecContext(ctx, sqlAccounts, crowd.Accounts, crowd.Operator, filledTowns, filledEditors, now); err != nil {
		return fmt.Errorf("fill accounts: %w", err)
	}
	if _, err := tx.ExecContext(ctx, sqlMemberships, crowd.Operator, filledEditors, filler); err != nil {
		return fmt.Errorf("fill memberships: %w", err)
	}
	return nil
}

// fillSessions opens sessions of people who hold a role, one each, taken here and there.
func fillSessions(ctx context.Context, tx *sqlx.Tx, role account.Role, cookies []value.Token, now time.Time) error {
	const sqlSessions = `
		WITH holders AS (
			SELECT id, account_id, signed_for, row_number() OVER (ORDER BY md5(id::text)) AS place
			FROM memberships WHERE role = $1 AND granted_by = $2 AND ended_at IS NULL
		)
		INSERT INTO sessions (key, account_id, membership_id, signed_for, acr, strong_at, id_token, created_at, seen_at)
		SELECT given.key, holders.account_id, holders.id, holders.signed_for, 'eidas2', opened.at, decode(repeat(md5(given.key::text), 60), 'hex'),
			opened.at, $4::timestamptz - (61 + given.place % 290) * interval '1 second'
		FROM unnest($3::bytea[]) WITH ORDINALITY AS given (key, place) JOIN holders ON holders.place = given.place,
			LATERAL (SELECT $4::timestamptz - (10 + given.place % 120) * interval '1 minute' AS at) AS opened`
	keys := make(pq.ByteaArray, len(cookies))
	for i, cookie := range cookies {
		hash := cookie.Hash()
		keys[i] = hash[:]
	}
	result, err := tx.ExecContext(ctx, sqlSessions, role, filler, keys, now)
	if err != nil {
		return fmt.Errorf("fill sessions: %w", err)
	}
	opened, err := result.RowsAffected()
	if err == nil && int(opened) != len(cookies) {
		err = fmt.Errorf("fill sessions: too few people for %d", len(cookies))
	}
	return err
}

// Settle leaves the tables as PostgreSQL's own housekeeping does in time: what was filled
// is counted and marked. It needs their owner.
func Settle(ctx context.Context, ownerURL string) error {
	db, err := Open(ctx, ownerURL)
	if err != nil {
		return err
	}
	_, err = db.pool.ExecContext(ctx, `VACUUM (ANALYZE)`)
	return errors.Join(err, db.Close())
}
