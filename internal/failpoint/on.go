//go:build failpoints

package failpoint

import (
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

// Active tells whether this program has failpoints.
const Active = true

// armed is "name" or "name:n", read from FAILPOINT once: the process kills itself the
// n-th time (the first, by default) that it passes there.
var armed = sync.OnceValue(func() *trap {
	name := os.Getenv("FAILPOINT")
	// A name holds a colon of its own: only a number after the last one is a count.
	if at := strings.LastIndexByte(name, ':'); at >= 0 {
		if count, err := strconv.Atoi(name[at+1:]); err == nil {
			return &trap{name: name[:at], left: count}
		}
	}
	return &trap{name: name, left: 1}
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
