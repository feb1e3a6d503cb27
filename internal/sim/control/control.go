package control

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Request is one exchange that a simulator had, as GET /_sim/requests shows it.
type Request struct {
	Number        int         `json:"number"`
	At            time.Time   `json:"at"` // arrival
	Method        string      `json:"method"`
	Path          string      `json:"path"` // with the query
	Headers       http.Header `json:"headers"`
	Body          string      `json:"body"`
	BodyBase64    bool        `json:"body_base64"`    // the body is not UTF-8 text
	BodyTruncated bool        `json:"body_truncated"` // the log had no room for the whole body
	Status        int         `json:"status"`         // 0: the connection was cut
}

// The modes of a Fault (DEMO.md).
const (
	ModeDown    = "down"
	ModeSlow    = "slow"
	ModeStatus  = "status"
	ModeLost    = "lost"
	ModeGarbage = "garbage"
)

// Fault is an order of POST /_sim/faults.
type Fault struct {
	Match   string `json:"match"`    // "METHOD /path" prefix, or a path prefix, or an SMTP line prefix
	Mode    string `json:"mode"`     // down, slow, status, lost, garbage
	Status  int    `json:"status"`   // for mode status
	DelayMS int    `json:"delay_ms"` // for mode slow
	Times   int    `json:"times"`    // how many matching requests; 0: until reset
}

// Delay is how long mode slow waits.
func (f Fault) Delay() time.Duration { return time.Duration(f.DelayMS) * time.Millisecond }

// matches tells whether the fault is ordered for the line "METHOD /path?query": match may
// begin with the method or leave it out. An SMTP line ("RCPT <a@b.fr>") reads the same way.
func (f Fault) matches(line string) bool {
	if strings.HasPrefix(line, f.Match) {
		return true
	}
	_, path, _ := strings.Cut(line, " ")
	return strings.HasPrefix(f.Match, "/") && strings.HasPrefix(path, f.Match)
}

// check says why the fault cannot be played, or nil.
func (f Fault) check() error {
	switch f.Mode {
	case ModeDown, ModeSlow, ModeLost, ModeGarbage:
	case ModeStatus:
		if f.Status < 200 || f.Status > 599 {
			return fmt.Errorf("status must lie between 200 and 599")
		}
	default:
		return fmt.Errorf("mode must be one of down, slow, status, lost, garbage")
	}
	if f.DelayMS < 0 {
		return fmt.Errorf("delay_ms must not be negative")
	}
	if f.Times < 0 {
		return fmt.Errorf("times must not be negative")
	}
	return nil
}
