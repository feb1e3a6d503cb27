package intake

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"syscall"
	"time"

	"portail-qf/internal/domain/fault"
)

// workerName is what a process is called that does one inspection and nothing else.
const workerName = "portail-intake"

// What a worker may take. The memory is that of its objects and its stacks, in bytes.
const (
	maxWorkerTime = 15 * time.Second // the asker kills it sooner: this is for a worker whose asker died
	maxMemory     = 256 << 20
	maxStack      = 64 << 20
)

// How a worker ends otherwise than with an answer.
const (
	exitFailed   = 1
	exitBroken   = 2 // by the Go runtime, when a stack is full for instance
	exitTooHeavy = 3
)

// answer is what a worker finds.
type answer struct {
	Pages        int
	Code, Reason string // of the refusal, if any
}

// A file is read by a process of its own: the same program, under another name, without settings nor secrets. A circle of
// references makes pdfcpu 0.15 recurse until the stack is full, which no program survives, and nothing but its death stops it in a
// maze of them. The worker must be told from the program before anything else starts, hence an init.
func init() {
	if len(os.Args) > 0 && os.Args[0] == workerName {
		work()
	}
}

// ask has a worker inspect the content. It fails when there can be none; that it dies is an answer.
func ask(ctx context.Context, content []byte) (answer, error) {
	worker := newWorker(ctx, content)
	found, err := worker.Output()
	var died *exec.ExitError
	switch {
	case errors.As(err, &died) && (died.ExitCode() == exitTooHeavy || !died.Exited()):
		return answer{Code: "document.too_heavy", Reason: "the inspection takes too much"}, nil
	case errors.As(err, &died) && died.ExitCode() == exitBroken:
		return answer{Code: "document.damaged", Reason: "pdfcpu breaks on it"}, nil
	case err != nil:
		return answer{}, fmt.Errorf("run inspection: %w", err)
	}
	var given answer
	if err := json.Unmarshal(found, &given); err != nil {
		return answer{}, fmt.Errorf("read inspection: %w", err)
	}
	return given, nil
}

func newWorker(ctx context.Context, content []byte) *exec.Cmd {
	worker := exec.CommandContext(ctx, "/proc/self/exe")
	worker.Args = []string{workerName}
	worker.Env = []string{"GOMAXPROCS=1", "GOTRACEBACK=none"}
	worker.Dir = "/"
	worker.Stdin = bytes.NewReader(content)
	worker.WaitDelay = time.Second
	return worker
}

// work is the whole life of a worker. It leaves without a word to whatever else would want to put things in order.
func work() {
	time.AfterFunc(maxWorkerTime, giveUp)
	debug.SetMaxStack(maxStack)
	debug.SetMemoryLimit(maxMemory) // the collector works harder the nearer it is
	content, err := io.ReadAll(io.LimitReader(os.Stdin, Limit))
	if err != nil {
		syscall.Exit(exitFailed)
	}
	// From here on it can open neither file nor connection.
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{}); err != nil {
		syscall.Exit(exitFailed)
	}
	out := os.Stdout
	os.Stdout, os.Stderr = nil, nil // nobody else's words
	go watchMemory(occupied())
	if err := json.NewEncoder(out).Encode(examineSafely(content)); err != nil {
		syscall.Exit(exitFailed)
	}
	syscall.Exit(0)
}

func giveUp() { syscall.Exit(exitTooHeavy) }

// watchMemory ends the worker once it has grown too much, what nobody uses any more set aside.
func watchMemory(before uint64) {
	for range time.Tick(2 * time.Millisecond) {
		if occupied() < before+maxMemory {
			continue
		}
		if runtime.GC(); occupied() >= before+maxMemory {
			giveUp()
		}
	}
}

func occupied() uint64 {
	samples := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/stacks:bytes"}}
	metrics.Read(samples)
	return samples[0].Value.Uint64() + samples[1].Value.Uint64()
}

func examineSafely(content []byte) (given answer) {
	defer func() {
		if recover() != nil {
			given = answer{Code: "document.damaged", Reason: "pdfcpu breaks on it"}
		}
	}()
	pages, err := examine(content)
	var refused *fault.Error
	switch {
	case errors.As(err, &refused):
		return answer{Code: refused.Code, Reason: refused.Err.Error()}
	case err != nil:
		return answer{Code: "document.damaged", Reason: err.Error()}
	}
	return answer{Pages: pages}
}

// examine surveys the content and lets pdfcpu read what is found harmless.
func examine(content []byte) (pages int, err error) {
	if err := surveyFile(content); err != nil {
		return 0, err
	}
	return readPDF(content)
}
