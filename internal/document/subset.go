package document

import (
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
	"slices"
)

// subset gathers the characters that one document prints in a font and numbers their
// glyphs anew, from 1 on in the order of their first use, so that the same document gives
// the same bytes. Two characters that share a glyph have two numbers: copying the text
// out of the PDF gives each of them back.
type subset struct {
	font    *font
	glyphs  []uint16 // original number of each new one; glyph 0 is "missing"
	runes   []rune   // the character of each new number, 0 for a part of another glyph
	numbers map[rune]uint16
	parts   map[uint16]uint16 // new number of each original glyph used as a part
}

func newSubset(f *font) *subset {
	return &subset{
		font: f, glyphs: []uint16{0}, runes: []rune{0},
		numbers: make(map[rune]uint16), parts: make(map[uint16]uint16),
	}
}

// encode gives the two bytes per character that show text in the PDF.
func (s *subset) encode(text string) []byte {
	encoded := make([]byte, 0, 2*len(text))
	for _, r := range text {
		number, known := s.numbers[r]
		if !known {
			number = s.add(s.font.glyphs[r], r)
			s.numbers[r] = number
		}
		encoded = binary.BigEndian.AppendUint16(encoded, number)
	}
	return encoded
}

func (s *subset) part(glyph uint16) uint16 {
	number, known := s.parts[glyph]
	if !known {
		number = s.add(glyph, 0)
		s.parts[glyph] = number
	}
	return number
}

func (s *subset) add(glyph uint16, r rune) uint16 {
	s.glyphs, s.runes = append(s.glyphs, glyph), append(s.runes, r)
	return uint16(len(s.glyphs) - 1)
}

// file builds a TrueType file of the gathered glyphs. Hinting instructions are left out:
// viewers draw at resolutions that do without, and half of the bytes are theirs.
func (s *subset) file() []byte {
	var glyf, loca, hmtx []byte
	for number := 0; number < len(s.glyphs); number++ { // grows: an accent adds its parts
		original := s.glyphs[number]
		loca = binary.BigEndian.AppendUint32(loca, uint32(len(glyf)))
		glyf = append(glyf, s.outline(s.font.outlines[original])...)
		for len(glyf)%4 != 0 {
			glyf = append(glyf, 0)
		}
		hmtx = binary.BigEndian.AppendUint16(hmtx, s.font.advances[original])
		hmtx = binary.BigEndian.AppendUint16(hmtx, s.font.bearings[original])
	}
	loca = binary.BigEndian.AppendUint32(loca, uint32(len(glyf)))
	count := uint16(len(s.glyphs))

	head := slices.Clone(s.font.head)
	binary.BigEndian.PutUint32(head[8:], 0)  // checksum of the file, set last
	binary.BigEndian.PutUint16(head[50:], 1) // 32-bit offsets in loca
	hhea, maxp := slices.Clone(s.font.hhea), slices.Clone(s.font.maxp)
	binary.BigEndian.PutUint16(hhea[34:], count)
	binary.BigEndian.PutUint16(maxp[4:], count)
	return assemble([]fontTable{
		{"glyf", glyf}, {"head", head}, {"hhea", hhea}, {"hmtx", hmtx}, {"loca", loca}, {"maxp", maxp},
	})
}

// Flags of a glyph made of others (OpenType, table glyf).
const (
	wordArguments   = 0x0001
	oneScale        = 0x0008
	moreComponents  = 0x0020
	twoScales       = 0x0040
	fourScales      = 0x0080
	hasInstructions = 0x0100
)

// outline copies a glyph without its instructions, its parts renumbered.
func (s *subset) outline(original []byte) []byte {
	if len(original) == 0 {
		return nil
	}
	contours := int(int16(u16(original, 0)))
	if contours >= 0 {
		instructions := 10 + 2*contours
		length := int(u16(original, instructions))
		plain := slices.Clone(original[:instructions+2])
		binary.BigEndian.PutUint16(plain[instructions:], 0)
		return append(plain, original[instructions+2+length:]...)
	}
	copied := slices.Clone(original)
	for at := 10; ; {
		flags := u16(copied, at)
		binary.BigEndian.PutUint16(copied[at:], flags&^hasInstructions)
		binary.BigEndian.PutUint16(copied[at+2:], s.part(u16(copied, at+2)))
		at += 4 + componentSize(flags)
		if flags&moreComponents == 0 {
			return copied[:at]
		}
	}
}

// componentSize is the number of bytes that place and scale one part.
func componentSize(flags uint16) int {
	size := 2
	if flags&wordArguments != 0 {
		size = 4
	}
	switch {
	case flags&oneScale != 0:
		size += 2
	case flags&twoScales != 0:
		size += 4
	case flags&fourScales != 0:
		size += 8
	}
	return size
}

type fontTable struct {
	tag   string
	bytes []byte
}

// assemble writes a TrueType file. Tables come sorted by tag and padded to four bytes.
func assemble(tables []fontTable) []byte {
	count := len(tables)
	log := bits.Len(uint(count)) - 1
	file := binary.BigEndian.AppendUint32(nil, 0x00010000)
	for _, field := range []int{count, 16 << log, log, 16 * (count - 1<<log)} {
		file = binary.BigEndian.AppendUint16(file, uint16(field))
	}
	var body []byte
	start, headAt := 12+16*count, 0
	for _, table := range tables {
		if table.tag == "head" {
			headAt = start + len(body)
		}
		length := len(table.bytes)
		padded := append(slices.Clone(table.bytes), make([]byte, -length&3)...)
		file = append(file, table.tag...)
		file = binary.BigEndian.AppendUint32(file, checksum(padded))
		file = binary.BigEndian.AppendUint32(file, uint32(start+len(body)))
		file = binary.BigEndian.AppendUint32(file, uint32(length))
		body = append(body, padded...)
	}
	file = append(file, body...)
	binary.BigEndian.PutUint32(file[headAt+8:], 0xB1B0AFBA-checksum(file))
	return file
}

func checksum(padded []byte) uint32 {
	var sum uint32
	for at := 0; at < len(padded); at += 4 {
		sum += u32(padded, at)
	}
	return sum
}

// prefix names this subset: six letters drawn from its glyphs, as PDF asks.
func (s *subset) prefix() string {
	hash := sha256.New()
	for _, glyph := range s.glyphs {
		hash.Write([]byte{byte(glyph >> 8), byte(glyph)})
	}
	letters := hash.Sum(nil)[:6]
	for i, b := range letters {
		letters[i] = 'A' + b%26
	}
	return string(letters)
}
