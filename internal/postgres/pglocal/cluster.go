package pglocal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"syscall"
	"time"
)

const (
	superuser    = "postgres"
	port         = "5432" // names the socket's file only: nothing listens on TCP
	startTimeout = 2 * time.Minute
	stopTimeout  = 20 * time.Second
)

// ErrInUse says that another live process runs the cluster of the folder.
var ErrInUse = errors.New("another process runs the private PostgreSQL of this folder")

// Options says where the cluster is and what it is for.
type Options struct {
	// Dir is the folder of whoever starts the cluster; it is made if need be.
	Dir string
	// Durable keeps what is committed through a crash of the machine. Tests go without.
	Durable bool
	// Log receives what the server writes, never statements nor values; nil drops it.
	Log io.Writer
}

// Cluster is a private server.
type Cluster struct {
	place  place
	server *process
	lock   *os.File
}

// Start makes the cluster of options.Dir if there is none, runs its server and returns once it accepts connections: a second or
// two the first time, two minutes at most. The server stops with Stop, or when this process dies. Start fails with ErrNoServer
// when the machine has no PostgreSQL, and with ErrInUse when another process runs this cluster.
func Start(ctx context.Context, options Options) (*Cluster, error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	where, err := findPlace(options.Dir)
	if err != nil {
		return nil, err
	}
	lock, err := where.lock()
	if err != nil {
		return nil, err
	}
	server, err := startServer(ctx, where, options)
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return &Cluster{place: where, server: server, lock: lock}, nil
}

func startServer(ctx context.Context, where place, options Options) (*process, error) {
	if err := stopFormer(ctx, where.data); err != nil {
		return nil, err
	}
	version, err := where.version()
	if err != nil {
		return nil, err
	}
	programs, err := findPrograms(ctx, version)
	if err != nil {
		return nil, err
	}
	if version == 0 {
		if err := initialise(ctx, where, programs, options.Durable); err != nil {
			return nil, err
		}
	}
	if err := where.prepare(); err != nil {
		return nil, err
	}
	server, err := run(where.command(programs.server, serverArguments(where, options.Durable)...), options.Log)
	if err != nil {
		return nil, fmt.Errorf("start PostgreSQL: %w", err)
	}
	if err := awaitReady(ctx, where.data, server); err != nil {
		server.signal(syscall.SIGQUIT)
		<-server.exited
		return nil, fmt.Errorf("start PostgreSQL: %w", err)
	}
	return server, nil
}

// initialise makes an empty cluster beside its place and then moves it there: a run cut short leaves nothing that looks complete.
func initialise(ctx context.Context, where place, programs programs, durable bool) error {
	if err := where.prepareUnfinished(); err != nil {
		return err
	}
	arguments := []string{
		"-D", where.unfinished(), "-U", superuser, "--auth-local=trust", "--auth-host=reject", "--encoding=UTF8",
		"--locale=C.UTF-8", "--no-instructions",
	}
	if !durable {
		arguments = append(arguments, "--no-sync")
	}
	initdb, err := run(where.command(programs.initdb, arguments...), nil)
	if err != nil {
		return fmt.Errorf("make a PostgreSQL cluster: %w", err)
	}
	select {
	case <-initdb.exited:
	case <-ctx.Done():
		initdb.signal(syscall.SIGKILL)
		<-initdb.exited
		return fmt.Errorf("make a PostgreSQL cluster: %w", ctx.Err())
	}
	if err := initdb.failure(); err != nil {
		return fmt.Errorf("make a PostgreSQL cluster: %w", err)
	}
	return os.Rename(where.unfinished(), where.data)
}

func serverArguments(where place, durable bool) []string {
	settings := []string{
		"listen_addresses=", "port=" + port, "unix_socket_directories=" + where.socket, "unix_socket_permissions=0700",
		"max_connections=200", "shared_buffers=128MB", "jit=off", "timezone=UTC", "log_timezone=UTC", "log_checkpoints=off",
		// The log must not carry what citizens entered: no statement, no DETAIL line.
		"log_min_error_statement=panic", "log_error_verbosity=terse",
	}
	if !durable {
		settings = append(settings, "fsync=off", "synchronous_commit=off", "full_page_writes=off")
	}
	arguments := []string{"-D", where.data}
	for _, setting := range settings {
		arguments = append(arguments, "-c", setting)
	}
	return arguments
}

// Stop ends the server, open connections included, and returns once everything is written. After twenty seconds, or when ctx
// ends, it cuts the server short and says so: the next start then recovers.
func (c *Cluster) Stop(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, stopTimeout)
	defer cancel()
	defer func() { _ = c.lock.Close() }() // an empty file, closed for its lock; a second Stop finds it closed
	c.server.signal(syscall.SIGINT)
	select {
	case <-c.server.exited:
	case <-ctx.Done():
		c.server.signal(syscall.SIGQUIT)
		<-c.server.exited
		return fmt.Errorf("stop PostgreSQL: cut short: %w", ctx.Err())
	}
	if err := os.RemoveAll(c.place.socket); err != nil {
		return fmt.Errorf("remove socket folder: %w", err)
	}
	return nil
}

// URL is the address of a database of this cluster for one of its roles, for lib/pq and psql alike.
func (c *Cluster) URL(dbname, user string) string {
	address := url.URL{Scheme: "postgres", User: url.User(user), Path: "/" + dbname}
	address.RawQuery = url.Values{"host": {c.place.socket}, "port": {port}, "sslmode": {"disable"}}.Encode()
	return address.String()
}

// Superuser is the role that made the cluster; the first database to enter has the same name.
func (c *Cluster) Superuser() string { return superuser }

// Location is the folder of the data: in Options.Dir, or in /var/tmp when the server's account cannot reach that folder.
func (c *Cluster) Location() string { return c.place.data }

// Reset removes the cluster of dir, and nothing else of dir; there may be none. It fails with ErrInUse when another process
// runs it.
func Reset(ctx context.Context, dir string) error {
	where, err := findPlace(dir)
	if err != nil {
		return err
	}
	lock, err := where.lock()
	if err != nil {
		return err
	}
	defer func() { _ = lock.Close() }()
	if err := stopFormer(ctx, where.data); err != nil {
		return err
	}
	for _, folder := range []string{where.socket, where.unfinished(), where.data} {
		if err := os.RemoveAll(folder); err != nil {
			return fmt.Errorf("remove private PostgreSQL: %w", err)
		}
	}
	return nil
}
