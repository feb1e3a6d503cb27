package web

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"portail-qf/internal/web/dsfr"
	"portail-qf/internal/web/form"
)

// List is what a list page prints around its rows, once they are counted: the partials of
// templates/pages/common/partials, list_search, list_count, list_pages and list_empty.
type List struct {
	Path     string
	Search   form.Field
	Filters  []ListFilter
	Sort     string // to keep while searching; "" for the usual order
	Tags     []dsfr.Tag
	ClearURL string

	Total, Page, Last int
	Pagination        dsfr.Pagination
	// Posted: the search travels in the body of the request, for it may hold what must not be
	// in an address.
	Posted bool
	// Offered is false where there is nothing to search: nothing at all.
	Offered bool
	// Refused: a criterion is wrong, and nothing was looked for.
	Refused bool
	// Beyond is true after the last page.
	Beyond   bool
	FirstURL string

	One, Many string // what there is Total of
	Nothing   string // the sentence of a list that has nothing yet

	criteria Criteria
}

// ListFilter is a filter with what was asked.
type ListFilter struct {
	Filter
	Label string // the code of its sentence
	Value string
	Error string // the code of why it is refused, or ""
}

// List tells what the page prints when total rows, on all its pages, meet the criteria.
func (c Criteria) List(total int) List {
	size := c.listing.size()
	last := max(1, (total+size-1)/size)
	l := List{
		Path: c.listing.Path, Search: form.Field{Name: searchParameter, Value: c.Search}, Sort: c.sort(), Tags: c.tags(),
		ClearURL: c.cleared().address(), Total: total, Page: c.Page, Last: last,
		Pagination: dsfr.Paginate(c.Page, last, func(page int) string {
			if page == 1 {
				return c.address()
			}
			return c.address(pageParameter, strconv.Itoa(page))
		}),
		Refused: len(c.refused) > 0, Beyond: c.Page > last, FirstURL: c.address(), criteria: c,
	}
	l.Offered = total > 0 || len(l.Tags) > 0 || l.Beyond || l.Refused
	for _, filter := range c.listing.Filters {
		asked := ListFilter{Filter: filter, Label: filterLabel(filter.Name), Value: c.filters[filter.Name]}
		if wrong, refused := c.refused[filter.Name]; refused {
			asked.Value, asked.Error = wrong.Value, wrong.Error
		}
		l.Filters = append(l.Filters, asked)
	}
	return l
}

// cleared are the criteria without any, in the same order.
func (c Criteria) cleared() Criteria {
	return Criteria{Sort: c.Sort, Descending: c.Descending, Page: 1, listing: c.listing}
}

func (c Criteria) tags() []dsfr.Tag {
	var tags []dsfr.Tag
	if c.Search != "" {
		tags = append(tags, dsfr.Tag{Label: filterLabel(searchParameter), Text: c.Search, RemoveURL: c.address(searchParameter, "")})
	}
	for _, filter := range c.listing.Filters {
		value := c.filters[filter.Name]
		if value == "" {
			continue
		}
		tag := dsfr.Tag{Label: filterLabel(filter.Name), Text: value, RemoveURL: c.address(filter.Name, "")}
		for _, option := range filter.Options {
			if option.Value == value {
				tag.Text, tag.Code = option.Text, option.Code
			}
		}
		if day, err := time.Parse(time.DateOnly, value); err == nil && filter.Day {
			tag.Text = day.Format("02/01/2006")
		}
		tags = append(tags, tag)
	}
	return tags
}

func filterLabel(name string) string { return "filter." + name }

// Labelled gives the words of the search field; templates call it. A list that is not
// labelled has no search field.
func (l List) Labelled(label, hint string) List {
	l.Search = l.Search.Labelled(label, hint)
	return l
}

// Counted names what is listed: "compte", "comptes"; templates call it.
func (l List) Counted(one, many string) List {
	l.One, l.Many = one, many
	return l
}

// Empty gives the sentence for when there is nothing at all; templates call it.
func (l List) Empty(sentence string) List {
	l.Nothing = sentence
	return l
}

// Column is the heading of a column that sorts by a key of the listing; templates call it.
func (l List) Column(key, label string) (dsfr.Column, error) {
	for _, sort := range l.criteria.listing.Sorts {
		if strings.TrimPrefix(sort, "-") != key {
			continue
		}
		column := dsfr.Column{Label: label}
		if key == l.criteria.Sort {
			column.Order, sort = dsfr.Ascending, "-"+key
			if l.criteria.Descending {
				column.Order, sort = dsfr.Descending, key
			}
		}
		if sort == l.criteria.listing.usualSort() {
			sort = ""
		}
		column.SortURL = l.criteria.address(sortParameter, sort)
		return column, nil
	}
	return dsfr.Column{}, fmt.Errorf("sort a list by %q: its listing has no such key", key)
}
