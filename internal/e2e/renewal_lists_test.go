package e2e

import (
	"strings"
	"testing"
)

// What is to be read at a glance of many towns stays so: a countdown on one line where its column
// has room, and of a day of the calendar, on a narrow screen, the stages that have reminders alone.
func TestListsOfProlongationsAreReadAtAGlance(t *testing.T) {
	t.Parallel()
	pictures := open(t).gallery()
	for _, row := range []struct {
		pages []string
		width int
		wrong string // what should not be, as a script finds it
	}{
		{
			[]string{"renewals/calls/", "renewals/refused/", "renewals/funnel/", "editorspace/renewals/pleine"}, wide,
			`[...document.querySelectorAll("td[data-label=Échéance] .fr-badge")].filter(e => e.offsetHeight > 1.5 * parseFloat(getComputedStyle(e).lineHeight)).map(e => e.innerText)`,
		},
		{
			[]string{"renewals/calendar/"}, narrow,
			`[...document.querySelectorAll("td[data-label]")].filter(e => e.offsetHeight && e.innerText.trim() === "0").map(e => e.dataset.label)`,
		},
	} {
		b, seen := browse(t, row.width), 0
		for _, picture := range pictures {
			for _, page := range row.pages {
				if !strings.HasPrefix(picture.name, page) || strings.Contains(picture.name, "noms-longs") || strings.Contains(picture.name, "non-instruites") {
					continue
				}
				seen++
				if found := ask[[]string](b.open(picture.address), row.wrong); len(found) > 0 {
					t.Errorf("%s at %d px: %q", picture.name, row.width, found)
				}
			}
		}
		if seen == 0 {
			t.Skip("PAGES leaves the pages out")
		}
	}
}
