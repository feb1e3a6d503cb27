package e2e

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"portail-qf/internal/app"
	"portail-qf/internal/config"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/failpoint"
	"portail-qf/internal/sim/stage"
)

// The environment of the test program when it is run again as a portal that can be killed
// (ARCHITECTURE.md §14): the simulators and the database live in the process that tests.
const (
	mortalMark  = "PORTAL_MORTAL"
	mortalShift = "PORTAL_MORTAL_SHIFT" // of the business clock when it starts
	publicFile  = 3                     // the file descriptor of the portal's listener
)

// mortal is a portal in a process of its own.
type mortal struct {
	scene   *scene
	command *exec.Cmd
	orders  io.Writer
	answers *bufio.Scanner
	// alive ends with the process, and with it every request that waits for its answer.
	alive context.Context
}

// launch starts a portal that kills itself at a failpoint, or never for "". The listener
// stays with the scene: while no portal lives, whoever calls waits for the next one.
func (s *scene) launch(failpoint string) *mortal {
	s.t.Helper()
	public, err := s.listener.(*net.TCPListener).File()
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = public.Close() }()
	command := exec.Command(os.Args[0])
	command.Env = append(append(os.Environ(), s.config()...),
		mortalMark+"=1", mortalShift+"="+time.Duration(s.shift.Load()).String(), "FAILPOINT="+failpoint)
	command.ExtraFiles = []*os.File{public}
	command.Stderr = s.log
	orders, errOrders := command.StdinPipe()
	answers, errAnswers := command.StdoutPipe()
	if err := errors.Join(errOrders, errAnswers, command.Start()); err != nil {
		s.t.Fatal(err)
	}
	alive, end := context.WithCancel(context.Background())
	go func() {
		_ = command.Wait() // how it ended is in command.ProcessState
		end()
	}()
	m := &mortal{scene: s, command: command, orders: orders, answers: bufio.NewScanner(answers), alive: alive}
	s.t.Cleanup(func() {
		m.kill()
		_ = s.listener.Close()
		if strings.Contains(s.log.String(), "DATA RACE") {
			s.t.Errorf("a data race in the portal:\n%s", s.log)
		}
	})
	return m
}

// kill is kill -9.
func (m *mortal) kill() {
	m.scene.t.Helper()
	_ = m.command.Process.Kill()
	<-m.alive.Done()
	m.scene.isForgotten()
}

// isForgotten waits until the database has noticed that the portal died: what it had asked
// for in its last moment is done, a lease that it took included.
func (s *scene) isForgotten() {
	s.t.Helper()
	eventually(s.t, 30*time.Second, "the dead portal's connections are closed", func() bool {
		return s.count(`SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename <> current_user`) == 0
	})
}

// dies waits until the process has killed itself at its failpoint.
func (m *mortal) dies() {
	m.scene.t.Helper()
	select {
	case <-m.alive.Done():
	case <-time.After(30 * time.Second):
		m.scene.t.Fatal("the portal never came to its failpoint")
	}
	if status, ok := m.command.ProcessState.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGKILL {
		m.scene.t.Fatalf("the portal ended by itself: %s\n%s", m.command.ProcessState, m.scene.log)
	}
	m.scene.isForgotten()
}

// leasesRunOut lets the time of a dead worker's leases pass in the database, so that no
// test has to wait for minutes.
func (s *scene) leasesRunOut() {
	s.t.Helper()
	s.execute(`UPDATE outbox SET leased_until = leased_until - interval '1 hour' WHERE leased_until IS NOT NULL`)
}

// tell gives an order to the process and returns its answer, "" when it died of it.
func (m *mortal) tell(order string, arguments ...any) string {
	m.scene.t.Helper()
	if _, err := fmt.Fprintf(m.orders, order+"\n", arguments...); err != nil {
		return ""
	}
	if !m.answers.Scan() {
		return ""
	}
	return m.answers.Text()
}

// does fails unless the process carries an order out.
func (m *mortal) does(order string, arguments ...any) {
	m.scene.t.Helper()
	if answer := m.tell(order, arguments...); answer != "done" {
		m.scene.t.Fatalf("%s: %q", fmt.Sprintf(order, arguments...), answer)
	}
}

// later moves the business time of the scene and of the process, which may die of it.
func (m *mortal) later(by time.Duration) {
	m.scene.t.Helper()
	m.scene.advance(by)
	m.tell("clock %s", time.Duration(m.scene.shift.Load()))
	m.scene.execute(`SELECT pg_notify('outbox', '')`)
}

// settles waits until the portal has nothing left to do; what was put off becomes due.
func (m *mortal) settles() {
	m.scene.t.Helper()
	eventually(m.scene.t, 60*time.Second, "the outbox is empty", func() bool {
		if m.scene.count(`SELECT count(*) FROM outbox WHERE done_at IS NULL`) == 0 {
			return true
		}
		if m.alive.Err() != nil {
			m.scene.t.Fatalf("the portal ended by itself: %s\n%s", m.command.ProcessState, m.scene.log)
		}
		m.later(10 * time.Second)
		time.Sleep(50 * time.Millisecond)
		return false
	})
}

// livesAsPortal is the whole life of the process: it serves, and obeys the lines that come
// on its standard input until that ends, with the process that tests.
func livesAsPortal() error {
	c, err := config.Read(os.Environ())
	if err != nil {
		return err
	}
	began, err := time.ParseDuration(os.Getenv(mortalShift))
	if err != nil {
		return err
	}
	var shift atomic.Int64
	shift.Store(int64(began))
	public, err := net.FileListener(os.NewFile(publicFile, "public"))
	if err != nil {
		return err
	}
	private, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	built, err := app.New(ctx, c, app.Options{
		Log: slog.New(slog.NewJSONHandler(os.Stderr, nil)),
		Now: func() time.Time { return time.Now().Add(time.Duration(shift.Load())) },
	})
	if err != nil {
		return err
	}
	if _, err := built.Directory.Import(ctx, strings.NewReader(string(stage.SeedFile))); err != nil {
		return err
	}
	if _, err := built.Templates.Import(ctx, bytes.NewReader(stage.Forms())); err != nil {
		return err
	}
	if err := built.Enrol(ctx, stage.SeedFile); err != nil {
		return err
	}
	go func() {
		defer stop()
		for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
			answer := "done"
			if err := obey(ctx, built, &shift, strings.Fields(lines.Text())); err != nil {
				answer = strings.ReplaceAll(err.Error(), "\n", " ")
			}
			fmt.Println(answer)
		}
	}()
	return errors.Join(built.Run(ctx, public, private), built.Close())
}

// obey carries out one order: clock SHIFT, job NAME, or resume REFERENCE FOLDER.
func obey(ctx context.Context, built *app.App, shift *atomic.Int64, order []string) error {
	switch {
	case len(order) == 2 && order[0] == "clock":
		moved, err := time.ParseDuration(order[1])
		shift.Store(int64(moved))
		return err
	case len(order) == 2 && order[0] == "job":
		_, err := built.Jobs.Run(ctx, order[1])
		return err
	case len(order) == 3 && order[0] == "resume":
		return built.Delivery.Resume(ctx, value.Reference(order[1]), order[2])
	}
	return fmt.Errorf("unknown order %q", order)
}

// mainOfMortal is the main function of the process.
func mainOfMortal() int {
	if err := livesAsPortal(); err != nil {
		fmt.Fprintln(os.Stderr, "portal:", err)
		return 1
	}
	return 0
}

// needsFailpoints skips a test in a program that cannot kill itself at a named place.
func needsFailpoints(t *testing.T) {
	t.Helper()
	if !failpoint.Active {
		t.Skip("built without -tags failpoints: the portal cannot kill itself at a named place")
	}
}
