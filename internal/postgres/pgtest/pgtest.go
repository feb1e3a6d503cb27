package pgtest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"portail-qf/internal/postgres"
	"portail-qf/internal/postgres/pglocal"
)

const (
	template    = "portal_template"
	stopTimeout = 20 * time.Second
)

// cluster is the one of this test program; Main sets it before any test runs.
var cluster *pglocal.Cluster

var clones atomic.Int64

// Main runs the tests of a package with a cluster. Call it from TestMain:
//
//	func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }
func Main(m *testing.M) (code int) {
	if err := run(func() { code = m.Run() }); err != nil {
		fmt.Fprintln(os.Stderr, "tests with PostgreSQL:", err)
		return 1
	}
	return code
}

func run(tests func()) (err error) {
	ctx := context.Background()
	dir, err := os.MkdirTemp(databasesFolder(), "portail-qf-test-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := os.Chmod(dir, 0o755); err != nil { // the account of the server goes through it
		return err
	}
	if cluster, err = pglocal.Start(ctx, pglocal.Options{Dir: dir}); err != nil {
		return err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(ctx, stopTimeout)
		defer cancel()
		err = errors.Join(err, cluster.Stop(ctx), pglocal.Reset(ctx, dir))
	}()
	if err := postgres.Prepare(ctx, superuserURL(), template); err != nil {
		return err
	}
	if err := postgres.Migrate(ctx, cluster.URL(template, postgres.OwnerRole)); err != nil {
		return err
	}
	tests()
	return nil
}

// databasesFolder is where the databases of the tests lie: in memory where there is room, since each
// test copies five hundred files; else in the folder for temporary files.
func databasesFolder() string {
	const memory, enough = "/dev/shm", 4 << 30 // bytes: a cluster may keep 1 GB of its log
	var room syscall.Statfs_t
	if err := syscall.Statfs(memory, &room); err == nil && room.Bavail*uint64(room.Bsize) > enough {
		return memory
	}
	return ""
}

// Database is the database of one test.
type Database struct {
	App   string // address for the application's role
	Owner string // address for the role that owns the schema
}

// New clones the template for one test and drops the clone when the test ends.
func New(t testing.TB) Database {
	t.Helper()
	if cluster == nil {
		t.Fatal("pgtest.New needs pgtest.Main in TestMain")
	}
	name := fmt.Sprintf("test_%d", clones.Add(1))
	ctx := context.Background()
	if err := postgres.CloneDatabase(ctx, superuserURL(), template, name); err != nil {
		t.Fatalf("clone the database: %v", err)
	}
	t.Cleanup(func() {
		if err := postgres.DropDatabase(ctx, superuserURL(), name); err != nil {
			t.Errorf("drop the database: %v", err)
		}
	})
	return Database{App: cluster.URL(name, postgres.ApplicationRole), Owner: cluster.URL(name, postgres.OwnerRole)}
}

// Open clones the template and connects to the clone as the application does.
func Open(t testing.TB) *postgres.DB {
	t.Helper()
	db, err := postgres.Open(context.Background(), New(t).App)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// Direct is a database as its owner sees it: a test of rules, which knows no SQL, sets a scene or
// looks at what is kept.
type Direct struct{ db *sql.DB }

// Direct connects to the database of a test until the test ends.
func (d Database) Direct(t testing.TB) Direct {
	t.Helper()
	db, err := sql.Open("postgres", d.Owner)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return Direct{db}
}

// Run runs a statement.
func (d Direct) Run(t testing.TB, statement string, args ...any) {
	t.Helper()
	if _, err := d.db.ExecContext(t.Context(), statement, args...); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// Count asks a question whose answer is a number.
func (d Direct) Count(t testing.TB, query string, args ...any) (n int) {
	t.Helper()
	if err := d.db.QueryRowContext(t.Context(), query, args...).Scan(&n); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}

func superuserURL() string { return cluster.URL("postgres", cluster.Superuser()) }
