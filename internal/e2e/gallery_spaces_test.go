package e2e

import (
	"slices"
	"testing"

	"portail-qf/internal/web"
	"portail-qf/internal/web/collectivity"
	"portail-qf/internal/web/editorspace"
	"portail-qf/internal/web/helpdesk"
	"portail-qf/internal/web/instruction"
)

// spaceExhibits are the pages of editors, local authorities, instructors and support; their
// samples know who reads them.
func spaceExhibits(t testing.TB, parsed *web.Templates, frame web.Page) []web.Exhibit {
	t.Helper()
	frame.Contact = "api-particulier@api.gouv.fr"
	page := web.ProPage{Page: frame, SeveralSpaces: true}
	editors, err := editorspace.ParseViews(parsed)
	if err != nil {
		t.Fatal(err)
	}
	towns, err := collectivity.ParseViews(parsed)
	if err != nil {
		t.Fatal(err)
	}
	instructors, err := instruction.ParseViews(parsed)
	if err != nil {
		t.Fatal(err)
	}
	support, err := helpdesk.ParseViews(parsed)
	if err != nil {
		t.Fatal(err)
	}
	return slices.Concat(editors.Exhibits(page), towns.Exhibits(page), instructors.Exhibits(page), support.Exhibits(page))
}
