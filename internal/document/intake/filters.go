package intake

import (
	"bufio"
	"errors"
	"io"
)

// The decoders of ISO 32000-1, 7.4, that the standard library lacks or has in another dialect. They are for counting and for
// reading: they give what there is up to the first thing that is wrong.

var errWrongCode = errors.New("a code that cannot be")

// The codes of LZW that are not of bytes.
const (
	lzwClear  = 256
	lzwEnd    = 257
	lzwFirst  = 258
	lzwCodes  = 4096
	lzwNarrow = 9
	lzwWide   = 12
)

// lzwReader undoes LZWDecode: codes of 9 to 12 bits, the high bit first.
type lzwReader struct {
	from     *bufio.Reader
	late     int // 1 when the codes grow one code late
	bits     uint
	pending  uint
	width    uint
	next     int // the code that the next entry gets
	previous int // the last code read, negative after a clear
	prefix   [lzwCodes]uint16
	suffix   [lzwCodes]byte
	entry    [lzwCodes]byte // the bytes of the present code, written from its end
	ready    []byte
	err      error
}

func newLZWReader(from io.Reader, isLate bool) *lzwReader {
	r := &lzwReader{from: bufio.NewReader(from)}
	if isLate {
		r.late = 1
	}
	r.clear()
	return r
}

func (r *lzwReader) clear() { r.width, r.next, r.previous = lzwNarrow, lzwFirst, -1 }

func (r *lzwReader) Read(p []byte) (int, error) {
	for len(r.ready) == 0 {
		if r.err == nil {
			r.err = r.step()
		}
		if r.err != nil {
			return 0, r.err
		}
	}
	n := copy(p, r.ready)
	r.ready = r.ready[n:]
	return n, nil
}

// step reads a code and makes its bytes ready.
func (r *lzwReader) step() error {
	code, err := r.code()
	switch {
	case err != nil:
		return err
	case code == lzwEnd:
		return io.EOF
	case code == lzwClear:
		r.clear()
		return nil
	case code > r.next, code == r.next && r.previous < 0, r.previous < 0 && code > lzwClear:
		return errWrongCode
	}
	if r.previous >= 0 && r.next < lzwCodes {
		// The new entry is the previous one and the first byte of the present one, which may be the new entry itself.
		r.prefix[r.next] = uint16(r.previous)
		r.suffix[r.next] = r.firstByte(code)
		r.next++
	} else if code >= r.next {
		return errWrongCode
	}
	if r.next+1-r.late >= 1<<r.width && r.width < lzwWide {
		r.width++
	}
	r.previous = code
	at := lzwCodes
	for ; code >= lzwFirst; code = int(r.prefix[code]) {
		at--
		r.entry[at] = r.suffix[code]
	}
	at--
	r.entry[at] = byte(code)
	r.ready = r.entry[at:]
	return nil
}

func (r *lzwReader) firstByte(code int) byte {
	if code == r.next {
		code = r.previous
	}
	for code >= lzwFirst {
		code = int(r.prefix[code])
	}
	return byte(code)
}

func (r *lzwReader) code() (int, error) {
	for r.bits < r.width {
		c, err := r.from.ReadByte()
		if err != nil {
			return 0, err
		}
		r.pending = r.pending<<8 | uint(c)
		r.bits += 8
	}
	r.bits -= r.width
	return int(r.pending>>r.bits) & (1<<r.width - 1), nil
}

// decoder reads in chunks: step appends to the chunk what the next code stands for.
type decoder struct {
	from  *bufio.Reader
	step  func(from *bufio.Reader, chunk []byte) ([]byte, error)
	chunk []byte
	ready []byte
	err   error
}

// chunkSize is well above what a step gives.
const chunkSize = 4096

func (d *decoder) Read(p []byte) (int, error) {
	if len(d.ready) == 0 && d.err == nil {
		d.chunk = d.chunk[:0]
		for d.err == nil && len(d.chunk) < chunkSize {
			d.chunk, d.err = d.step(d.from, d.chunk)
		}
		d.ready = d.chunk
	}
	if len(d.ready) == 0 {
		return 0, d.err
	}
	n := copy(p, d.ready)
	d.ready = d.ready[n:]
	return n, nil
}

func newRunLengthReader(from io.Reader) io.Reader {
	return &decoder{from: bufio.NewReader(from), step: runLengthStep}
}

// runLengthStep reads a length and what it is the length of: bytes up to 127, one byte to repeat from 129.
func runLengthStep(from *bufio.Reader, chunk []byte) ([]byte, error) {
	const end = 128
	length, err := from.ReadByte()
	if err != nil {
		return chunk, err
	}
	if length == end {
		return chunk, io.EOF
	}
	for left := int(length) + 1; length < end && left > 0; left-- {
		c, err := from.ReadByte()
		if err != nil {
			return chunk, err
		}
		chunk = append(chunk, c)
	}
	if length > end {
		c, err := from.ReadByte()
		if err != nil {
			return chunk, err
		}
		for range 257 - int(length) {
			chunk = append(chunk, c)
		}
	}
	return chunk, nil
}

func newASCIIHexReader(from io.Reader) io.Reader {
	return &decoder{from: bufio.NewReader(from), step: asciiHexStep}
}

// asciiHexStep reads two digits; a lone last one is followed by an implied zero.
func asciiHexStep(from *bufio.Reader, chunk []byte) ([]byte, error) {
	var value byte
	for digits := 0; digits < 2; {
		c, err := from.ReadByte()
		if err != nil || c == '>' {
			if digits == 1 {
				chunk = append(chunk, value<<4)
			}
			return chunk, io.EOF
		}
		if classes[c] == white {
			continue
		}
		digit, isDigit := hexDigit(c)
		if !isDigit {
			return chunk, errWrongCode
		}
		value = value<<4 | digit
		digits++
	}
	return append(chunk, value), nil
}

func hexDigit(c byte) (value byte, isDigit bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10, true
	}
	return 0, false
}

func newASCII85Reader(from io.Reader) io.Reader {
	return &decoder{from: bufio.NewReader(from), step: ascii85Step}
}

// ascii85Step reads five digits in base 85, which are four bytes; z stands for four zeros, and the last group may be shorter.
func ascii85Step(from *bufio.Reader, chunk []byte) ([]byte, error) {
	const base = 85
	var value uint32
	for digits := 0; digits < 5; {
		c, err := from.ReadByte()
		switch {
		case err != nil, c == '~':
			if digits > 1 {
				for range 5 - digits {
					value = value*base + base - 1
				}
				chunk = append(chunk, []byte{byte(value >> 24), byte(value >> 16), byte(value >> 8)}[:digits-1]...)
			}
			return chunk, io.EOF
		case classes[c] == white:
		case c == 'z' && digits == 0:
			return append(chunk, 0, 0, 0, 0), nil
		case c < '!' || c > 'u':
			return chunk, errWrongCode
		default:
			value = value*base + uint32(c-'!')
			digits++
		}
	}
	return append(chunk, byte(value>>24), byte(value>>16), byte(value>>8), byte(value)), nil
}
