package request

import (
	"testing"
	"time"

	"portail-qf/internal/domain/editor"
	"portail-qf/internal/domain/habilitation"
)

// requester is who deposits every request of these tests.
var requester = habilitation.Contact{GivenName: "Lucie", FamilyName: "Marchand", Mail: "lucie.marchand@clairval.example.fr"}

// everythingAsked is a form that leaves every block to the town.
func everythingAsked() editor.Template {
	return editor.Template{UID: "formulaire-essai", Version: 1, TemplateContent: editor.TemplateContent{
		Name: "Demande", Token: true, Form: true,
		Scopes: editor.TemplateScopes{Displayed: editor.Scopes[:]},
	}}
}

// complete are answers in which nothing is to be mended.
func complete() Answers {
	return Answers{
		Title: "Tarifs de la cantine", Description: "Calcul des tarifs selon le quotient familial.", Token: true, Form: true,
		Scopes: []string{editor.ScopeQuotient}, LegalBasis: "Article L. 114-8 du code des relations entre le public et l’administration",
		DeliberationURL: "https://clairval.example.fr/deliberation.pdf", Recipients: "Le service enfance", Retention: "12", RequesterPhone: "04 66 00 00 01",
		DPD:        habilitation.Contact{GivenName: "Hélène", FamilyName: "Roy", Mail: "dpd@gard.example.fr", Phone: "04 66 00 00 02"},
		Controller: habilitation.Contact{GivenName: "Paul", FamilyName: "Vidal", Mail: "maire@clairval.example.fr", Job: "Maire"},
		Technical:  habilitation.Contact{GivenName: "Sofia", FamilyName: "Renard", Mail: "integration@tilleul.example.fr", Phone: "04 72 00 00 01"},
	}
}

// change makes other answers of the complete ones.
func change(how func(a *Answers)) Answers {
	a := complete()
	how(&a)
	return a
}

// found are the codes of faults, by field.
func found(faults []Fault) map[Field]string {
	codes := map[Field]string{}
	for _, f := range faults {
		codes[f.Field] = f.Code
	}
	return codes
}

// wrong checks every block of answers to a form that leaves all to the town.
func wrong(a Answers) map[Field]string {
	return found(Check(a, Situation{Template: everythingAsked(), Requester: requester}, editor.Blocks[:]...))
}

func instant(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}
