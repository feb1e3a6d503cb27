package dsfr_test

import (
	"fmt"
	"html/template"
	"strings"
	"testing"

	"portail-qf/internal/web/dsfr"
)

// A list of 36,000 collectivities stays a page of links, whatever its length.
func TestPaginateShowsTheEndsAndTheNeighbours(t *testing.T) {
	for _, row := range []struct {
		current, last int
		want          string
	}{
		{1, 1, ""},
		{1, 3, "[1] 2 3 >2"},
		{2, 3, "<1 1 [2] 3 >3"},
		{5, 9, "<4 1 … 4 [5] 6 … 9 >6"},
		{9, 9, "<8 1 … 8 [9]"},
		{10, 9, ""},
	} {
		p := dsfr.Paginate(row.current, row.last, func(page int) string { return fmt.Sprint(page) })
		if got := describe(p); got != row.want {
			t.Errorf("page %d of %d: %q, want %q", row.current, row.last, got, row.want)
		}
	}
}

func describe(p dsfr.Pagination) string {
	var words []string
	if p.Previous != "" {
		words = append(words, "<"+p.Previous)
	}
	for _, page := range p.Pages {
		switch {
		case page.Number == 0:
			words = append(words, "…")
		case page.Current:
			words = append(words, "["+page.URL+"]")
		default:
			words = append(words, page.URL)
		}
	}
	if p.Next != "" {
		words = append(words, ">"+p.Next)
	}
	return strings.Join(words, " ")
}

// "Rien ne vous attend": what counts zero does not wait.
func TestTilesShowWhatWaits(t *testing.T) {
	page := template.Must(template.New("").Funcs(dsfr.Funcs()).Parse(
		`{{range tiles (tile .A "a" "as" "/a") (tile .B "b" "bs" "/b")}}{{.Count}} {{.URL}};{{else}}rien{{end}}`))
	for want, counts := range map[string]struct{ A, B int }{"rien": {}, "2 /b;": {B: 2}, "1 /a;3 /b;": {1, 3}, "4 /a;": {4, -1}} {
		var got strings.Builder
		if err := page.Execute(&got, counts); err != nil || got.String() != want {
			t.Errorf("%+v: %q, %v, want %q", counts, got.String(), err, want)
		}
	}
}
