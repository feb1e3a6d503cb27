package instruction

import (
	"fmt"
	"strings"
	"time"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/editor"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/web"
)

var mayAll = reader{ID: sampleReader, Now: noon, Approve: true, Changes: true, Refuse: true}

func (v Views) oneSamples(page web.ProPage) []web.Sample[onePage] {
	var samples []web.Sample[onePage]
	show := func(name string, f file) {
		f.Application = asDeposited(f.Application)
		samples = append(samples, web.Sample[onePage]{Name: name, Content: v.newOnePage(at(page, pathOf(f.Request.Number)), f, mayAll)})
	}
	show("premiere-demande", sampleFile())
	show("redeposee", sampleRedeposit())
	show("modification", sampleModification())
	show("formulaire-general", sampleGeneric())
	show("second-logiciel", sampleSecond(request.ReceptionReplace, "Ateliers Brume"))
	show("second-logiciel-garde", sampleSecond(request.ReceptionKeep, ""))
	show("second-logiciel-sans-reponse", sampleSecond("", "Ateliers Brume"))
	show("noms-longs", sampleLong())
	show("brouillon", sampleDraft(habilitation.Draft, request.Writing))
	show("brouillon-retire", sampleDraft(habilitation.Archived, request.Closed))
	for _, state := range habilitation.States {
		f := sampleFile()
		f.Request.State, f.Phase, f.Next, f.History = state, request.Closed, 0, nil
		show("etat-"+string(state), f)
	}
	writing := sampleModification()
	writing.Phase, writing.Sent, writing.FiledAt, writing.FirstFiledAt = request.Writing, nil, time.Time{}, time.Time{}
	show("modification-en-ecriture", writing)
	for _, days := range [...]int{40, 5, -3} {
		renewed := sampleModification()
		renewed.Renewal = request.Renewal{TokenID: "5f0c1a52-9a3e-4b7c-8d11-0242ac120002", Expiry: value.MonthsLater(noon.AddDate(0, 0, days), 0), SamePurpose: days > 5, RightContacts: days == 5}
		show(fmt.Sprintf("prolongation-%d", days), renewed)
	}
	returnedRenewal := sampleModification()
	returnedRenewal.Phase, returnedRenewal.Renewal = request.Returned, request.Renewal{TokenID: "5f0c1a52-9a3e-4b7c-8d11-0242ac120002", Expiry: value.MonthsLater(noon, 0)}
	show("prolongation-a-corriger", returnedRenewal)
	claimed := sampleFile()
	claimed.Claim, claimed.Assignee = sampleClaim(80*time.Hour), request.Person{ID: 9, Name: "Hugo Marchal"}
	show("reprise", claimed)
	granted := claimed
	granted.Request.State, granted.Phase, granted.Lapsing = habilitation.Validated, request.Closed, sampleLapsing(-9)
	show("reprise-jeton-coupe", granted)
	claimed.Claim, claimed.Request.Requester = sampleClaim(time.Hour), habilitation.Contact{}
	show("reprise-trop-tot", claimed)
	late := sampleFile()
	late.FiledAt, late.FirstFiledAt, late.Assignee = noon.AddDate(0, -2, -1), noon.AddDate(0, -2, -1), request.Person{ID: sampleReader, Name: "Camille Ferrand"}
	show("en-retard", late)
	for _, told := range [...]habilitation.Act{habilitation.Approve, habilitation.Refuse} {
		decided := sampleRedeposit()
		decided.Phase, decided.Request.State = request.Closed, sampleDecided[told]
		decided.Asked = request.Asked{Act: told, Reason: sampleReason + "\n" + hostile, By: "Hugo Marchal", At: noon.AddDate(0, 0, -1)}
		decided.Request.StateAt = decided.Asked.At
		show("ecrit-"+string(told), decided)
	}
	confirmed := sampleGeneric()
	confirmed.Phase, confirmed.Request.State, confirmed.Next = request.Closed, habilitation.Validated, 0
	confirmed.Request.Current = habilitation.Habilitation{Number: 10_000_042, Editor: habilitation.Editor{Siret: "90511200900014", Name: "Logiciels Tilleul"}}
	show("editeur-confirme", confirmed)
	returned := sampleModification()
	returned.Phase = request.Returned
	show("modification-a-corriger", returned)
	for _, assignee := range [...]request.Person{{}, {ID: sampleReader, Name: "Camille Ferrand"}, {ID: 9, Name: endless}} {
		meanwhile := sampleFile()
		meanwhile.Assignee = assignee
		taken := v.newOnePage(at(page, pathOf(sampleNumber)), meanwhile, mayAll)
		taken.Assignment.Meanwhile = "request.assigned_meanwhile"
		samples = append(samples, web.Sample[onePage]{Name: fmt.Sprintf("attribuee-entre-temps-%d", assignee.ID), Content: taken})
	}
	unchosen := v.newOnePage(at(page, pathOf(sampleNumber)), sampleFile(), mayAll).withoutInstructor()
	done := v.newOnePage(at(page, pathOf(sampleNumber)), sampleFile(), reader{ID: sampleReader, Now: noon})
	done.Flash = "done.demande-approve"
	return append(samples, web.Sample[onePage]{Name: "sans-choix", Content: unchosen}, web.Sample[onePage]{Name: "faite", Content: done})
}

// sampleDecided is where a decision leads a request.
var sampleDecided = map[habilitation.Act]habilitation.State{habilitation.Approve: habilitation.Validated, habilitation.Refuse: habilitation.Refused}

// sampleRedeposit answers changes that were asked for.
func sampleRedeposit() file {
	f := sampleFile()
	earlier := *f.Sent
	earlier.Document, earlier.Recipients, earlier.DPD.Mail = 6, "Les agents", "zoe.lambert@majastres.example.fr"
	f.Earlier, f.FirstFiledAt, f.Thread = &earlier, noon.AddDate(0, 0, -20), sampleThread()
	f.Documents = append(f.Documents, request.Document{ID: 6, Request: sampleNumber, Name: "budget.pdf", Size: 340_000, Pages: 1, State: request.Clean})
	f.Asked = request.Asked{
		Act: habilitation.RequestChanges, Reason: "La délibération ne parle pas du quotient familial.\n\nJoignez celle qui fixe vos tarifs.", By: "Hugo Marchal", At: noon.AddDate(0, 0, -12),
		Comments: []request.Comment{{Field: request.FieldDocument, Text: "C'est celle du budget."}, {Field: "destinataires", Text: "Quels agents ?\nDe quel service ?"}},
	}
	return f
}

func sampleModification() file {
	f := sampleFile()
	granted := *f.Sent
	granted.Controller, granted.Scopes = habilitation.Contact{GivenName: "Marie", FamilyName: "Tessier", Mail: "maire@majastres.example.fr", Job: "Maire"}, granted.Scopes[:1]
	f.Request.State, f.Granted, f.Request.Current = habilitation.Reopened, &granted, habilitation.Habilitation{Number: 10_000_042}
	f.Facts.MailOfTown, f.Facts.Others = 1, []habilitation.Request{
		{Number: 10_000_003, Source: habilitation.FromPortal, Siret: sampleSiret, State: habilitation.Refused, StateAt: noon.AddDate(-1, 0, 0)},
		{Number: 48_231, Source: habilitation.FromDatapass, Siret: sampleSiret, State: habilitation.Validated, StateAt: noon.AddDate(-2, 0, 0),
			Current: habilitation.Habilitation{Number: 10_000_001, Editor: habilitation.Editor{Siret: "91033700500011", Name: "Ateliers Brume"}}},
	}
	f.Facts.Suspended = map[habilitation.RequestNumber]time.Time{48_231: noon.AddDate(0, -1, 0), f.Request.Number: noon.AddDate(0, -2, 0)}
	f.Subscription = credential.Watched{Subscription: credential.Subscription{Siret: sampleSiret, State: credential.Active, Want: credential.WantActive}}
	return f
}

// sampleGeneric is of the form that is nobody's, where the town answers everything.
func sampleGeneric() file {
	f := sampleFile()
	f.Template = editor.Template{UID: "formulaire-qf", Version: 1, TemplateContent: editor.TemplateContent{
		Name: "Habilitation au quotient familial", Scopes: editor.TemplateScopes{Displayed: editor.Scopes[:]}, Form: true,
	}}
	answers := *f.Sent
	answers.Document, answers.DeliberationURL = 0, "https://www.majastres.example.fr/conseil/2025-12"
	answers.BusinessElsewhere, answers.Business = true, answers.DPD
	answers.Technical = habilitation.Contact{GivenName: "Paul", FamilyName: "Rey", Mail: "integration@tilleul.example.fr", Phone: "0400000001"}
	f.Sent = &answers
	f.Facts = request.Facts{
		MailDomain: "orange.fr", MailPersonal: true, MailShared: true, MailOfOthers: 81, DPDSameDomain: true, DPDElsewhere: 1,
		Editor: request.Proposed{Siret: "90511200900014", Name: "Logiciels Tilleul"},
	}
	return f
}

// sampleGenericModification modifies, on that form, what was granted for another editor than the
// one whose address it now has.
func sampleGenericModification() file {
	f := sampleGeneric()
	f.Request.State, f.Granted = habilitation.Reopened, f.Sent
	f.Request.Current = habilitation.Habilitation{Number: 10_000_042, Editor: habilitation.Editor{Siret: "91033700500011", Name: "Ateliers Brume"}}
	return f
}

// sampleSecond is a request of a town whose dossiers another software receives.
func sampleSecond(reception request.Reception, present string) file {
	f := sampleFile()
	answers := *f.Sent
	answers.Reception = reception
	f.Sent, f.Elsewhere = &answers, request.Receiver{Request: 48_231, Active: true, Editor: editor.Editor{Name: present}}
	return f
}

func sampleDraft(state habilitation.State, phase request.Phase) file {
	f := sampleFile()
	f.Request.State, f.Phase, f.Sent, f.FiledAt, f.FirstFiledAt = state, phase, nil, time.Time{}, time.Time{}
	return f
}

func sampleLong() file {
	f := sampleRedeposit()
	answers := *f.Sent
	answers.Title, answers.Description, answers.Recipients = hostile+endless, strings.Repeat(hostile+endless+"\n", 6), endless
	answers.DPD = habilitation.Contact{GivenName: hostile, FamilyName: endless, Mail: endless[:60] + "@exemple.fr", Phone: endless[:40], Job: hostile + endless}
	answers.Users = request.UsersContact{Label: hostile + endless, URL: "javascript:alert(1)"}
	answers.DeliberationURL = "https://exemple.fr/" + strings.ToLower(endless)
	f.Sent = &answers
	f.Request.Organisation, f.Request.Requester.Mail, f.Template.Software, f.Template.Editor.Name = hostile+endless, endless+"@exemple.fr", endless, endless
	f.Assignee.Name, f.Assignee.ID, f.Documents[0].Name, f.Documents[0].State = endless, 9, hostile+endless+".pdf", request.Infected
	f.Facts.Document, f.Facts.MailDomain, f.Facts.Register.Name, f.Facts.Register.LegalCategory = f.Documents[0], endless+".fr", hostile+endless, "9999"
	f.Facts.Register.Closed, f.Facts.Register.ClosedOn = true, noon.AddDate(-1, 0, 0)
	f.Facts.MailOfTown, f.Facts.MailOfOthers = 4, 1
	f.Asked.Reason, f.Asked.By, f.Asked.Comments[0].Text = strings.Repeat(hostile+endless+"\n", 2), endless, hostile+endless
	f.Thread[3].Text, f.Thread[3].Author.Name, f.History[0].Detail = hostile+endless, endless, hostile+endless
	f.Claim = sampleClaim(80 * time.Hour)
	f.Claim.Claimant.Contact.FamilyName = endless
	return f
}
