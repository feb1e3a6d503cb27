package intake

import (
	"bytes"
	"strconv"
)

// kind is what a token of PDF is.
type kind byte

const (
	atEnd   kind = iota
	name         // text is without the slash, its escapes undone
	integer      // a whole number that is not negative, in value
	word         // obj, R, true, a real number…
	text         // a string, of either sort; its content is skipped
	opening      // of a dictionary or an array
	closing
)

type token struct {
	kind  kind
	text  []byte
	value int
}

func (t token) is(k kind, text string) bool { return t.kind == k && string(t.text) == text }

// lexer cuts PDF into tokens (ISO 32000-1, 7.2). It takes whatever comes: what it cannot make sense of is a word.
type lexer struct {
	source []byte
	at     int
}

func (l *lexer) next() token {
	l.skipBlank()
	if l.at >= len(l.source) {
		return token{kind: atEnd}
	}
	c := l.source[l.at]
	isDouble := l.at+1 < len(l.source) && l.source[l.at+1] == c
	switch {
	case c == '/':
		l.at++
		return token{kind: name, text: unescape(l.regular())}
	case c == '(':
		l.skipString()
		return token{kind: text}
	case c == '[':
		return l.bracket(opening, 1)
	case c == ']':
		return l.bracket(closing, 1)
	case c == '<' && isDouble:
		return l.bracket(opening, 2)
	case c == '>' && isDouble:
		return l.bracket(closing, 2)
	case c == '<':
		l.skipPast('>')
		return token{kind: text}
	case classes[c] == delimiter:
		return l.bracket(word, 1)
	}
	read := l.regular()
	if value, isNumber := wholeNumber(read); isNumber {
		return token{kind: integer, text: read, value: value}
	}
	return token{kind: word, text: read}
}

func (l *lexer) bracket(k kind, width int) token {
	l.at += width
	return token{kind: k, text: l.source[l.at-width : l.at]}
}

// skipBlank skips white space and comments.
func (l *lexer) skipBlank() {
	for ; l.at < len(l.source); l.at++ {
		c := l.source[l.at]
		if c == '%' {
			end := bytes.IndexAny(l.source[l.at:], "\r\n")
			if end < 0 {
				l.at = len(l.source)
				return
			}
			l.at += end
		} else if classes[c] != white {
			return
		}
	}
}

// skipString skips a string between parentheses, which may hold balanced ones.
func (l *lexer) skipString() {
	for depth := 0; l.at < len(l.source); l.at++ {
		switch l.source[l.at] {
		case '\\':
			l.at++
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				l.at++
				return
			}
		}
	}
	l.at = len(l.source)
}

func (l *lexer) skipPast(mark byte) {
	end := bytes.IndexByte(l.source[l.at:], mark)
	if end < 0 {
		l.at = len(l.source)
		return
	}
	l.at += end + 1
}

// regular reads on to the next white space or delimiter.
func (l *lexer) regular() []byte {
	start := l.at
	for l.at < len(l.source) && classes[l.source[l.at]] == regular {
		l.at++
	}
	return l.source[start:l.at]
}

// The classes of characters (ISO 32000-1, tables 1 and 2).
const (
	regular = iota
	white
	delimiter
)

var classes = func() (table [256]byte) {
	for _, c := range []byte(whiteSpace) {
		table[c] = white
	}
	for _, c := range []byte("()<>[]{}/%") {
		table[c] = delimiter
	}
	return table
}()

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// wholeNumber reads digits, after a plus sign if there is one. Nothing real has more than 18.
func wholeNumber(read []byte) (value int, isNumber bool) {
	read = bytes.TrimPrefix(read, []byte("+"))
	for _, c := range read {
		if !isDigit(c) {
			return 0, false
		}
		value = 10*value + int(c-'0')
	}
	return value, len(read) > 0 && len(read) <= 18
}

// unescape undoes #4A, by which a name hides from those who look for it as it is written.
func unescape(written []byte) []byte {
	if bytes.IndexByte(written, '#') < 0 {
		return written
	}
	read := make([]byte, 0, len(written))
	for i := 0; i < len(written); i++ {
		if written[i] == '#' && i+2 < len(written) {
			if code, err := strconv.ParseUint(string(written[i+1:i+3]), 16, 8); err == nil {
				read = append(read, byte(code))
				i += 2
				continue
			}
		}
		read = append(read, written[i])
	}
	return read
}
