package apiparticulier

import (
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// throttle counts the requests of each token in each second (§7.6): v3 and v2 apart.
type throttle struct {
	limit int // requests per second

	mu     sync.Mutex
	second int64
	counts map[string]int
}

// admit counts a request and sets the RateLimit headers; false when it is one too many.
func (t *throttle) admit(header http.Header, d dialect, token string, now time.Time) bool {
	key := fmt.Sprintf("%d %s", d, token)
	second := now.Unix()
	t.mu.Lock()
	if t.second != second || t.counts == nil {
		t.second, t.counts = second, map[string]int{}
	}
	t.counts[key]++
	count := t.counts[key]
	t.mu.Unlock()

	header.Set("RateLimit-Limit", strconv.Itoa(t.limit))
	header.Set("RateLimit-Remaining", strconv.Itoa(max(0, t.limit-count)))
	header.Set("RateLimit-Reset", strconv.FormatInt(second+1, 10))
	if count > t.limit {
		header.Set("Retry-After", "1")
		return false
	}
	return true
}

// running knows the requests in progress, by token and parameters (§7.5, 7).
type running struct {
	mu  sync.Mutex
	set map[string]bool
}

// begin notes a request; free is false when the same is in progress. The caller calls end
// when its request is over.
func (r *running) begin(key string) (end func(), free bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.set[key] {
		return nil, false
	}
	r.set[key] = true
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.set, key)
	}, true
}
