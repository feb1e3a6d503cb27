package intake

import (
	"bytes"
	"compress/zlib"
	"errors"
	"io"
	"slices"
)

// How far a file may unfold, in bytes, each layer of each stream counted. A real document unfolds 5 to 30 times its size, but white
// paper that is scanned without loss up to 1,000 times: a page of A4 in colours at 300 dpi is 26 MB whatever is on it. Hence 32 MiB
// for anybody, then 200 bytes for each byte of the file, and never more than 200 MB.
const (
	alwaysUnfolded = 32 << 20
	maxRatio       = 200
	maxUnfolded    = 200_000_000
	// Object streams hold text for pdfcpu to parse, all of which it keeps.
	maxObjectText = 32 << 20
	// Two filters are common, one for the mail of old and one to compress. Nothing needs five.
	maxFilters = 4
)

var errUnfoldsTooFar = errors.New("it unfolds too far")

// stream is a stream as its dictionary announces it.
type stream struct {
	at        int // where its bytes begin in the file
	length    []token
	filters   []string
	isLate    bool // its LZW codes grow one code late
	isObjects bool // it holds objects
	first     int  // where they begin in it
}

const (
	flateDecode     = "FlateDecode"
	lzwDecode       = "LZWDecode"
	runLengthDecode = "RunLengthDecode"
	ascii85Decode   = "ASCII85Decode"
	asciiHexDecode  = "ASCIIHexDecode"
)

// filterNames gives the filters that are undone, with the short names that pdfcpu takes for them.
var filterNames = map[string]string{
	flateDecode: flateDecode, lzwDecode: lzwDecode, runLengthDecode: runLengthDecode,
	ascii85Decode: ascii85Decode, asciiHexDecode: asciiHexDecode,
	"Fl": flateDecode, "LZW": lzwDecode, "RL": runLengthDecode, "A85": ascii85Decode, "AHx": asciiHexDecode,
}

// newStream reads the dictionary of a stream. It fails when readers may disagree on how to unfold it.
func newStream(o *outline, at int) (*stream, error) {
	s := &stream{at: at, length: o.entries["Length"], isObjects: o.first("Type").is(name, "ObjStm")}
	s.first = o.first("First").value
	for _, t := range o.entries["Filter"] {
		if t.kind == name {
			s.filters = append(s.filters, string(t.text))
		}
	}
	if change, found := o.number("DecodeParms", "EarlyChange"); found {
		s.isLate = change == 0
	}
	switch {
	case o.isTwice:
		return nil, damaged("a stream has an entry twice")
	case slices.ContainsFunc(o.entries["Filter"], func(t token) bool { return t.is(word, "R") }):
		return nil, damaged("the filters of a stream are told elsewhere")
	case len(s.filters) > maxFilters:
		return nil, heavy("a stream has too many filters")
	}
	return s, nil
}

// afterStreamWord gives where the bytes of a stream begin: after the end of the line.
func afterStreamWord(source []byte, at int) int {
	for at < len(source) && source[at] == ' ' {
		at++
	}
	if at < len(source) && source[at] == '\r' {
		at++
		if at < len(source) && source[at] == '\n' {
			at++
		}
		return at
	}
	if at < len(source) && source[at] == '\n' {
		at++
	}
	return at
}

// unfoldAll unfolds each stream into nothing, and reads the objects of those that hold some.
func (s *survey) unfoldAll() error {
	u := unfolder{room: int64(min(max(alwaysUnfolded, maxRatio*len(s.source)), maxUnfolded))}
	objects := limitedBuffer{room: maxObjectText}
	for _, each := range s.streams {
		var sink io.Writer = io.Discard
		if each.isObjects {
			objects.Reset()
			sink = &objects
		}
		// Whatever else is wrong with a stream, pdfcpu tells or readers bear.
		if err := u.unfold(each, s.bytesOf(each), sink); errors.Is(err, errUnfoldsTooFar) {
			return heavy(err.Error())
		}
		if each.isObjects {
			if err := s.readContained(objects.Bytes(), each.first); err != nil {
				return err
			}
		}
	}
	return nil
}

// bytesOf gives the bytes of a stream: up to its end mark or as many as it says, whichever is more, since readers differ where the
// two do not agree.
func (s *survey) bytesOf(each *stream) []byte {
	rest, length := s.source[each.at:], 0
	switch value := each.length; {
	case len(value) == 1:
		length = value[0].value
	case len(value) == 3:
		length = s.numbers[value[0].value]
	}
	if length <= len(rest) && bytes.HasPrefix(bytes.TrimLeft(rest[length:], whiteSpace), []byte("endstream")) {
		return rest[:length]
	}
	marked, _, _ := bytes.Cut(rest, []byte("endstream"))
	return rest[:min(max(len(marked), length), len(rest))]
}

// readContained reads the objects of an object stream, each from where it begins to its own end, as readers do.
func (s *survey) readContained(content []byte, first int) error {
	places := &lexer{source: content[:min(first, len(content))]}
	for places.next().kind == integer {
		offset := places.next()
		if at := first + offset.value; offset.kind == integer && at < len(content) {
			var object outline
			isPast := func(token) bool { return object.tokens > 0 && object.depth == 0 }
			if _, err := s.read(&lexer{source: content, at: at}, &object, isPast); err != nil {
				return err
			}
		}
		if err := s.countObject(); err != nil {
			return err
		}
	}
	return nil
}

// unfolder runs streams through their filters. It keeps its inflaters, which weigh 40 kB each, from one to the next.
type unfolder struct {
	room      int64
	inflaters []io.ReadCloser
}

// unfold runs a stream through its filters, up to the first one that belongs to pictures.
func (u *unfolder) unfold(each *stream, folded []byte, sink io.Writer) error {
	var from io.Reader = bytes.NewReader(folded)
	inflaters := 0
	for _, filter := range each.filters {
		switch filterNames[filter] {
		case flateDecode:
			inflated, err := u.inflate(from, inflaters)
			if err != nil {
				return err
			}
			from = inflated
			inflaters++
		case lzwDecode:
			from = newLZWReader(from, each.isLate)
		case runLengthDecode:
			from = newRunLengthReader(from)
		case ascii85Decode:
			from = newASCII85Reader(from)
		case asciiHexDecode:
			from = newASCIIHexReader(from)
		default:
			_, err := io.Copy(sink, from)
			return err
		}
		from = &countingReader{u, from}
	}
	_, err := io.Copy(sink, from)
	return err
}

// inflate reuses the inflater of a layer or makes it.
func (u *unfolder) inflate(from io.Reader, layer int) (io.Reader, error) {
	if layer < len(u.inflaters) {
		return u.inflaters[layer], u.inflaters[layer].(zlib.Resetter).Reset(from, nil)
	}
	inflater, err := zlib.NewReader(from)
	if err != nil {
		return nil, err
	}
	u.inflaters = append(u.inflaters, inflater)
	return inflater, nil
}

// countingReader takes what it reads from the room that is left.
type countingReader struct {
	u    *unfolder
	from io.Reader
}

func (r *countingReader) Read(p []byte) (int, error) {
	n, err := r.from.Read(p)
	if r.u.room -= int64(n); r.u.room < 0 {
		return n, errUnfoldsTooFar
	}
	return n, err
}

// limitedBuffer takes so many bytes in all, however often it is emptied.
type limitedBuffer struct {
	bytes.Buffer
	room int64
}

func (b *limitedBuffer) Write(p []byte) (int, error) {
	if b.room -= int64(len(p)); b.room < 0 {
		return 0, errUnfoldsTooFar
	}
	return b.Buffer.Write(p)
}
