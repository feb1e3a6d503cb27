package helpdesk

import (
	"strings"
	"testing"

	"portail-qf/internal/domain/renewal"
	"portail-qf/internal/web"
	"portail-qf/internal/web/webtest"
)

// The support reads how many towns are to be called, and which modifications came too late, where
// there are any.
func TestTheHomePageCountsWhatIsLate(t *testing.T) {
	views := webtest.Views(t, ParseViews)
	const calls, results = `href="/assistance/prolongations/appels"`, `href="/assistance/prolongations/suivi"`
	for late, leads := range map[renewal.Late][2]bool{
		{}: {}, {Cut: 3}: {true, false}, {Undecided: 1}: {false, true}, {Cut: 1, Undecided: 2}: {true, true},
	} {
		body, err := views.home.Render(newHomePage(framed(web.ProPage{}, homePath), late))
		if err != nil {
			t.Fatal(err)
		}
		if got := [2]bool{strings.Contains(string(body), calls), strings.Contains(string(body), results)}; got != leads {
			t.Errorf("%+v leads to %v", late, got)
		}
	}
}
