package instruction

import (
	"bytes"
	"html/template"
	"strings"
	"testing"

	"github.com/jba/templatecheck"

	"portail-qf/internal/web"
	"portail-qf/internal/web/webtest"
)

// heaviest is what a page may weigh, in bytes (« dashboard of 100 rows ≤ 120 kB », hence this
// for 25).
const heaviest = 40_000

// Every page is well made in each of its states, is light, and shows as text what somebody
// wrote, wherever it was written.
func TestEverySampleIsARightPage(t *testing.T) {
	views := webtest.Views(t, ParseViews)
	for _, exhibit := range views.Exhibits(web.ProPage{Page: web.Page{Brand: true, Contact: "api-particulier@api.gouv.fr"}, SeveralSpaces: true}) {
		for _, sample := range exhibit.Samples {
			t.Run(exhibit.Name+"/"+sample.Name, func(t *testing.T) {
				body, err := sample.Render()
				if err != nil {
					t.Fatal(err)
				}
				webtest.Check(t, body)
				if len(body) > heaviest {
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

func TestEveryTemplateAgreesWithItsStruct(t *testing.T) {
	views := webtest.Views(t, ParseViews)
	for _, exhibit := range views.Exhibits(web.ProPage{}) {
		err := exhibit.Verify(func(page *template.Template, content any) error { return templatecheck.CheckHTMLStrict(page, content) })
		if err != nil {
			t.Errorf("%s: %v", exhibit.Name, err)
		}
	}
}

// plain is a text on one line, with plain spaces.
func plain(text string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(text, "\u00a0", " ")), " ")
}
