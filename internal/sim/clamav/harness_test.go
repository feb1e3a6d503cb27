package clamav_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"portail-qf/internal/sim/clamav"
	"portail-qf/internal/sim/control"
)

const patience = 10 * time.Second

// laboratory is a simulator with its one port.
type laboratory struct {
	t       *testing.T
	server  *clamav.Server
	address string // host:port
}

func open(t *testing.T, options clamav.Options) laboratory {
	t.Helper()
	server := clamav.New(options)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
		select {
		case err := <-ended:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(patience):
			t.Error("closed, yet it still serves")
		}
	})
	return laboratory{t, server, listener.Addr().String()}
}

// connect opens a connection that does not outlive the test.
func (l laboratory) connect() net.Conn {
	l.t.Helper()
	conn, err := net.Dial("tcp", l.address)
	if err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		l.t.Fatal(err)
	}
	return conn
}

// say sends what is said and returns all that is answered until the connection is closed. A
// connection cut in the middle of what is said is no failure: what was answered counts.
func (l laboratory) say(said string) string {
	l.t.Helper()
	conn := l.connect()
	_, _ = io.WriteString(conn, said)
	return l.answer(conn)
}

func (l laboratory) answer(conn net.Conn) string {
	l.t.Helper()
	answered, err := io.ReadAll(conn)
	if timeout, is := err.(net.Error); is && timeout.Timeout() {
		l.t.Fatalf("the connection stays open after %q", answered)
	}
	return string(answered)
}

// scan sends chunks as a stream and returns the answer.
func (l laboratory) scan(chunks ...[]byte) string {
	l.t.Helper()
	return l.say("zINSTREAM\x00" + stream(chunks...))
}

// stream writes chunks as INSTREAM takes them, the end included.
func stream(chunks ...[]byte) string {
	var all bytes.Buffer
	for _, chunk := range append(slices.Clone(chunks), nil) {
		all.Write(length(len(chunk)))
		all.Write(chunk)
	}
	return all.String()
}

func length(n int) []byte { return binary.BigEndian.AppendUint32(nil, uint32(n)) }

// order orders a fault as a person does.
func (l laboratory) order(fault string) {
	l.t.Helper()
	response, err := http.Post("http://"+l.address+"/_sim/faults", "application/json", strings.NewReader(fault))
	if err != nil {
		l.t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		l.t.Fatalf("order %s: %d", fault, response.StatusCode)
	}
}

// requests reads the log as a person does.
func (l laboratory) requests() []control.Request {
	l.t.Helper()
	response, err := http.Get("http://" + l.address + "/_sim/requests")
	if err != nil {
		l.t.Fatal(err)
	}
	defer response.Body.Close()
	var log []control.Request
	if err := json.NewDecoder(response.Body).Decode(&log); err != nil {
		l.t.Fatal(err)
	}
	return log
}

// newest is the last exchange of the log.
func (l laboratory) newest() control.Request {
	l.t.Helper()
	log := l.requests()
	if len(log) == 0 {
		l.t.Fatal("the log is empty")
	}
	return log[len(log)-1]
}

// eventually waits for what a connection's end brings about.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal(what)
		}
	}
}
