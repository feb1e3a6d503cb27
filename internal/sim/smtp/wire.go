package smtp

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"portail-qf/internal/sim/control"
)

// garbage is an answer that no SMTP client can read.
const garbage = "\x00\xff ceci n’est pas du SMTP\r\n"

// wiretap gives the server connections whose greeting obeys the faults of CONNECT.
type wiretap struct {
	net.Listener
	server *Server
}

// Accept returns at once: the fault is played by the connection's own goroutine.
func (t wiretap) Accept() (net.Conn, error) {
	conn, err := t.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &wire{Conn: conn, server: t.server, reader: bufio.NewReader(conn)}, nil
}

// wire is one connection.
type wire struct {
	net.Conn
	server  *Server
	reader  *bufio.Reader // so that stays can look ahead
	greeted bool
}

func (w *wire) Read(p []byte) (int, error) { return w.reader.Read(p) }

// Write plays the fault of CONNECT before the first thing ever written, the greeting.
func (w *wire) Write(p []byte) (int, error) {
	if !w.greeted {
		w.greeted = true
		if err := w.connect(); err != nil {
			_ = w.Close()
			return 0, err
		}
	}
	return w.Conn.Write(p)
}

func (w *wire) connect() error {
	status := 220
	fault, found := w.server.take("CONNECT", "")
	if found {
		switch fault.Mode {
		case control.ModeStatus:
			status = fault.Status
			_, _ = fmt.Fprintf(w.Conn, "%d simulated fault\r\n", status)
		case control.ModeSlow:
			if w.stays(fault.Delay(), w.server.closed) {
				found = false
			} else {
				status = 0
			}
		case control.ModeGarbage:
			_, _ = io.WriteString(w.Conn, garbage)
			status = 0
		default:
			status = 0
		}
	}
	w.server.Control.Record(control.Request{Method: "CONNECT", Status: status})
	if found {
		return errCut
	}
	return nil
}

// stays waits for the delay and tells whether the client is still there. It is called
// while nobody else reads: it looks ahead without consuming anything, past what a client
// who gives up may still say (RSET, QUIT).
func (w *wire) stays(delay time.Duration, closed <-chan struct{}) bool {
	ended := make(chan error, 1)
	go func() {
		var err error
		for err == nil {
			_, err = w.reader.Peek(w.reader.Buffered() + 1)
		}
		ended <- err
	}()
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-ended:
		// The client left; or it wrote more than can be looked past, against the protocol.
		return false
	case <-closed:
		return false
	case <-timer.C:
	}
	_ = w.SetReadDeadline(time.Now())
	err := <-ended
	_ = w.SetReadDeadline(time.Time{})
	return errors.Is(err, os.ErrDeadlineExceeded)
}
