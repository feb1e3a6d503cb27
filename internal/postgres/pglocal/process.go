package pglocal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

const pollInterval = 10 * time.Millisecond

// process is a program of PostgreSQL that dies with us.
type process struct {
	command *exec.Cmd
	output  *tail
	exited  chan struct{} // closed when it has ended
}

// run starts the command so that it receives SIGINT when we die. The kernel sends that signal when the thread that forked ends,
// so the thread must outlive the command: one goroutine keeps it.
func run(command *exec.Cmd, log io.Writer) (*process, error) {
	p := &process{command: command, output: &tail{next: log}, exited: make(chan struct{})}
	command.Stdout, command.Stderr = p.output, p.output
	command.WaitDelay = time.Second
	command.SysProcAttr.Pdeathsig = syscall.SIGINT
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		err := command.Start()
		started <- err
		if err == nil {
			_ = command.Wait() // failure reads it from the state
			close(p.exited)
		}
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}

// signal reaches a live process; one that has ended needs none.
func (p *process) signal(s syscall.Signal) { _ = p.command.Process.Signal(s) }

// failure says why an ended process failed, with its last words; nil when it did not.
func (p *process) failure() error {
	if p.command.ProcessState.Success() {
		return nil
	}
	return fmt.Errorf("%s: %s: %s", filepath.Base(p.command.Path), p.command.ProcessState, p.output)
}

// awaitReady returns when the server accepts connections: it then writes "ready" as the eighth line of its lock file.
func awaitReady(ctx context.Context, data string, server *process) error {
	for {
		lines, err := readLockFile(data)
		if err != nil {
			return err
		}
		if len(lines) > 7 && lines[0] == strconv.Itoa(server.command.Process.Pid) && strings.TrimSpace(lines[7]) == "ready" {
			return nil
		}
		select {
		case <-server.exited:
			if err := server.failure(); err != nil {
				return err
			}
			return errors.New("it stopped at once")
		case <-ctx.Done():
			return fmt.Errorf("not ready: %w: %s", ctx.Err(), server.output)
		case <-time.After(pollInterval):
		}
	}
}

// stopFormer stops the server that a former run would have left on the data. A lock file whose number has since gone to another
// program is removed: PostgreSQL would take that program for a server and refuse to start.
func stopFormer(ctx context.Context, data string) error {
	lines, err := readLockFile(data)
	if err != nil || len(lines) == 0 {
		return err
	}
	pid, err := strconv.Atoi(strings.TrimSpace(lines[0]))
	if err != nil || pid <= 0 || syscall.Kill(pid, 0) == syscall.ESRCH {
		return nil // PostgreSQL itself judges a lock file of nobody, its orphans included
	}
	if !runsOn(data, pid) {
		return os.Remove(lockFileOf(data))
	}
	for signal, deadline := syscall.SIGINT, time.Now().Add(stopTimeout); runsOn(data, pid); {
		if err := syscall.Kill(pid, signal); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("stop the former PostgreSQL: %w", err)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("stop the former PostgreSQL: %w", ctx.Err())
		case <-time.After(10 * pollInterval):
		}
		if time.Now().After(deadline) {
			signal = syscall.SIGQUIT
		}
	}
	return nil
}

// runsOn says whether the process is a server of that data: it works from that folder.
func runsOn(data string, pid int) bool {
	folder, err := os.Readlink(filepath.Join("/proc", strconv.Itoa(pid), "cwd"))
	return err == nil && folder == data
}

func lockFileOf(data string) string { return filepath.Join(data, "postmaster.pid") }

// readLockFile gives the lines of the server's lock file; none when there is no such file.
func readLockFile(data string) ([]string, error) {
	content, err := os.ReadFile(lockFileOf(data))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read lock file of PostgreSQL: %w", err)
	}
	return strings.Split(string(content), "\n"), nil
}

// tail keeps the end of what a program writes, for the message of its failure, and passes everything on.
type tail struct {
	mutex sync.Mutex
	end   []byte
	next  io.Writer
}

// tailSize holds the few lines that say why a server does not start.
const tailSize = 2048

func (t *tail) Write(text []byte) (int, error) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.end = append(t.end, text...)
	if excess := len(t.end) - tailSize; excess > 0 {
		t.end = t.end[excess:]
	}
	if t.next != nil {
		return t.next.Write(text)
	}
	return len(text), nil
}

func (t *tail) String() string {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	return strings.TrimSpace(string(t.end))
}
