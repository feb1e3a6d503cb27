package web_test

import (
	"testing"

	"portail-qf/internal/web"
)

// The navigation says where the person is, on the pages below those that it links to as
// well; the home page of a space is above them all, and current on itself only.
func TestTheNavigationSaysWhereThePersonIs(t *testing.T) {
	links := []web.NavLink{{URL: "/administration"}, {URL: "/administration/mails"}, {URL: "/administration/mails-types"}}
	for path, want := range map[string]string{
		"/administration":                  "/administration",
		"/administration/mails":            "/administration/mails",
		"/administration/mails/12/relance": "/administration/mails",
		"/administration/mails-types":      "/administration/mails-types",
		"/administration/inconnu":          "",
		"/mon-compte":                      "",
	} {
		got := ""
		for _, link := range web.MarkCurrent(links, path) {
			if link.Current {
				got += link.URL
			}
		}
		if got != want {
			t.Errorf("%s: %q is current, want %q", path, got, want)
		}
	}
	if links[0].Current || links[1].Current {
		t.Error("the menu shared by all requests was written to")
	}
}
