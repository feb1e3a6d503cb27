package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

// OpenRehearsal connects to the database for a rehearsal: whatever is written through it is
// read again through it, is refused by the same constraints, and is gone when it closes. The
// numbers that sequences drew meanwhile stay drawn. All goes through one connection, in one
// transaction; the transactions of the stores are savepoints in it.
func OpenRehearsal(ctx context.Context, url string) (*DB, error) {
	connector, err := pq.NewConnector(url)
	if err != nil {
		return nil, errors.New("DATABASE_URL is not an address that PostgreSQL understands")
	}
	pool := sqlx.NewDb(sql.OpenDB(&rehearsal{Connector: connector}), "postgres")
	pool.SetMaxOpenConns(1)
	pool.SetMaxIdleConns(1)
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	if err := pool.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("reach the database: %w", err), pool.Close())
	}
	return &DB{pool: pool, url: url, sagas: make(chan struct{}, sagasAtOnce)}, nil
}

// rehearsal opens its one connection, already in the transaction.
type rehearsal struct {
	driver.Connector
	opened atomic.Bool
}

// Connect implements driver.Connector.
func (r *rehearsal) Connect(ctx context.Context) (driver.Conn, error) {
	if !r.opened.CompareAndSwap(false, true) {
		return nil, errors.New("the connection of a rehearsal is lost, and what was written with it")
	}
	opened, err := r.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	inner, ok := opened.(rehearsedConn)
	if !ok {
		return nil, errors.Join(errors.New("the driver lacks what a rehearsal needs"), opened.Close())
	}
	rehearsed := &savepointConn{rehearsedConn: inner}
	// Whoever decides meanwhile waits for no rehearsal, and it for nobody.
	if err := errors.Join(rehearsed.run(ctx, "SET lock_timeout = '2s'"), rehearsed.run(ctx, "BEGIN")); err != nil {
		return nil, errors.Join(err, opened.Close())
	}
	return rehearsed, nil
}

// rehearsedConn is what database/sql uses of a connection.
type rehearsedConn interface {
	driver.Conn
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.NamedValueChecker
	driver.Validator
}

// savepointConn is a connection whose transactions are savepoints.
type savepointConn struct{ rehearsedConn }

func (c *savepointConn) run(ctx context.Context, statement string) error {
	_, err := c.ExecContext(ctx, statement, nil)
	return err
}

// ExecContext implements driver.ExecerContext. A rehearsal waits for nobody: the locks of all
// its decisions, held to its end, would be more than a server has room for.
func (c *savepointConn) ExecContext(ctx context.Context, statement string, args []driver.NamedValue) (driver.Result, error) {
	if statement == sqlWait {
		return driver.ResultNoRows, nil
	}
	return c.rehearsedConn.ExecContext(ctx, statement, args)
}

// BeginTx implements driver.ConnBeginTx.
func (c *savepointConn) BeginTx(ctx context.Context, _ driver.TxOptions) (driver.Tx, error) {
	return savepoint{c}, c.run(ctx, "SAVEPOINT rehearsed")
}

// savepoint is a transaction of a rehearsal.
type savepoint struct{ conn *savepointConn }

// Commit implements driver.Tx.
func (s savepoint) Commit() error {
	return s.conn.run(context.Background(), "RELEASE SAVEPOINT rehearsed")
}

// Rollback implements driver.Tx.
func (s savepoint) Rollback() error {
	return s.conn.run(context.Background(), "ROLLBACK TO SAVEPOINT rehearsed")
}
