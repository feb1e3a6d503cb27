package document

import (
	"fmt"
	"strconv"
	"strings"
)

// element is a node of the structure tree, through which assistive technologies read a
// tagged PDF: a heading, a paragraph, a cell (ISO 32000-1 §14.7 and §14.8).
type element struct {
	kind       string // H1, P, TD…
	attributes string // entries of its dictionary besides kind and kids
	children   []*element
	marks      []mark // the pieces of pages that it contains; an element has these or children
	annotation object // the link it carries, 0 for none

	number object
	parent object
}

// mark is a marked piece of the content of a page.
type mark struct {
	page, id int
}

func (e *element) add(kind, attributes string) *element {
	child := &element{kind: kind, attributes: attributes}
	e.children = append(e.children, child)
	return child
}

// Attributes of table headers: what a header is the header of.
const (
	scopeColumn = "/A<</O/Table/Scope/Column>>"
	scopeRow    = "/A<</O/Table/Scope/Row>>"
)

// writeStructure writes the tree under document and returns its root. The parent tree,
// which leads from each mark of each page back to its element, has one entry per page,
// then one per link.
func (f *pdfFile) writeStructure(document *element, pages []*page) object {
	root, parents := f.reserve(), f.reserve()
	f.number(document, root)
	f.writeElements(document, pages)

	var entries strings.Builder
	for index, p := range pages {
		fmt.Fprintf(&entries, "%d[", index)
		for _, owner := range p.owners {
			entries.WriteString(owner.number.ref() + " ")
		}
		entries.WriteString("]")
	}
	next := len(pages)
	for _, p := range pages {
		for _, l := range p.links {
			fmt.Fprintf(&entries, "%d %s ", next, l.owner.number.ref())
			next++
		}
	}
	f.write(parents, "<</Nums["+entries.String()+"]>>")
	f.write(root, fmt.Sprintf("<</Type/StructTreeRoot/K %s/ParentTree %s/ParentTreeNextKey %d>>", document.number.ref(), parents.ref(), next))
	return root
}

func (f *pdfFile) number(e *element, parent object) {
	e.number, e.parent = f.reserve(), parent
	for _, child := range e.children {
		f.number(child, e.number)
	}
}

func (f *pdfFile) writeElements(e *element, pages []*page) {
	var kids strings.Builder
	for _, child := range e.children {
		kids.WriteString(child.number.ref() + " ")
	}
	home := ""
	for i, m := range e.marks {
		switch {
		case i == 0:
			home = "/Pg " + pages[m.page].number.ref()
			kids.WriteString(strconv.Itoa(m.id) + " ")
		case m.page == e.marks[0].page:
			kids.WriteString(strconv.Itoa(m.id) + " ")
		default:
			fmt.Fprintf(&kids, "<</Type/MCR/Pg %s/MCID %d>>", pages[m.page].number.ref(), m.id)
		}
	}
	if e.annotation != 0 {
		fmt.Fprintf(&kids, "<</Type/OBJR%s/Obj %s>>", home, e.annotation.ref())
	}
	f.write(e.number, fmt.Sprintf("<</Type/StructElem/S/%s/P %s%s%s/K[%s]>>", e.kind, e.parent.ref(), home, e.attributes, kids.String()))
	for _, child := range e.children {
		f.writeElements(child, pages)
	}
}

// squareFigure describes a square picture to who does not see it.
func squareFigure(description string, left, top, side float64) string {
	return fmt.Sprintf("/Alt %s/A<</O/Layout/Placement/Block/BBox[%.2f %.2f %.2f %.2f]>>",
		textString(description), left, pageHeight-top-side, left+side, pageHeight-top)
}
