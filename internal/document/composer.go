package document

import (
	"fmt"
	"time"
)

// style is how a text is set.
type style struct {
	bold    bool
	size    float64
	leading float64 // from one baseline to the next
	colour  string
	above   float64 // space before the block
}

var (
	titleStyle     = style{bold: true, size: 20, leading: 26, colour: blue}
	sectionStyle   = style{bold: true, size: 13, leading: 18, colour: blue, above: 18}
	bodyStyle      = style{size: 10, leading: 15, colour: black, above: 6}
	labelStyle     = style{size: 10, leading: 15, colour: grey}
	valueStyle     = style{size: 10, leading: 15, colour: black}
	strongStyle    = style{bold: true, size: 14, leading: 19, colour: black}
	columnStyle    = style{bold: true, size: 9, leading: 13, colour: blue}
	cellStyle      = style{size: 9, leading: 13, colour: black}
	footerStyle    = style{size: 8, leading: 11, colour: grey}
	linkStyle      = style{size: 10, leading: 15, colour: blue, above: 6}
	cellPadding    = 5.0
	keepWithText   = 60.0  // a section title needs this much room under it on its page
	keepTogether   = 400.0 // a row that is taller may be cut by the end of a page
	labelWidth     = 170.0
	footerBaseline = pageHeight - 34
)

// composer sets one document: it flows blocks down the pages and grows the structure tree
// along with them. Its methods are called in reading order.
type composer struct {
	file          *pdfFile
	regular, bold *subset
	pages         []*page
	top           float64 // where the next block starts on the last page
	document      *element
	missing       []rune
	// onNewPage draws what a block repeats at the top of each page it reaches.
	onNewPage func()
}

func (r *Renderer) newComposer() *composer {
	c := &composer{
		file:     newPDFFile(r.deflaters),
		regular:  newSubset(r.regular),
		bold:     newSubset(r.bold),
		document: &element{kind: "Document"},
	}
	c.newPage()
	return c
}

func (c *composer) newPage() {
	c.pages = append(c.pages, &page{number: c.file.reserve()})
	c.top = marginTop
	if c.onNewPage != nil {
		c.onNewPage()
	}
}

func (c *composer) page() *page { return c.pages[len(c.pages)-1] }

// need starts a new page unless this much room is left on the present one.
func (c *composer) need(height float64) {
	if c.top+height > frameBottom && c.top > marginTop {
		c.newPage()
	}
}

func (c *composer) subsetOf(s style) *subset {
	if s.bold {
		return c.bold
	}
	return c.regular
}

// lines prepares a text for a column.
func (c *composer) lines(text string, s style, width float64) []string {
	f := c.subsetOf(s).font
	return f.wrap(f.printable(text, &c.missing), s.size, width)
}

// ascent is the room above the first baseline of a text.
func (s style) ascent() float64 { return 0.75 * s.leading }

// draw sets lines one under the other on the present page, from their first baseline on.
func (c *composer) draw(lines []string, s style, left, baseline float64) {
	name := "R"
	if s.bold {
		name = "B"
	}
	for i, line := range lines {
		c.page().text(c.subsetOf(s), name, s.colour, s.size, left, baseline+float64(i)*s.leading, line)
	}
}

// cell is a text that goes into a column of a row.
type cell struct {
	owner *element
	style style
	left  float64
	lines []string
}

func (c *composer) cell(owner *element, text string, s style, left, width float64) cell {
	return cell{owner: owner, style: s, left: left, lines: c.lines(text, s, width)}
}

// row sets cells side by side and moves under the tallest. A row that the page cannot
// hold goes to the next one; a very tall row flows over as many pages as it takes, so that
// no text is ever lost.
func (c *composer) row(cells ...cell) {
	c.need(min(rowHeight(cells), keepTogether))
	for unfinished := true; unfinished; {
		if unfinished = c.drawRow(cells); unfinished {
			c.newPage()
		}
	}
}

func rowHeight(cells []cell) float64 {
	height := 0.0
	for _, cell := range cells {
		height = max(height, float64(len(cell.lines))*cell.style.leading)
	}
	return height
}

// drawRow draws the lines that fit on the page, the first ones on the same baseline, and
// takes them from the cells. It tells whether some are left.
func (c *composer) drawRow(cells []cell) (unfinished bool) {
	ascent := 0.0
	for _, each := range cells {
		ascent = max(ascent, each.style.ascent())
	}
	top, bottom := c.top, c.top
	for i := range cells {
		each := &cells[i]
		if len(each.lines) == 0 {
			continue
		}
		first := top + ascent - each.style.ascent()
		count := min(len(each.lines), max(1, int((frameBottom-first)/each.style.leading)))
		c.page().begin(len(c.pages)-1, each.owner)
		c.draw(each.lines[:count], each.style, each.left, top+ascent)
		c.page().end()
		each.lines = each.lines[count:]
		bottom = max(bottom, first+float64(count)*each.style.leading)
		unfinished = unfinished || len(each.lines) > 0
	}
	c.top = bottom
	return unfinished
}

// heading sets the title of the document (H1) or of a section (H2).
func (c *composer) heading(kind, text string, s style) {
	c.top += s.above
	c.need(keepWithText)
	c.row(c.cell(c.document.add(kind, ""), text, s, marginSide, frameWidth))
}

func (c *composer) title(text string)   { c.heading("H1", text, titleStyle) }
func (c *composer) section(text string) { c.heading("H2", text, sectionStyle) }

func (c *composer) paragraph(text string) {
	c.top += bodyStyle.above
	c.row(c.cell(c.document.add("P", ""), text, bodyStyle, marginSide, frameWidth))
}

// footer writes the same line under each page, with its number, once all are there.
func (c *composer) footer(text string) {
	for i, p := range c.pages {
		number := fmt.Sprintf("Page\u00a0%d sur\u00a0%d", i+1, len(c.pages))
		right := pageWidth - marginSide - c.regular.font.width(number, footerStyle.size)
		p.content.WriteString("/Artifact<</Type/Pagination/Subtype/Footer>>BDC\n")
		p.text(c.regular, "R", footerStyle.colour, footerStyle.size, marginSide, footerBaseline, text)
		p.text(c.regular, "R", footerStyle.colour, footerStyle.size, right, footerBaseline, number)
		p.end()
	}
}

// finish closes the file. at dates it, since a document is made again with the same bytes.
func (c *composer) finish(title string, at time.Time) ([]byte, error) {
	f := c.file
	tree, resources, regular, bold := f.reserve(), f.reserve(), f.reserve(), f.reserve()
	for _, p := range c.pages {
		for i := range p.links {
			p.links[i].number = f.reserve()
			p.links[i].owner.annotation = p.links[i].number
		}
	}
	structure := f.writeStructure(c.document, c.pages)
	kids, nextLink := "", len(c.pages)
	for i, p := range c.pages {
		if err := p.write(f, i, tree, resources, nextLink); err != nil {
			return nil, err
		}
		kids += p.number.ref() + " "
		nextLink += len(p.links)
	}
	f.write(tree, fmt.Sprintf("<</Type/Pages/Count %d/Kids[%s]>>", len(c.pages), kids))
	f.write(resources, fmt.Sprintf("<</Font<</R %s/B %s>>>>", regular.ref(), bold.ref()))
	if err := f.writeFont(regular, c.regular); err != nil {
		return nil, err
	}
	if err := f.writeFont(bold, c.bold); err != nil {
		return nil, err
	}
	metadata := f.reserve()
	f.plainStream(metadata, "/Type/Metadata/Subtype/XML", xmp(title, at))
	catalog := f.add(fmt.Sprintf("<</Type/Catalog/Pages %s/Lang(fr-FR)/MarkInfo<</Marked true>>/StructTreeRoot %s/ViewerPreferences<</DisplayDocTitle true>>/Metadata %s>>",
		tree.ref(), structure.ref(), metadata.ref()))
	information := f.add(fmt.Sprintf("<</Title %s/CreationDate%s/ModDate%s>>", textString(title), dateString(at), dateString(at)))
	return f.finish(catalog, information), nil
}

// xmp repeats the title, the language and the date in the form that PDF/UA reads. The
// title is one of ours: it holds no character to escape.
func xmp(title string, at time.Time) string {
	stamp := at.UTC().Format(time.RFC3339)
	return `<?xpacket begin="` + "\uFEFF" + `" id="W5M0MpCehiHzreSzNTczkc9d"?>` +
		`<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">` +
		`<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/">` +
		`<dc:title><rdf:Alt><rdf:li xml:lang="x-default">` + title + `</rdf:li></rdf:Alt></dc:title>` +
		`<dc:language><rdf:Bag><rdf:li>fr-FR</rdf:li></rdf:Bag></dc:language>` +
		`<xmp:CreateDate>` + stamp + `</xmp:CreateDate><xmp:ModifyDate>` + stamp + `</xmp:ModifyDate>` +
		`</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>`
}
