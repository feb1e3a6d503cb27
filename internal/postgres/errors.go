package postgres

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/lib/pq"

	"portail-qf/internal/domain/fault"
)

// notFoundAs gives an absent row the code of its sentence.
func notFoundAs(code string, err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return fault.New(fault.NotFound, code)
	}
	return err
}

// conflictWhenAbsent gives the code of a conflict to an insertion that another one made
// pointless.
func conflictWhenAbsent(code string, err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return fault.New(fault.Conflict, code)
	}
	return err
}

// violates tells that a statement was refused by the constraint or the unique index of a name.
func violates(err error, name string) bool {
	var refused *pq.Error
	return errors.As(err, &refused) && refused.Constraint == name
}

// awayCodes are the beginnings of the SQLSTATEs of a server that is not there, is full, is
// stopping, or gave a statement up: nothing that the portal did wrong.
var awayCodes = []string{"08", "53", "57P0", "57014", "55P03"}

// Away tells whether err comes from a database that does not answer, rather than from a
// statement of ours.
func Away(err error) bool {
	var refused *pq.Error
	if errors.As(err, &refused) {
		for _, code := range awayCodes {
			if strings.HasPrefix(string(refused.Code), code) {
				return true
			}
		}
		return false
	}
	var network net.Error
	return errors.As(err, &network) || errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}
