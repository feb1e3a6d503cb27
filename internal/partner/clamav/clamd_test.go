package clamav_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"portail-qf/internal/partner/clamav"
)

const tooLarge = "INSTREAM size limit exceeded. ERROR\x00"

// serve accepts connections on a port of this machine and behaves so with each, then closes
// it. It waits for all at the end of the test.
func serve(t *testing.T, behave func(*testing.T, net.Conn)) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	t.Cleanup(func() {
		_ = listener.Close()
		serving.Wait()
	})
	serving.Go(func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				defer connection.Close()
				_ = connection.SetDeadline(time.Now().Add(20 * time.Second))
				behave(t, connection)
			})
		}
	})
	return listener.Addr().String()
}

// asking makes a client of a server that behaves so.
func asking(t *testing.T, behave func(*testing.T, net.Conn)) *clamav.Client {
	t.Helper()
	return clamav.New(clamav.Config{Address: serve(t, behave)})
}

// clamd receives files as clamd does, and refuses every deviation from the protocol.
type clamd struct {
	limit int // of a file, in bytes, as StreamMaxLength; 0: none
	// verdict chooses the answer to a file, with its NUL.
	verdict func(file []byte) string
}

func (c clamd) behave(t *testing.T, connection net.Conn) {
	file, err := c.receive(connection)
	switch {
	case errors.Is(err, errOverLimit): // closed with bytes unread: the client's writes fail
		fmt.Fprint(connection, tooLarge)
		return
	case err != nil:
		t.Errorf("clamd: %v", err)
		return
	}
	fmt.Fprint(connection, c.verdict(file))
	if rest, err := io.ReadAll(connection); err != nil || len(rest) > 0 {
		t.Errorf("clamd: after the answer %d bytes and %v, want the end of the connection", len(rest), err)
	}
}

var errOverLimit = errors.New("file over the limit")

func (c clamd) receive(connection net.Conn) ([]byte, error) {
	command := make([]byte, len("zINSTREAM\x00"))
	if _, err := io.ReadFull(connection, command); err != nil || string(command) != "zINSTREAM\x00" {
		return nil, fmt.Errorf("command %q: %w", command, err)
	}
	var file bytes.Buffer
	for {
		var length uint32
		if err := binary.Read(connection, binary.BigEndian, &length); err != nil {
			return nil, fmt.Errorf("length: %w", err)
		}
		switch {
		case length == 0:
			return file.Bytes(), nil
		case c.limit > 0 && file.Len()+int(length) > c.limit:
			return nil, errOverLimit
		}
		if _, err := io.CopyN(&file, connection, int64(length)); err != nil {
			return nil, fmt.Errorf("chunk of %d: %w", length, err)
		}
	}
}

// answering receives any file and answers always the same.
func answering(answer string) func(*testing.T, net.Conn) {
	return clamd{verdict: func([]byte) string { return answer }}.behave
}

// cutting receives any file and closes after these words.
func cutting(words string) func(*testing.T, net.Conn) {
	return func(t *testing.T, connection net.Conn) {
		if _, err := (clamd{}).receive(connection); err != nil {
			t.Errorf("clamd: %v", err)
		}
		fmt.Fprint(connection, words)
	}
}

// silent reads all that comes, without a word.
func silent(_ *testing.T, connection net.Conn) { _, _ = io.Copy(io.Discard, connection) }

// deaf reads no more than the command, and keeps the connection to the end of the test.
func deaf(t *testing.T, connection net.Conn) {
	_, _ = io.ReadFull(connection, make([]byte, len("zINSTREAM\x00")))
	<-t.Context().Done()
}
