package helpdesk

import (
	"slices"
	"strings"
	"time"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/dossier"
	"portail-qf/internal/domain/renewal"
	"portail-qf/internal/web"
	"portail-qf/internal/web/form"
)

// The samples are invented. They show each page in each of its states, in error, and with
// the longest texts and the most hostile.

const sampleReference = "K7RM42XPQ9TBH"

func sampleNow() time.Time { return time.Date(2026, 11, 24, 9, 30, 0, 0, time.UTC) }

// framed frames a page as the support sees it.
func framed(page web.ProPage, path string) web.ProPage {
	page.Path, page.Space = path, account.SpaceSupport
	page.Person, page.Organisation = "Dominique Talbot", "Direction interministérielle du numérique"
	page.Navigation = web.MarkCurrent([]web.NavLink{{Code: "accueil", URL: homePath}}, path)
	return page
}

func homeSamples(page web.ProPage) []web.Sample[homePage] {
	page = framed(page, homePath)
	return []web.Sample[homePage]{
		{Name: "page", Content: newHomePage(page, renewal.Late{})},
		{Name: "en-retard", Content: newHomePage(page, renewal.Late{Cut: 1_204, Undecided: 1})},
	}
}

func searchSamples(page web.ProPage) []web.Sample[searchPage] {
	page = framed(page, dossiersPath)
	empty, typed := form.Field{Name: paramReference}, form.Field{Name: paramReference, Value: `K7RM-42XP <b>"`}
	return []web.Sample[searchPage]{
		{Name: "page", Content: newSearchPage(page, empty)},
		{Name: "vide", Content: newSearchPage(page, empty.Refused("dossier.reference_required"))},
		{Name: "refuse", Content: newSearchPage(page, typed.Refused("reference.invalid"))},
	}
}

func unknownSamples(page web.ProPage) []web.Sample[searchPage] {
	page = framed(page, dossiersPath+"/"+sampleReference)
	return []web.Sample[searchPage]{{Name: "page", Content: newSearchPage(page, form.Field{Name: paramReference})}}
}

// sampleTrace is a dossier of a town that declared everything, recorded some time ago.
func sampleTrace(state dossier.State, age time.Duration) dossier.Trace {
	recorded := sampleNow().Add(-age)
	return dossier.Trace{
		Status: dossier.Status{
			Reference: sampleReference, State: state, RecordedAt: recorded, StateAt: recorded.Add(time.Minute), TransmittedAt: recorded.Add(time.Minute),
			Collectivity: directory.Collectivity{
				Siret: "21040107100019", Name: "Majastres", Departement: "04", Form: directory.FormOpen,
				Contact: directory.Contact{
					Label: "Service enfance", Mail: "enfance@majastres.example.fr", Phone: "04 00 00 00 00", URL: "https://majastres.example.fr/contact",
				},
			},
		},
		Editor: "Logiciels d'Exemple", FolderID: "8f9c2a4e-0e0b-4b57-9a77-3f5d9a1c2b3d",
		Lines: []dossier.TraceLine{{At: recorded, Kind: dossier.TraceRecorded}},
	}
}

// everyLine has one line of each kind, and one for each thing that HubEE says.
func everyLine() []dossier.TraceLine {
	at := sampleNow().Add(-72 * time.Hour)
	var lines []dossier.TraceLine
	for _, kind := range dossier.TraceKinds {
		if kind != dossier.TraceStatus {
			lines = append(lines, dossier.TraceLine{At: at, Kind: kind})
		}
	}
	for _, status := range slices.Concat(hubStatuses, []string{"ARCHIVED", `<b>"?"`}) {
		lines = append(lines, dossier.TraceLine{At: at, Kind: dossier.TraceStatus, Status: status})
	}
	return lines
}

func dossierSamples(page web.ProPage) []web.Sample[dossierPage] {
	page = framed(page, dossiersPath+"/"+sampleReference)
	var samples []web.Sample[dossierPage]
	show := func(name string, trace dossier.Trace) {
		samples = append(samples, web.Sample[dossierPage]{Name: name, Content: newDossierPage(page, trace, sampleNow())})
	}
	for _, state := range dossier.States {
		show(string(state), sampleTrace(state, 20*time.Hour))
	}
	show("pas-encore-releve", sampleTrace(dossier.Transmitted, 72*time.Hour))

	for _, form := range []directory.FormState{directory.FormSoon, directory.FormClosed} {
		held := sampleTrace(dossier.Recorded, 26*time.Hour)
		held.Collectivity.Form = form
		show("en-attente-"+string(form), held)
	}

	bare := sampleTrace(dossier.Recorded, time.Minute)
	bare.Editor, bare.FolderID, bare.Collectivity.Contact = "", "", directory.Contact{}
	show("sans-editeur-ni-contact", bare)

	every := sampleTrace(dossier.InProgress, 72*time.Hour)
	every.Lines, every.IntegrationErrorAt = everyLine(), sampleNow().Add(-time.Hour)
	show("toutes-les-etapes", every)

	long := sampleTrace(dossier.Refused, 72*time.Hour)
	long.Editor, long.Collectivity.Name = strings.Repeat("DUBOIS", 40), `<b>"L'ESSAI"</b> `+strings.Repeat("SAINVILLE", 20)
	long.Collectivity.Contact = directory.Contact{Label: strings.Repeat("enfance", 30), Mail: strings.Repeat("enfance", 30) + "@exemple.fr", URL: "javascript:alert(1)"}
	show("nom-long", long)
	return samples
}
