package clamav

import (
	"bufio"
	"net"
	"strings"
	"sync"
)

// methods begin a connection of HTTP; no command of clamd begins so.
var methods = []string{"GET ", "POST ", "PUT ", "DELETE ", "HEAD ", "OPTIONS ", "PATCH "}

// speaksHTTP looks at the first bytes of a connection without consuming them: at no more than
// it takes to tell.
func speaksHTTP(reader *bufio.Reader) bool {
	for seen := 1; ; seen++ {
		start, err := reader.Peek(seen)
		if err != nil {
			return false
		}
		possible := false
		for _, method := range methods {
			if string(start) == method {
				return true
			}
			possible = possible || strings.HasPrefix(method, string(start))
		}
		if !possible {
			return false
		}
	}
}

// visitor is a connection whose first bytes were looked at.
type visitor struct {
	net.Conn
	reader *bufio.Reader
}

func (v visitor) Read(p []byte) (int, error) { return v.reader.Read(p) }

// lobby is where the HTTP server takes the connections that are led to it.
type lobby struct {
	address  net.Addr
	visitors chan net.Conn
	closed   chan struct{}
	closing  sync.Once
}

func newLobby(address net.Addr) *lobby {
	return &lobby{address: address, visitors: make(chan net.Conn), closed: make(chan struct{})}
}

// lead brings a visitor to the HTTP server; nobody is brought any more after Close.
func (l *lobby) lead(v visitor) {
	select {
	case l.visitors <- v:
	case <-l.closed:
		_ = v.Close()
	}
}

// Accept waits for a visitor.
func (l *lobby) Accept() (net.Conn, error) {
	select {
	case v := <-l.visitors:
		return v, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close ends Accept; it may be called several times.
func (l *lobby) Close() error {
	l.closing.Do(func() { close(l.closed) })
	return nil
}

// Addr is the address of the listener by which visitors come.
func (l *lobby) Addr() net.Addr { return l.address }
