package smtp

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"time"

	gosmtp "github.com/emersion/go-smtp"

	"portail-qf/internal/sim/control"
)

// session is one connection, from its greeting (or its STARTTLS) on.
type session struct {
	server *Server
	conn   *gosmtp.Conn
	from   string
	to     []string
}

// errCut ends a command whose connection was closed: nobody hears it.
var errCut = errors.New("connection cut by a simulated fault")

// Mail begins a message.
func (x *session) Mail(from string, _ *gosmtp.MailOptions) error {
	if err := x.step("MAIL", from); err != nil {
		return err
	}
	x.from = from
	return nil
}

// Rcpt adds a recipient.
func (x *session) Rcpt(to string, _ *gosmtp.RcptOptions) error {
	if err := x.step("RCPT", to); err != nil {
		return err
	}
	x.to = append(x.to, to)
	return nil
}

// step plays the fault ordered for a command that has no content, and records it.
func (x *session) step(verb, address string) error {
	fault, found := x.server.take(verb, address)
	status, err := x.play(fault, found)
	x.server.Control.Record(control.Request{Method: verb, Path: address, Status: status})
	return x.cutOn(err)
}

// Data keeps the message, unless a fault forbids it.
func (x *session) Data(r io.Reader) error {
	exchange := control.Request{At: time.Now(), Method: "DATA"}
	fault, found := x.server.take("DATA", "")
	if !found || fault.Mode != control.ModeDown {
		raw, err := io.ReadAll(r)
		if err != nil {
			return fmt.Errorf("read message: %w", err)
		}
		exchange.Body = string(raw)
	}
	status, err := x.play(fault, found)
	if err == nil || found && fault.Mode == control.ModeLost {
		x.server.inbox.add(letter{ReceivedAt: exchange.At, Envelope: Envelope{x.from, x.to}, raw: exchange.Body})
	}
	exchange.Status = status
	x.server.Control.Record(exchange)
	return x.cutOn(err)
}

// cutOn closes the connection if that is what the fault ordered. It comes last, after
// message and log are kept: whoever sees the connection fall finds them there.
func (x *session) cutOn(err error) error {
	if errors.Is(err, errCut) {
		_ = x.conn.Close()
	}
	return err
}

// Reset forgets the message that was begun.
func (x *session) Reset() { x.from, x.to = "", nil }

// Logout has nothing to free.
func (x *session) Logout() error { return nil }

// play plays a fault on the present command and returns the SMTP code to record, 0 for a
// cut. A nil error goes on with the command.
func (x *session) play(fault control.Fault, found bool) (status int, err error) {
	const accepted = 250
	if !found {
		return accepted, nil
	}
	switch fault.Mode {
	case control.ModeStatus:
		return fault.Status, &gosmtp.SMTPError{Code: fault.Status, Message: "simulated fault"}
	case control.ModeSlow:
		if x.wire().stays(fault.Delay(), x.server.closed) {
			return accepted, nil
		}
	case control.ModeGarbage:
		_, _ = io.WriteString(x.conn.Conn(), garbage)
	}
	return 0, errCut
}

// wire is the connection under TLS, if there is any.
func (x *session) wire() *wire {
	conn := x.conn.Conn()
	if secured, isTLS := conn.(*tls.Conn); isTLS {
		conn = secured.NetConn()
	}
	return conn.(*wire)
}

// take finds the fault of a line; the address may be ordered with or without brackets.
func (s *Server) take(verb, address string) (control.Fault, bool) {
	if address == "" {
		return s.Control.Take(verb)
	}
	if fault, found := s.Control.Take(verb + " " + address); found {
		return fault, true
	}
	return s.Control.Take(verb + " <" + address + ">")
}
