package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/value"
)

// The public list in SQL, its order included, and a text that names what it says: how many
// collectivities and, since their order must not count nor be worked out, the exclusive or
// of what each of them says. The SIRET of each differs, so that no two cancel out. Nothing
// keeps a counter: whatever opens, closes or renames a collectivity changes the name.
const (
	sqlOpen    = ` FROM collectivities c WHERE c.form = 'ouvert'`
	sqlEdition = `count(*) || '-' || to_hex(COALESCE(bit_xor(hashtextextended(
		c.siret || c.code_cog || c.departement || '/' || c.name || '/' || c.folded_name, 0)), 0))`
	publishedColumns = `c.name, c.siret, c.code_cog, c.departement`
)

type publishedRow struct {
	Name        string `db:"name"`
	Siret       string `db:"siret"`
	COG         string `db:"code_cog"`
	Departement string `db:"departement"`
}

func (r publishedRow) published() directory.Published {
	return directory.Published{Name: r.Name, Siret: value.Siret(r.Siret), COG: r.COG, Departement: r.Departement}
}

// CurrentEdition names the public list of now.
func (s Collectivities) CurrentEdition(ctx context.Context) (directory.Edition, error) {
	var edition string
	if err := s.DB.pool.GetContext(ctx, &edition, `SELECT `+sqlEdition+sqlOpen); err != nil {
		return "", err
	}
	return directory.Edition(edition), nil
}

// ListPublished lists the collectivities whose form is open. One statement reads the list
// and names it: nothing can come between.
func (s Collectivities) ListPublished(ctx context.Context) ([]directory.Published, directory.Edition, error) {
	// An empty list has an edition too: its row has no collectivity.
	const sqlList = `
		WITH edition AS (SELECT ` + sqlEdition + ` AS edition` + sqlOpen + `)
		SELECT e.edition, COALESCE(c.name, '') AS name, COALESCE(c.siret, '') AS siret,
			COALESCE(c.code_cog, '') AS code_cog, COALESCE(c.departement, '') AS departement
		FROM edition e LEFT JOIN collectivities c ON c.form = 'ouvert'
		ORDER BY c.folded_name, c.departement, c.siret`
	var rows []struct {
		Edition string `db:"edition"`
		publishedRow
	}
	if err := s.DB.pool.SelectContext(ctx, &rows, sqlList); err != nil {
		return nil, "", err
	}
	listed := make([]directory.Published, 0, len(rows))
	for _, row := range rows {
		if row.Siret != "" {
			listed = append(listed, row.published())
		}
	}
	return listed, directory.Edition(rows[0].Edition), nil
}

// FindPublished finds a collectivity whose form is open.
func (s Collectivities) FindPublished(ctx context.Context, siret value.Siret) (directory.Published, error) {
	return s.findPublished(ctx, `SELECT `+publishedColumns+sqlOpen+` AND c.siret = $1`, siret.String())
}

// FindPublishedByCOG prefers the commune itself, whose SIREN begins with 21, to its welfare
// centre, its school fund or a group of communes that has its seat there
// (formulaire-qf.md §7, W9).
func (s Collectivities) FindPublishedByCOG(ctx context.Context, cog string) (directory.Published, error) {
	const sqlByCOG = `SELECT ` + publishedColumns + sqlOpen + ` AND c.code_cog = $1 ORDER BY c.siret NOT LIKE '21%', c.siret LIMIT 1`
	return s.findPublished(ctx, sqlByCOG, cog)
}

func (s Collectivities) findPublished(ctx context.Context, query, code string) (directory.Published, error) {
	var row publishedRow
	if err := s.DB.pool.GetContext(ctx, &row, query, code); err != nil {
		return directory.Published{}, notFoundAs("collectivity.unknown", err)
	}
	return row.published(), nil
}

// RecordRegistration adds a collectivity. Of two registrations at once, one waits for the
// other and finds that it came too late.
func (s Collectivities) RecordRegistration(ctx context.Context, entry directory.Entry, event audit.Event) (directory.Collectivity, error) {
	const sqlRegister = `
		INSERT INTO collectivities AS c (siret, name, folded_name, code_cog, departement, form, editor_siret, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, (SELECT siret FROM editors WHERE siret = $7), $8, $8)
		ON CONFLICT (siret) DO NOTHING
		RETURNING ` + collectivityColumns
	c := entry.Collectivity
	var row collectivityRow
	err := s.DB.InTx(ctx, func(tx *sqlx.Tx) error {
		err := tx.GetContext(ctx, &row, sqlRegister, c.Siret.String(), c.Name, entry.FoldedName, c.COG, c.Departement,
			string(c.Form), c.EditorSiret.String(), event.At)
		if err != nil {
			return conflictWhenAbsent("collectivity.taken", err)
		}
		if err := believeRegistration(ctx, tx, row.collectivity(), event.At); err != nil {
			return err
		}
		return recordEvent(ctx, tx, event)
	})
	if err != nil {
		return directory.Collectivity{}, fmt.Errorf("add %s: %w", c.Siret, err)
	}
	return row.collectivity(), nil
}

// believeRegistration keeps what the existing back-office made at HubEE for a town whose
// form is open: the job of the subscriptions looks at it.
func believeRegistration(ctx context.Context, tx *sqlx.Tx, town directory.Collectivity, now time.Time) error {
	decided, err := obeySubscription(ctx, tx, town.Siret)
	if err != nil || decided || town.Form != directory.FormOpen {
		return err
	}
	return writeSubscription(ctx, tx, credential.Believed(town, now), now)
}

// obeySubscription gives a town that is new the form that its subscription decides, where
// one waited for the town; false where none did.
func obeySubscription(ctx context.Context, tx *sqlx.Tx, siret value.Siret) (bool, error) {
	ours, err := findSubscription(ctx, tx, siret)
	if fault.KindOf(err) == fault.NotFound {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("find subscription: %w", err)
	}
	const sqlObey = `UPDATE collectivities SET form = $2, editor_siret = $3 WHERE siret = $1`
	if _, err := tx.ExecContext(ctx, sqlObey, siret.String(), string(ours.Form()), nullText(ours.Editor.String())); err != nil {
		return false, fmt.Errorf("give the town its form: %w", err)
	}
	return true, nil
}
