package clamav

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"portail-qf/internal/sim/control"
)

// The commands that are answered, and the name by which the log knows the others.
const (
	ping     = "PING"
	version  = "VERSION"
	instream = "INSTREAM"
	unknown  = "UNKNOWN"
)

const (
	versionText = "ClamAV 1.4.3/27700/Mon Jul  7 08:31:55 2025"
	garbage     = "\xff\xfe ceci n’est pas une réponse de clamd"
)

// outcome is what a command comes to. Without text nothing is answered.
type outcome struct {
	text   string
	status int   // for the log
	scan   *Scan // of an INSTREAM
}

var (
	cut      = outcome{}
	refused  = outcome{text: "UNKNOWN COMMAND", status: http.StatusBadRequest}
	timedOut = outcome{text: "COMMAND READ TIMED OUT", status: http.StatusRequestTimeout}
)

// call is the connection of one client: one command and its answer.
type call struct {
	server *Server
	conn   net.Conn
	reader *bufio.Reader
	end    byte // of the command, hence of the answer
}

// serve hears the command, carries it out and answers. The exchange is in the log before the
// first byte of its answer leaves.
func (c *call) serve() {
	exchange := control.Request{At: time.Now(), Method: unknown}
	command, prefixed, err := c.hear()
	var result outcome
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		result = c.timedOut()
	case err != nil:
		return // nothing was asked
	default:
		exchange.Method = nameOf(command)
		result = c.answer(command, prefixed)
	}
	exchange.Status = result.status
	if result.scan != nil {
		body, _ := json.Marshal(result.scan) // a number, a text and a boolean: never an error
		exchange.Body = string(body)
	}
	c.server.Control.Record(exchange)
	if result.text != "" {
		_ = c.conn.SetWriteDeadline(time.Now().Add(c.server.options.ReadTimeout))
		_, _ = io.WriteString(c.conn, result.text+string(rune(c.end))) // a client who left hears nothing
	}
}

// hear reads the command, without its prefix and its end. One that is longer than any command
// comes back without its rest: it is unknown in any case.
func (c *call) hear() (command string, prefixed bool, err error) {
	c.expect()
	first, err := c.reader.Peek(1)
	if err != nil {
		return "", false, err
	}
	prefixed = first[0] == 'z' || first[0] == 'n'
	if first[0] == 'z' {
		c.end = 0
	}
	line, err := c.reader.ReadSlice(c.end)
	if errors.Is(err, bufio.ErrBufferFull) {
		return string(line), prefixed, nil
	}
	if err != nil {
		return "", prefixed, err
	}
	command = string(line[:len(line)-1])
	if c.end == '\n' {
		command = strings.TrimRight(command, "\r")
	}
	if prefixed {
		command = command[1:]
	}
	return command, prefixed, nil
}

// expect gives the client the time to say something.
func (c *call) expect() {
	_ = c.conn.SetReadDeadline(time.Now().Add(c.server.options.ReadTimeout))
}

// timedOut ends with a newline whatever the command's end, as clamd's does.
func (c *call) timedOut() outcome {
	c.end = '\n'
	return timedOut
}

// answer carries the command out, or plays the fault that is ordered for it.
func (c *call) answer(command string, prefixed bool) outcome {
	fault, found := c.server.Control.Take(command)
	if found && fault.Mode == control.ModeDown {
		return cut
	}
	result := c.carryOut(command, prefixed)
	if !found || result.text == "" {
		return result
	}
	switch fault.Mode {
	case control.ModeStatus:
		result.text, result.status = fmt.Sprintf("simulated fault %d ERROR", fault.Status), fault.Status
	case control.ModeSlow:
		if !c.stays(fault.Delay()) {
			result.text, result.status = "", 0
		}
	case control.ModeGarbage:
		result.text, result.status = garbage, 0
	default:
		result.text, result.status = "", 0
	}
	return result
}

func (c *call) carryOut(command string, prefixed bool) outcome {
	switch {
	case command == ping:
		return outcome{text: "PONG", status: http.StatusOK}
	case command == version:
		return outcome{text: versionText, status: http.StatusOK}
	case command == instream && prefixed:
		return c.scan()
	}
	return refused
}

// stays waits for the delay and tells whether the client is still there; Close ends the wait
// like a client who leaves. What it says meanwhile, against the protocol, is not heard.
func (c *call) stays(delay time.Duration) bool {
	_ = c.conn.SetReadDeadline(time.Time{})
	left := make(chan error, 1)
	go func() {
		_, err := io.Copy(io.Discard, c.conn)
		left <- err
	}()
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-left:
		return false
	case <-timer.C:
	}
	_ = c.conn.SetReadDeadline(time.Now())
	return errors.Is(<-left, os.ErrDeadlineExceeded)
}

// nameOf is what the log says of a command: a client that is mistaken may send a document in
// its place, of which the log must keep nothing.
func nameOf(command string) string {
	switch command {
	case ping, version, instream:
		return command
	}
	return unknown
}
