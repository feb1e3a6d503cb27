package renewals

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/renewal"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/web"
)

// The samples are invented. They show each page in its ordinary state, to each role, empty, and
// with the longest texts and the most hostile.

const hostile = "<script>alert(1)</script> & L'ESSAI"

var (
	endless = strings.Repeat("SAINVILLE", 28)
	noon    = time.Date(2026, time.March, 12, 11, 0, 0, 0, time.UTC)
	now     = moment{Now: noon, Prefix: credential.LivePrefix}

	administrator = reader{Space: account.SpaceAdministration, Root: account.SpaceAdministration.Path(), Contacts: true, Mails: true, Requests: true}
	supporting    = reader{Space: account.SpaceSupport, Root: account.SpaceSupport.Path()}
	ofEditor      = reader{Space: account.SpaceEditor, Root: account.SpaceEditor.Path(), Editor: "90511200900014"}

	sampleEditors = []account.Organisation{{Siret: "90511200900014", Name: "Logiciels Tilleul"}, {Siret: "91033700500011", Name: "Ateliers Brume"}}
)

// at frames a page as somebody of the operator's sees it.
func at(page web.ProPage, by reader, part string) web.ProPage {
	page.Path, page.Space = by.Root+part, by.Space
	page.Person, page.Organisation = "Camille Ferrand", "Direction interministérielle du numérique"
	switch by.Space {
	case account.SpaceSupport:
		page.Person = "Léa Fontaine"
	case account.SpaceEditor:
		page.Person, page.Organisation = "Sofia Renard", "Logiciels Tilleul"
	case account.SpaceAdministration, account.SpaceInstruction, account.SpaceTown:
	}
	page.Navigation = web.MarkCurrent([]web.NavLink{
		{Code: "accueil", URL: by.Root}, {Code: "jetons", URL: by.Root + "/jetons"}, {Code: "prolongations", URL: by.Root + rootPart},
	}, page.Path)
	return page
}

func read(l web.Listing, query string) web.Criteria {
	values, err := url.ParseQuery(query)
	if err != nil {
		panic(err) // a sample of ours
	}
	return l.Read(values)
}

// sampleRisk is a token that is cut, or will be, some days from noon.
func sampleRisk(days int) renewal.Risk {
	return renewal.Risk{
		TokenFile: credential.TokenFile{
			Token: credential.Token{
				ID: "5f0c1a52-9a3e-4b7c-8d11-0242ac120002", PublicID: "7Yk2pQe9RwLx", Request: 48231, Habilitation: 10_000_042, Siret: "21040107100019",
				Organisation: "COMMUNE DE MAJASTRES", Editor: "90511200900014", ExpiresAt: value.MonthsLater(noon.AddDate(0, 0, days), 0), LastUse: noon.Add(-26 * time.Hour),
			},
			Addressees: credential.Addressees{Requester: "anne.morel@majastres.example.fr", Technical: "integration@tilleul.example.fr", Editor: "Logiciels Tilleul"},
		},
		Departement: "04", Requester: habilitation.Contact{GivenName: "Anne", FamilyName: "Morel", Mail: "anne.morel@majastres.example.fr", Phone: "0400000000", Job: "Directrice générale des services"},
	}
}

func sampleRisks(days ...int) []renewal.Risk {
	listed := make([]renewal.Risk, len(days))
	for i, left := range days {
		risk := sampleRisk(left)
		risk.Organisation = fmt.Sprintf("COMMUNE DE SAINT-EXEMPLE-LES-BAINS %d", i+1)
		switch i % 5 {
		case 1:
			risk.RefusedMail, risk.RefusedAddress = 42, risk.Requester.Mail
		case 2:
			risk.Amendment = renewal.Amendment{ID: 1, BegunAt: noon, FiledAt: noon, Returned: i == 7}
		case 3:
			risk.Amendment, risk.LastUse = renewal.Amendment{ID: 1, BegunAt: noon}, time.Time{}
		case 4:
			risk.Elsewhere, risk.Editor, risk.Addressees.Editor = true, "", ""
		}
		if left < 0 {
			risk.CallsRefused, risk.TownPhone = noon, "0400000001"
		}
		listed[i] = risk
	}
	return listed
}

// longest are tokens of which each text is as long as it may be, or missing.
func longest() []renewal.Risk {
	long, bare, wrong := sampleRisk(-40), sampleRisk(0), sampleRisk(1)
	long.Organisation, long.Addressees.Editor, long.RefusedMail, long.RefusedAddress = endless, endless, 42, endless+"@example.fr"
	long.Requester = habilitation.Contact{GivenName: hostile, FamilyName: endless, Job: endless, Mail: endless + "@example.fr", Phone: strings.Repeat("0", 60)}
	long.CallsRefused = noon
	bare.Organisation, bare.Departement, bare.Requester, bare.Editor, bare.Addressees = "", "", habilitation.Contact{}, "", credential.Addressees{}
	bare.PublicID, bare.ExpiresAt = "", noon.Add(3*time.Hour)
	wrong.Organisation, wrong.Addressees.Editor = hostile, hostile
	return []renewal.Risk{long, bare, wrong}
}

var spread = []int{-400, -30, -3, -1, 0, 1, 2, 6, 7, 15, 29, 45, 60, 88, 90}

func risksSamples(page web.ProPage) []web.Sample[risksPage] {
	counts := renewal.RiskCounts{All: 2_612, InThirty: 412, InSeven: 31, Cut: 1_204}
	show := func(by reader, query string, total int, found []renewal.Risk, counts renewal.RiskCounts) risksPage {
		return newRisksPage(at(page, by, rootPart), read(risksListing(by.Root, sampleEditors), query), total, found, counts, by, now)
	}
	return []web.Sample[risksPage]{
		{Name: "pleine", Content: show(administrator, "page=2", 2_612, sampleRisks(spread...), counts)},
		{Name: "assistance", Content: show(supporting, "tri=-usage&etat=coupe", 1_204, sampleRisks(-1, -2, -3, -4, -5), counts)},
		{Name: "noms-longs", Content: show(administrator, "q=saint&etat=moins_de_7&editeur=90511200900014&departement=2A&tri=-nom", 3, longest(), counts)},
		{Name: "sans-resultat", Content: show(administrator, "q=nulle+part&etat=coupe", 0, nil, counts)},
		{Name: "au-dela", Content: show(administrator, "page=4000", 0, nil, counts)},
		{Name: "vide", Content: show(administrator, "", 0, nil, renewal.RiskCounts{})},
	}
}

func narrowedSample(page web.ProPage, by reader, part, query string, total int, found []renewal.Risk) listPage {
	l := listing(by.Root+part, sampleEditors, false, renewal.ByLastUse, renewal.ByExpiry, renewal.ByTown)
	return newListPage(at(page, by, part), part, read(l, query), total, found, by, now)
}

func callsSamples(page web.ProPage) []web.Sample[listPage] {
	cut := longest()
	cut[1].ExpiresAt, cut[2].ExpiresAt = noon.Add(-time.Hour), noon.AddDate(0, 0, -1)
	return []web.Sample[listPage]{
		{Name: "pleine", Content: narrowedSample(page, administrator, callsPart, "page=2", 61, sampleRisks(-1, -2, -3, -4, -5, -6, -7, -30, -31, -60, -90, -100, -200, -300, -400))},
		{Name: "assistance", Content: narrowedSample(page, supporting, callsPart, "", 5, sampleRisks(-1, -2, -3, -4, -5))},
		{Name: "noms-longs", Content: narrowedSample(page, administrator, callsPart, "departement=04&tri=nom", 3, cut)},
		{Name: "sans-resultat", Content: narrowedSample(page, administrator, callsPart, "departement=04", 0, nil)},
		{Name: "vide", Content: narrowedSample(page, administrator, callsPart, "", 0, nil)},
	}
}

func refusedSamples(page web.ProPage) []web.Sample[listPage] {
	found := sampleRisks(3, 8, 20, -4)
	for i := range found {
		found[i].RefusedMail, found[i].RefusedAddress = int64(40+i), found[i].Requester.Mail
	}
	return []web.Sample[listPage]{
		{Name: "page", Content: narrowedSample(page, administrator, refusedPart, "", 4, found)},
		{Name: "assistance", Content: narrowedSample(page, supporting, refusedPart, "", 4, found)},
		{Name: "noms-longs", Content: narrowedSample(page, administrator, refusedPart, "", 1, longest()[:1])},
		{Name: "vide", Content: narrowedSample(page, administrator, refusedPart, "", 0, nil)},
	}
}

// sampleDays are the days of eighteen months.
func sampleDays() []renewal.Day {
	var days []renewal.Day
	for i := range 550 {
		if i%3 == 1 {
			continue
		}
		stages := map[renewal.Stage]int{}
		for j, stage := range renewal.Stages {
			stages[stage] = (i * (j + 3)) % 17
		}
		stages[90] = 1 + i*i%1_900
		days = append(days, renewal.Day{Day: renewal.DayIn(noon, i), Stages: stages, Total: 1})
	}
	return days
}

func calendarSamples(page web.ProPage) []web.Sample[calendarPage] {
	june := time.Date(2026, time.June, 1, 0, 0, 0, 0, time.UTC)
	own := func(days []renewal.Day, month time.Time) calendarPage {
		return newCalendarPage(at(page, ofEditor, calendarPart), days, month, ofEditor)
	}
	show := func(days []renewal.Day, month time.Time) calendarPage {
		return newCalendarPage(at(page, administrator, calendarPart), days, month, administrator)
	}
	return []web.Sample[calendarPage]{
		{Name: "mois", Content: show(sampleDays(), time.Time{})},
		{Name: "jours", Content: show(sampleDays(), june)},
		{Name: "premier-mois", Content: show(sampleDays(), noon)},
		{Name: "mois-sans-rappel", Content: show(sampleDays(), time.Date(2031, time.June, 1, 0, 0, 0, 0, time.UTC))},
		{Name: "vide", Content: show(nil, time.Time{})},
		{Name: "editeur-mois", Content: own(sampleDays(), time.Time{})},
		{Name: "editeur-jours", Content: own(sampleDays(), june)},
		{Name: "editeur-vide", Content: own(nil, time.Time{})},
	}
}

func daySamples(page web.ProPage) []web.Sample[dayPage] {
	day := renewal.DayIn(noon, 9)
	show := func(query string, total int, found []renewal.Risk) dayPage {
		var planned []renewal.Planned
		for i, risk := range found {
			planned = append(planned, renewal.Planned{TokenFile: risk.TokenFile, Stage: renewal.Stages[i%len(renewal.Stages)]})
		}
		l := dayListing(administrator.Root, day)
		return newDayPage(at(page, administrator, calendarPart), day, read(l, query).List(total), planned, administrator, now)
	}
	full := sampleRisks(append(spread, 10, 20, 30, 40, 50, 60, 70, 80, 12, 13)...)
	return []web.Sample[dayPage]{
		{Name: "pleine", Content: show("page=2", 1_812, full)},
		{Name: "noms-longs", Content: show("", 3, longest())},
		{Name: "au-dela", Content: show("page=400", 0, nil)},
		{Name: "vide", Content: show("", 0, nil)},
	}
}

func funnelSamples(page web.ProPage) []web.Sample[funnelPage] {
	own := at(page, ofEditor, funnelPart)
	page = at(page, administrator, funnelPart)
	var months []renewal.FunnelMonth
	for i := range 11 {
		months = append(months, renewal.FunnelMonth{
			Month: value.DayBegins(2026, time.Month(5-i), 1), Tokens: 2_000 - i*90, Written: 6_000 - i*100, Sent: 5_900 - i*100, Opened: 1_400, Early: 900 - i*60, InTime: 300, Late: i * 12, Amended: 40 * (i % 2),
		})
	}
	months = append(months, renewal.FunnelMonth{Month: value.DayBegins(2025, time.June, 1), Tokens: 1})
	late := func(days int, name string) renewal.Undecided {
		return renewal.Undecided{
			Amendment: renewal.Amendment{ID: 1, Request: 10_000_017, Expiry: value.MonthsLater(noon.AddDate(0, 0, days), 0), FiledAt: noon.AddDate(0, 0, days-20)},
			Siret:     "21040107100019", Organisation: name, Until: value.MonthsLater(noon.AddDate(0, 0, days), 0),
		}
	}
	decided := late(-40, "COMMUNE DE MAJASTRES")
	decided.EndedAt, decided.Until = noon.AddDate(0, 0, -30), value.MonthsLater(noon.AddDate(0, 0, -30), 18)
	replaced := late(-90, "")
	replaced.Until = time.Time{}
	held := renewal.Held{Missed: []renewal.Undecided{late(-3, endless), decided, replaced}, Pressed: []renewal.Undecided{late(0, hostile), late(5, "COMMUNE DE MAJASTRES")}}
	many := renewal.Held{}
	for range undecidedShown + 12 {
		many.Missed = append(many.Missed, decided)
	}
	reading := administrator
	reading.Requests = false
	return []web.Sample[funnelPage]{
		{Name: "page", Content: newFunnelPage(page, months, renewal.Held{}, administrator, now)},
		{Name: "non-instruites", Content: newFunnelPage(page, months[:3], held, administrator, now)},
		{Name: "lecture", Content: newFunnelPage(page, nil, held, reading, now)},
		{Name: "beaucoup", Content: newFunnelPage(page, nil, many, administrator, now)},
		{Name: "vide", Content: newFunnelPage(page, nil, renewal.Held{}, administrator, now)},
		{Name: "editeur", Content: newFunnelPage(own, months, renewal.Held{}, ofEditor, now)},
		{Name: "editeur-vide", Content: newFunnelPage(own, nil, renewal.Held{}, ofEditor, now)},
	}
}
