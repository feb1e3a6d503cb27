package oidc

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

// An intro page says that the provider is down rather than offer a dead button
// (reference/users-reliability-security.md §B.4); it must not wait for it long.
const (
	probeTimeout  = 2 * time.Second
	availableLife = 30 * time.Second
	downLife      = 10 * time.Second
)

// health remembers whether the provider answered lately.
type health struct {
	flight singleflight.Group
	mu     sync.Mutex
	up     bool
	until  time.Time
}

// Available tells whether the provider gave usable keys in the last 30 seconds, or asks
// it for them; a negative answer is kept for 10 seconds. One probe is in flight at a time
// and nobody waits for more than 2 seconds. It answers false when ctx ends first.
func (c *Client) Available(ctx context.Context) bool {
	if up, recent := c.health.recall(c.config.Now()); recent {
		return up
	}
	probed := c.health.flight.DoChan("", func() (any, error) {
		// Another probe may have ended since the caller looked.
		if up, recent := c.health.recall(c.config.Now()); recent {
			return up, nil
		}
		limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), probeTimeout)
		defer cancel()
		_, err := c.keys.fetch(limited)
		c.health.record(err == nil, c.config.Now())
		return err == nil, nil
	})
	select {
	case <-ctx.Done():
		return false
	case result := <-probed:
		return result.Val.(bool)
	}
}

func (h *health) recall(now time.Time) (up, recent bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.up, now.Before(h.until)
}

func (h *health) record(up bool, now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.up, h.until = up, now.Add(downLife)
	if up {
		h.until = now.Add(availableLife)
	}
}
