package instruction

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/editor"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/web"
	"portail-qf/internal/web/form"
)

// noon is when the samples are looked at.
var noon = time.Date(2026, time.March, 2, 11, 0, 0, 0, time.UTC)

// hostile is what somebody might have written where a text is expected; endless is the longest
// name that is kept, without a place to break it.
const hostile = "<script>alert(1)</script>"

var endless = strings.Repeat("SAINVILLE", 22)

const (
	sampleNumber = habilitation.RequestNumber(10_000_017)
	sampleSiret  = value.Siret("21040107100019")
	sampleReader = 3
)

var sampleOffered = offered{
	Editors: []account.Organisation{{Siret: "90511200900014", Name: "Logiciels Tilleul"}, {Siret: "91033700500011", Name: "Ateliers Brume"}},
	Templates: []editor.Template{
		{UID: "formulaire-qf-tilleul", TemplateContent: editor.TemplateContent{Name: "Habilitation au quotient familial avec Tilleul Famille"}},
		{UID: "formulaire-qf", TemplateContent: editor.TemplateContent{Name: "Habilitation au quotient familial"}},
	},
	Instructors: []request.Person{{ID: sampleReader, Name: "Camille Ferrand"}, {ID: 9, Name: "Hugo Marchal"}, {ID: 12, Name: "Inès d'Aubrac"}},
}

// at is the frame of a page at an address.
func at(page web.ProPage, path string) web.ProPage {
	page.Path, page.Space = path, account.SpaceInstruction
	page.Person, page.Organisation = "Camille Ferrand", "Direction interministérielle du numérique"
	page.Navigation = web.MarkCurrent([]web.NavLink{
		{Code: "accueil", URL: homePath}, {Code: "demandes", URL: queuePath}, {Code: "habilitations", URL: habilitationsPath}, {Code: "modeles", URL: modelsPath},
	}, path)
	return page
}

func sampleTemplate() editor.Template {
	return editor.Template{
		UID: "formulaire-qf-tilleul", Version: 2, Editor: editor.Editor{Siret: "90511200900014", Name: "Logiciels Tilleul"}, PublishedAt: noon.AddDate(0, -3, 0),
		TemplateContent: editor.TemplateContent{
			Software: "Tilleul Famille", Name: "Habilitation au quotient familial avec Tilleul Famille",
			Blocks: map[editor.Block]editor.Exposure{editor.BlockModalities: editor.ReadOnly, editor.BlockScopes: editor.ReadOnly, editor.BlockLegal: editor.Hidden},
			Scopes: editor.TemplateScopes{Displayed: editor.Scopes[:], Ticked: editor.Scopes[:2]}, Token: true, Form: true,
			Technical: editor.TemplateContact{Locked: true, Organisation: true, Contact: editor.Contact{Mail: "integration@tilleul.example.fr", Phone: "0400000001"}},
			Prefilled: editor.Prefilled{
				Title: "Tarifs selon le quotient familial", Description: "Calculer les tarifs de la cantine et de l'accueil du matin.",
				LegalBasis: "Article L. 114-8 du code des relations entre le public et l'administration.", Recipients: "Les agents du service scolaire", Retention: "12",
			},
		},
	}
}

func sampleAnswers(t editor.Template) request.Answers {
	a := request.Begun(t)
	a.Description = "Calculer les tarifs de la cantine, du matin et des mercredis."
	a.Document, a.Recipients = 7, "Les agents du service scolaire et de la régie"
	a.RequesterPhone, a.RequesterJob = "0400000000", "Directrice générale des services"
	a.DPD = habilitation.Contact{GivenName: "Zoé", FamilyName: "Lambert", Mail: "dpd@pays-de-majastres.example.fr", Phone: "0400000002", Job: "Déléguée mutualisée"}
	a.Controller = habilitation.Contact{GivenName: "Jean", FamilyName: "Aubert", Mail: "maire@majastres.example.fr", Job: "Maire"}
	a.Users = request.UsersContact{Label: "Service enfance", Mail: "enfance@majastres.example.fr", Phone: "0400000003"}
	return a
}

// sampleFile is a request deposited three days ago, of which nothing else is to be said.
func sampleFile() file {
	template := sampleTemplate()
	answers := sampleAnswers(template)
	document := request.Document{ID: 7, Request: sampleNumber, Name: "deliberation-2025-12.pdf", Size: 1_240_000, Pages: 4, State: request.Clean, AddedAt: noon.AddDate(0, 0, -3)}
	f := file{
		Application: request.Application{
			Request: habilitation.Request{
				Number: sampleNumber, Source: habilitation.FromPortal, Siret: sampleSiret, Organisation: "COMMUNE DE MAJASTRES", FormUID: template.UID,
				State: habilitation.Submitted, StateAt: noon.AddDate(0, 0, -3), CreatedAt: noon.AddDate(0, 0, -5), Holder: 41, Revision: 2,
				Requester: habilitation.Contact{GivenName: "Anne", FamilyName: "Morel", Mail: "anne.morel@majastres.example.fr", Phone: "0400000000", Job: "Directrice générale des services"},
			},
			Template: template, Phase: request.Filed, Answers: answers, Sent: &answers, Edition: 9, EditedAt: noon.AddDate(0, 0, -3),
			FiledAt: noon.AddDate(0, 0, -3), FirstFiledAt: noon.AddDate(0, 0, -3), Documents: []request.Document{document},
		},
		Instructors: sampleOffered.Instructors,
		History:     sampleHistory(), Next: 10_000_018,
	}
	f.Facts = request.Facts{
		Known: true, Register: directory.Organisation{Siret: sampleSiret, ToldAt: noon.Add(-5 * time.Hour), Establishment: directory.Establishment{Name: "COMMUNE DE MAJASTRES", LegalCategory: "7210", COG: "04107"}},
		MailDomain: "majastres.example.fr", Document: document, DPDElsewhere: 12,
	}
	return f
}

func sampleHistory() []audit.Entry {
	told := []audit.Event{
		{Act: audit.RequestAssigned, Detail: "somebody", Author: audit.Author{Display: "Hugo Marchal"}},
		{Act: audit.RequestAssigned, Detail: "nobody", Author: audit.Author{Display: "Hugo Marchal"}},
		{Act: audit.RequestFiled, Detail: "3", Author: audit.Author{Display: "Anne Morel"}},
		{Act: audit.RequestReturned, Author: audit.Author{Display: "Hugo Marchal"}},
		{Act: audit.RequestFiled, Detail: "1", Author: audit.Author{Display: "Anne Morel"}},
		{Act: audit.RequestFiled, Detail: "0", Author: audit.Author{Display: "Anne Morel"}},
		{Act: audit.HabilitationApproved, Detail: "H10000042", Author: audit.Author{Display: "Hugo Marchal"}},
		{Act: "request.sung", Author: audit.Author{Display: "Anne Morel"}},
	}
	entries := make([]audit.Entry, len(told))
	for i, event := range told {
		event.At = noon.Add(-time.Duration(i+1) * 20 * time.Hour)
		entries[i].Event = event
	}
	return entries
}

func sampleThread() []request.Message {
	return []request.Message{
		{ID: 1, Side: request.SideTown, Author: request.Person{Name: "Anne Morel"}, Text: "Bonjour,\nfaut-il joindre la délibération de 2024 ?", At: noon.AddDate(0, 0, -3), Read: true},
		{ID: 2, Side: request.SideStaff, Author: request.Person{Name: "Hugo Marchal"}, Text: "Bonjour, celle de 2025 suffit.", At: noon.AddDate(0, 0, -2), Read: true},
		{ID: 3, Side: request.SideTown, Author: request.Person{Name: "Anne Morel"}, Text: hostile + "\nMerci !", At: noon.AddDate(0, 0, -1)},
		{ID: 4, Side: request.SideTown, Author: request.Person{Name: "Anne Morel"}, Text: "Je l'ai jointe.", At: noon.Add(-time.Hour)},
	}
}

// sampleLapsing is a token that expires so many days after the samples are looked at.
func sampleLapsing(days int) request.Lapsing {
	return request.Lapsing{TokenID: "5f0c1a52-9a3e-4b7c-8d11-0242ac120002", Expiry: value.MonthsLater(noon.AddDate(0, 0, days), 0)}
}

func sampleClaim(age time.Duration) request.Claim {
	return request.Claim{
		ID: 5, Request: sampleNumber, State: request.ClaimWaiting, At: noon.Add(-age), Claimant: request.Colleague{
			Person: request.Person{ID: 44}, Contact: habilitation.Contact{GivenName: "Inès", FamilyName: "Garnier", Mail: "ines.garnier@majastres.example.fr"},
		},
	}
}

func homeSamples(page web.ProPage) []web.Sample[homePage] {
	page = at(page, homePath)
	oldest := newQueueRow(sampleQueue(1)[0], sampleReader, noon)
	late := sampleQueue(1)[0]
	late.FiledAt, late.FirstFiledAt = noon.AddDate(0, -3, 0), noon.AddDate(0, -3, 0)
	return []web.Sample[homePage]{
		{Name: "page", Content: homePage{
			ProPage: page, Suspended: 3, Collectivities: directory.FormCounts{Open: 2550, Soon: 12, Closed: 1}, Oldest: oldest,
			Waiting: request.Counts{ToInstruct: 41, Mine: 6, Unassigned: 30, Modifications: 4, Renewals: 2, Unread: 7, RipeClaims: 2},
		}},
		{Name: "une-suspendue", Content: homePage{ProPage: page, Suspended: 1, Waiting: request.Counts{ToInstruct: 1, Unassigned: 1}, Oldest: oldest}},
		{Name: "en-retard", Content: homePage{ProPage: page, Waiting: request.Counts{ToInstruct: 1, Modifications: 1}, Oldest: newQueueRow(late, sampleReader, noon)}},
		{Name: "rien", Content: homePage{ProPage: page}},
	}
}

// sampleQueue is a queue of every sort of request.
func sampleQueue(count int) []request.Queued {
	phases := [...]request.Phase{request.Filed, request.Filed, request.Returned, request.Writing, request.Closed}
	states := [...]habilitation.State{habilitation.Reopened, habilitation.Submitted, habilitation.ChangesRequested, habilitation.Draft, habilitation.Refused}
	listed := make([]request.Queued, count)
	for i := range listed {
		filed := noon.AddDate(0, 0, -60+3*i)
		listed[i] = request.Queued{
			Number: sampleNumber + habilitation.RequestNumber(i), Siret: sampleSiret, Organisation: fmt.Sprintf("COMMUNE DE SAINT-EXEMPLE-LES-BAINS %d", i+1),
			Departement: "04", State: states[i%len(states)], Phase: phases[i%len(phases)], Software: "Tilleul Famille", Editor: "Logiciels Tilleul",
			FormUID: "formulaire-qf-tilleul", FiledAt: filed, FirstFiledAt: filed.AddDate(0, 0, -i%3), EditedAt: filed, Unread: i % 3, Claimed: i%7 == 1,
		}
		if i%4 > 0 {
			listed[i].Assignee = request.Person{ID: int64(i % 4), Name: "Hugo Marchal"}
		}
		if listed[i].Phase == request.Writing {
			listed[i].FiledAt, listed[i].FirstFiledAt, listed[i].Software, listed[i].Editor = time.Time{}, time.Time{}, "", ""
		}
	}
	return listed
}

func queueSamples(page web.ProPage) []web.Sample[queuePage] {
	show := func(query string, total int, found []request.Queued, kept ...request.Filter) queuePage {
		read, err := url.ParseQuery(query)
		if err != nil {
			panic(err) // a sample of ours
		}
		p := newQueuePage(at(page, queuePath), queueListing(sampleOffered).Read(read), total, kept)
		for _, q := range found {
			p.Rows = append(p.Rows, newQueueRow(q, sampleReader, noon))
		}
		return p
	}
	long := sampleQueue(3)
	long[0].Organisation, long[0].Software, long[0].Editor = hostile+endless, endless, hostile+endless
	long[1].Organisation, long[1].Departement, long[1].Assignee.Name = "", "", endless
	long[2].State, long[2].Phase = habilitation.Validated, "" // of DataPass
	late := sampleQueue(2)
	late[0].FiledAt, late[0].FirstFiledAt = noon.AddDate(0, -2, 0), noon.AddDate(0, -2, 0)
	late[1].Software, late[1].Unread = "", 1 // of the generic form, for an editor that was confirmed
	renewed := sampleQueue(1)
	for _, days := range [...]int{-3, -1, 0, 1, 5, 40} {
		line := renewed[0]
		line.Number += habilitation.RequestNumber(len(renewed))
		line.Renewal = request.Renewal{TokenID: "5f0c1a52-9a3e-4b7c-8d11-0242ac120002", Expiry: value.MonthsLater(noon.AddDate(0, 0, days), 0)}
		renewed = append(renewed, line)
	}
	refused := show("etape=a_modifier", 3, sampleQueue(3), request.Filter{ID: 1, Name: "À relancer", Query: "etape=a_modifier"})
	refused.Name = refused.Name.Refused("filter.name_required")
	refused.Problems = form.Problems(refused.Name)
	kept := []request.Filter{{ID: 1, Name: "Mon département", Query: "departement=04"}, {ID: 2, Name: hostile + "SAINVILLE-LES-BAINS", Query: "q=%3Cb%3E&etape=toutes"}}
	return []web.Sample[queuePage]{
		{Name: "pleine", Content: show("page=2", 10_412, sampleQueue(25), kept...)},
		{Name: "noms-longs", Content: show("q=saint&etape=toutes&editeur=90511200900014&formulaire=formulaire-qf&departement=2A&attribution=moi", 3, long, kept...)},
		{Name: "reprises", Content: show("etape=transfert", 3, long)},
		{Name: "prolongations", Content: show("etape=prolongation", 6, renewed[1:])},
		{Name: "vide", Content: show("", 0, nil)},
		{Name: "sans-resultat", Content: show("etape=redaction", 0, nil)},
		{Name: "en-retard", Content: show("attribution=9&etape=modification", 2, late)},
		{Name: "rien-a-instruire", Content: show("q=saint&departement=04", 0, nil)},
		{Name: "numero-inconnu", Content: show("q=D1", 0, nil)},
		{Name: "rien-nulle-part", Content: show("q="+url.QueryEscape(hostile)+"&etape=toutes", 0, nil)},
		{Name: "au-dela", Content: show("page=4000", 0, nil)},
		{Name: "filtre-refuse", Content: refused},
	}
}
