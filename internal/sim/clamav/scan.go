package clamav

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"net/http"
	"os"
	"slices"
)

// piece is how much of a stream is in memory at a time, in bytes.
const piece = 32 << 10

// The EICAR test string, harmless by agreement. It is in no file of ours as a whole: a scanner
// that reads them would take them for infected.
const (
	eicarBegins = `X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STAN`
	eicarEnds   = `DARD-ANTIVIRUS-TEST-FILE!$H+H*`
)

var eicar = EICAR()

// EICAR returns the test string, 68 bytes: what holds it is infected.
func EICAR() []byte { return slices.Concat([]byte(eicarBegins), []byte(eicarEnds)) }

// Scan is what the log keeps of a stream: of what came, even if it did not come whole.
type Scan struct {
	Size     int64  `json:"size"`   // bytes
	SHA256   string `json:"sha256"` // in hexadecimal
	Infected bool   `json:"infected"`
}

// scan reads a stream to its end and gives the verdict.
func (c *call) scan() outcome {
	seen := content{digest: sha256.New()}
	result := c.verdict(&seen)
	result.scan = &Scan{Size: seen.size, SHA256: hex.EncodeToString(seen.digest.Sum(nil)), Infected: seen.infected}
	return result
}

func (c *call) verdict(seen *content) outcome {
	for {
		length, err := c.chunk()
		switch {
		case err != nil:
			return c.broken(err)
		case length == 0 && seen.infected:
			return outcome{text: "stream: Eicar-Test-Signature FOUND", status: http.StatusOK}
		case length == 0:
			return outcome{text: "stream: OK", status: http.StatusOK}
		case length > c.server.options.StreamMaxLength-seen.size:
			// clamd refuses what is announced, it does not wait for it to come.
			return outcome{text: "INSTREAM size limit exceeded. ERROR", status: http.StatusRequestEntityTooLarge}
		}
		if err := c.take(seen, length); err != nil {
			return c.broken(err)
		}
	}
}

// chunk reads the length of the next chunk, 0 for the end of the stream.
func (c *call) chunk() (int64, error) {
	c.expect()
	var header [4]byte
	if _, err := io.ReadFull(c.reader, header[:]); err != nil {
		return 0, err
	}
	return int64(binary.BigEndian.Uint32(header[:])), nil
}

// take reads the bytes of a chunk, each piece within the time of Options.
func (c *call) take(seen *content, length int64) error {
	for length > 0 {
		c.expect()
		n, err := io.CopyN(seen, c.reader, min(length, piece))
		if err != nil {
			return err
		}
		length -= n
	}
	return nil
}

// broken is the outcome of a stream that did not come whole.
func (c *call) broken(err error) outcome {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return c.timedOut()
	}
	return cut
}

// content is a stream as it goes by: nothing of it stays but its end.
type content struct {
	size     int64
	digest   hash.Hash
	infected bool
	last     []byte // fewer bytes than the EICAR string: it may begin in them
}

// Write looks at the next bytes of the stream. It never fails.
func (c *content) Write(p []byte) (int, error) {
	c.size += int64(len(p))
	_, _ = c.digest.Write(p) // hash.Hash: never an error
	both := slices.Concat(c.last, p)
	c.infected = c.infected || bytes.Contains(both, eicar)
	c.last = bytes.Clone(both[max(0, len(both)-len(eicar)+1):])
	return len(p), nil
}
