package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/renewal"
	"portail-qf/internal/domain/request"
)

// FindLapsing finds the token of a request that may be prolonged at a time (renewal.File.Open);
// zero for none.
func (s Applications) FindLapsing(ctx context.Context, number habilitation.RequestNumber, now time.Time) (request.Lapsing, error) {
	const sqlFind = `
		SELECT t.id::text AS id, t.expires_at, ` + softwareOf + ` AS software, COALESCE(e.name, h.editor, '') AS editor` + fileTables + `
		WHERE t.request = $1 AND t.expires_at < $2 AND ` + isProlongable + ` AND ` + isOfNewest + ` ORDER BY t.issued_at DESC LIMIT 1`
	_, before := renewal.Window(now)
	var row struct {
		ID        string    `db:"id"`
		ExpiresAt time.Time `db:"expires_at"`
		Software  string    `db:"software"`
		Editor    string    `db:"editor"`
	}
	err := s.DB.pool.GetContext(ctx, &row, sqlFind, int64(number), before)
	if errors.Is(err, sql.ErrNoRows) {
		return request.Lapsing{}, nil
	}
	if err != nil {
		return request.Lapsing{}, fmt.Errorf("find a token: %w", err)
	}
	amendment, err := findAmendment(ctx, s.DB.pool, number)
	return request.Lapsing{
		TokenID: row.ID, Expiry: row.ExpiresAt, Software: row.Software, Editor: row.Editor,
		Amended: !amendment.IsZero(), Filed: amendment.Filed(), Overdue: amendment.Overdue(now),
	}, err
}
