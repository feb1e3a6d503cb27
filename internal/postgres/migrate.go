package postgres

import (
	"context"
	"fmt"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"portail-qf/migrations"
)

// Migrate brings the schema up to date. Several processes may call it at once: one
// migrates, the others wait for it.
func Migrate(ctx context.Context, url string) error {
	db, err := Open(ctx, url)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return fmt.Errorf("make migration lock: %w", err)
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db.pool.DB, migrations.FS, goose.WithSessionLocker(locker))
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

// CheckSchema returns an error when the schema is older than this program.
func (db *DB) CheckSchema(ctx context.Context) error {
	newest, err := newestMigration()
	if err != nil {
		return err
	}
	var applied int64
	const sqlVersion = `SELECT COALESCE(max(version_id), 0) FROM goose_db_version WHERE is_applied`
	if err := db.pool.GetContext(ctx, &applied, sqlVersion); err != nil {
		return fmt.Errorf("read schema version (run: portal migrate): %w", err)
	}
	if applied < newest {
		return fmt.Errorf("the schema is at version %d and this program needs %d: run portal migrate", applied, newest)
	}
	return nil
}

func newestMigration() (int64, error) {
	entries, err := migrations.FS.ReadDir(".")
	if err != nil {
		return 0, fmt.Errorf("list migrations: %w", err)
	}
	var newest int64
	for _, entry := range entries {
		version, err := goose.NumericComponent(entry.Name())
		if err != nil {
			return 0, fmt.Errorf("read the number of %s: %w", entry.Name(), err)
		}
		newest = max(newest, version)
	}
	return newest, nil
}
