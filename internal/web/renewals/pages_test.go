package renewals

import (
	"bytes"
	"html/template"
	"testing"

	"github.com/jba/templatecheck"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/renewal"
	"portail-qf/internal/web"
	"portail-qf/internal/web/webtest"
)

// heaviest is how much a page may weigh, in bytes, its files apart.
const heaviest = 40_000

// Every page is well made in each of its states, agrees with its struct, and shows as text what
// somebody wrote.
func TestEverySampleIsARightPage(t *testing.T) {
	views := webtest.Views(t, ParseViews)
	for _, exhibit := range views.Exhibits(web.ProPage{Page: web.Page{Brand: true, Contact: "api-particulier@api.gouv.fr"}, SeveralSpaces: true}) {
		err := exhibit.Verify(func(page *template.Template, content any) error { return templatecheck.CheckHTMLStrict(page, content) })
		if err != nil {
			t.Errorf("%s: %v", exhibit.Name, err)
		}
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

// What these pages know as a code has its words.
func TestEveryCodeHasItsWords(t *testing.T) {
	parsed := webtest.Templates(t)
	codes := []string{"renewal.no_day"}
	for _, stage := range renewal.Stages {
		codes = append(codes, stageCode(stage))
	}
	for _, danger := range renewal.Dangers {
		codes = append(codes, "renewal.danger."+string(danger), "renewal.count."+string(danger))
	}
	for _, space := range append(watching[:], account.SpaceEditor) {
		for _, tab := range web.RenewalTabs(space, "") {
			codes = append(codes, "renewal.tab."+tab.Code)
		}
	}
	for _, code := range codes {
		if _, found := parsed.Sentence(code); !found {
			t.Errorf("no words for %q", code)
		}
	}
}
