package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

// The two roles of the database (SETTLED.md, database roles).
const (
	OwnerRole       = "portal_owner" // runs the migrations
	ApplicationRole = "portal_app"   // runs the portal
)

// Prepare makes the two roles and an empty database, where they are not there yet. It
// needs a superuser: the demo and the tests have one; an operator does the same by hand.
func Prepare(ctx context.Context, superuserURL, database string) error {
	db, err := Open(ctx, superuserURL)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	for _, role := range []string{OwnerRole, ApplicationRole} {
		if err := db.ensure(ctx, `SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)`, role, "CREATE ROLE %s LOGIN"); err != nil {
			return fmt.Errorf("make role %s: %w", role, err)
		}
	}
	err = db.ensure(ctx, `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)`, database, "CREATE DATABASE %s OWNER "+OwnerRole)
	if err != nil {
		return fmt.Errorf("make database: %w", err)
	}
	return nil
}

// CloneDatabase copies a database that nobody is connected to. It is for tests.
func CloneDatabase(ctx context.Context, superuserURL, template, clone string) error {
	return asSuperuser(ctx, superuserURL, fmt.Sprintf("CREATE DATABASE %s TEMPLATE %s STRATEGY file_copy OWNER %s",
		pq.QuoteIdentifier(clone), pq.QuoteIdentifier(template), OwnerRole))
}

// DropDatabase removes a database, whoever is connected to it. It is for tests.
func DropDatabase(ctx context.Context, superuserURL, database string) error {
	return asSuperuser(ctx, superuserURL, "DROP DATABASE IF EXISTS "+pq.QuoteIdentifier(database)+" WITH (FORCE)")
}

func asSuperuser(ctx context.Context, url, statement string) error {
	db, err := Open(ctx, url)
	if err != nil {
		return err
	}
	_, err = db.pool.ExecContext(ctx, statement)
	return errors.Join(err, db.Close())
}

// ensure creates what does not exist.
func (db *DB) ensure(ctx context.Context, exists, name, create string) error {
	var found bool
	if err := sqlx.GetContext(ctx, db.pool, &found, exists, name); err != nil {
		return err
	}
	if found {
		return nil
	}
	_, err := db.pool.ExecContext(ctx, fmt.Sprintf(create, pq.QuoteIdentifier(name)))
	return err
}
