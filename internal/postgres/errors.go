package postgres

import (
	"database/sql"
	"errors"

	"portail-qf/internal/domain/fault"
)

// notFoundAs gives an absent row the code of its sentence.
func notFoundAs(code string, err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return fault.New(fault.NotFound, code)
	}
	return err
}
