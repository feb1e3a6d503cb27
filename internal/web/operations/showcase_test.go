package operations

import (
	"bytes"
	"html/template"
	"io/fs"
	"strings"
	"testing"

	"github.com/jba/templatecheck"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/web"
	"portail-qf/internal/web/webtest"
	"portail-qf/templates"
)

func parseAll(t *testing.T) (*web.Templates, Views) {
	t.Helper()
	parsed, err := web.ParseTemplates(templates.FS, func(name string) string { return "/static/" + name })
	if err != nil {
		t.Fatal(err)
	}
	views, err := ParseViews(parsed)
	if err != nil {
		t.Fatal(err)
	}
	return parsed, views
}

func frame() web.ProPage {
	page := web.ProPage{
		Page:   web.Page{Brand: true, RequestID: "01JCXN3Z8G5Q", Contact: "api-particulier@api.gouv.fr"},
		Person: "Camille Ferrand", Organisation: "Direction interministérielle du numérique",
		Space: account.SpaceAdministration, SeveralSpaces: true,
	}
	for _, code := range []string{"comptes", "invitations", "sessions", "organisations", "envois", "mails", "catalogue", "taches", "journal"} {
		page.Navigation = append(page.Navigation, web.NavLink{Code: code, URL: "/administration/" + code})
	}
	return page
}

func showcase(t *testing.T) []web.Exhibit {
	t.Helper()
	_, views := parseAll(t)
	return views.Exhibits(frame())
}

// "A test type-checks every view against its T in strict mode" (ARCHITECTURE.md §6).
func TestEveryTemplateAgreesWithItsStruct(t *testing.T) {
	for _, exhibit := range showcase(t) {
		err := exhibit.Verify(func(page *template.Template, content any) error {
			return templatecheck.CheckHTMLStrict(page, content)
		})
		if err != nil {
			t.Errorf("%s: %v", exhibit.Name, err)
		}
	}
}

// "A page without a sample fails" (ARCHITECTURE.md §6).
func TestEveryPageHasASample(t *testing.T) {
	shown := map[string]bool{}
	for _, exhibit := range showcase(t) {
		shown[exhibit.Name] = len(exhibit.Samples) > 0
	}
	files, err := fs.Glob(templates.FS, "pages/operations/*.tmpl")
	if err != nil || len(files) == 0 {
		t.Fatalf("list templates: %d files, %v", len(files), err)
	}
	for _, file := range files {
		if name := strings.TrimSuffix(strings.TrimPrefix(file, "pages/"), ".tmpl"); !shown[name] {
			t.Errorf("%s is shown by no sample", name)
		}
	}
}

// "dashboard of 100 rows <= 120 kB" (users-reliability-security.md, E.2), hence 40 kB for 25.
const maxPage = 40_000

// Every page is well made in each of its states, light, and shows as text what somebody
// wrote where a name was expected.
func TestEverySampleIsARightPage(t *testing.T) {
	for _, exhibit := range showcase(t) {
		for _, sample := range exhibit.Samples {
			t.Run(exhibit.Name+"/"+sample.Name, func(t *testing.T) {
				body, err := sample.Render()
				if err != nil {
					t.Fatal(err)
				}
				webtest.Check(t, body)
				if len(body) > maxPage {
					t.Errorf("the page weighs %d bytes", len(body))
				}
				for _, leftover := range []string{"<no value>", "{{", "%!", "alert(1)</script>"} {
					if bytes.Contains(body, []byte(leftover)) {
						t.Errorf("the page shows %q", leftover)
					}
				}
			})
		}
	}
}
