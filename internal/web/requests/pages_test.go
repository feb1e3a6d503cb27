package requests

import (
	"bytes"
	"html/template"
	"testing"

	"github.com/jba/templatecheck"

	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/editor"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/web"
	"portail-qf/internal/web/webtest"
)

// frame is what the samples are framed with.
func frame() web.ProPage {
	page := web.ProPage{Page: web.Page{Brand: true, RequestID: "01JCXN3Z8G5Q"}, SeveralSpaces: true}
	page.Contact = "api-particulier@api.gouv.fr"
	return page
}

// heaviest is how much a page may weigh, in bytes, with the longest texts: « next pages ≤ 20 kB
// transferred » (SETTLED.md, Web), compressed.
const heaviest = 40_000

// Every page is well made in each of its states, agrees with its struct, and shows as text
// what somebody wrote.
func TestEverySampleIsARightPage(t *testing.T) {
	views := webtest.Views(t, ParseViews)
	for _, exhibit := range views.Exhibits(frame()) {
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
	var codes []string
	for _, state := range habilitation.States {
		codes = append(codes, "habilitation.state."+string(state))
		if web.StateSeverity(state) == "" {
			t.Errorf("the badge of %q has no colour", state)
		}
	}
	for _, n := range nexts {
		codes = append(codes, "request.next."+string(n), "request.next."+string(n)+".more")
		if n.OfHolder() {
			codes = append(codes, "request.next."+string(n)+".theirs", "request.next."+string(n)+".act")
		}
	}
	for _, scope := range editor.Scopes {
		codes = append(codes, "scope."+scope, "scope."+scope+".use")
	}
	for _, block := range editor.Blocks {
		codes = append(codes, blockTitle(block))
	}
	for _, act := range told {
		granted := audit.Entry{Event: audit.Event{Act: audit.HabilitationApproved}}
		codes = append(codes, web.ActCodes([]audit.Entry{{Event: audit.Event{Act: act}}, granted, {Event: audit.Event{Act: act}}})...)
	}
	for _, a := range acts {
		codes = append(codes, "done."+doneOf[a.act])
	}
	for _, text := range request.Texts {
		codes = append(codes, web.FieldLabel(text.Field))
	}
	for _, done := range []string{"demande-enregistree", "demande-transferee", "reprise-demandee", "reprise-refusee", "reprise-annulee", "message-envoye", "messages-lus", "demande-changee", "fichier-a-choisir"} {
		codes = append(codes, "done."+done)
	}
	codes = append(codes, "terms."+request.TermsVersion)
	for _, code := range codes {
		if _, found := parsed.Sentence(code); !found {
			t.Errorf("no words for %q", code)
		}
	}
}

// « timeline … in words, without instructor's private things »: who instructs is not told.
func TestTheHistoryKeepsWhatIsTheInstructors(t *testing.T) {
	for _, view := range newEventViews(sampleHistory()) {
		if view.Act == "audit."+string(audit.RequestAssigned) || view.Act == "audit.request.sung" {
			t.Errorf("the town reads %q", view.Act)
		}
	}
	if shown := len(newEventViews(sampleHistory())); shown != 5 {
		t.Errorf("%d acts of 5 are told", shown)
	}
}
