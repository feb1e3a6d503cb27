package postgres

import (
	"context"

	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/value"
)

// Towns implements directory.TownStore.
type Towns struct{ DB *DB }

var _ directory.TownStore = Towns{}

type townRow struct {
	collectivityRow
	EditorName string `db:"editor_name"`
	Total      int    `db:"total"`
}

func (r townRow) town() directory.Town {
	return directory.Town{Collectivity: r.collectivity(), EditorName: r.EditorName}
}

const townTables = `
	FROM collectivities c LEFT JOIN editors e ON e.siret = c.editor_siret`

// ListTowns lists a page of collectivities, whatever the state of their form.
func (s Towns) ListTowns(ctx context.Context, query directory.TownQuery) ([]directory.Town, int, error) {
	const sqlList = `
		SELECT ` + collectivityColumns + `, COALESCE(e.name, '') AS editor_name, count(*) OVER () AS total` + townTables + `
		WHERE (($1 = '' OR c.siret = $1) AND ($2 = '' OR c.postcode LIKE $2 || '%') AND c.folded_name LIKE ALL ($3) AND ($4 = '' OR c.departement = $4)
			OR $5 <> '' AND c.siret LIKE $5 || '%')
		  AND ($6 = '' OR c.form = $6)
		  AND ($7 = '' OR c.departement = $7)
		  AND ($8 = '' OR c.editor_siret = $8)
		ORDER BY
			CASE WHEN $9 THEN c.folded_name END DESC,
			CASE WHEN NOT $9 THEN c.folded_name END,
			c.departement, c.siret
		LIMIT $10 OFFSET $11`
	var rows []townRow
	err := s.DB.pool.SelectContext(ctx, &rows, sqlList, query.Siret.String(), query.Postcode, patterns(query.Words), query.Departement, query.SiretStart,
		string(query.Form), query.InDepartement, query.Editor.String(), query.Descending, query.Limit, query.Offset)
	if err != nil || len(rows) == 0 {
		return nil, 0, err
	}
	found := make([]directory.Town, len(rows))
	for i, row := range rows {
		found[i] = row.town()
	}
	return found, rows[0].Total, nil
}

// FindTown finds a collectivity with the name of its editor.
func (s Towns) FindTown(ctx context.Context, siret value.Siret) (directory.Town, error) {
	const sqlFind = `SELECT ` + collectivityColumns + `, COALESCE(e.name, '') AS editor_name` + townTables + ` WHERE c.siret = $1`
	var row townRow
	if err := s.DB.pool.GetContext(ctx, &row, sqlFind, siret.String()); err != nil {
		return directory.Town{}, notFoundAs("collectivity.unknown", err)
	}
	return row.town(), nil
}
