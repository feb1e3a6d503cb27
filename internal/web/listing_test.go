package web_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/web"
	"portail-qf/internal/web/dsfr"
	"portail-qf/internal/web/form"
)

// accounts is a listing with one filter of each sort.
var accounts = web.Listing{
	Path: "/administration/comptes",
	Filters: []web.Filter{
		web.ChoiceFilter("role", "role", "admin", "support"),
		web.OptionFilter("editeur", []dsfr.Option{{Value: "12", Text: "Arpège"}}),
		web.DayFilter("du"), web.DayFilter("au"), web.TextFilter("objet"), web.SiretFilter("siret"),
	},
	Sorts: []string{"-date", "nom"},
	Size:  10,
}

func read(t *testing.T, asked string) web.Criteria {
	t.Helper()
	query, err := url.ParseQuery(asked)
	if err != nil {
		t.Fatal(err)
	}
	return accounts.Read(query)
}

// asked is what a store is told.
type asked struct {
	Search, Role, Editor, Object, Sort string
	Descending                         bool
	Offset, Limit                      int
}

// "Lists with search, filters, sort and pages as one pattern" (issue 3): whatever the
// address says, the store is asked for something that it knows.
func TestAnAddressAsksForAList(t *testing.T) {
	usual := asked{Sort: "date", Descending: true, Limit: 10}
	for name, row := range map[string]struct {
		address string
		want    func(*asked)
	}{
		"nothing":             {"", func(*asked) {}},
		"everything":          {"q=+Camille+&role=admin&editeur=12&objet=H12&tri=nom&page=3", func(a *asked) { *a = asked{"Camille", "admin", "12", "H12", "nom", false, 20, 10} }},
		"the other way":       {"tri=-nom", func(a *asked) { a.Sort = "nom" }},
		"dates upwards":       {"tri=date", func(a *asked) { a.Descending = false }},
		"an unknown value":    {"role=api_client&editeur=13", func(*asked) {}},
		"an unknown sort":     {"tri=mail%3BDROP", func(*asked) {}},
		"an unknown name":     {"taille=1000000", func(*asked) {}},
		"page zero":           {"page=0", func(*asked) {}},
		"a negative page":     {"page=-3", func(*asked) {}},
		"a page in letters":   {"page=deux", func(*asked) {}},
		"page 1e9":            {"page=1e9", func(*asked) {}},
		"a far page":          {"page=1000000000", func(a *asked) { a.Offset = 999_990 }},
		"past all numbers":    {"page=99999999999999999999", func(*asked) {}},
		"control characters":  {"q=Cam%00ille%1b&objet=%00", func(a *asked) { a.Search = "Camille" }},
		"broken characters":   {"q=%ff", func(*asked) {}},
		"two of the same":     {"role=admin&role=support", func(a *asked) { a.Role = "admin" }},
		"ten thousand signs":  {"q=" + strings.Repeat("x", 10_000), func(a *asked) { a.Search = strings.Repeat("x", 200) }},
		"a sort without name": {"tri=-", func(*asked) {}},
	} {
		t.Run(name, func(t *testing.T) {
			want := usual
			row.want(&want)
			c := read(t, row.address)
			got := asked{c.Search, c.Filter("role"), c.Filter("editeur"), c.Filter("objet"), c.Sort, c.Descending, c.Offset(), c.Limit()}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A period goes from the morning of its first day to the night of its last, in Paris, on
// the days when clocks change too.
func TestAPeriodIsMadeOfWholeDaysInParis(t *testing.T) {
	for address, want := range map[string][2]string{
		"du=2026-11-03&au=2026-11-04":   {"2026-11-02T23:00:00Z", "2026-11-04T23:00:00Z"},
		"du=3/7/2026&au=31%2F07%2F2026": {"2026-07-02T22:00:00Z", "2026-07-31T22:00:00Z"},
		"du=2026-03-29&au=2026-03-29":   {"2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"},
		"du=hier&au=2026-13-45":         {"0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"},
		"du=2026-11-04&au=2026-11-03":   {"2026-11-03T23:00:00Z", "0001-01-01T00:00:00Z"},
	} {
		c := read(t, address)
		got := [2]string{c.Since("du").UTC().Format(time.RFC3339), c.Until("au").UTC().Format(time.RFC3339)}
		if got != want {
			t.Errorf("%s: %v, want %v", address, got, want)
		}
	}
}

// What somebody types and mistypes is told beside its field, and is no criterion: no tag, no
// address has it, and the form keeps it to be corrected.
func TestWhatIsTypedWronglyIsToldAndRestrictsNothing(t *testing.T) {
	for address, want := range map[string][]form.Problem{
		"":                               nil,
		"role=nobody&tri=nothing&page=x": nil,
		"siret=210+401+071+00019":        nil,
		"du=hier":                        {{FieldID: "du", Code: "form.day"}},
		"du=2026-11-04&au=2026-11-04":    nil,
		"du=2026-11-04&au=3/11/2026":     {{FieldID: "au", Code: "list.period"}},
		"siret=21040107100018&du=0&au=1": {{FieldID: "du", Code: "form.day"}, {FieldID: "au", Code: "form.day"}, {FieldID: "siret", Code: "siret.invalid"}},
	} {
		if diff := cmp.Diff(want, read(t, address).Problems()); diff != "" {
			t.Errorf("%s: %s", address, diff)
		}
	}
	list := read(t, "role=admin&siret=Majastres").List(0)
	wrong := list.Filters[len(list.Filters)-1]
	if wrong.Value != "Majastres" || wrong.Error != "siret.invalid" || !list.Refused || !list.Offered {
		t.Errorf("the form does not keep %+v", wrong)
	}
	if len(list.Tags) != 1 || list.FirstURL != "/administration/comptes?role=admin" {
		t.Errorf("tags %v, address %s", list.Tags, list.FirstURL)
	}
}

// Each criterion can be taken off without losing the others; the list then starts again
// from its first page.
func TestCriteriaAreTakenOffOneByOne(t *testing.T) {
	list := read(t, "q=a+b&role=admin&editeur=12&du=2026-11-03&tri=nom&page=2").List(31)
	want := []dsfr.Tag{
		{Label: "filter.q", Text: "a b", RemoveURL: "/administration/comptes?du=2026-11-03&editeur=12&role=admin&tri=nom"},
		{Label: "filter.role", Code: "role.admin", RemoveURL: "/administration/comptes?du=2026-11-03&editeur=12&q=a+b&tri=nom"},
		{Label: "filter.editeur", Text: "Arpège", RemoveURL: "/administration/comptes?du=2026-11-03&q=a+b&role=admin&tri=nom"},
		{Label: "filter.du", Text: "03/11/2026", RemoveURL: "/administration/comptes?editeur=12&q=a+b&role=admin&tri=nom"},
	}
	if diff := cmp.Diff(want, list.Tags); diff != "" {
		t.Error(diff)
	}
	if want := "/administration/comptes?tri=nom"; list.ClearURL != want {
		t.Errorf("all off: %s, want %s", list.ClearURL, want)
	}
	if want := "/administration/comptes?du=2026-11-03&editeur=12&page=3&q=a+b&role=admin&tri=nom"; list.Pagination.Next != want {
		t.Errorf("next page: %s, want %s", list.Pagination.Next, want)
	}
	if bare := read(t, "").List(31); bare.ClearURL != accounts.Path || bare.FirstURL != accounts.Path {
		t.Errorf("the bare list is at %s and %s", bare.ClearURL, bare.FirstURL)
	}
}

// A heading sorts by its column, the usual way first, and turns the order round when it is
// already sorted by it.
func TestHeadingsSortTheList(t *testing.T) {
	for _, row := range []struct {
		asked, key string
		want       dsfr.Column
	}{
		{"", "nom", dsfr.Column{Label: "x", SortURL: "/administration/comptes?tri=nom"}},
		{"", "date", dsfr.Column{Label: "x", SortURL: "/administration/comptes?tri=date", Order: dsfr.Descending}},
		{"tri=date", "date", dsfr.Column{Label: "x", SortURL: "/administration/comptes", Order: dsfr.Ascending}},
		{"tri=nom&q=a&page=4", "nom", dsfr.Column{Label: "x", SortURL: "/administration/comptes?q=a&tri=-nom", Order: dsfr.Ascending}},
		{"tri=-nom", "nom", dsfr.Column{Label: "x", SortURL: "/administration/comptes?tri=nom", Order: dsfr.Descending}},
		{"tri=nom", "date", dsfr.Column{Label: "x", SortURL: "/administration/comptes"}},
	} {
		got, err := read(t, row.asked).List(100).Column(row.key, "x")
		if diff := cmp.Diff(row.want, got); diff != "" || err != nil {
			t.Errorf("%q by %s: %v %s", row.asked, row.key, err, diff)
		}
	}
	if _, err := read(t, "").List(1).Column("mail", "Mail"); err == nil {
		t.Error("a column sorts by a key that the listing does not have")
	}
}

// "Empty states": nothing at all, nothing for these criteria, nothing on this page.
func TestAnEmptyListSaysWhy(t *testing.T) {
	type shown struct{ Offered, Criteria, Beyond bool }
	for _, row := range []struct {
		asked string
		total int
		want  shown
	}{
		{"", 0, shown{}},
		{"tri=nom", 0, shown{}},
		{"", 12, shown{Offered: true}},
		{"q=x", 0, shown{Offered: true, Criteria: true}},
		{"page=2", 12, shown{Offered: true}},
		{"page=3", 12, shown{Offered: true, Beyond: true}},
		{"page=3", 0, shown{Offered: true, Beyond: true}},
		{"page=1000000000&role=admin", 12, shown{Offered: true, Criteria: true, Beyond: true}},
	} {
		list := read(t, row.asked).List(row.total)
		if got := (shown{list.Offered, len(list.Tags) > 0, list.Beyond}); got != row.want {
			t.Errorf("%q of %d: %+v, want %+v", row.asked, row.total, got, row.want)
		}
		if list.Beyond && len(list.Pagination.Pages) > 0 {
			t.Errorf("%q of %d: pages %v", row.asked, row.total, list.Pagination.Pages)
		}
	}
}

// Before the first editor there is none to choose, and no field to write one in.
func TestAChoiceWithoutOptionsChoosesNothing(t *testing.T) {
	listing := web.Listing{Path: "/x", Filters: []web.Filter{web.OptionFilter("editeur", nil)}}
	c := listing.Read(url.Values{"editeur": {"12"}})
	if got := c.Filter("editeur"); got != "" || len(c.List(3).Tags) > 0 {
		t.Errorf("it chose %q", got)
	}
}

// A search keeps the order, and a list without a listing of sorts has none.
func TestAListWithoutAnything(t *testing.T) {
	c := web.Listing{Path: "/x"}.Read(url.Values{"tri": {"-nom"}, "page": {"2"}})
	if c.Sort != "" || c.Descending || c.Limit() != 25 || c.Offset() != 25 {
		t.Errorf("%+v", c)
	}
	if list := c.List(60); list.Sort != "" || list.Pagination.Previous != "/x" {
		t.Errorf("sort %q, previous page %q", list.Sort, list.Pagination.Previous)
	}
}
