package document

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// Fonts are the bytes of the two TrueType files that every document is set in: DejaVu
// Sans and DejaVu Sans Bold (SETTLED.md, the two commands).
type Fonts struct {
	Regular, Bold []byte
}

var errFont = errors.New("not a TrueType font with the tables that a PDF needs")

// font is a TrueType file, read once: measuring and subsetting a text touch only the
// glyphs of that text.
type font struct {
	name       string // PostScript name in the PDF, without its subset prefix
	unitsPerEm int
	ascent     int // of the typographic line, in units
	descent    int // negative
	capHeight  int
	bounds     [4]int // xMin, yMin, xMax, yMax in units
	stemWidth  int    // thousandths of an em; viewers use it for their substitutes only
	glyphs     map[rune]uint16
	advances   []uint16
	bearings   []uint16
	outlines   [][]byte // one per glyph, empty for a blank
	head, hhea []byte   // tables copied into subsets
	maxp       []byte
}

// parseFont reads a TrueType file. A damaged file gives an error, never a panic.
func parseFont(name string, stemWidth int, file []byte) (parsed *font, err error) {
	defer func() {
		// Every offset of a font is a number read in the file: one check here instead
		// of one per read.
		if recover() != nil {
			parsed, err = nil, fmt.Errorf("parse font %s: %w", name, errFont)
		}
	}()
	tables := fontTables(file)
	for _, tag := range []string{"head", "hhea", "maxp", "hmtx", "loca", "glyf", "cmap", "OS/2"} {
		if tables[tag] == nil {
			return nil, fmt.Errorf("parse font %s: table %s: %w", name, tag, errFont)
		}
	}
	f := &font{name: name, stemWidth: stemWidth, head: tables["head"], hhea: tables["hhea"], maxp: tables["maxp"]}
	f.unitsPerEm = int(u16(f.head, 18))
	for i := range f.bounds {
		f.bounds[i] = int(int16(u16(f.head, 36+2*i)))
	}
	f.ascent, f.descent = int(int16(u16(f.hhea, 4))), int(int16(u16(f.hhea, 6)))
	f.capHeight = capHeight(tables["OS/2"], f.ascent)
	f.readMetrics(tables["hmtx"])
	f.readOutlines(tables["loca"], tables["glyf"])
	f.glyphs = characterMap(tables["cmap"])
	for r, glyph := range f.glyphs {
		if int(glyph) >= len(f.outlines) {
			delete(f.glyphs, r)
		}
	}
	if f.unitsPerEm == 0 || f.glyphs[missingGlyphSign] == 0 {
		return nil, fmt.Errorf("parse font %s: %w", name, errFont)
	}
	return f, nil
}

// fontTables cuts the file into its tables, none of which can be read beyond its end.
func fontTables(file []byte) map[string][]byte {
	file = slices.Clip(file)
	tables := make(map[string][]byte)
	for i := range int(u16(file, 4)) {
		record := file[12+16*i:]
		offset, length := u32(record, 8), u32(record, 12)
		tables[string(record[:4])] = slices.Clip(file[offset : offset+length])
	}
	return tables
}

// capHeight is in the OS/2 table from its version 2 on.
func capHeight(os2 []byte, ascent int) int {
	if u16(os2, 0) >= 2 {
		return int(int16(u16(os2, 88)))
	}
	return ascent
}

func (f *font) readMetrics(hmtx []byte) {
	glyphs, measured := int(u16(f.maxp, 4)), int(u16(f.hhea, 34))
	f.advances, f.bearings = make([]uint16, glyphs), make([]uint16, glyphs)
	for glyph := range glyphs {
		if glyph < measured {
			f.advances[glyph], f.bearings[glyph] = u16(hmtx, 4*glyph), u16(hmtx, 4*glyph+2)
			continue
		}
		// The last glyphs share one advance and have only their bearing.
		f.advances[glyph] = f.advances[measured-1]
		f.bearings[glyph] = u16(hmtx, 4*measured+2*(glyph-measured))
	}
}

func (f *font) readOutlines(loca, glyf []byte) {
	offset := func(glyph int) uint32 { return 2 * uint32(u16(loca, 2*glyph)) }
	if u16(f.head, 50) == 1 {
		offset = func(glyph int) uint32 { return u32(loca, 4*glyph) }
	}
	f.outlines = make([][]byte, len(f.advances))
	for glyph := range f.outlines {
		f.outlines[glyph] = glyf[offset(glyph):offset(glyph+1)]
	}
}

// characterMap reads the Unicode tables of the font: format 12 for all planes, format 4
// for the first one.
func characterMap(cmap []byte) map[rune]uint16 {
	glyphs := make(map[rune]uint16)
	for i := range int(u16(cmap, 2)) {
		record := cmap[4+8*i:]
		table := cmap[u32(record, 4):]
		switch platform, format := u16(record, 0), u16(table, 0); {
		case platform != 0 && platform != 3:
		case format == 4:
			readFormat4(table, glyphs)
		case format == 12:
			readFormat12(table, glyphs)
		}
	}
	return glyphs
}

func readFormat4(table []byte, glyphs map[rune]uint16) {
	segments := int(u16(table, 6)) / 2
	ends, starts := table[14:], table[16+2*segments:]
	deltas, ranges := table[16+4*segments:], table[16+6*segments:]
	for s := range segments {
		start, end := int(u16(starts, 2*s)), int(u16(ends, 2*s))
		delta, offset := u16(deltas, 2*s), int(u16(ranges, 2*s))
		for code := start; code <= end && code != 0xFFFF; code++ {
			glyph := uint16(code) + delta
			if offset != 0 {
				glyph = u16(ranges, 2*s+offset+2*(code-start))
				if glyph != 0 {
					glyph += delta
				}
			}
			if glyph != 0 {
				glyphs[rune(code)] = glyph
			}
		}
	}
}

func readFormat12(table []byte, glyphs map[rune]uint16) {
	for i := range int(u32(table, 12)) {
		group := table[16+12*i:]
		start, end, glyph := u32(group, 0), u32(group, 4), u32(group, 8)
		for code := start; code <= end; code++ {
			glyphs[rune(code)] = uint16(glyph + code - start)
		}
	}
}

// width measures a text in points at the given size.
func (f *font) width(text string, size float64) float64 {
	units := 0
	for _, r := range text {
		units += int(f.advances[f.glyphs[r]])
	}
	return float64(units) * size / float64(f.unitsPerEm)
}

// thousandths converts font units to the thousandths of an em that PDF counts in.
func (f *font) thousandths(units int) int { return units * 1000 / f.unitsPerEm }

func u16(table []byte, offset int) uint16 { return binary.BigEndian.Uint16(table[offset:]) }
func u32(table []byte, offset int) uint32 { return binary.BigEndian.Uint32(table[offset:]) }
