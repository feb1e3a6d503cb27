package document

// fact is one line of a table of facts: a label and what it is.
type fact struct {
	label, value string
	strong       bool // the one fact that the reader came for
}

// facts sets a table of two columns whose first cells are the headers of their rows.
func (c *composer) facts(list ...fact) {
	table := c.document.add("Table", "")
	c.top += bodyStyle.above
	for _, each := range list {
		s := valueStyle
		if each.strong {
			s = strongStyle
		}
		tr := table.add("TR", "")
		c.row(
			c.cell(tr.add("TH", scopeRow), each.label, labelStyle, marginSide, labelWidth-cellPadding),
			c.cell(tr.add("TD", ""), each.value, s, marginSide+labelWidth, frameWidth-labelWidth),
		)
	}
}

// column is a column of a table, its width in points.
type column struct {
	title string
	width float64
}

const headerHeight = 20.0

// table sets rows under column headers, which come again at the top of each page for the
// eye only: the structure has them once.
func (c *composer) table(columns []column, rows [][]string) {
	table := c.document.add("Table", "")
	c.top += bodyStyle.above
	c.need(keepWithText)
	header := table.add("TR", "")
	c.tableHeader(columns, func() *element { return header.add("TH", scopeColumn) })
	c.onNewPage = func() { c.tableHeader(columns, nil) }
	for _, texts := range rows {
		tr := table.add("TR", "")
		left := marginSide
		cells := make([]cell, len(columns))
		for i, col := range columns {
			cells[i] = c.cell(tr.add("TD", ""), texts[i], cellStyle, left+cellPadding, col.width-2*cellPadding)
			left += col.width
		}
		c.row(cells...)
		c.top += cellPadding / 2
		c.page().box(paleGrey, marginSide, c.top, frameWidth, hairline)
		c.top += cellPadding / 2
	}
	c.onNewPage = nil
}

// tableHeader draws the titles of the columns. Without owner it is decoration.
func (c *composer) tableHeader(columns []column, owner func() *element) {
	c.page().box(paleBlue, marginSide, c.top, frameWidth, headerHeight)
	left, baseline := marginSide, c.top+(headerHeight-columnStyle.leading)/2+columnStyle.ascent()
	for _, col := range columns {
		if owner == nil {
			c.page().content.WriteString(artifact)
		} else {
			c.page().begin(len(c.pages)-1, owner())
		}
		c.draw([]string{col.title}, columnStyle, left+cellPadding, baseline)
		c.page().end()
		left += col.width
	}
	c.top += headerHeight + cellPadding/2
}

// linkTo sets an address that can be clicked.
func (c *composer) linkTo(url string) {
	c.top += linkStyle.above
	paragraph := c.document.add("P", "")
	owner := paragraph.add("Link", "")
	lines := c.lines(url, linkStyle, frameWidth)
	c.need(float64(len(lines)) * linkStyle.leading)
	top, width := c.top, 0.0
	for _, line := range lines {
		width = max(width, c.regular.font.width(line, linkStyle.size))
	}
	c.row(cell{owner: owner, style: linkStyle, left: marginSide, lines: lines})
	c.page().links = append(c.page().links, link{
		owner: owner, url: url, description: url,
		left: marginSide, top: top, right: marginSide + width, bottom: c.top,
	})
	c.page().box(blue, marginSide, c.top-linkStyle.leading*0.12, width, hairline)
}

// qrCode draws a QR code of the given side, in points, its quiet zone included.
func (c *composer) qrCode(code qrModules, description string, side float64) {
	c.top += bodyStyle.above
	c.need(side)
	figure := c.document.add("Figure", "")
	figure.attributes = squareFigure(description, marginSide, c.top, side)
	module := side / float64(code.size+2*quietZone)
	c.page().begin(len(c.pages)-1, figure)
	c.page().content.WriteString(black + "\n")
	for run := range code.runs() {
		// The overlap hides the seams that viewers draw between rectangles.
		c.page().rectangle(
			marginSide+float64(quietZone+run.column)*module, c.top+float64(quietZone+run.row)*module,
			float64(run.length)*module, module+0.02)
	}
	c.page().content.WriteString("f\n")
	c.page().end()
	c.top += side
}
