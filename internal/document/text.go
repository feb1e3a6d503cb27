package document

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// missingGlyphSign stands for a character that the font cannot draw.
const missingGlyphSign = '□'

// printable prepares a text for a font. Letters with separate accents are composed, any
// kind of line break becomes a space, a character without glyph becomes □. What cannot be
// drawn, marks of direction and controls included, is added to missing, in the order of
// the text: the reader is told that something is not shown (SETTLED.md, PDF font).
func (f *font) printable(text string, missing *[]rune) string {
	var out strings.Builder
	for _, r := range norm.NFC.String(text) {
		switch {
		case r == '\t' || r == '\n' || r == '\r' || r == '\u2028' || r == '\u2029':
			out.WriteByte(' ')
			continue
		case unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Cc, r):
		case f.glyphs[r] != 0:
			out.WriteRune(r)
			continue
		default:
			out.WriteRune(missingGlyphSign)
		}
		if !slices.Contains(*missing, r) {
			*missing = append(*missing, r)
		}
	}
	return out.String()
}

// codePoints lists characters as U+1F600, U+200F.
func codePoints(characters []rune) string {
	names := make([]string, len(characters))
	for i, r := range characters {
		names[i] = fmt.Sprintf("U+%04X", r)
	}
	return strings.Join(names, ", ")
}

// wrap cuts a text into lines no wider than width. It breaks after spaces and hyphens,
// and inside a word only when the word is wider than a line. Each line keeps its last
// space, which is invisible, so that a screen reader does not join two words.
func (f *font) wrap(text string, size, width float64) []string {
	var lines []string
	line, used := "", 0.0
	for _, word := range words(text) {
		visible := strings.TrimRight(word, " ")
		if line != "" && f.fitting(visible, size, width-used) < len(visible) {
			lines = append(lines, line)
			line, used = "", 0
		}
		for fitting := f.fitting(visible, size, width); fitting < len(visible); fitting = f.fitting(visible, size, width) {
			if fitting == 0 { // one character wider than the column: it sticks out
				_, fitting = utf8.DecodeRuneInString(visible)
			}
			lines = append(lines, visible[:fitting])
			visible, word = visible[fitting:], word[fitting:]
		}
		line += word
		used += f.width(word, size)
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}

// words cuts a text after each run of spaces and each hyphen.
func words(text string) []string {
	var list []string
	start := 0
	for i := 1; i < len(text); i++ {
		if text[i-1] == ' ' && text[i] != ' ' || text[i-1] == '-' {
			list = append(list, text[start:i])
			start = i
		}
	}
	if start < len(text) {
		list = append(list, text[start:])
	}
	return list
}

// fitting is the number of bytes at the start of a text that fit in width.
func (f *font) fitting(text string, size, width float64) int {
	room := width * float64(f.unitsPerEm) / size
	for i, r := range text {
		if room -= float64(f.advances[f.glyphs[r]]); room < 0 {
			return i
		}
	}
	return len(text)
}
