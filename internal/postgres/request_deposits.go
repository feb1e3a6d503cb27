package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/request"
)

// FindDeposit finds what was sent before the last deposit of the exchange under way; false
// where nothing was. Deposits of an exchange that is over do not count.
func (s Applications) FindDeposit(ctx context.Context, number habilitation.RequestNumber, back int) (request.Answers, bool, error) {
	const sqlFind = `
		SELECT d.answers FROM deposits d JOIN applications a ON a.request = d.request
		WHERE d.request = $1 AND d.at >= a.first_filed_at ORDER BY d.rank DESC LIMIT 1 OFFSET $2`
	var stored []byte
	err := s.DB.pool.GetContext(ctx, &stored, sqlFind, int64(number), max(back, 0))
	if errors.Is(err, sql.ErrNoRows) {
		return request.Answers{}, false, nil
	}
	if err != nil {
		return request.Answers{}, false, err
	}
	answers, err := readAnswers(stored)
	if err != nil {
		return request.Answers{}, false, fmt.Errorf("read a deposit of %s: %w", number, err)
	}
	return *answers, true, nil
}
