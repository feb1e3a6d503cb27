package dsfr

import "slices"

// Order is how a column is sorted, as aria-sort says it; "" when it is not.
type Order string

// The orders.
const (
	Ascending  Order = "ascending"
	Descending Order = "descending"
)

// Column is a heading of a table.
type Column struct {
	Label   string
	SortURL string // "" for a column that does not sort
	Order   Order
}

// Table is the beginning of a table, headings included: the page writes its rows, then
// dsfr/table_end. On a narrow screen each row is read as a card, where a cell is introduced
// by its data-label: the label of its column.
type Table struct {
	Caption string // read aloud; the page shows a title above
	Columns []Column
}

// Sorts tells whether a column sorts.
func (t Table) Sorts() bool {
	return slices.ContainsFunc(t.Columns, func(c Column) bool { return c.SortURL != "" })
}

// Tile is something that waits for the person.
type Tile struct {
	Count     int
	One, Many string // what there is Count of
	URL       string
}

// Tiles are what waits for the person, those of count zero apart.
type Tiles []Tile

// Tag is a criterion that a list meets, with the address of the list without it. Label and
// Code name sentences of templates/messages; what Go knows as text is Text.
type Tag struct {
	Label      string // of the criterion; "" for none
	Text, Code string // its value, one or the other
	RemoveURL  string
}

// Pagination leads through a list cut in pages. An empty URL means no such page.
type Pagination struct {
	Previous, Next string
	Pages          []PageLink
}

// PageLink is one page of a list. Number is 0 for the gap between distant pages.
type PageLink struct {
	Number  int
	URL     string
	Current bool
}

// Paginate builds the links of a list of last pages seen at page current, both from 1:
// the first, the last, and the neighbours of the current one. address gives the address
// of a page.
func Paginate(current, last int, address func(page int) string) Pagination {
	var p Pagination
	if last < 2 || current < 1 || current > last {
		return p
	}
	if current > 1 {
		p.Previous = address(current - 1)
	}
	if current < last {
		p.Next = address(current + 1)
	}
	for _, number := range shown(current, last) {
		if number == 0 {
			p.Pages = append(p.Pages, PageLink{})
			continue
		}
		p.Pages = append(p.Pages, PageLink{Number: number, URL: address(number), Current: number == current})
	}
	return p
}

// shown lists the numbers of the pages to link to; 0 is a gap.
func shown(current, last int) []int {
	var numbers []int
	previous := 0
	for _, number := range [...]int{1, current - 1, current, current + 1, last} {
		if number <= previous || number > last {
			continue
		}
		if number > previous+1 {
			numbers = append(numbers, 0)
		}
		numbers = append(numbers, number)
		previous = number
	}
	return numbers
}

// listFuncs are the constructors of what a list or a home page shows.
func listFuncs() map[string]any {
	return map[string]any{
		"table":  func(caption string, columns ...Column) Table { return Table{Caption: caption, Columns: columns} },
		"column": func(label string) Column { return Column{Label: label} },
		"tile": func(count int, one, many, url string) Tile {
			return Tile{Count: count, One: one, Many: many, URL: url}
		},
		"tiles": newTiles,
	}
}

func newTiles(all ...Tile) Tiles {
	var waiting Tiles
	for _, tile := range all {
		if tile.Count > 0 {
			waiting = append(waiting, tile)
		}
	}
	return waiting
}
