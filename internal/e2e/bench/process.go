package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	readyTimeout = 30 * time.Second
	stopTimeout  = 40 * time.Second // longer than the portal allows itself
	readyPath    = "/sante/pret"
)

// process is a program that serves HTTP beside this one.
type process struct {
	command *exec.Cmd
	url     string
	log     string // file of what it writes
}

// start runs a program and returns once it answers that it is ready. Its environment is the given one and nothing else. It is
// told to stop when ctx ends.
func start(ctx context.Context, log, address, program string, arguments, environment []string) (*process, error) {
	file, err := os.Create(log)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // the process has its own
	p := &process{command: exec.CommandContext(ctx, program, arguments...), url: "http://" + address, log: log}
	p.command.Env = environment
	p.command.Stdout, p.command.Stderr = file, file
	p.command.Cancel = func() error { return p.command.Process.Signal(syscall.SIGTERM) }
	p.command.WaitDelay = stopTimeout
	if err := p.command.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", filepath.Base(program), err)
	}
	if err := p.awaitReady(ctx); err != nil {
		return nil, errors.Join(err, p.stop())
	}
	return p, nil
}

func (p *process) awaitReady(ctx context.Context) error {
	client := &http.Client{Timeout: time.Second}
	for deadline := time.Now().Add(readyTimeout); time.Now().Before(deadline) && ctx.Err() == nil; time.Sleep(20 * time.Millisecond) {
		response, err := client.Get(p.url + readyPath)
		if err != nil {
			continue
		}
		if err := response.Body.Close(); err == nil && response.StatusCode == http.StatusOK {
			return nil
		}
	}
	written, err := os.ReadFile(p.log)
	return errors.Join(fmt.Errorf("%s is not ready; it wrote:\n%s", filepath.Base(p.command.Path), written), err, ctx.Err())
}

// stop asks the process to end and waits for it.
func (p *process) stop() error {
	if err := p.command.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	impatience := time.AfterFunc(stopTimeout, func() { _ = p.command.Process.Kill() })
	defer impatience.Stop()
	if err := p.command.Wait(); err != nil && !errors.Is(err, context.Canceled) {
		return fmt.Errorf("%s stopped badly: %w", filepath.Base(p.command.Path), err)
	}
	return nil
}

// peak is the most memory that the process ever had resident, in bytes.
func (p *process) peak() (int64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.command.Process.Pid))
	if err != nil {
		return 0, fmt.Errorf("read memory of the portal: %w", err)
	}
	for line := range bytes.Lines(status) {
		if written, found := bytes.CutPrefix(line, []byte("VmHWM:")); found {
			kibibytes, err := strconv.ParseInt(string(bytes.TrimSpace(bytes.TrimSuffix(bytes.TrimSpace(written), []byte("kB")))), 10, 64)
			return kibibytes << 10, err
		}
	}
	return 0, errors.New("read memory of the portal: the system does not tell")
}

// spent is the processor time that the process has used, to a hundredth of a second.
func (p *process) spent() (time.Duration, error) {
	const beforeTimes = 11 // fields between the name and utime, stime (proc(5))
	const tick = time.Second / 100
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.command.Process.Pid))
	if err != nil {
		return 0, fmt.Errorf("read processor time of the portal: %w", err)
	}
	// The name, in brackets, may hold anything.
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) < beforeTimes+2 {
		return 0, errors.New("read processor time of the portal: the system does not tell")
	}
	user, errUser := strconv.ParseInt(fields[beforeTimes], 10, 64)
	system, errSystem := strconv.ParseInt(fields[beforeTimes+1], 10, 64)
	return time.Duration(user+system) * tick, errors.Join(errUser, errSystem)
}

// profile writes where the processors were during length into a file.
func profile(ctx context.Context, metricsURL string, length time.Duration, file string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("%s/debug/pprof/profile?seconds=%.0f", metricsURL, length.Seconds()), nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("profile the portal: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("profile the portal: status %d", response.StatusCode)
	}
	content, err := io.ReadAll(io.LimitReader(response.Body, 64<<20))
	if err != nil {
		return fmt.Errorf("profile the portal: %w", err)
	}
	return os.WriteFile(file, content, 0o644)
}

// freeAddress finds an address of the loopback that nobody listens on.
func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}
