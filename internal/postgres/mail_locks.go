package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"
)

// mailLocks are the locks of the mails that this instance is sending, all held by one connection:
// a slow relay keeps none from the site. They go with the instance that dies. Where the connection
// is lost, what was under way goes on: the lease of its order keeps the others away.
type mailLocks struct {
	asked together[lockAsk]

	mu   sync.Mutex
	conn *sqlx.Conn
	held map[int64]bool // by this instance, which the connection would let in twice
}

// lockTimeout is for the locks of a lot.
const lockTimeout = 5 * time.Second

// lockAsk is a lock that is asked for, or given back.
type lockAsk struct {
	mailID int64
	free   bool
	taken  *bool
}

// take takes the lock of a mail, unless somebody has it.
func (l *mailLocks) take(ctx context.Context, db *DB, mailID int64) (taken bool, err error) {
	ask := lockAsk{mailID: mailID, taken: &taken}
	err = l.asked.write(ask, func(lot []lockAsk) error { return l.ask(ctx, db, lot) })
	return taken && err == nil, err
}

// free gives a lock back; one whose connection was lost is free already.
func (l *mailLocks) free(ctx context.Context, db *DB, mailID int64) {
	_ = l.asked.write(lockAsk{mailID: mailID, free: true}, func(lot []lockAsk) error { return l.ask(ctx, db, lot) })
}

// ask takes and gives back in one round trip, in the order in which it was asked.
func (l *mailLocks) ask(ctx context.Context, db *DB, lot []lockAsk) (err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var calls []string
	var takes []lockAsk // by the place of its call; zero for what is given back
	for _, one := range lot {
		function := "pg_try_advisory_lock"
		switch {
		case one.free:
			delete(l.held, one.mailID)
			if l.conn == nil {
				continue
			}
			function = "pg_advisory_unlock"
		case l.held[one.mailID]:
			continue
		default:
			if l.held == nil {
				l.held = map[int64]bool{}
			}
			l.held[one.mailID] = true
		}
		// A number in the text, and no parameter: one round trip, where a parameter takes two.
		calls = append(calls, fmt.Sprintf("%s(%d)", function, lockKey("mail "+strconv.FormatInt(one.mailID, 10))))
		takes = append(takes, one)
	}
	if len(calls) == 0 {
		return nil
	}
	answers, err := l.call(ctx, db, calls)
	for i, one := range takes {
		switch {
		case one.free:
		case err == nil && answers[i] == true:
			*one.taken = true
		default:
			delete(l.held, one.mailID)
		}
	}
	return err
}

// call gives the answers of the calls of one statement.
func (l *mailLocks) call(ctx context.Context, db *DB, calls []string) (answers []any, err error) {
	// The end of one order must not cost the others their locks.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lockTimeout)
	defer cancel()
	if l.conn == nil {
		if l.conn, err = db.pool.Connx(ctx); err != nil {
			l.conn = nil
			return nil, fmt.Errorf("connect for the locks of mails: %w", err)
		}
	}
	if answers, err = l.conn.QueryRowxContext(ctx, "SELECT "+strings.Join(calls, ", ")).SliceScan(); err != nil {
		err = errors.Join(fmt.Errorf("lock mails: %w", err), l.drop())
	}
	return answers, err
}

// drop lets all go: the connection must not go back to the pool with its locks.
func (l *mailLocks) drop() error {
	if l.conn == nil {
		return nil
	}
	conn := l.conn
	l.conn = nil
	_ = conn.Raw(func(any) error { return driver.ErrBadConn })
	if err := conn.Close(); err != nil && !errors.Is(err, sql.ErrConnDone) {
		return err
	}
	return nil
}

func (l *mailLocks) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.drop()
}
