package postgres

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"portail-qf/internal/domain/editor"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/place"
	"portail-qf/internal/domain/value"
)

// Templates implements editor.TemplateStore.
type Templates struct{ DB *DB }

var _ editor.TemplateStore = Templates{}

// templateColumns is a version v of a form with its editor e, who is the editor of today:
// the columns of withEditor are null on the generic form.
const (
	templateColumns = `
		v.form_uid AS template_uid, v.version AS template_version, v.content AS template_content, v.withdrawn AS template_withdrawn,
		v.published_at AS template_published_at, COALESCE(e.siret, '') AS template_editor, COALESCE(e.name, '') AS template_editor_name,
		COALESCE(e.code_cog, '') AS template_editor_cog, COALESCE(e.technical_contact, '') AS template_editor_contact`
	withEditor = `
		LEFT JOIN editor_forms f ON f.form_uid = v.form_uid
		LEFT JOIN editors e ON e.siret = f.editor_siret`
)

type templateRow struct {
	TemplateUID       string    `db:"template_uid"`
	TemplateVersion   int       `db:"template_version"`
	TemplateContent   []byte    `db:"template_content"`
	TemplateWithdrawn bool      `db:"template_withdrawn"`
	TemplatePublished time.Time `db:"template_published_at"`
	EditorSiret       string    `db:"template_editor"`
	EditorName        string    `db:"template_editor_name"`
	EditorCOG         string    `db:"template_editor_cog"`
	EditorContact     string    `db:"template_editor_contact"`
}

func (r templateRow) template() (editor.Template, error) {
	t := editor.Template{
		UID: r.TemplateUID, Version: r.TemplateVersion, Withdrawn: r.TemplateWithdrawn, PublishedAt: r.TemplatePublished,
		Editor: editor.Editor{Siret: value.Siret(r.EditorSiret), Name: r.EditorName, COG: r.EditorCOG, TechnicalContact: r.EditorContact},
	}
	if err := json.Unmarshal(r.TemplateContent, &t.TemplateContent); err != nil {
		return editor.Template{}, fmt.Errorf("read version %d of form %s: %w", t.Version, t.UID, err)
	}
	return t, nil
}

// FindTemplate finds the newest version of a form.
func (s Templates) FindTemplate(ctx context.Context, uid string) (editor.Template, error) {
	const sqlFind = `SELECT ` + templateColumns + ` FROM form_versions v` + withEditor + `
		WHERE v.form_uid = $1 ORDER BY v.version DESC LIMIT 1`
	return s.find(ctx, sqlFind, uid)
}

// FindTemplateVersion finds one version of a form.
func (s Templates) FindTemplateVersion(ctx context.Context, uid string, version int) (editor.Template, error) {
	const sqlFind = `SELECT ` + templateColumns + ` FROM form_versions v` + withEditor + `
		WHERE v.form_uid = $1 AND v.version = $2`
	return s.find(ctx, sqlFind, uid, version)
}

func (s Templates) find(ctx context.Context, query string, keys ...any) (editor.Template, error) {
	var row templateRow
	if err := s.DB.pool.GetContext(ctx, &row, query, keys...); err != nil {
		return editor.Template{}, notFoundAs("template.unknown", err)
	}
	return row.template()
}

// ListTemplates lists the newest version of every form with which a request may begin.
func (s Templates) ListTemplates(ctx context.Context) ([]editor.Template, error) {
	const sqlList = `SELECT ` + templateColumns + `
		FROM (SELECT DISTINCT ON (form_uid) form_uid, version, content, withdrawn, published_at
			FROM form_versions ORDER BY form_uid, version DESC) v` + withEditor + `
		WHERE NOT v.withdrawn`
	var rows []templateRow
	if err := s.DB.pool.SelectContext(ctx, &rows, sqlList); err != nil {
		return nil, err
	}
	listed := make([]editor.Template, len(rows))
	for i, row := range rows {
		var err error
		if listed[i], err = row.template(); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(listed, bySoftware)
	return listed, nil
}

// bySoftware orders forms as people look for them, the generic ones last.
func bySoftware(a, b editor.Template) int {
	switch {
	case a.Software == "" && b.Software != "":
		return 1
	case a.Software != "" && b.Software == "":
		return -1
	}
	return cmp.Or(cmp.Compare(place.Fold(a.Software), place.Fold(b.Software)), cmp.Compare(place.Fold(a.Name), place.Fold(b.Name)), cmp.Compare(a.UID, b.UID))
}

// RecordTemplates keeps the versions that say something new. Two imports at once wait for
// each other, so that versions have no gap.
func (s Templates) RecordTemplates(ctx context.Context, entries []editor.TemplateEntry, at time.Time) ([]editor.TemplateOutcome, error) {
	outcomes := make([]editor.TemplateOutcome, len(entries))
	err := s.DB.InTx(ctx, func(tx *sqlx.Tx) error {
		if _, err := tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock($1)`, lockKey("templates")); err != nil {
			return fmt.Errorf("wait for other imports: %w", err)
		}
		for i, entry := range entries {
			if err := declareForm(ctx, tx, entry); err != nil {
				return err
			}
			var err error
			if outcomes[i], err = recordVersion(ctx, tx, entry, at); err != nil {
				return fmt.Errorf("record form %s: %w", entry.UID, err)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return outcomes, nil
}

// declareForm makes a form its editor's, unless it is another's: then the code is
// template.taken.
func declareForm(ctx context.Context, tx *sqlx.Tx, entry editor.TemplateEntry) error {
	const (
		sqlDeclare = `INSERT INTO editor_forms (form_uid, editor_siret) VALUES ($1, $2) ON CONFLICT (form_uid) DO NOTHING`
		sqlOwner   = `SELECT editor_siret FROM editor_forms WHERE form_uid = $1`
	)
	if entry.Editor != "" {
		if _, err := tx.ExecContext(ctx, sqlDeclare, entry.UID, entry.Editor.String()); err != nil {
			return fmt.Errorf("declare form %s: %w", entry.UID, err)
		}
	}
	var owner string
	err := tx.GetContext(ctx, &owner, sqlOwner, entry.UID)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("find the editor of form %s: %w", entry.UID, err)
	}
	if owner != entry.Editor.String() {
		return fault.New(fault.Conflict, "template.taken")
	}
	return nil
}

// recordVersion compares what the JSON means, not how it is written.
func recordVersion(ctx context.Context, tx *sqlx.Tx, entry editor.TemplateEntry, at time.Time) (editor.TemplateOutcome, error) {
	const sqlRecord = `
		WITH newest AS (SELECT version, content, withdrawn FROM form_versions WHERE form_uid = $1 ORDER BY version DESC LIMIT 1)
		INSERT INTO form_versions (form_uid, version, content, withdrawn, published_at)
		SELECT $1, COALESCE((SELECT version FROM newest), 0) + 1, $2::jsonb, $3, $4
		WHERE NOT EXISTS (SELECT FROM newest WHERE content = $2::jsonb AND withdrawn = $3)
		RETURNING version`
	const sqlNewest = `SELECT max(version) FROM form_versions WHERE form_uid = $1`
	outcome := editor.TemplateOutcome{UID: entry.UID, New: true}
	content, err := json.Marshal(entry.TemplateContent)
	if err != nil {
		return outcome, fmt.Errorf("write content: %w", err)
	}
	err = tx.GetContext(ctx, &outcome.Version, sqlRecord, entry.UID, content, entry.Withdrawn, at)
	if errors.Is(err, sql.ErrNoRows) {
		outcome.New = false
		err = tx.GetContext(ctx, &outcome.Version, sqlNewest, entry.UID)
	}
	return outcome, err
}
