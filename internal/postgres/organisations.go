package postgres

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/value"
)

// Organisations implements directory.OrganisationStore.
type Organisations struct{ DB *DB }

var _ directory.OrganisationStore = Organisations{}

const organisationColumns = `
	o.siret, o.name, o.legal_category, o.code_cog, o.postcode, o.closed, o.closed_on, o.told_at, o.asked_at, o.last_answer,
	EXISTS (SELECT FROM collectivities c WHERE c.siret = o.siret) AS enrolled`

type organisationRow struct {
	Siret         string       `db:"siret"`
	Name          string       `db:"name"`
	LegalCategory string       `db:"legal_category"`
	COG           string       `db:"code_cog"`
	Postcode      string       `db:"postcode"`
	Closed        bool         `db:"closed"`
	ClosedOn      sql.NullTime `db:"closed_on"`
	ToldAt        time.Time    `db:"told_at"`
	AskedAt       time.Time    `db:"asked_at"`
	LastAnswer    string       `db:"last_answer"`
	Enrolled      bool         `db:"enrolled"`
}

func (r organisationRow) organisation() directory.Organisation {
	o := directory.Organisation{
		Siret: value.Siret(r.Siret),
		Establishment: directory.Establishment{
			Name: r.Name, LegalCategory: r.LegalCategory, COG: r.COG, Postcode: r.Postcode, Closed: r.Closed,
		},
		Enrolled: r.Enrolled, ToldAt: r.ToldAt, AskedAt: r.AskedAt, Answer: directory.Answer(r.LastAnswer),
	}
	if r.ClosedOn.Valid {
		o.ClosedOn = r.ClosedOn.Time.UTC()
	}
	return o
}

// FindOrganisation finds one that is kept.
func (s Organisations) FindOrganisation(ctx context.Context, siret value.Siret) (directory.Organisation, error) {
	return findOrganisation(ctx, s.DB.pool, siret)
}

func findOrganisation(ctx context.Context, in sqlx.QueryerContext, siret value.Siret) (directory.Organisation, error) {
	const sqlFind = `SELECT ` + organisationColumns + ` FROM organisations o WHERE o.siret = $1`
	var row organisationRow
	if err := sqlx.GetContext(ctx, in, &row, sqlFind, siret.String()); err != nil {
		return directory.Organisation{}, notFoundAs("organisation.unknown", err)
	}
	return row.organisation(), nil
}

// organisationInUse tells that somebody holds a role for an organisation, or that its form
// is not closed.
const organisationInUse = `(
	EXISTS (SELECT FROM memberships m WHERE m.organisation = o.siret AND m.ended_at IS NULL)
	OR EXISTS (SELECT FROM collectivities c WHERE c.siret = o.siret AND c.form <> 'ferme'))`

// ListOrganisations lists those whose name holds every word, or whose SIRET begins so.
func (s Organisations) ListOrganisations(ctx context.Context, query directory.OrganisationQuery) ([]directory.Organisation, int, error) {
	const sqlList = `
		SELECT ` + organisationColumns + `, count(*) OVER () AS total
		FROM organisations o
		WHERE (o.folded_name LIKE ALL ($1) OR ($2 <> '' AND o.siret LIKE $2 || '%'))
		  AND ($3 = '' OR o.closed = ($3 <> 'open'))
		  AND ($3 <> 'in_use' OR ` + organisationInUse + `)
		ORDER BY
			CASE WHEN $4 = 'age' AND NOT $5 THEN o.told_at END,
			CASE WHEN $4 = 'age' AND $5 THEN o.told_at END DESC,
			CASE WHEN $4 = '' AND $5 THEN o.folded_name END DESC,
			o.folded_name, o.siret
		LIMIT $6 OFFSET $7`
	patterns := make(pq.StringArray, 0, len(query.Words))
	for _, word := range query.Words {
		patterns = append(patterns, "%"+literal(word)+"%")
	}
	var rows []struct {
		organisationRow
		Total int `db:"total"`
	}
	err := s.DB.pool.SelectContext(ctx, &rows, sqlList, patterns, query.SiretStart,
		string(query.State), string(query.Order), query.Descending, query.Limit, query.Offset)
	if err != nil || len(rows) == 0 {
		return nil, 0, err
	}
	found := make([]directory.Organisation, len(rows))
	for i, row := range rows {
		found[i] = row.organisation()
	}
	return found, rows[0].Total, nil
}

// ClaimStale notes a question about the organisation whose last one is oldest. Whoever
// claims at the same time gets another one.
func (s Organisations) ClaimStale(ctx context.Context, asked, silent, now time.Time) (value.Siret, error) {
	const sqlClaim = `
		WITH stale AS MATERIALIZED (
			SELECT siret FROM organisations
			WHERE asked_at <= $1 OR (last_answer = 'none' AND asked_at <= $2)
			ORDER BY asked_at, siret LIMIT 1 FOR UPDATE SKIP LOCKED)
		UPDATE organisations o SET asked_at = $3, last_answer = 'none'
		FROM stale WHERE o.siret = stale.siret
		RETURNING o.siret`
	var siret string
	if err := s.DB.pool.GetContext(ctx, &siret, sqlClaim, asked, silent, now); err != nil {
		return "", notFoundAs("organisation.unknown", err)
	}
	return value.Siret(siret), nil
}

// RecordAnswer keeps an answer of the register and its line in the journal. Of two that
// tell an organisation for the first time, one adds it and the other finds it there.
func (s Organisations) RecordAnswer(ctx context.Context, answered directory.Answered) (kept directory.Organisation, err error) {
	err = s.DB.InTx(ctx, func(tx *sqlx.Tx) error {
		added, err := addOrganisation(ctx, tx, answered)
		if err != nil {
			return err
		}
		var before directory.Organisation
		if !added {
			if before, err = updateOrganisation(ctx, tx, answered); err != nil {
				return err
			}
		}
		for _, event := range answered.Journal(before) {
			if err := recordEvent(ctx, tx, event); err != nil {
				return err
			}
		}
		kept, err = findOrganisation(ctx, tx, answered.Siret)
		return err
	})
	return kept, err
}

// addOrganisation keeps an organisation that is told for the first time; false for any
// other answer.
func addOrganisation(ctx context.Context, tx *sqlx.Tx, a directory.Answered) (bool, error) {
	const sqlAdd = `
		INSERT INTO organisations (siret, name, folded_name, legal_category, code_cog, postcode, closed, closed_on,
			told_at, asked_at, last_answer, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10, $9)
		ON CONFLICT (siret) DO NOTHING`
	if a.Answer != directory.AnswerTold {
		return false, nil
	}
	result, err := tx.ExecContext(ctx, sqlAdd, a.Siret.String(), a.Told.Name, a.FoldedName, a.Told.LegalCategory, a.Told.COG, a.Told.Postcode,
		a.Told.Closed, nullDay(a.Told.ClosedOn), a.At, string(a.Answer))
	if err != nil {
		return false, fmt.Errorf("add organisation: %w", err)
	}
	added, err := result.RowsAffected()
	return added == 1, err
}

// updateOrganisation brings up to date what is kept, and returns what was. Nobody changes
// it in between.
func updateOrganisation(ctx context.Context, tx *sqlx.Tx, a directory.Answered) (before directory.Organisation, err error) {
	const (
		sqlLock = `SELECT siret FROM organisations WHERE siret = $1 FOR UPDATE`
		sqlTold = `
			UPDATE organisations SET name = $4, folded_name = $5, legal_category = $6, code_cog = $7, postcode = $8, closed = $9, closed_on = $10,
				told_at = $2, asked_at = $2, last_answer = $3
			WHERE siret = $1`
		sqlUntold = `UPDATE organisations SET asked_at = $2, last_answer = $3 WHERE siret = $1`
	)
	var locked string
	if err := tx.GetContext(ctx, &locked, sqlLock, a.Siret.String()); err != nil {
		return before, notFoundAs("organisation.unknown", err)
	}
	if before, err = findOrganisation(ctx, tx, a.Siret); err != nil {
		return before, err
	}
	update, arguments := sqlUntold, []any{a.Siret.String(), a.At, string(a.Answer)}
	if a.Answer == directory.AnswerTold {
		update = sqlTold
		arguments = append(arguments, a.Told.Name, a.FoldedName, a.Told.LegalCategory, a.Told.COG, a.Told.Postcode,
			a.Told.Closed, nullDay(a.Told.ClosedOn))
	}
	if _, err := tx.ExecContext(ctx, update, arguments...); err != nil {
		return before, fmt.Errorf("update organisation: %w", err)
	}
	return before, nil
}

// nullDay is a date as its column takes it, whatever the session's time zone.
func nullDay(day time.Time) sql.NullString {
	return sql.NullString{String: day.Format(time.DateOnly), Valid: !day.IsZero()}
}
