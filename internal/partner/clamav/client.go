package clamav

import (
	"cmp"
	"context"
	"encoding/binary"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"portail-qf/internal/domain/fault"
	"portail-qf/internal/partner/outward"
)

const (
	command = "zINSTREAM\x00"

	connectTimeout  = 2 * time.Second // users-reliability-security.md B.2.6
	defaultPatience = 20 * time.Second
	chunkSize       = 64 << 10 // bytes
)

// Config says where clamd is.
type Config struct {
	Address string // host:port
	// Patience bounds one scan, from the connection to the answer. 0: 20 seconds.
	Patience time.Duration
	// Observe, when set, is told the outcome of each scan, "ok" for any verdict or the code of
	// the error, and how long it took.
	Observe func(outcome string, waited time.Duration)
}

// Client asks clamd. It is safe for concurrent use: each scan has a connection of its own.
type Client struct {
	address  string
	patience time.Duration
	observe  func(outcome string, waited time.Duration)
}

// New makes a client without contacting clamd.
func New(config Config) *Client {
	client := &Client{
		address:  config.Address,
		patience: cmp.Or(config.Patience, defaultPatience),
		observe:  config.Observe,
	}
	if client.observe == nil {
		client.observe = func(string, time.Duration) {}
	}
	return client
}

// Scan names the virus found in a file, in at most 100 visible ASCII characters, or returns
// "" when none is known. It asks once. Errors: fault.Unavailable scanner.unavailable when
// clamd cannot be reached, is too slow, or gives no answer that clears or accuses the file;
// fault.Invalid document.too_large when the file is beyond what clamd accepts.
func (c *Client) Scan(ctx context.Context, content []byte) (virus string, err error) {
	start := time.Now()
	ctx, cancel := context.WithTimeout(ctx, c.patience)
	defer cancel()
	virus, err = c.ask(ctx, content)
	outcome := "ok"
	if err != nil {
		outcome = fault.CodeOf(err)
	}
	c.observe(outcome, time.Since(start))
	return virus, err
}

func (c *Client) ask(ctx context.Context, content []byte) (virus string, err error) {
	answer, whole, err := c.exchange(ctx, content)
	switch {
	case err != nil && ctx.Err() != nil:
		return "", unavailable(ctx.Err())
	case err != nil:
		return "", unavailable(err)
	}
	return read(answer, whole)
}

// exchange sends a file and reads the answer at the same time, since clamd answers before
// the end of a file that it refuses, then closes; whole says that the file had left when the
// answer came. When ctx ends, the connection is closed under both.
func (c *Client) exchange(ctx context.Context, content []byte) (answer string, whole bool, err error) {
	dialer := net.Dialer{Timeout: connectTimeout}
	connection, err := dialer.DialContext(ctx, "tcp", c.address)
	if err != nil {
		return "", false, outward.Cause(err)
	}
	defer context.AfterFunc(ctx, func() { _ = connection.Close() })()

	var left atomic.Bool
	var sending sync.WaitGroup
	sending.Go(func() { send(connection, content, &left) })
	answer, err = receive(connection)
	whole = left.Load()
	_ = connection.Close() // frees a sender whose file nobody reads any more
	sending.Wait()
	return answer, whole, err
}

// send writes the command and the file, and marks left before the length of zero, without
// which clamd gives no verdict. A failed write is not reported: it ends the reading too, or
// an answer is there that says more.
func send(connection net.Conn, content []byte, left *atomic.Bool) {
	if _, err := connection.Write([]byte(command)); err != nil {
		return
	}
	for chunk := range slices.Chunk(content, chunkSize) {
		length := binary.BigEndian.AppendUint32(nil, uint32(len(chunk)))
		parts := net.Buffers{length, chunk}
		if _, err := parts.WriteTo(connection); err != nil {
			return
		}
	}
	left.Store(true)
	_, _ = connection.Write(binary.BigEndian.AppendUint32(nil, 0))
}
