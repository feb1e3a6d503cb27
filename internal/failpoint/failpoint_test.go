package failpoint_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"portail-qf/internal/failpoint"
)

// walking makes the test binary a process that passes three times at each of two places.
const walking = "FAILPOINT_TEST_WALK"

func TestMain(m *testing.M) {
	if os.Getenv(walking) == "" {
		os.Exit(m.Run())
	}
	for i := range 3 {
		for _, place := range []string{"a place", "another place"} {
			failpoint.Hit(place)
			fmt.Printf("%s %d\n", place, i+1)
		}
	}
}

// walk runs such a process and returns the last place that it passed, and whether it was
// killed.
func walk(t *testing.T, armed string) (last string, isKilled bool) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), program)
	command.Env = append(os.Environ(), walking+"=yes", "FAILPOINT="+armed)
	passed, err := command.Output()
	lines := strings.Split(strings.TrimSpace(string(passed)), "\n")
	last = lines[len(lines)-1]
	if err == nil {
		return last, false
	}
	var ended *exec.ExitError
	if !errors.As(err, &ended) {
		t.Fatal(err)
	}
	status, ok := ended.Sys().(syscall.WaitStatus)
	if !ok || !status.Signaled() || status.Signal() != syscall.SIGKILL {
		t.Fatalf("FAILPOINT=%q: ended with %v, want SIGKILL", armed, err)
	}
	return last, true
}
