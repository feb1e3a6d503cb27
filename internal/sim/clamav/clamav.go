package clamav

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"portail-qf/internal/sim/control"
)

const (
	streamMaxLength = 25 << 20
	readTimeout     = 30 * time.Second
	headerTimeout   = 10 * time.Second
)

// Options is what a simulator is made of. Its zero value is right for the demo.
type Options struct {
	// StreamMaxLength is how many bytes a stream may hold, as in clamd.conf(5); 0: 25 MB.
	StreamMaxLength int64
	// ReadTimeout is how long a client may be silent in the middle of a command or a stream,
	// as CommandReadTimeout is in clamd.conf(5); 0: 30 seconds.
	ReadTimeout time.Duration
}

// Server is a clamd. Its control surface takes the orders.
type Server struct {
	Control *control.Surface

	options Options
	web     *http.Server
	closed  chan struct{} // closed by Close
	closing sync.Once

	mu   sync.Mutex
	open map[io.Closer]struct{} // listeners, and the connections of clients of clamd
}

// New builds a simulator. Nothing listens before Serve.
func New(options Options) *Server {
	if options.StreamMaxLength == 0 {
		options.StreamMaxLength = streamMaxLength
	}
	if options.ReadTimeout == 0 {
		options.ReadTimeout = readTimeout
	}
	s := &Server{
		Control: control.New(http.NotFoundHandler()), options: options,
		closed: make(chan struct{}), open: map[io.Closer]struct{}{},
	}
	s.web = &http.Server{Handler: s, ReadHeaderTimeout: headerTimeout}
	return s
}

// Serve answers clients of clamd, and control calls, on the listener until Close. A listener
// that others than this machine can reach is refused.
func (s *Server) Serve(listener net.Listener) error {
	address, isTCP := listener.Addr().(*net.TCPAddr)
	if !isTCP || !address.IP.IsLoopback() {
		return errors.New("serve clamd: the listener must be on the loopback interface")
	}
	if !s.keep(listener) {
		return listener.Close()
	}
	defer s.drop(listener)
	visitors := newLobby(address)
	var running sync.WaitGroup
	running.Go(func() { _ = s.web.Serve(visitors) }) // ends with the lobby
	defer running.Wait()
	defer visitors.Close()
	for {
		conn, err := listener.Accept()
		if err != nil {
			select {
			case <-s.closed:
				return nil
			default:
				return fmt.Errorf("serve clamd: %w", err)
			}
		}
		running.Go(func() { s.welcome(conn, visitors) })
	}
}

// welcome hands a connection to the server of the protocol that it speaks.
func (s *Server) welcome(conn net.Conn, visitors *lobby) {
	if !s.keep(conn) {
		_ = conn.Close()
		return
	}
	defer s.drop(conn)
	reader := bufio.NewReader(conn)
	_ = conn.SetReadDeadline(time.Now().Add(s.options.ReadTimeout))
	if speaksHTTP(reader) {
		_ = conn.SetReadDeadline(time.Time{})
		visitors.lead(visitor{conn, reader})
		return
	}
	defer conn.Close()
	(&call{server: s, conn: conn, reader: reader, end: '\n'}).serve()
}

// Close ends every connection and every listener at once. Closing again does nothing.
func (s *Server) Close() error {
	var err error
	s.closing.Do(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		close(s.closed)
		for each := range s.open {
			_ = each.Close() // it may have ended by itself
		}
		err = s.web.Close()
	})
	return err
}

// keep remembers what Close must close; false: it is too late.
func (s *Server) keep(c io.Closer) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.closed:
		return false
	default:
		s.open[c] = struct{}{}
		return true
	}
}

func (s *Server) drop(c io.Closer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, c)
}

// ServeHTTP serves the control surface.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !strings.HasPrefix(r.URL.Path, "/_sim/") {
		http.NotFound(w, r)
		return
	}
	s.Control.ServeHTTP(w, r)
}
