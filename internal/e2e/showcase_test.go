package e2e

import (
	"bytes"
	"html/template"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/jba/templatecheck"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/web"
	"portail-qf/internal/web/accounts"
	"portail-qf/internal/web/administration"
	"portail-qf/internal/web/apidocs"
	"portail-qf/internal/web/citizen"
	"portail-qf/internal/web/collectivity"
	"portail-qf/internal/web/editorspace"
	"portail-qf/internal/web/guides"
	"portail-qf/internal/web/habilitations"
	"portail-qf/internal/web/helpdesk"
	"portail-qf/internal/web/instruction"
	"portail-qf/internal/web/operations"
	"portail-qf/internal/web/pattern"
	"portail-qf/internal/web/renewals"
	"portail-qf/internal/web/requests"
	"portail-qf/internal/web/tokens"
	"portail-qf/internal/web/webtest"
	"portail-qf/static"
	"portail-qf/templates"
)

// How much a page may weigh, in bytes, its files apart.
const (
	citizenPage = 20_000 // « next pages ≤ 20 kB » (SETTLED.md, web)
	docsPage    = 80_000 // tables, which weigh a tenth of that once compressed
	proPage     = 40_000 // « dashboard of 100 rows ≤ 120 kB » (users-reliability-security.md, E.2), hence this for 25
)

// room is the pages of one package, shown with their samples.
type room struct {
	heaviest int
	exhibits []web.Exhibit
	never    []string // what none of its pages shows
	always   string   // what each of them does
}

// showcase is every page of the portal (ARCHITECTURE.md §6), with the State's brand: the
// journeys show them without it. A space is added here.
func showcase(t testing.TB) []room {
	t.Helper()
	assets, err := static.NewAssets(static.Files())
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := web.ParseTemplates(templates.FS, assets.URL)
	if err != nil {
		t.Fatal(err)
	}
	frame := web.Page{Brand: true, RequestID: "01JCXN3Z8G5Q"}
	pro := web.ProPage{Page: frame, SeveralSpaces: true} // its samples know who reads them
	pro.Contact = "api-particulier@api.gouv.fr"
	staff := administratorPage(pro)
	errorPages, err := web.ParseErrorPages(parsed, frame)
	if err != nil {
		t.Fatal(err)
	}
	proErrors, err := web.ParseProErrorPage(parsed)
	if err != nil {
		t.Fatal(err)
	}
	const forWhom = "Direction interministérielle du numérique</span></p>"
	return []room{
		{heaviest: citizenPage, exhibits: hang(t, parsed, citizen.ParseViews, frame), never: []string{"API Particulier ne"}},
		{heaviest: citizenPage, exhibits: append(errorPages.Exhibits(), proErrors.Exhibit(staff))},
		{heaviest: proPage, exhibits: hang(t, parsed, pattern.ParseViews, frame)},
		{heaviest: citizenPage, exhibits: hang(t, parsed, accounts.ParseViews, staff)},
		{heaviest: proPage, exhibits: hang(t, parsed, administration.ParseViews, staff), always: forWhom},
		{heaviest: proPage, exhibits: hang(t, parsed, operations.ParseViews, staff), always: forWhom},
		{heaviest: proPage, exhibits: hang(t, parsed, habilitations.ParseViews, staff), always: forWhom},
		{heaviest: proPage, exhibits: hang(t, parsed, editorspace.ParseViews, pro)},
		{heaviest: proPage, exhibits: hang(t, parsed, guides.ParseViews, pro)},
		{heaviest: proPage, exhibits: hang(t, parsed, collectivity.ParseViews, pro)},
		{heaviest: proPage, exhibits: hang(t, parsed, requests.ParseViews, pro)},
		{heaviest: proPage, exhibits: hang(t, parsed, instruction.ParseViews, pro)},
		{heaviest: proPage, exhibits: hang(t, parsed, helpdesk.ParseViews, pro)},
		{heaviest: proPage, exhibits: hang(t, parsed, tokens.ParseViews, pro)},
		{heaviest: proPage, exhibits: hang(t, parsed, renewals.ParseViews, pro)},
		{heaviest: docsPage, exhibits: hang(t, parsed, apidocs.ParseViews, pro)},
	}
}

// hang parses the pages of a package and shows them in a frame.
func hang[F any, V interface{ Exhibits(F) []web.Exhibit }](t testing.TB, parsed *web.Templates, parse func(*web.Templates) (V, error), frame F) []web.Exhibit {
	t.Helper()
	views, err := parse(parsed)
	if err != nil {
		t.Fatal(err)
	}
	return views.Exhibits(frame)
}

// exhibits are all the pages, whatever their package.
func exhibits(t testing.TB) []web.Exhibit {
	t.Helper()
	var all []web.Exhibit
	for _, r := range showcase(t) {
		all = slices.Concat(all, r.exhibits)
	}
	return all
}

// administratorPage is what every page of an administrator shows.
func administratorPage(page web.ProPage) web.ProPage {
	page.Person, page.Organisation = "Camille Ferrand", "Direction interministérielle du numérique"
	page.Space = account.SpaceAdministration
	page.Navigation = []web.NavLink{{Code: "accueil", URL: "/administration"}}
	for _, code := range []string{"comptes", "invitations", "sessions", "organisations", "collectivites", "habilitations", "jetons", "hubee", "datapass", "envois", "mails", "catalogue", "taches", "journal"} {
		page.Navigation = append(page.Navigation, web.NavLink{Code: code, URL: "/administration/" + code})
	}
	return page
}

// « A test type-checks every view against its T in strict mode » (ARCHITECTURE.md §6).
func TestEveryTemplateAgreesWithItsStruct(t *testing.T) {
	for _, exhibit := range exhibits(t) {
		err := exhibit.Verify(func(page *template.Template, content any) error {
			return templatecheck.CheckHTMLStrict(page, content)
		})
		if err != nil {
			t.Errorf("%s: %v", exhibit.Name, err)
		}
	}
}

// « Both come from one registry, so a page without a sample fails » (ARCHITECTURE.md §6).
func TestEveryPageHasASample(t *testing.T) {
	shown := map[string]bool{}
	for _, exhibit := range exhibits(t) {
		if shown[exhibit.Name] {
			t.Errorf("%s is shown twice", exhibit.Name)
		}
		shown[exhibit.Name] = len(exhibit.Samples) > 0
	}
	files := 0
	err := fs.WalkDir(templates.FS, "pages", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.Name() == "partials":
			return fs.SkipDir
		case !entry.IsDir():
			files++
			if name := strings.TrimSuffix(strings.TrimPrefix(path, "pages/"), ".tmpl"); !shown[name] {
				t.Errorf("%s is shown by no sample", name)
			}
		}
		return nil
	})
	if err != nil || files != len(shown) {
		t.Errorf("%d files of pages, %d pages shown, %v", files, len(shown), err)
	}
}

// Every page is well made in each of its states, is light, and shows as text what somebody
// wrote where a name was expected.
func TestEverySampleIsARightPage(t *testing.T) {
	for _, r := range showcase(t) {
		for _, exhibit := range r.exhibits {
			for _, sample := range exhibit.Samples {
				t.Run(exhibit.Name+"/"+sample.Name, func(t *testing.T) {
					body, err := sample.Render()
					if err != nil {
						t.Fatal(err)
					}
					webtest.Check(t, body)
					r.judge(t, body)
				})
			}
		}
	}
}

// judge fails for what a page of the room may not be.
func (r room) judge(t testing.TB, body []byte) {
	t.Helper()
	if len(body) > r.heaviest {
		t.Errorf("the page weighs %d bytes, more than %d", len(body), r.heaviest)
	}
	if !bytes.Contains(body, []byte(r.always)) {
		t.Errorf("the page does not show %q", r.always)
	}
	for _, leftover := range append([]string{"<no value>", "{{", "%!", "alert(1)</script>"}, r.never...) {
		if bytes.Contains(body, []byte(leftover)) {
			t.Errorf("the page shows %q", leftover)
		}
	}
}
