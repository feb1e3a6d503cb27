package web

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/web/dsfr"
	"portail-qf/internal/web/form"
)

// The parameters of every list page, beside its own filters.
const (
	searchParameter = "q"
	sortParameter   = "tri"
	pageParameter   = "page"
)

const (
	// usualListSize is how many rows a page shows.
	usualListSize = 25
	// maxCriterion is how much of a typed criterion is read, in characters.
	maxCriterion = 200
	// maxListPage keeps an invented page number within what a database counts.
	maxListPage = 100_000
)

// Listing is what a list page offers: it is written once, beside the page.
type Listing struct {
	Path    string
	Filters []Filter
	// Sorts are the keys to sort by. The first one is the usual order. A key written with
	// "-" starts from the greatest, as dates do.
	Sorts []string
	Size  int // rows on a page; 0 for the usual 25
}

// Filter is a criterion of a list: a choice among options, unless it is typed. Its label is
// the sentence "filter.<name>".
type Filter struct {
	Name    string
	Options []dsfr.Option
	// Usual is the code of what no choice means, where it means a choice of its own; "" for
	// any value.
	Usual string
	Typed bool
	Day   bool // a date is typed
	Siret bool // a SIRET is typed
}

// ChoiceFilter offers values whose words are the sentences of templates/messages "<words>.<value>".
func ChoiceFilter(name, words string, values ...string) Filter {
	filter := Filter{Name: name}
	for _, v := range values {
		filter.Options = append(filter.Options, dsfr.Option{Value: v, Code: words + "." + v})
	}
	return filter
}

// Usually gives the words of what no choice means, where that is a choice of its own.
func (f Filter) Usually(code string) Filter {
	f.Usual = code
	return f
}

// OptionFilter offers values that have a name of their own, such as editors; it is not shown
// where there are none.
func OptionFilter(name string, options []dsfr.Option) Filter {
	return Filter{Name: name, Options: options}
}

// OrganisationFilter offers organisations, such as editors, by their SIRET.
func OrganisationFilter(name string, listed []account.Organisation) Filter {
	options := make([]dsfr.Option, len(listed))
	for i, o := range listed {
		options[i] = dsfr.Option{Value: o.Siret.String(), Text: Typographic(o.Display())}
	}
	return OptionFilter(name, options)
}

// The two ends of a period, both DayFilters.
const (
	periodFrom = "du"
	periodTo   = "au"
)

// DayFilter is a date, for one end of a period.
func DayFilter(name string) Filter { return Filter{Name: name, Typed: true, Day: true} }

// TextFilter is a text that must match as a whole, such as an identifier.
func TextFilter(name string) Filter { return Filter{Name: name, Typed: true} }

// SiretFilter is the SIRET of an establishment, with spaces or without.
func SiretFilter(name string) Filter { return Filter{Name: name, Typed: true, Siret: true} }

// read gives what is asked, or what was typed with why it is refused.
func (f Filter) read(query url.Values) form.Field {
	switch asked := query.Get(f.Name); {
	case f.Day:
		field, _ := form.Day(query, f.Name)
		return field
	case f.Siret:
		field := form.Text(query, f.Name, maxCriterion)
		if siret, err := value.ParseSiret(field.Value); err == nil {
			field.Value = siret.String()
		} else if field.Value != "" {
			return field.Refused("siret.invalid")
		}
		return field
	case f.Typed:
		return form.Text(query, f.Name, maxCriterion)
	case slices.ContainsFunc(f.Options, func(o dsfr.Option) bool { return o.Value == asked }):
		return form.Field{Name: f.Name, Value: asked}
	}
	return form.Field{Name: f.Name}
}

// Read gives what the address of a list page asks for. What it does not offer counts as
// absent, so that an old bookmark still shows a list; what somebody typed wrongly is among
// the Problems.
func (l Listing) Read(query url.Values) Criteria {
	c := Criteria{
		Search: form.Text(query, searchParameter, maxCriterion).Value,
		Page:   pageNumber(query.Get(pageParameter)), listing: l, filters: make(map[string]string), refused: make(map[string]form.Field),
	}
	for _, filter := range l.Filters {
		if field := filter.read(query); field.Error == "" {
			c.filters[filter.Name] = field.Value
		} else {
			c.refused[filter.Name] = field
		}
	}
	if from, to := c.filters[periodFrom], c.filters[periodTo]; from != "" && to != "" && from > to {
		c.refused[periodTo] = form.Field{Name: periodTo, Value: to}.Refused("list.period")
		c.filters[periodTo] = ""
	}
	asked := query.Get(sortParameter)
	key, _ := direction(asked)
	if !slices.ContainsFunc(l.Sorts, func(sort string) bool { return strings.TrimPrefix(sort, "-") == key }) {
		asked = l.usualSort()
	}
	c.Sort, c.Descending = direction(asked)
	return c
}

func (l Listing) usualSort() string {
	if len(l.Sorts) == 0 {
		return ""
	}
	return l.Sorts[0]
}

func (l Listing) size() int {
	if l.Size > 0 {
		return l.Size
	}
	return usualListSize
}

func direction(sort string) (key string, descending bool) {
	return strings.CutPrefix(sort, "-")
}

func pageNumber(text string) int {
	number, err := strconv.Atoi(text)
	if err != nil || number < 1 {
		return 1
	}
	return min(number, maxListPage)
}

// Criteria are what a person asked of a list.
type Criteria struct {
	Search     string // "" for everything
	Sort       string // one of the keys of the listing
	Descending bool
	Page       int // from 1

	listing Listing
	filters map[string]string     // what restricts
	refused map[string]form.Field // what was typed wrongly: it restricts nothing
}

// Problems are what was typed wrongly: the page then shows no row, which would not be those
// that were asked for.
func (c Criteria) Problems() []form.Problem {
	var problems []form.Problem
	for _, filter := range c.listing.Filters {
		problems = append(problems, form.Problems(c.refused[filter.Name])...)
	}
	return problems
}

// Filter gives the value of a filter; "" when it does not restrict.
func (c Criteria) Filter(name string) string { return c.filters[name] }

// Since gives the instant at which the day of a filter begins in Paris; the zero time when
// it does not restrict.
func (c Criteria) Since(name string) time.Time { return c.midnight(name, 0) }

// Until gives the instant at which the day of a filter is over in Paris.
func (c Criteria) Until(name string) time.Time { return c.midnight(name, 1) }

func (c Criteria) midnight(name string, daysLater int) time.Time {
	day, err := time.Parse(time.DateOnly, c.filters[name])
	if err != nil {
		return time.Time{}
	}
	return value.DayBegins(day.Year(), day.Month(), day.Day()+daysLater)
}

// Limit is how many rows to read.
func (c Criteria) Limit() int { return c.listing.size() }

// Offset is how many rows to pass over.
func (c Criteria) Offset() int { return (c.Page - 1) * c.listing.size() }

// Address is that of the list with these criteria, on its first page.
func (c Criteria) Address() string { return c.address() }

// address is that of the list with these criteria, some of them changed: name, value, and
// so on. The page is the first one unless it is among the changes.
func (c Criteria) address(changes ...string) string {
	query := url.Values{searchParameter: {c.Search}}
	for name, chosen := range c.filters {
		query.Set(name, chosen)
	}
	query.Set(sortParameter, c.sort())
	for i := 0; i+1 < len(changes); i += 2 {
		query.Set(changes[i], changes[i+1])
	}
	for name := range query {
		if query.Get(name) == "" {
			query.Del(name)
		}
	}
	if len(query) == 0 {
		return c.listing.Path
	}
	return c.listing.Path + "?" + query.Encode()
}

// sort is the parameter of the present order; "" for the usual one.
func (c Criteria) sort() string {
	sort := c.Sort
	if c.Descending {
		sort = "-" + sort
	}
	if sort == c.listing.usualSort() {
		return ""
	}
	return sort
}
