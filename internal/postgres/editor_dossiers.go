package postgres

import (
	"context"
	"time"

	"portail-qf/internal/domain/dossier"
	"portail-qf/internal/domain/value"
)

const progressColumns = `
	d.reference, d.siret, d.state, d.state_at, COALESCE(d.folder_id, '') AS folder_id, COALESCE(d.case_id, '') AS case_id`

type progressRow struct {
	Reference string    `db:"reference"`
	Siret     string    `db:"siret"`
	State     string    `db:"state"`
	StateAt   time.Time `db:"state_at"`
	FolderID  string    `db:"folder_id"`
	CaseID    string    `db:"case_id"`
}

func (r progressRow) progress() dossier.Progress {
	return dossier.Progress{
		Reference: value.Reference(r.Reference), Siret: value.Siret(r.Siret), State: dossier.State(r.State), StateAt: r.StateAt,
		FolderID: r.FolderID, CaseID: r.CaseID,
	}
}

// ListProgressForEditor lists dossiers of the collectivities that an editor equips.
func (f FollowUp) ListProgressForEditor(ctx context.Context, editor value.Siret, query dossier.ProgressQuery, recorded time.Time) ([]dossier.Progress, error) {
	const sqlList = `
		SELECT` + progressColumns + `
		FROM collectivities c
		CROSS JOIN LATERAL (
			SELECT o.reference, o.siret, o.state, o.state_at, o.folder_id, o.case_id FROM dossiers o
			WHERE o.siret = c.siret AND o.state_at >= $3 AND (o.state_at, o.reference) > ($4, $5) AND o.recorded_at > $6
			ORDER BY o.state_at, o.reference LIMIT $7) d
		WHERE c.editor_siret = $1 AND ($2 = '' OR c.siret = $2)
		ORDER BY d.state_at, d.reference LIMIT $7`
	var rows []progressRow
	err := f.DB.pool.SelectContext(ctx, &rows, sqlList, editor.String(), query.Siret.String(), query.Since, query.After.At, query.After.Reference.String(), recorded, query.Limit)
	if err != nil {
		return nil, err
	}
	found := make([]dossier.Progress, len(rows))
	for i, row := range rows {
		found[i] = row.progress()
	}
	return found, nil
}

// FindProgressForEditor finds one of them.
func (f FollowUp) FindProgressForEditor(ctx context.Context, editor value.Siret, reference value.Reference, recorded time.Time) (dossier.Progress, error) {
	const sqlFind = `
		SELECT` + progressColumns + ` FROM dossiers d JOIN collectivities c ON c.siret = d.siret
		WHERE d.reference = $1 AND c.editor_siret = $2 AND d.recorded_at > $3`
	var row progressRow
	if err := f.DB.pool.GetContext(ctx, &row, sqlFind, reference.String(), editor.String(), recorded); err != nil {
		return dossier.Progress{}, notFoundAs("dossier.unknown", err)
	}
	return row.progress(), nil
}
