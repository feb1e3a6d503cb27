package tokens

import (
	"bytes"
	"html/template"
	"strings"
	"testing"

	"github.com/jba/templatecheck"

	"portail-qf/internal/domain/credential"
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
				secret := strings.TrimPrefix(sampleText(credential.LivePrefix), string(credential.LivePrefix))[12:]
				if shows := bytes.Contains(body, []byte(secret[:8])); shows != (exhibit.Name == "tokens/secret") {
					t.Errorf("the page shows the text of a token: %v", shows)
				}
			})
		}
	}
}

// What these pages know as a code has its words.
func TestEveryCodeHasItsWords(t *testing.T) {
	parsed := webtest.Templates(t)
	codes := []string{"token.help.suspendu_habilitation", "token.help.suspendu_ancien", "token.help.suspendu_autre", "token.help.suspendu_a_recuperer", "token.help.remplacement_en_cours_seul", "token.help.remplacement_en_cours_logiciel", "token.side.programme", "token.help.a_recuperer_remplacement", "token.help.revoque_habilitation", "token.use.other", "scope.other", "held." + fieldReason, "held." + fieldOverlap}
	for _, state := range credential.TokenStates {
		codes = append(codes, "token.state."+string(state), "token.help."+string(state))
		if (web.TokenView{State: state}).Severity() == "" {
			t.Errorf("the badge of %q has no colour", state)
		}
	}
	for _, side := range []credential.Side{credential.SideEditor, credential.SideTown, credential.SideOperator} {
		codes = append(codes, sideOf(side))
	}
	for _, o := range overlaps {
		codes = append(codes, "token.overlap."+o.days, "token.overlap."+o.days+".hint", fieldOverlap+"."+o.days)
	}
	for _, done := range []string{"enregistre", "remplace", "remplace-editeur", "arrete", "retabli", "retabli-coupe", "retabli-ferme", "suspendu", "revoque"} {
		codes = append(codes, "done.jeton-"+done)
	}
	for _, code := range codes {
		if _, found := parsed.Sentence(code); !found {
			t.Errorf("no words for %q", code)
		}
	}
	if len(urgency) != len(credential.TokenStates) {
		t.Errorf("the list sorts %d states of %d", len(urgency), len(credential.TokenStates))
	}
}
