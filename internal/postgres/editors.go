package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/editor"
	"portail-qf/internal/domain/value"
)

// Editors implements editor.Finder.
type Editors struct{ DB *DB }

var _ editor.Finder = Editors{}

const sqlEditor = `SELECT e.siret, e.name, e.code_cog, e.technical_contact FROM editors e `

type editorRow struct {
	Siret   string `db:"siret"`
	Name    string `db:"name"`
	COG     string `db:"code_cog"`
	Contact string `db:"technical_contact"`
}

func (s Editors) find(ctx context.Context, query, key string) (editor.Editor, error) {
	var row editorRow
	if err := s.DB.pool.GetContext(ctx, &row, query, key); err != nil {
		return editor.Editor{}, notFoundAs("editor.unknown", err)
	}
	return editor.Editor{Siret: value.Siret(row.Siret), Name: row.Name, COG: row.COG, TechnicalContact: row.Contact}, nil
}

// FindEditor finds an editor by its SIRET.
func (s Editors) FindEditor(ctx context.Context, siret value.Siret) (editor.Editor, error) {
	return s.find(ctx, sqlEditor+`WHERE e.siret = $1`, siret.String())
}

// FindEditorByForm finds the editor of a pre-filled form.
func (s Editors) FindEditorByForm(ctx context.Context, formUID string) (editor.Editor, error) {
	return s.find(ctx, sqlEditor+`JOIN editor_forms f ON f.editor_siret = e.siret WHERE f.form_uid = $1`, formUID)
}

// recordEditor adds or updates an editor. A list that says nothing of the commune or the
// contact leaves them as they are. A form belongs to the editor that declared it first.
func recordEditor(ctx context.Context, tx *sqlx.Tx, e directory.Editor, now time.Time) error {
	const sqlRecord = `
		INSERT INTO editors AS e (siret, name, code_cog, technical_contact, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $5)
		ON CONFLICT (siret) DO UPDATE SET name = EXCLUDED.name, updated_at = EXCLUDED.updated_at,
			code_cog = COALESCE(NULLIF(EXCLUDED.code_cog, ''), e.code_cog),
			technical_contact = COALESCE(NULLIF(EXCLUDED.technical_contact, ''), e.technical_contact)`
	if _, err := tx.ExecContext(ctx, sqlRecord, e.Siret.String(), e.Name, e.COG, e.TechnicalContact, now); err != nil {
		return fmt.Errorf("record editor %s: %w", e.Siret, err)
	}
	const sqlForm = `INSERT INTO editor_forms (form_uid, editor_siret) VALUES ($1, $2) ON CONFLICT (form_uid) DO NOTHING`
	for _, form := range e.Forms {
		if _, err := tx.ExecContext(ctx, sqlForm, form, e.Siret.String()); err != nil {
			return fmt.Errorf("record form of editor %s: %w", e.Siret, err)
		}
	}
	return recordReturns(ctx, tx, e.Returns, e.Siret.String(), "")
}
