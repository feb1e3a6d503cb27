package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"
)

// mailLocks are the locks of the mails that this instance is sending, all held by one connection:
// a slow relay keeps none from the site. They go with the instance that dies. Where the connection
// is lost, what was under way goes on: the lease of its order keeps the others away.
type mailLocks struct {
	mu   sync.Mutex
	conn *sqlx.Conn
	held map[int64]bool // by this instance, which the connection would let in twice
}

// lockTimeout is for one lock: whoever waits for it does so for all.
const lockTimeout = 5 * time.Second

// take takes the lock of a mail, unless somebody has it.
func (l *mailLocks) take(ctx context.Context, db *DB, mailID int64) (taken bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.held[mailID] {
		return false, nil
	}
	if taken, err = l.ask(ctx, db, "pg_try_advisory_lock", mailID); taken {
		if l.held == nil {
			l.held = map[int64]bool{}
		}
		l.held[mailID] = true
	}
	return taken, err
}

// free gives a lock back; one whose connection was lost is free already.
func (l *mailLocks) free(ctx context.Context, db *DB, mailID int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.held, mailID)
	if l.conn != nil {
		_, _ = l.ask(ctx, db, "pg_advisory_unlock", mailID)
	}
}

func (l *mailLocks) ask(ctx context.Context, db *DB, function string, mailID int64) (yes bool, err error) {
	// The end of one order must not cost the others their locks.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lockTimeout)
	defer cancel()
	if l.conn == nil {
		if l.conn, err = db.pool.Connx(ctx); err != nil {
			return false, fmt.Errorf("connect for the locks of mails: %w", err)
		}
	}
	// A number in the text, and no parameter: one round trip, where a parameter takes two.
	key := lockKey("mail " + strconv.FormatInt(mailID, 10))
	if err = l.conn.GetContext(ctx, &yes, fmt.Sprintf(`SELECT %s(%d)`, function, key)); err != nil {
		err = errors.Join(fmt.Errorf("lock a mail: %w", err), l.drop())
	}
	return yes, err
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
