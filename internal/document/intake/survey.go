package intake

import (
	"bytes"
	"iter"
)

// What a file may hold, far above what a tagged document of 500 pages does. pdfcpu takes up to 100 bytes of memory a token.
const (
	maxObjects = 100_000
	maxTokens  = 2_000_000
)

// acting are the names of what acts by itself or carries another file (ISO 32000-1, 7.11.4, 12.5.6, 12.6.4, 12.7.8 and 13). They
// serve for nothing else, so that they are refused wherever they stand, reachable or not.
var acting = map[string]bool{
	"JavaScript": true, "Launch": true, "SubmitForm": true, "ImportData": true, "GoToR": true, "GoToE": true,
	"EmbeddedFile": true, "EmbeddedFiles": true, "FileAttachment": true, "XFA": true, "Rendition": true,
	"RichMedia": true, "RichMediaContent": true, "RichMediaExecute": true, "Movie": true, "Sound": true, "3DD": true,
}

// endWords end an object whose end is missing, too.
var endWords = map[string]bool{
	"endobj": true, "endstream": true, "obj": true, "xref": true, "trailer": true, "startxref": true,
}

// survey is what a file holds. It is made without the table of the file, which may hide objects and name one twice: whatever looks
// like an object is read, even inside another one.
type survey struct {
	source  []byte
	streams []*stream
	numbers map[int]int // the objects that are a number: streams may tell their length by one

	objectsLeft, tokensLeft int
	isEncrypted, isActive   bool
}

// surveyFile reads every object and unfolds every stream.
func surveyFile(source []byte) error {
	s := &survey{source: source, numbers: map[int]int{}, objectsLeft: maxObjects, tokensLeft: maxTokens}
	for _, step := range []func() error{s.readObjects, s.readTables, s.verdict, s.unfoldAll, s.verdict} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// verdict is given after all has been read: the streams of an encrypted file cannot be unfolded, and its sender must hear of the
// password before the rest.
func (s *survey) verdict() error {
	switch {
	case s.isEncrypted:
		return encrypted()
	case s.isActive:
		return active("it names what acts by itself or carries a file")
	}
	return nil
}

func (s *survey) readObjects() error {
	for at := range occurrences(s.source, "obj") {
		number, found := objectHead(s.source[:at])
		if !found {
			continue
		}
		if err := s.countObject(); err != nil {
			return err
		}
		if err := s.readObject(&lexer{source: s.source, at: at + len("obj")}, number); err != nil {
			return err
		}
	}
	return nil
}

func (s *survey) countObject() error {
	if s.objectsLeft--; s.objectsLeft < 0 {
		return heavy("it has too many objects")
	}
	return nil
}

func (s *survey) readObject(l *lexer, number int) error {
	var object outline
	end, err := s.read(l, &object, func(t token) bool {
		return object.depth == 0 && t.kind == word && endWords[string(t.text)]
	})
	if err != nil {
		return err
	}
	if object.tokens == 1 && object.last.kind == integer {
		s.numbers[number] = object.last.value
	}
	if !end.is(word, "stream") {
		return nil
	}
	found, err := newStream(&object, afterStreamWord(s.source, l.at))
	if err != nil {
		return err
	}
	s.streams = append(s.streams, found)
	return nil
}

// readTables reads the tables of objects and their trailers.
func (s *survey) readTables() error {
	for _, head := range []string{"xref", "trailer"} {
		for at := range occurrences(s.source, head) {
			var table outline
			isEnd := func(t token) bool { return t.kind == word && endWords[string(t.text)] }
			if _, err := s.read(&lexer{source: s.source, at: at + len(head)}, &table, isEnd); err != nil {
				return err
			}
		}
	}
	return nil
}

// read reads up to the bytes of a stream, to the token that isEnd tells or to the end of the source, and gives that last token.
func (s *survey) read(l *lexer, o *outline, isEnd func(token) bool) (token, error) {
	for {
		t := l.next()
		s.tokensLeft--
		switch {
		case s.tokensLeft < 0:
			return t, heavy("its objects hold too much")
		case t.kind == atEnd, t.is(word, "stream") && o.last.is(closing, ">>"), isEnd(t):
			return t, nil
		case t.kind == name && acting[string(t.text)]:
			s.isActive = true
		case t.is(name, "Encrypt"):
			s.isEncrypted = true
		}
		o.add(t)
	}
}

// objectHead reads back the two numbers before the word obj: that of the object and that of its generation.
func objectHead(before []byte) (number int, found bool) {
	before, _, isGeneration := numberBefore(before)
	apart := bytes.TrimRight(before, whiteSpace)
	_, number, isNumber := numberBefore(apart)
	return number, isNumber && isGeneration && len(apart) < len(before)
}

func numberBefore(source []byte) (rest []byte, value int, found bool) {
	source = bytes.TrimRight(source, whiteSpace)
	start := len(source)
	for start > 0 && isDigit(source[start-1]) {
		start--
	}
	value, found = wholeNumber(source[start:])
	return source[:start], value, found
}

// occurrences gives the places of a word, one after the other.
func occurrences(source []byte, sought string) iter.Seq[int] {
	return func(yield func(int) bool) {
		for from := 0; ; {
			found := bytes.Index(source[from:], []byte(sought))
			if found < 0 || !yield(from+found) {
				return
			}
			from += found + len(sought)
		}
	}
}
