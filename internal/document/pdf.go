package document

import (
	"bytes"
	"compress/zlib"
	"crypto/sha256"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf16"
)

// object is the number of an object in a PDF file.
type object int

// ref points at the object from another one.
func (o object) ref() string { return strconv.Itoa(int(o)) + " 0 R" }

// pdfFile writes the objects of a PDF 1.7 file. It draws nothing by chance and reads no
// clock: the same calls give the same bytes.
type pdfFile struct {
	out       bytes.Buffer
	offsets   []int // by object number; the object 0 is the head of the free list
	deflaters *sync.Pool
}

func newPDFFile(deflaters *sync.Pool) *pdfFile {
	file := &pdfFile{offsets: []int{0}, deflaters: deflaters}
	// The four bytes above 127 tell transfer programs that the file is binary.
	file.out.WriteString("%PDF-1.7\n%\xE2\xE3\xCF\xD3\n")
	return file
}

// newDeflaters keeps the compressors, which weigh 800 kB each, from one file to the next.
func newDeflaters() *sync.Pool {
	return &sync.Pool{New: func() any { return zlib.NewWriter(io.Discard) }}
}

// reserve takes a number for an object that others point at before it is written.
func (f *pdfFile) reserve() object {
	f.offsets = append(f.offsets, 0)
	return object(len(f.offsets) - 1)
}

// write puts the body of a reserved object.
func (f *pdfFile) write(number object, body string) {
	f.offsets[number] = f.out.Len()
	fmt.Fprintf(&f.out, "%d 0 obj\n%s\nendobj\n", number, body)
}

// add reserves and writes at once.
func (f *pdfFile) add(body string) object {
	number := f.reserve()
	f.write(number, body)
	return number
}

// stream writes a compressed stream; entries are those of its dictionary besides the
// length and the filter.
func (f *pdfFile) stream(number object, entries string, content []byte) error {
	var packed bytes.Buffer
	deflater := f.deflaters.Get().(*zlib.Writer)
	defer f.deflaters.Put(deflater)
	deflater.Reset(&packed)
	if _, err := deflater.Write(content); err != nil {
		return fmt.Errorf("compress stream: %w", err)
	}
	if err := deflater.Close(); err != nil {
		return fmt.Errorf("compress stream: %w", err)
	}
	f.write(number, fmt.Sprintf("<</Length %d/Filter/FlateDecode%s>>\nstream\n%s\nendstream", packed.Len(), entries, packed.Bytes()))
	return nil
}

// plainStream writes a stream that tools read without decompressing, as XMP asks.
func (f *pdfFile) plainStream(number object, entries, content string) {
	f.write(number, fmt.Sprintf("<</Length %d%s>>\nstream\n%s\nendstream", len(content), entries, content))
}

// finish writes the table of objects and the trailer. The identifier of the file is
// drawn from its content.
func (f *pdfFile) finish(catalog, information object) []byte {
	digest := sha256.Sum256(f.out.Bytes())
	start := f.out.Len()
	fmt.Fprintf(&f.out, "xref\n0 %d\n0000000000 65535 f \n", len(f.offsets))
	for _, offset := range f.offsets[1:] {
		fmt.Fprintf(&f.out, "%010d 00000 n \n", offset)
	}
	fmt.Fprintf(&f.out, "trailer\n<</Size %d/Root %s/Info %s/ID[<%X><%X>]>>\nstartxref\n%d\n%%%%EOF\n",
		len(f.offsets), catalog.ref(), information.ref(), digest[:16], digest[:16], start)
	return f.out.Bytes()
}

// writeFont embeds a subset as a composite font whose codes are the glyphs of the subset.
func (f *pdfFile) writeFont(number object, used *subset) error {
	font := used.font
	name := used.prefix() + "+" + font.name
	file, unicodes := f.reserve(), f.reserve()
	program := used.file() // before the widths: accents bring their parts with them
	if err := f.stream(file, fmt.Sprintf("/Length1 %d", len(program)), program); err != nil {
		return err
	}
	if err := f.stream(unicodes, "", used.unicodeMap()); err != nil {
		return err
	}
	var widths strings.Builder
	for _, glyph := range used.glyphs {
		fmt.Fprintf(&widths, "%d ", font.thousandths(int(font.advances[glyph])))
	}
	descriptor := f.add(fmt.Sprintf("<</Type/FontDescriptor/FontName/%s/Flags 4/FontBBox[%d %d %d %d]/ItalicAngle 0/Ascent %d/Descent %d/CapHeight %d/StemV %d/FontFile2 %s>>",
		name, font.thousandths(font.bounds[0]), font.thousandths(font.bounds[1]), font.thousandths(font.bounds[2]), font.thousandths(font.bounds[3]),
		font.thousandths(font.ascent), font.thousandths(font.descent), font.thousandths(font.capHeight), font.stemWidth, file.ref()))
	descendant := f.add(fmt.Sprintf("<</Type/Font/Subtype/CIDFontType2/BaseFont/%s/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/FontDescriptor %s/CIDToGIDMap/Identity/DW 0/W[0[%s]]>>",
		name, descriptor.ref(), widths.String()))
	f.write(number, fmt.Sprintf("<</Type/Font/Subtype/Type0/BaseFont/%s/Encoding/Identity-H/DescendantFonts[%s]/ToUnicode %s>>",
		name, descendant.ref(), unicodes.ref()))
	return nil
}

// unicodeMap tells which character each glyph stands for, so that the text can be read
// aloud, searched and copied.
func (s *subset) unicodeMap() []byte {
	var out bytes.Buffer
	out.WriteString("/CIDInit/ProcSet findresource begin\n12 dict begin\nbegincmap\n" +
		"/CIDSystemInfo<</Registry(Adobe)/Ordering(UCS)/Supplement 0>>def\n" +
		"/CMapName/Adobe-Identity-UCS def\n/CMapType 2 def\n" +
		"1 begincodespacerange\n<0000><FFFF>\nendcodespacerange\n")
	var lines []string
	for number, r := range s.runes {
		if r != 0 {
			lines = append(lines, fmt.Sprintf("<%04X><%s>\n", number, utf16Hex(string(r))))
		}
	}
	const linesPerBlock = 100 // the most that the format allows
	for len(lines) > 0 {
		block := lines[:min(linesPerBlock, len(lines))]
		fmt.Fprintf(&out, "%d beginbfchar\n%sendbfchar\n", len(block), strings.Join(block, ""))
		lines = lines[len(block):]
	}
	out.WriteString("endcmap\nCMapName currentdict/CMap defineresource pop\nend\nend\n")
	return out.Bytes()
}

// textString writes a text for a dictionary: UTF-16 with its mark, in hexadecimal.
func textString(text string) string { return "<FEFF" + utf16Hex(text) + ">" }

func utf16Hex(text string) string {
	var hex strings.Builder
	for _, unit := range utf16.Encode([]rune(text)) {
		fmt.Fprintf(&hex, "%04X", unit)
	}
	return hex.String()
}

// asciiString writes an ASCII text between parentheses.
func asciiString(text string) string {
	return "(" + strings.NewReplacer(`\`, `\\`, "(", `\(`, ")", `\)`).Replace(text) + ")"
}

// dateString writes an instant for a dictionary.
func dateString(at time.Time) string { return at.UTC().Format("(D:20060102150405Z)") }
