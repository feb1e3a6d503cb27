package administration

import (
	"fmt"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/web"
)

var sampleEditors = []account.Organisation{editor, longFirm}

// sampleTown declared everything that a town may.
func sampleTown() directory.Town {
	return directory.Town{
		Collectivity: directory.Collectivity{
			Siret: town.Siret, Name: town.Name, COG: "04107", Departement: "04", Postcode: "04270", Form: directory.FormOpen, EditorSiret: editor.Siret,
			Contact: directory.Contact{Label: "Service enfance", Mail: "enfance@majastres.example.fr", Phone: "04 00 00 00 00", URL: "https://majastres.example.fr/contact"},
		},
		EditorName: editor.Name,
	}
}

func sampleTowns(count int) []directory.Town {
	listed := make([]directory.Town, count)
	for i := range listed {
		listed[i] = sampleTown()
		listed[i].Name = fmt.Sprintf("Saint-Exemple-les-Bains %d", i+1)
		listed[i].Departement, listed[i].Form = [...]string{"04", "2A", "974"}[i%3], directory.FormStates[i%len(directory.FormStates)]
	}
	return listed
}

// longTown has names that break a page where nothing is done about it.
func longTown() directory.Town {
	long := sampleTown()
	long.Name, long.EditorName, long.Departement, long.Postcode = endlessFirm+hostile, endlessFirm, "99", ""
	long.Contact = directory.Contact{Label: endlessFirm, Mail: endlessMail, URL: "javascript:alert(1)"}
	return long
}

func townsSamples(page web.ProPage) []web.Sample[townsPage] {
	page = at(page, townsPath)
	show := func(query string, total int, listed []directory.Town) townsPage {
		return newTownsPage(page, asked(townListing(sampleEditors), query, total), listed)
	}
	bare := sampleTown()
	bare.EditorName, bare.EditorSiret, bare.Postcode = "", "", ""
	return []web.Sample[townsPage]{
		{Name: "pleine", Content: show("page=2&tri=-nom", 35_000, sampleTowns(25))},
		{Name: "noms-longs", Content: show("q=val&formulaire=ouvert&departement=04&editeur=90511200900014", 2, []directory.Town{longTown(), bare})},
		{Name: "vide", Content: show("", 0, nil)},
		{Name: "sans-resultat", Content: show("q=nulle+part", 0, nil)},
		{Name: "au-dela", Content: show("page=9999", 0, nil)},
	}
}

func townSamples(page web.ProPage) []web.Sample[townPage] {
	page = at(page, townsPath+"/"+town.Siret.String())
	show := func(t directory.Town, requests []habilitation.Request, state credential.State) townPage {
		p := newTownPage(page, t)
		p.ShowsRequests, p.ShowsSubscription, p.Requests = true, true, newTownRequests(requests)
		if state != "" {
			p.Subscription = newTownSubscription(credential.Watched{Subscription: credential.Subscription{Siret: town.Siret, State: state}})
		}
		return p
	}
	var every []habilitation.Request
	for i, state := range habilitation.States {
		request := habilitation.Request{Number: habilitation.RequestNumber(48231 + i), Siret: town.Siret, State: state, StateAt: noon}
		if i%2 == 1 {
			request.Current.Number = habilitation.Number(10_000_042 + i)
			request.Current.Editor = habilitation.Editor{Siret: editor.Siret, Name: [...]string{editor.Name, endlessFirm}[i/2%2]}
		}
		every = append(every, request)
	}
	bare := sampleTown()
	bare.Contact, bare.EditorSiret, bare.EditorName, bare.Postcode, bare.Form = directory.Contact{}, "", "", "", directory.FormClosed
	soon := sampleTown()
	soon.Form = directory.FormSoon
	return []web.Sample[townPage]{
		{Name: "pleine", Content: show(sampleTown(), every[3:4], credential.Active)},
		{Name: "bientot", Content: show(soon, every[3:4], credential.Awaiting)},
		{Name: "toutes-les-demandes", Content: show(sampleTown(), every, credential.Failed)},
		{Name: "sans-rien", Content: show(bare, nil, "")},
		{Name: "noms-longs", Content: show(longTown(), every[:2], credential.Suspended)},
		{Name: "role-limite", Content: newTownPage(page, sampleTown())},
	}
}
