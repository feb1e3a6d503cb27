package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jmoiron/sqlx"

	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/outbox"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/domain/value"
)

// FindDocument finds a file of a town with its content, which is nil where a virus was found in
// it.
func (s Applications) FindDocument(ctx context.Context, id int64, of habilitation.RequestNumber, tenant value.Siret) (request.Document, []byte, error) {
	const sqlFind = sqlDocument + ` AND r.siret = $3`
	return s.findDocument(ctx, sqlFind, id, int64(of), tenant.String())
}

// FindDeposited finds a file that a deposit or a habilitation names.
func (s Applications) FindDeposited(ctx context.Context, id int64, of habilitation.RequestNumber) (request.Document, []byte, error) {
	const sqlFind = sqlDocument + `
		  AND (EXISTS (SELECT FROM deposits p WHERE p.request = d.request AND p.answers -> 'document' = to_jsonb(d.id))
			OR EXISTS (SELECT FROM habilitations h WHERE h.request = d.request AND h.answers -> 'document' = to_jsonb(d.id)))`
	return s.findDocument(ctx, sqlFind, id, int64(of))
}

const sqlDocument = `
	SELECT ` + documentColumns + `, c.content FROM documents d
	JOIN requests r ON r.number = d.request
	LEFT JOIN document_contents c ON c.document = d.id
	WHERE d.id = $1 AND d.request = $2`

func (s Applications) findDocument(ctx context.Context, query string, parameters ...any) (request.Document, []byte, error) {
	var row struct {
		documentRow
		Content []byte `db:"content"`
	}
	if err := s.DB.pool.GetContext(ctx, &row, query, parameters...); err != nil {
		return request.Document{}, nil, notFoundAs("document.unknown", err)
	}
	return row.document(), row.Content, nil
}

// FindContent finds the content of a file that waits for its analysis.
func (s Applications) FindContent(ctx context.Context, id int64) ([]byte, error) {
	const sqlFind = `
		SELECT c.content FROM documents d JOIN document_contents c ON c.document = d.id WHERE d.id = $1 AND d.state = 'en_attente'`
	var content []byte
	if err := s.DB.pool.GetContext(ctx, &content, sqlFind, id); err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, err
	}
	return content, nil
}

// RecordScanned keeps what the analysis said of a file that waited for it; what was said
// before stays. A file that holds a virus is not kept.
func (s Applications) RecordScanned(ctx context.Context, id int64, state request.DocumentState, at time.Time) error {
	const (
		sqlScanned = `UPDATE documents SET state = $2, scanned_at = $3 WHERE id = $1 AND state = 'en_attente'`
		sqlErase   = `DELETE FROM document_contents c USING documents d WHERE c.document = $1 AND d.id = c.document AND d.state = 'infectee'`
	)
	return s.DB.InTx(ctx, func(tx *sqlx.Tx) error {
		if _, err := tx.ExecContext(ctx, sqlScanned, id, string(state), at); err != nil {
			return fmt.Errorf("record state: %w", err)
		}
		if _, err := tx.ExecContext(ctx, sqlErase, id); err != nil {
			return fmt.Errorf("erase infected content: %w", err)
		}
		return nil
	})
}

// insertDocument keeps a new file, and orders its analysis where it has to wait for it.
func insertDocument(ctx context.Context, tx *sqlx.Tx, of habilitation.RequestNumber, d request.NewDocument) (int64, error) {
	const sqlInsert = `
		INSERT INTO documents (request, name, size, pages, state, scanned_at, added_at, added_by)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id`
	const sqlContent = `INSERT INTO document_contents (document, content) VALUES ($1, $2)`
	var scanned time.Time
	if d.State == request.Clean {
		scanned = d.AddedAt
	}
	var id int64
	err := tx.GetContext(ctx, &id, sqlInsert, int64(of), d.Name, d.Size, d.Pages, string(d.State), nullTime(scanned), d.AddedAt, d.AddedBy)
	if err != nil {
		return 0, fmt.Errorf("record document: %w", err)
	}
	if _, err := tx.ExecContext(ctx, sqlContent, id, d.Content); err != nil {
		return 0, fmt.Errorf("record content of document: %w", err)
	}
	if !d.ScanLater {
		return id, nil
	}
	return id, enqueue(ctx, tx, outbox.ScanDocument, strconv.FormatInt(id, 10), d.AddedAt)
}
