package control

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// exchange plays one request of the protocol: records it, and lets a fault or the
// protocol answer. The exchange is in the log before the first byte of its answer leaves:
// a test that has its answer finds it there.
func (s *Surface) exchange(w http.ResponseWriter, r *http.Request) {
	seen := Request{
		At:      time.Now(),
		Method:  r.Method,
		Path:    r.URL.RequestURI(),
		Headers: r.Header.Clone(),
	}
	r, seen.Body, seen.BodyTruncated = readAhead(r)
	answer := &recorder{ResponseWriter: w, record: func(status int) {
		seen.Status = status
		s.Record(seen)
	}}
	// Whatever leaves without an answer was cut: a fault, the protocol's own
	// http.ErrAbortHandler, or a panic.
	finished := false
	defer func() {
		switch {
		case answer.recorded:
		case finished:
			answer.once(http.StatusOK)
		default:
			answer.once(0)
		}
	}()
	fault, found := s.Take(seen.Method + " " + seen.Path)
	if !found {
		s.protocol.ServeHTTP(answer, r)
	} else {
		s.play(fault, answer, r)
	}
	finished = true
}

// play answers as the fault orders. Panicking with http.ErrAbortHandler is net/http's own
// way to close the connection without answer, over HTTP/1 and HTTP/2 alike.
func (s *Surface) play(fault Fault, w http.ResponseWriter, r *http.Request) {
	switch fault.Mode {
	case ModeDown:
		panic(http.ErrAbortHandler)
	case ModeLost:
		s.protocol.ServeHTTP(unheard{make(http.Header)}, r)
		panic(http.ErrAbortHandler)
	case ModeSlow:
		timer := time.NewTimer(fault.Delay())
		defer timer.Stop()
		select {
		case <-timer.C:
			s.protocol.ServeHTTP(w, r)
		case <-r.Context().Done():
			panic(http.ErrAbortHandler)
		}
	case ModeStatus:
		writeJSON(w, fault.Status, refusal{"simulated fault"})
	case ModeGarbage:
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, "<!-- simulated fault \xff\xfe -->")
	}
}

// readAhead takes the part of the body that the log keeps and returns the request with
// its whole body still to be read. Reading ahead also lets the server notice a client who
// leaves: it watches the connection only once the body has been read.
func readAhead(r *http.Request) (rewound *http.Request, body string, truncated bool) {
	if r.Body == nil || r.Body == http.NoBody {
		return r, "", false
	}
	var kept strings.Builder
	if r.ContentLength > 0 {
		kept.Grow(int(min(r.ContentLength, keptBody)))
	}
	_, err := io.Copy(&kept, io.LimitReader(r.Body, keptBody))
	rest := io.Reader(r.Body)
	if err != nil {
		// The client left or lied about the length: the protocol meets the same error.
		rest = broken{err}
	}
	rewound = r.WithContext(r.Context())
	rewound.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(strings.NewReader(kept.String()), rest), r.Body}
	return rewound, kept.String(), kept.Len() == keptBody && r.ContentLength != keptBody
}

// broken is the rest of a body whose reading failed.
type broken struct{ err error }

func (b broken) Read([]byte) (int, error) {
	return 0, fmt.Errorf("read request body: %w", b.err)
}

// recorder tells the status of an answer before its first byte leaves.
type recorder struct {
	http.ResponseWriter
	record   func(status int)
	recorded bool
}

func (a *recorder) once(status int) {
	if !a.recorded {
		a.recorded = true
		a.record(status)
	}
}

// WriteHeader records a final status; 1xx ones only announce it.
func (a *recorder) WriteHeader(status int) {
	if status >= http.StatusOK {
		a.once(status)
	}
	a.ResponseWriter.WriteHeader(status)
}

func (a *recorder) Write(p []byte) (int, error) {
	a.once(http.StatusOK)
	return a.ResponseWriter.Write(p)
}

// Unwrap lets http.ResponseController reach the connection.
func (a *recorder) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// unheard is the writer of an answer that is never sent.
type unheard struct{ header http.Header }

func (u unheard) Header() http.Header         { return u.header }
func (u unheard) Write(p []byte) (int, error) { return len(p), nil }
func (u unheard) WriteHeader(int)             {}
