//go:build failpoints

package failpoint

import (
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

// armed is "name" or "name:n", read from FAILPOINT once: the process kills itself the
// n-th time (the first, by default) that it passes there.
var armed = sync.OnceValue(func() *trap {
	name, count, _ := strings.Cut(os.Getenv("FAILPOINT"), ":")
	left, err := strconv.Atoi(count)
	if err != nil {
		left = 1
	}
	return &trap{name: name, left: left}
})

type trap struct {
	mu   sync.Mutex
	name string
	left int
}

// Hit kills the process with SIGKILL when FAILPOINT names this place.
func Hit(name string) {
	t := armed()
	if t.name != name {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.left--
	if t.left == 0 {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {} // the signal is on its way; nothing more happens here
	}
}
