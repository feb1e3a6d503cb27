package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

// DB is a pool of connections to the portal's database.
type DB struct {
	pool *sqlx.DB
	url  string
	// prepared holds the statements of what runs thousands of times a second, by their text.
	prepared sync.Map

	tried    together[triedMail]
	sought   together[soughtMail]
	finished together[finishedOrder]

	mailLocks mailLocks
	sagas     chan struct{} // of subscriptions that hold a connection for their lock
}

// statement prepares a statement once for all: its plan is made once a connection. It is asked for
// before a transaction begins: it may need a connection of its own.
func (db *DB) statement(ctx context.Context, text string) (*sql.Stmt, error) {
	if kept, found := db.prepared.Load(text); found {
		return kept.(*sql.Stmt), nil
	}
	made, err := db.pool.PrepareContext(ctx, text)
	if err != nil {
		return nil, fmt.Errorf("prepare a statement: %w", err)
	}
	kept, raced := db.prepared.LoadOrStore(text, made)
	if raced {
		_ = made.Close()
	}
	return kept.(*sql.Stmt), nil
}

const (
	// maxConnections leaves room for the site beside the workers; two instances keep within what
	// PostgreSQL usually allows.
	maxConnections = 40
	// sagasAtOnce leaves connections for what those who hold one ask, and for all the others.
	sagasAtOnce    = 24
	connectTimeout = 5 * time.Second
)

// Open connects to the database and checks that it answers.
func Open(ctx context.Context, url string) (*DB, error) {
	connector, err := pq.NewConnector(url)
	if err != nil {
		// The driver's error may quote the address and its password.
		return nil, errors.New("DATABASE_URL is not an address that PostgreSQL understands")
	}
	pool := sqlx.NewDb(sql.OpenDB(connector), "postgres")
	pool.SetMaxOpenConns(maxConnections)
	pool.SetMaxIdleConns(maxConnections)
	pool.SetConnMaxIdleTime(5 * time.Minute)
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	if err := pool.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("reach the database: %w", err), pool.Close())
	}
	return &DB{pool: pool, url: url, sagas: make(chan struct{}, sagasAtOnce)}, nil
}

// Close ends the pool.
func (db *DB) Close() error { return errors.Join(db.mailLocks.close(), db.pool.Close()) }

// InTx runs work in one transaction, committed when work returns nil.
func (db *DB) InTx(ctx context.Context, work func(tx *sqlx.Tx) error) error {
	tx, err := db.pool.BeginTxx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin transaction: %w", err)
	}
	// Even a panic must not leave the transaction open; once committed, this does nothing.
	defer func() { _ = tx.Rollback() }()
	if err := work(tx); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}
