package main

import (
	"cmp"
	"context"
	"os"

	"portail-qf/internal/postgres"
	"portail-qf/internal/postgres/pglocal"
)

const database = "portail"

// opened is a migrated database.
type opened struct {
	url   string // for the application's role
	place string // for the reader of the demo
	stop  func(ctx context.Context) error
}

// openDatabase starts the private cluster, or takes the server of DATABASE_URL, where an
// operator has made the roles and the database.
func (s settings) openDatabase(ctx context.Context) (opened, error) {
	if url := os.Getenv("DATABASE_URL"); url != "" {
		owner := cmp.Or(os.Getenv("DATABASE_MIGRATION_URL"), url)
		unmoved := func(context.Context) error { return nil }
		return opened{url: url, place: "DATABASE_URL", stop: unmoved}, postgres.Migrate(ctx, owner)
	}
	cluster, err := pglocal.Start(ctx, pglocal.Options{Dir: s.folder, Durable: true})
	if err != nil {
		return opened{}, err
	}
	stop := func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, stopTimeout)
		defer cancel()
		return cluster.Stop(ctx)
	}
	ready := opened{url: cluster.URL(database, postgres.ApplicationRole), place: cluster.Location(), stop: stop}
	err = postgres.Prepare(ctx, cluster.URL("postgres", cluster.Superuser()), database)
	if err == nil {
		err = postgres.Migrate(ctx, cluster.URL(database, postgres.OwnerRole))
	}
	if err != nil {
		_ = stop(context.WithoutCancel(ctx))
		return opened{}, err
	}
	return ready, nil
}
