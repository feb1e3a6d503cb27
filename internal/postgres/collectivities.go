package postgres

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/value"
)

// Collectivities implements directory.Store and dossier.CollectivityFinder.
type Collectivities struct{ DB *DB }

var (
	_ directory.Store       = Collectivities{}
	_ directory.ClientStore = Collectivities{}
)

const collectivityColumns = `
	c.siret, c.name, c.code_cog, c.departement, c.postcode, c.form,
	c.contact_label, c.contact_mail, c.contact_phone, c.contact_url, COALESCE(c.editor_siret, '') AS editor_siret`

type collectivityRow struct {
	Siret        string `db:"siret"`
	Name         string `db:"name"`
	COG          string `db:"code_cog"`
	Departement  string `db:"departement"`
	Postcode     string `db:"postcode"`
	Form         string `db:"form"`
	ContactLabel string `db:"contact_label"`
	ContactMail  string `db:"contact_mail"`
	ContactPhone string `db:"contact_phone"`
	ContactURL   string `db:"contact_url"`
	EditorSiret  string `db:"editor_siret"`
}

func (r collectivityRow) collectivity() directory.Collectivity {
	return directory.Collectivity{
		Siret: value.Siret(r.Siret), Name: r.Name, COG: r.COG, Departement: r.Departement, Postcode: r.Postcode,
		Form:        directory.FormState(r.Form),
		Contact:     directory.Contact{Label: r.ContactLabel, Mail: r.ContactMail, Phone: r.ContactPhone, URL: r.ContactURL},
		EditorSiret: value.Siret(r.EditorSiret),
	}
}

// FindCollectivity finds a collectivity with the return addresses that it and its editor
// declared.
func (s Collectivities) FindCollectivity(ctx context.Context, siret value.Siret) (directory.Collectivity, error) {
	const sqlFind = `
		SELECT ` + collectivityColumns + `,
			ARRAY(SELECT r.address FROM return_addresses r
			      WHERE r.collectivity_siret = c.siret OR r.editor_siret = c.editor_siret ORDER BY r.id) AS returns
		FROM collectivities c WHERE c.siret = $1`
	var row struct {
		collectivityRow
		Returns pq.StringArray `db:"returns"`
	}
	if err := s.DB.pool.GetContext(ctx, &row, sqlFind, siret.String()); err != nil {
		return directory.Collectivity{}, notFoundAs("collectivity.unknown", err)
	}
	c := row.collectivity()
	for _, declared := range row.Returns {
		address, err := directory.ParseReturnAddress(declared)
		if err != nil {
			return directory.Collectivity{}, fmt.Errorf("read a declared return address: %w", err)
		}
		c.Returns = append(c.Returns, address)
	}
	return c, nil
}

// SearchCollectivities finds the collectivities whose name holds every word, or whose
// postcode starts so, or which have this SIRET; those whose name starts with the query
// come first.
func (s Collectivities) SearchCollectivities(ctx context.Context, query directory.Query, offset, limit int) ([]directory.Collectivity, int, error) {
	const sqlSearch = `
		SELECT ` + collectivityColumns + `, count(*) OVER () AS total
		FROM collectivities c
		WHERE c.form <> 'ferme'
		  AND ($1 = '' OR c.siret = $1)
		  AND ($2 = '' OR c.postcode LIKE $2 || '%')
		  AND c.folded_name LIKE ALL ($3)
		  AND ($4 = '' OR c.departement = $4)
		ORDER BY c.folded_name NOT LIKE $5 || '%', c.folded_name, c.departement, c.siret
		LIMIT $6 OFFSET $7`
	return s.list(ctx, sqlSearch, query.Siret.String(), query.Postcode, patterns(query.Words),
		query.Departement, literal(query.Folded), limit, offset)
}

// literal keeps LIKE from reading what a person typed as a pattern.
func literal(typed string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(typed)
}

// CountByDepartement counts the collectivities that are listed, by département.
func (s Collectivities) CountByDepartement(ctx context.Context) (map[string]int, error) {
	const sqlCount = `SELECT departement, count(*) FROM collectivities WHERE form <> 'ferme' GROUP BY departement`
	rows, err := s.DB.pool.QueryContext(ctx, sqlCount)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	counts := map[string]int{}
	for rows.Next() {
		var departement string
		var count int
		if err := rows.Scan(&departement, &count); err != nil {
			return nil, err
		}
		counts[departement] = count
	}
	return counts, rows.Err()
}

// ofEditor tells the towns c of an editor $1: those whose dossiers it receives, and those that
// have a valid habilitation by it, though another software receives them.
const ofEditor = `(c.editor_siret = $1 OR c.siret IN (
	SELECT r.siret FROM habilitations g JOIN requests r ON r.number = g.request
	WHERE g.editor_siret = $1 AND r.state IN ('validee', 'reouverte')
	  AND NOT EXISTS (SELECT FROM habilitations newer WHERE newer.request = g.request AND newer.number > g.number)))`

// ListCollectivitiesForEditor lists the towns of an editor, whatever the state of their form.
func (s Collectivities) ListCollectivitiesForEditor(ctx context.Context, editor value.Siret, query directory.ClientQuery) ([]directory.Collectivity, int, error) {
	const sqlClients = `
		SELECT ` + collectivityColumns + `, count(*) OVER () AS total
		FROM collectivities c
		WHERE ` + ofEditor + `
		  AND ($2 = '' OR c.siret = $2)
		  AND ($3 = '' OR c.postcode LIKE $3 || '%')
		  AND c.folded_name LIKE ALL ($4)
		  AND ($5 = '' OR c.departement = $5)
		  AND ($6 = '' OR c.form = $6)
		  AND (NOT $7 OR EXISTS (SELECT FROM subscriptions s
			WHERE s.siret = c.siret AND s.editor_siret = $1 AND (s.state = 'en_erreur' OR ` + stoppedByHub + `)))
		ORDER BY c.folded_name, c.departement, c.siret
		LIMIT $8 OFFSET $9`
	return s.list(ctx, sqlClients, editor.String(), query.Siret.String(), query.Postcode, patterns(query.Words),
		query.Departement, string(query.Form), query.Stuck, query.Limit, query.Offset)
}

// list reads a page of collectivities, and how many there are on all pages.
func (s Collectivities) list(ctx context.Context, query string, args ...any) ([]directory.Collectivity, int, error) {
	var rows []struct {
		collectivityRow
		Total int `db:"total"`
	}
	if err := s.DB.pool.SelectContext(ctx, &rows, query, args...); err != nil || len(rows) == 0 {
		return nil, 0, err
	}
	found := make([]directory.Collectivity, len(rows))
	for i, row := range rows {
		found[i] = row.collectivity()
	}
	return found, rows[0].Total, nil
}

// patterns are the words that a name must hold, for LIKE ALL.
func patterns(words []string) pq.StringArray {
	held := make(pq.StringArray, 0, len(words))
	for _, word := range words {
		held = append(held, "%"+literal(word)+"%")
	}
	return held
}

// CountFormsForEditor counts the collectivities that an editor equips.
func (s Collectivities) CountFormsForEditor(ctx context.Context, editor value.Siret) (directory.FormCounts, error) {
	const sqlCount = `SELECT c.form, count(*) AS n FROM collectivities c WHERE ` + ofEditor + ` GROUP BY c.form`
	return s.countForms(ctx, sqlCount, editor.String())
}

// CountForms counts every collectivity.
func (s Collectivities) CountForms(ctx context.Context) (directory.FormCounts, error) {
	const sqlCount = `SELECT form, count(*) AS n FROM collectivities GROUP BY form`
	return s.countForms(ctx, sqlCount)
}

func (s Collectivities) countForms(ctx context.Context, query string, args ...any) (directory.FormCounts, error) {
	var rows []struct {
		Form string `db:"form"`
		N    int    `db:"n"`
	}
	if err := s.DB.pool.SelectContext(ctx, &rows, query, args...); err != nil {
		return directory.FormCounts{}, err
	}
	var counts directory.FormCounts
	for _, row := range rows {
		counts = counts.Add(directory.FormState(row.Form), row.N)
	}
	return counts, nil
}

// ListLocated says which of these collectivities have a postcode.
func (s Collectivities) ListLocated(ctx context.Context, sirets []value.Siret) (map[value.Siret]bool, error) {
	const sqlLocated = `SELECT siret FROM collectivities WHERE siret = ANY ($1) AND postcode <> ''`
	asked := make(pq.StringArray, len(sirets))
	for i, siret := range sirets {
		asked[i] = siret.String()
	}
	var found []string
	if err := s.DB.pool.SelectContext(ctx, &found, sqlLocated, asked); err != nil {
		return nil, err
	}
	located := make(map[value.Siret]bool, len(found))
	for _, siret := range found {
		located[value.Siret(siret)] = true
	}
	return located, nil
}

// RecordImport adds or updates editors and collectivities, in one transaction. Declared
// return addresses are replaced by those of the import where it gives any.
func (s Collectivities) RecordImport(ctx context.Context, batch directory.Import, now time.Time) error {
	return s.DB.InTx(ctx, func(tx *sqlx.Tx) error {
		for _, e := range batch.Editors {
			if err := recordEditor(ctx, tx, e, now); err != nil {
				return err
			}
		}
		for _, c := range batch.Collectivities {
			if err := recordCollectivity(ctx, tx, c, now); err != nil {
				return err
			}
		}
		return nil
	})
}

func recordCollectivity(ctx context.Context, tx *sqlx.Tx, entry directory.Entry, now time.Time) error {
	// A list that says nothing of the postcode, the contact or the editor leaves them as
	// they are; so does a form whose state was decided since. The form and the editor of a
	// town follow its subscription where it has one. An editor that nobody declared is none.
	const sqlCollectivity = `
		INSERT INTO collectivities AS c (siret, name, folded_name, code_cog, departement, postcode, form,
			contact_label, contact_mail, contact_phone, contact_url, editor_siret, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, (SELECT siret FROM editors WHERE siret = $12), $13, $13)
		ON CONFLICT (siret) DO UPDATE SET
			name = EXCLUDED.name, folded_name = EXCLUDED.folded_name, code_cog = EXCLUDED.code_cog,
			departement = EXCLUDED.departement, updated_at = EXCLUDED.updated_at,
			postcode = COALESCE(NULLIF(EXCLUDED.postcode, ''), c.postcode),
			form = CASE WHEN $14 AND NOT EXISTS (SELECT FROM subscriptions s WHERE s.siret = c.siret) THEN EXCLUDED.form ELSE c.form END,
			contact_label = CASE WHEN $15 THEN EXCLUDED.contact_label ELSE c.contact_label END,
			contact_mail = CASE WHEN $15 THEN EXCLUDED.contact_mail ELSE c.contact_mail END,
			contact_phone = CASE WHEN $15 THEN EXCLUDED.contact_phone ELSE c.contact_phone END,
			contact_url = CASE WHEN $15 THEN EXCLUDED.contact_url ELSE c.contact_url END,
			editor_siret = CASE WHEN EXISTS (SELECT FROM subscriptions s WHERE s.siret = c.siret) THEN c.editor_siret
				ELSE COALESCE(EXCLUDED.editor_siret, c.editor_siret) END
		RETURNING c.xmax = 0 -- it was inserted`
	c := entry.Collectivity
	var isNew bool
	err := tx.GetContext(ctx, &isNew, sqlCollectivity, c.Siret.String(), c.Name, entry.FoldedName, c.COG, c.Departement, c.Postcode, string(c.Form),
		c.Contact.Label, c.Contact.Mail, c.Contact.Phone, c.Contact.URL, c.EditorSiret.String(), now, entry.FormGiven, !c.Contact.IsZero())
	if err != nil {
		return fmt.Errorf("record collectivity %s: %w", c.Siret, err)
	}
	if isNew {
		if _, err := obeySubscription(ctx, tx, c.Siret); err != nil {
			return err
		}
	}
	return recordReturns(ctx, tx, c.Returns, "", c.Siret.String())
}

func recordReturns(ctx context.Context, tx *sqlx.Tx, returns []directory.ReturnAddress, editor, collectivity string) error {
	if returns == nil { // the list says nothing of them
		return nil
	}
	owner := []any{nullText(editor), nullText(collectivity)}
	const sqlForget = `DELETE FROM return_addresses WHERE editor_siret = $1 OR collectivity_siret = $2`
	if _, err := tx.ExecContext(ctx, sqlForget, owner...); err != nil {
		return fmt.Errorf("forget return addresses: %w", err)
	}
	const sqlDeclare = `
		INSERT INTO return_addresses (editor_siret, collectivity_siret, address) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`
	for _, address := range returns {
		if _, err := tx.ExecContext(ctx, sqlDeclare, owner[0], owner[1], address.String()); err != nil {
			return fmt.Errorf("declare return address: %w", err)
		}
	}
	return nil
}

func nullText(text string) sql.NullString { return sql.NullString{String: text, Valid: text != ""} }
