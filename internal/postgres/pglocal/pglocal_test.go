package pglocal

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// ownerDir, when set, makes the test binary the owner of a cluster: it starts it, prints its process and waits to be killed.
const ownerDir = "PGLOCAL_TEST_OWNER_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(ownerDir); dir != "" {
		own(dir)
		return
	}
	os.Exit(m.Run())
}

func own(dir string) {
	cluster, err := Start(context.Background(), Options{Dir: dir, Durable: true})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(cluster.server.command.Process.Pid)
	<-cluster.server.exited
}

// folder is one that any account may enter: t.TempDir is closed to all but us.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/var/tmp", "pglocal-test-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := Reset(context.Background(), dir); err != nil {
			t.Error(err)
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

func start(t *testing.T, options Options) *Cluster {
	t.Helper()
	cluster, err := Start(t.Context(), options)
	if errors.Is(err, ErrNoServer) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, cluster) })
	return cluster
}

func stop(t *testing.T, cluster *Cluster) {
	t.Helper()
	if err := cluster.Stop(context.Background()); err != nil {
		t.Error(err)
	}
}

// query runs SQL as the superuser and gives the answer without decoration.
func query(t *testing.T, cluster *Cluster, sql string) string {
	t.Helper()
	answer, err := psql(t, cluster, sql).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v: %s", sql, err, answer)
	}
	return strings.TrimSpace(string(answer))
}

func psql(t *testing.T, cluster *Cluster, sql string) *exec.Cmd {
	t.Helper()
	programs, err := findPrograms(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	server, err := filepath.EvalSymlinks(programs.server)
	if err != nil {
		t.Fatal(err)
	}
	return exec.CommandContext(t.Context(), filepath.Join(filepath.Dir(server), "psql"), "-XAtq", "-v", "ON_ERROR_STOP=1",
		"-c", sql, cluster.URL("postgres", cluster.Superuser()))
}

func TestAClusterIsPrivateAndSetAsTheProjectNeeds(t *testing.T) {
	dir := folder(t)
	var log bytes.Buffer
	cluster := start(t, Options{Dir: dir, Log: &log})
	if want := filepath.Join(dir, "postgres"); cluster.Location() != want {
		t.Errorf("data in %s, want %s", cluster.Location(), want)
	}
	for setting, want := range map[string]string{
		"listen_addresses": "", "fsync": "off", "jit": "off", "TimeZone": "UTC", "server_encoding": "UTF8",
		"max_connections": "200", "shared_buffers": "128MB",
	} {
		if got := query(t, cluster, "SHOW "+setting); got != want {
			t.Errorf("%s is %q, want %q", setting, got, want)
		}
	}
	if got := query(t, cluster, "SELECT datcollate FROM pg_database WHERE datname = 'template0'"); got != "C.UTF-8" {
		t.Errorf("collation %q, want C.UTF-8", got)
	}
	if length := len(filepath.Join(cluster.place.socket, ".s.PGSQL.5432")); length > 107 {
		t.Errorf("the socket's path has %d bytes, the kernel takes 107", length)
	}
	found, err := os.Stat(cluster.place.socket)
	if err != nil || found.Mode().Perm() != 0o700 {
		t.Errorf("socket folder: %v, %v, want one closed to other accounts", found.Mode(), err)
	}
	stop(t, cluster)
	if !strings.Contains(log.String(), "ready to accept connections") {
		t.Errorf("the log was not passed on: %s", log.String())
	}
}

func TestTheServersLogCarriesNeitherStatementsNorValues(t *testing.T) {
	var log bytes.Buffer
	cluster := start(t, Options{Dir: folder(t), Log: &log})
	query(t, cluster, "CREATE TABLE citizen (name text UNIQUE); INSERT INTO citizen VALUES ('DUBOIS')")
	if err := psql(t, cluster, "INSERT INTO citizen VALUES ('DUBOIS')").Run(); err == nil {
		t.Fatal("the second row was accepted")
	}
	stop(t, cluster)
	if text := log.String(); !strings.Contains(text, "duplicate key value") || strings.Contains(text, "DUBOIS") {
		t.Errorf("want the error without the name, got: %s", text)
	}
}

func TestAStoppedClusterKeepsItsDataAndResetRemovesIt(t *testing.T) {
	dir := folder(t)
	cluster := start(t, Options{Dir: dir, Durable: true})
	query(t, cluster, "CREATE TABLE kept AS SELECT 42 AS answer")
	if got := query(t, cluster, "SHOW fsync"); got != "on" {
		t.Errorf("fsync is %s in a durable cluster", got)
	}
	stop(t, cluster)
	cluster = start(t, Options{Dir: dir, Durable: true})
	if got := query(t, cluster, "SELECT answer FROM kept"); got != "42" {
		t.Errorf("read %q", got)
	}
	stop(t, cluster)
	if err := Reset(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	for _, gone := range []string{cluster.Location(), cluster.place.socket} {
		if _, err := os.Stat(gone); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s is still there: %v", gone, err)
		}
	}
}

func TestTwoProcessesNeverShareACluster(t *testing.T) {
	dir := folder(t)
	start(t, Options{Dir: dir})
	if _, err := Start(t.Context(), Options{Dir: dir}); !errors.Is(err, ErrInUse) {
		t.Errorf("second start: %v, want ErrInUse", err)
	}
	if err := Reset(t.Context(), dir); !errors.Is(err, ErrInUse) {
		t.Errorf("reset of a running cluster: %v, want ErrInUse", err)
	}
}

// "where a parent is not traversable by that account, in /var/tmp/portail-qf-<hash of VAR>, owned by it"
func TestDataThatTheServersAccountCannotReachGoesToVarTmp(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root lends another account to the server")
	}
	dir := folder(t)
	closed := filepath.Join(dir, "closed")
	if err := os.Mkdir(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	inner := filepath.Join(closed, "var")
	cluster := start(t, Options{Dir: inner})
	t.Cleanup(func() {
		stop(t, cluster)
		if err := Reset(context.Background(), inner); err != nil {
			t.Error(err)
		}
	})
	if !strings.HasPrefix(cluster.Location(), "/var/tmp/portail-qf-") {
		t.Errorf("data in %s", cluster.Location())
	}
	if got := query(t, cluster, "SELECT 1"); got != "1" {
		t.Errorf("read %q", got)
	}
}

func TestAKilledOwnerLeavesNoServerAndLosesNothing(t *testing.T) {
	dir := folder(t)
	owner, server := startOwner(t, dir)
	where, err := findPlace(dir)
	if err != nil {
		t.Fatal(err)
	}
	query(t, &Cluster{place: where}, "CREATE TABLE kept AS SELECT 42 AS answer")
	if err := owner.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = owner.Wait() // killed
	for deadline := time.Now().Add(10 * time.Second); runsOn(where.data, server); time.Sleep(pollInterval) {
		if time.Now().After(deadline) {
			t.Fatal("the server outlives its owner")
		}
	}
	cluster := start(t, Options{Dir: dir, Durable: true})
	if got := query(t, cluster, "SELECT answer FROM kept"); got != "42" {
		t.Errorf("read %q", got)
	}
}

// startOwner runs another process that owns the cluster of dir.
func startOwner(t *testing.T, dir string) (owner *exec.Cmd, server int) {
	t.Helper()
	if _, err := findPrograms(t.Context(), 0); errors.Is(err, ErrNoServer) {
		t.Skip(err)
	}
	owner = exec.CommandContext(t.Context(), os.Args[0])
	owner.Env = append(os.Environ(), ownerDir+"="+dir)
	output, err := owner.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := owner.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	if server, err = strconv.Atoi(strings.TrimSpace(line)); err != nil {
		t.Fatalf("the owner failed: %s", line)
	}
	return owner, server
}

func TestAServerLeftByAFormerRunIsStoppedFirst(t *testing.T) {
	dir := folder(t)
	first := start(t, Options{Dir: dir})
	query(t, first, "CREATE TABLE kept AS SELECT 42 AS answer")
	if err := first.lock.Close(); err != nil { // as if its owner were gone
		t.Fatal(err)
	}
	second := start(t, Options{Dir: dir})
	select {
	case <-first.server.exited:
	case <-time.After(time.Second):
		t.Fatal("the former server still runs")
	}
	if got := query(t, second, "SELECT answer FROM kept"); got != "42" {
		t.Errorf("read %q", got)
	}
}

func TestALockFileWhoseNumberNowBelongsToAnotherProgramIsNoObstacle(t *testing.T) {
	dir := folder(t)
	cluster := start(t, Options{Dir: dir})
	query(t, cluster, "CREATE TABLE kept AS SELECT 42 AS answer")
	lockFile, err := os.ReadFile(lockFileOf(cluster.Location()))
	if err != nil {
		t.Fatal(err)
	}
	stop(t, cluster)
	other := exec.Command("sleep", "60")
	other.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Wait() }()
	defer func() { _ = other.Process.Kill() }()
	_, rest, _ := strings.Cut(string(lockFile), "\n")
	if err := os.WriteFile(lockFileOf(cluster.Location()), []byte(strconv.Itoa(other.Process.Pid)+"\n"+rest), 0o600); err != nil {
		t.Fatal(err)
	}
	cluster = start(t, Options{Dir: dir})
	if got := query(t, cluster, "SELECT answer FROM kept"); got != "42" {
		t.Errorf("read %q", got)
	}
	if err := other.Process.Signal(syscall.Signal(0)); err != nil {
		t.Errorf("the other program was stopped: %v", err)
	}
}

func TestAnUnfinishedClusterIsMadeAgain(t *testing.T) {
	dir := folder(t)
	where, err := findPlace(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(where.unfinished(), "base"), 0o700); err != nil {
		t.Fatal(err)
	}
	cluster := start(t, Options{Dir: dir})
	if got := query(t, cluster, "SELECT 1"); got != "1" {
		t.Errorf("read %q", got)
	}
}

func TestWithoutPostgreSQLTheErrorNamesDebiansPackage(t *testing.T) {
	t.Setenv("PG_BIN", t.TempDir())
	_, err := Start(t.Context(), Options{Dir: folder(t)})
	if !errors.Is(err, ErrNoServer) || !strings.Contains(err.Error(), "apt-get install postgresql") {
		t.Errorf("error %v, want ErrNoServer with the package", err)
	}
}

func TestDataOfAnotherVersionIsRefusedBeforeTheServerTouchesIt(t *testing.T) {
	dir := folder(t)
	if err := os.Mkdir(filepath.Join(dir, "postgres"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "postgres", "PG_VERSION"), []byte("9\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Start(t.Context(), Options{Dir: dir})
	if errors.Is(err, ErrNoServer) {
		t.Skip(err)
	}
	if err == nil || !strings.Contains(err.Error(), "PostgreSQL 9") {
		t.Errorf("error %v, want one that names the version", err)
	}
}

func TestAServerThatCannotStartSaysWhy(t *testing.T) {
	dir := folder(t)
	cluster := start(t, Options{Dir: dir})
	stop(t, cluster)
	if err := os.WriteFile(filepath.Join(cluster.Location(), "postgresql.conf"), []byte("no_such_setting = 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Start(t.Context(), Options{Dir: dir}); err == nil || !strings.Contains(err.Error(), "no_such_setting") {
		t.Errorf("error %v, want the server's own words", err)
	}
}

func TestTheAddressNamesTheSocketAndRefusesTLS(t *testing.T) {
	cluster := &Cluster{place: place{socket: "/tmp/portail-qf-0"}}
	want := "postgres://portal_app@/portail?host=%2Ftmp%2Fportail-qf-0&port=5432&sslmode=disable"
	if got := cluster.URL("portail", "portal_app"); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
