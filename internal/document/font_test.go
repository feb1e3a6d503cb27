package document

import (
	"bytes"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Each glyph embedded is the one that the font draws for the character.
func TestSubsetDrawsTheSameGlyphs(t *testing.T) {
	for _, f := range testFontFiles(t) {
		const sample = "AéŁọşΩж€□ ﬁ-’\u202f"
		used := newSubset(f)
		codes := used.encode(sample)
		tables := fontTables(used.file())
		embedded := &font{head: tables["head"], hhea: tables["hhea"], maxp: tables["maxp"]}
		embedded.readMetrics(tables["hmtx"])
		embedded.readOutlines(tables["loca"], tables["glyf"])
		for i, r := range []rune(sample) {
			number, original := u16(codes, 2*i), f.glyphs[r]
			if original == 0 {
				t.Fatalf("%s has no glyph for %q", f.name, r)
			}
			if embedded.advances[number] != f.advances[original] {
				t.Errorf("%s: the width of %q changed", f.name, r)
			}
			checkSameDrawing(t, embedded.outlines, number, f.outlines, original)
		}
		if len(embedded.outlines) > 40 {
			t.Errorf("%s: %d glyphs for %d characters", f.name, len(embedded.outlines), len([]rune(sample)))
		}
	}
}

// checkSameDrawing compares two glyphs by their first ten bytes, the number of contours
// and the box of the drawing, and goes down into the parts of an accented letter.
func checkSameDrawing(t *testing.T, embedded [][]byte, number uint16, font [][]byte, original uint16) {
	t.Helper()
	got, want := embedded[number], font[original]
	if len(want) == 0 || len(got) == 0 {
		if len(want) != len(got) {
			t.Errorf("glyph %d has %d bytes of drawing, want %d", original, len(got), len(want))
		}
		return
	}
	if !bytes.Equal(got[:10], want[:10]) {
		t.Errorf("glyph %d is drawn by another one", original)
		return
	}
	if isSimple := want[0] < 0x80; isSimple {
		return
	}
	for at := 10; ; at += 4 + componentSize(u16(want, at)) {
		checkSameDrawing(t, embedded, u16(got, at+2), font, u16(want, at+2))
		if u16(want, at)&moreComponents == 0 {
			return
		}
	}
}

// The whole file sums to the constant that TrueType asks for, which tells that its
// tables, their order and their padding are right.
func TestSubsetIsAWellFormedFont(t *testing.T) {
	for _, f := range testFontFiles(t) {
		used := newSubset(f)
		used.encode("Éloïse")
		if file := used.file(); checksum(file) != 0xB1B0AFBA {
			t.Errorf("%s: the checksum is %08X", f.name, checksum(file))
		}
	}
}

func testFontFiles(t *testing.T) []*font {
	t.Helper()
	renderer := testRenderer(t)
	return []*font{renderer.regular, renderer.bold}
}

// The letters of every name that French civil status knows, and the signs of our own
// sentences, have a glyph in both fonts.
func TestFontsCoverFrenchAndItsNeighbours(t *testing.T) {
	const letters = "ÀÂÄÇÉÈÊËÎÏÔÖÙÛÜŸÆŒàâäçéèêëîïôöùûüÿæœÑñÁáÍíÓóÚúÃãÕõÅåØøßŁłŚśŻżĆćŃńĄąĘęČčŠšŽžŘřĚěŮůŐőŰűĞğİıŞşȚțȘșĐđ" +
		"«»’–—…€°²№\u00a0\u202f−□"
	for _, f := range testFontFiles(t) {
		for _, r := range letters {
			if f.glyphs[r] == 0 {
				t.Errorf("%s has no glyph for %q", f.name, r)
			}
		}
	}
}

func TestNewRefusesADamagedFont(t *testing.T) {
	fonts := testFonts(t)
	none := func(string) (string, bool) { return "", false }
	for name, damaged := range map[string][]byte{
		"empty": nil, "text": []byte("not a font at all"), "cut": fonts.Regular[:4000], "half": fonts.Regular[:len(fonts.Regular)/2],
	} {
		if _, err := New(Fonts{Regular: damaged, Bold: fonts.Bold}, none, none); err == nil {
			t.Errorf("%s: the regular font was accepted", name)
		}
		if _, err := New(Fonts{Regular: fonts.Regular, Bold: damaged}, none, none); err == nil {
			t.Errorf("%s: the bold font was accepted", name)
		}
	}
}

// Wrapping loses no character and no line sticks out.
func TestWrap(t *testing.T) {
	f := testRenderer(t).regular
	const size, width = 10, 90
	rapid.Check(t, func(t *rapid.T) {
		text := f.printable(rapid.OneOf(
			rapid.StringOf(rapid.RuneFrom([]rune("ab W-"))),
			rapid.String(),
		).Draw(t, "text"), new([]rune))
		lines := f.wrap(text, size, width)
		if strings.Join(lines, "") != text {
			t.Fatalf("%q became %q", text, lines)
		}
		for _, line := range lines {
			visible := strings.TrimRight(line, " ")
			if got := f.width(visible, size); got > width && len([]rune(visible)) > 1 {
				t.Fatalf("%q is %.1f wide", line, got)
			}
		}
	})
}

func TestWrapBreaksAtSpacesAndHyphens(t *testing.T) {
	f := testRenderer(t).regular
	got := strings.Join(f.wrap("Jean-Pascal Romain de la Tour", 10, 75), "|")
	if want := "Jean-Pascal |Romain de la |Tour"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	got = strings.Join(f.wrap("Marie-Antoinette", 10, 60), "|")
	if want := "Marie-|Antoinette"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
