package document

import (
	"bytes"
	"fmt"
)

// A4 in points, and the frame in which a document is set.
const (
	pageWidth    = 595.28
	pageHeight   = 841.89
	marginSide   = 50.0
	marginTop    = 50.0
	marginBottom = 62.0 // the footer stands in it
	frameWidth   = pageWidth - 2*marginSide
	frameBottom  = pageHeight - marginBottom
)

// Colours, as operators that set the colour of what is filled.
const (
	black     = "0 g"
	grey      = "0.35 g" // 7:1 on white
	blue      = "0 0 0.569 rg"
	paleBlue  = "0.93 0.94 1 rg"
	paleGrey  = "0.8 g"
	hairline  = 0.7
	artifact  = "/Artifact BMC\n"
	endMarked = "EMC\n"
)

// page is one page being drawn. Heights are counted from the top of the page, as one
// reads; the PDF counts from the bottom.
type page struct {
	number  object
	content bytes.Buffer
	owners  []*element // by mark: which element owns it
	links   []link
}

type link struct {
	number                   object
	owner                    *element
	url, description         string
	left, top, right, bottom float64
}

// begin opens a marked piece of content that belongs to an element.
func (p *page) begin(index int, owner *element) {
	id := len(p.owners)
	p.owners = append(p.owners, owner)
	owner.marks = append(owner.marks, mark{page: index, id: id})
	fmt.Fprintf(&p.content, "/%s<</MCID %d>>BDC\n", owner.kind, id)
}

func (p *page) end() { p.content.WriteString(endMarked) }

// text draws one line whose baseline is at the given height.
func (p *page) text(used *subset, fontName, colour string, size, left, baseline float64, line string) {
	fmt.Fprintf(&p.content, "BT %s /%s %g Tf %.2f %.2f Td<%X>Tj ET\n",
		colour, fontName, size, left, pageHeight-baseline, used.encode(line))
}

// box fills a rectangle that is decoration.
func (p *page) box(colour string, left, top, width, height float64) {
	p.content.WriteString(artifact + colour + " ")
	p.rectangle(left, top, width, height)
	p.content.WriteString("f\n" + endMarked)
}

// rectangle adds a rectangle to the path that the next operator fills.
func (p *page) rectangle(left, top, width, height float64) {
	fmt.Fprintf(&p.content, "%.3f %.3f %.3f %.3f re\n", left, pageHeight-top-height, width, height)
}

// write adds the page to the file. links are numbered from firstLink in the parent tree.
func (p *page) write(f *pdfFile, index int, tree, resources object, firstLink int) error {
	content := f.reserve()
	if err := f.stream(content, "", p.content.Bytes()); err != nil {
		return err
	}
	annotations := ""
	for i, l := range p.links {
		annotations += l.number.ref() + " "
		f.write(l.number, fmt.Sprintf("<</Type/Annot/Subtype/Link/F 4/Border[0 0 0]/P %s/Rect[%.2f %.2f %.2f %.2f]/Contents %s/StructParent %d/A<</S/URI/URI%s>>>>",
			p.number.ref(), l.left, pageHeight-l.bottom, l.right, pageHeight-l.top, textString(l.description), firstLink+i, asciiString(l.url)))
	}
	if annotations != "" {
		annotations = "/Annots[" + annotations + "]"
	}
	f.write(p.number, fmt.Sprintf("<</Type/Page/Parent %s/MediaBox[0 0 %.2f %.2f]/Resources %s/Contents %s/StructParents %d/Tabs/S%s>>",
		tree.ref(), pageWidth, pageHeight, resources.ref(), content.ref(), index, annotations))
	return nil
}
