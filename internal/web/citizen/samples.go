package citizen

import (
	"fmt"
	"strings"
	"time"

	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/dossier"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/web"
	"portail-qf/internal/web/form"
)

// The samples are invented, or come from the public sandbox of FranceConnect. They show
// each page in its ordinary state, empty, in error, and with the longest texts.

// sampleTown has everything that a town may declare.
func sampleTown() directory.Collectivity {
	return directory.Collectivity{
		Siret: "21040107100019", Name: "Majastres", COG: "04107", Departement: "04", Postcode: "04270",
		Form: directory.FormOpen,
		Contact: directory.Contact{
			Label: "Service enfance", Mail: "enfance@majastres.example.fr",
			Phone: "04 00 00 00 00", URL: "https://majastres.example.fr/contact",
		},
	}
}

// bareTown declared nothing, and has a long name.
func bareTown() directory.Collectivity {
	return directory.Collectivity{
		Siret: "21280363900013", Departement: "28", Form: directory.FormOpen,
		Name: "Communauté d'agglomération du Val-de-la-Grande-Rivière et des Plateaux-de-Sainville",
	}
}

func sampleReturn() directory.Return {
	return directory.Return{URL: "https://portail.example.fr/retour?famille=12", Host: "portail.example.fr"}
}

func sampleVisit() Visit { return NewVisit(sampleTown(), "bGllbi1zY2VsbGU", sampleReturn()) }

func bareVisit() Visit { return NewVisit(bareTown(), "", directory.Return{}) }

// at places the page at its address, so that the navigation marks it.
func at(page web.Page, path string) web.Page {
	page.Path = path
	return page
}

func homeSamples(page web.Page) []web.Sample[homePage] {
	return []web.Sample[homePage]{{Name: "page", Content: newHomePage(at(page, "/"))}}
}

func townUnknownSamples(page web.Page) []web.Sample[townUnknownPage] {
	return []web.Sample[townUnknownPage]{{Name: "page", Content: newTownUnknownPage(page)}}
}

func searchSamples(page web.Page) []web.Sample[searchPage] {
	page = at(page, "/collectivites")
	departements := []directory.DepartementCount{
		{Code: "04", Name: "Alpes-de-Haute-Provence", Open: 12},
		{Code: "28", Name: "Eure-et-Loir", Open: 1},
		{Code: "974", Name: "La Réunion", Open: 1234},
	}
	soon, closed := bareTown(), sampleTown()
	soon.Form, closed.Form = directory.FormSoon, directory.FormClosed
	found := []directory.Collectivity{sampleTown(), soon, closed}
	full := make([]directory.Collectivity, searchPageSize)
	for i := range full {
		full[i] = sampleTown()
		full[i].Name = fmt.Sprintf("Saint-Exemple-les-Bains-sur-Rivière %d", i+1)
	}
	asked := func(text string) form.Field { return form.Field{Name: "q", Value: text} }
	return []web.Sample[searchPage]{
		{Name: "departements", Content: newBrowsePage(page, asked(""), departements)},
		{Name: "vide", Content: newBrowsePage(page, asked(""), nil)},
		{Name: "trop-court", Content: newBrowsePage(page, asked("a").Refused("search.too_short"), departements)},
		{Name: "resultats", Content: newResultsPage(page, asked("maj"), found, len(found))},
		{Name: "un-resultat", Content: newResultsPage(page, asked("Majastres"), found[:1], 1)},
		{Name: "trop-de-resultats", Content: newResultsPage(page, asked("saint"), full, 3120)},
		{Name: "sans-resultat", Content: newResultsPage(page, asked("Nulle-Part <b>"), nil, 0)},
		{Name: "departement", Content: newDepartementPage(page, departements[0], full, 3, 330)},
	}
}

func formSamples(page web.Page) []web.Sample[formPage] {
	const address = "https://quotient-familial.example.fr/collectivites/21040107100019"
	open := formPage{Page: page, Visit: sampleVisit(), Address: address}
	down, ignored, expired, bare, soon, closed := open, open, open, open, open, open
	down.FranceConnectDown = true
	ignored.ExternalIDIgnored = true
	expired.LinkExpired = true
	bare.Visit = bareVisit()
	soon.Town.Soon = true
	closed.Visit, closed.Town.Closed = bareVisit(), true
	return []web.Sample[formPage]{
		{Name: "ouvert", Content: open},
		{Name: "franceconnect-en-panne", Content: down},
		{Name: "identifiant-externe-inutilisable", Content: ignored},
		{Name: "lien-expire", Content: expired},
		{Name: "nom-long-sans-contact", Content: bare},
		{Name: "bientot", Content: soon},
		{Name: "ferme", Content: closed},
	}
}

func alternativesSamples(page web.Page) []web.Sample[alternativesPage] {
	return []web.Sample[alternativesPage]{
		{Name: "page", Content: alternativesPage{Page: page, Visit: sampleVisit()}},
		{Name: "nom-long-sans-contact", Content: alternativesPage{Page: page, Visit: bareVisit()}},
	}
}

func reviewSamples(page web.Page) []web.Sample[reviewPage] {
	review := func(attempt dossier.Attempt) reviewPage {
		return newReviewPage(page, sampleVisit(), attempt, samplePlace, samplePlace)
	}
	usual, numerous, sparse, long := sampleAttempt(), sampleAttempt(), sampleAttempt(), sampleAttempt()
	numerous.Held.Quotient.Children = nil
	for i := range 40 {
		child := dossier.Person{BirthName: "DUBOIS", GivenNames: fmt.Sprintf("ENFANT NUMÉRO %d", i+1), Birthdate: "2015-05-01", Sex: "M"}
		numerous.Held.Quotient.Children = append(numerous.Held.Quotient.Children, child)
	}
	sparse.Held.Quotient = dossier.Quotient{}
	sparse.Held.Identity = dossier.PivotIdentity{FamilyName: "DUBOIS", GivenName: "Angela", Birthdate: "1962-00-00", Birthcountry: "99217"}
	name := strings.Repeat("VANDENBERGHE", 25)
	long.Held.Identity.FamilyName = name
	long.Held.Identity.GivenNames = []string{name}
	long.Held.Quotient.Holders = []dossier.Person{{BirthName: name, UsualName: "D'" + name, GivenNames: name}}
	externalID := strings.Repeat("0123456789ABCDE", 17)
	long.Held.Arrival.ExternalID = &externalID
	return []web.Sample[reviewPage]{
		{Name: "foyer", Content: review(usual)},
		{Name: "quarante-enfants", Content: review(numerous)},
		{Name: "presque-rien", Content: review(sparse)},
		{Name: "noms-de-300-caracteres", Content: review(long)},
	}
}

func samplePlace(code string) (string, bool) {
	return "Paris 7e Arrondissement", code == "75107"
}

func sampleAttempt() dossier.Attempt {
	quotient, externalID := 2550, "FAMILLE-12"
	return dossier.Attempt{
		ID: "018f3f0e-0000-7000-8000-000000000001",
		Held: dossier.Held{
			Arrival: dossier.Arrival{ExternalID: &externalID},
			Identity: dossier.PivotIdentity{
				FamilyName: "DUBOIS", GivenName: "Angela Claire Louise", GivenNames: []string{"Angela", "Claire", "Louise"},
				Gender: "female", Birthdate: "1962-08-24", Birthplace: "75107", Birthcountry: "99100",
			},
			Quotient: dossier.Quotient{
				Provider: "CNAF", Value: &quotient, Year: 2026, Month: 11, ComputedYear: 2026, ComputedMonth: 10,
				Holders: []dossier.Person{
					{BirthName: "DUBOIS", GivenNames: "ANGELA CLAIRE LOUISE", Birthdate: "1962-08-24", Sex: "F"},
					{BirthName: "MARTIN", UsualName: "DUBOIS", GivenNames: "PIERRE", Birthdate: "1960-00-00", Sex: "M"},
				},
				Children: []dossier.Person{{BirthName: "DUBOIS", GivenNames: "ALEXIS", Birthdate: "2016-04-20"}},
			},
		},
	}
}

// sampleNow is a Monday in November.
func sampleNow() time.Time { return time.Date(2026, time.November, 23, 9, 30, 0, 0, time.UTC) }

// sampleStatus is a dossier recorded some hours before sampleNow, in a state.
func sampleStatus(state dossier.State, age time.Duration) dossier.Status {
	recorded := sampleNow().Add(-age)
	status := dossier.Status{
		Reference: "K7RM42XPQ9TBH", State: state, Collectivity: sampleTown(),
		RecordedAt: recorded, StateAt: recorded.Add(2 * time.Hour),
	}
	switch state {
	case dossier.Recorded, dossier.Quarantined, dossier.Failed:
	default:
		status.TransmittedAt = recorded.Add(time.Minute)
	}
	switch state {
	case dossier.Received, dossier.InProgress, dossier.Processed, dossier.Refused:
		status.ReceivedAt = recorded.Add(time.Hour)
	}
	return status
}

// namedStatus is a status to show, with what is particular.
type namedStatus struct {
	name   string
	status dossier.Status
}

// sampleStatuses has each state, the two that time alone makes different, and those that a
// form which is not open any more does.
func sampleStatuses() []namedStatus {
	soon, closed, over := sampleStatus(dossier.Recorded, time.Minute), sampleStatus(dossier.Recorded, 72*time.Hour), sampleStatus(dossier.Failed, 20*time.Hour)
	soon.Collectivity.Form, closed.Collectivity.Form, over.Collectivity.Form = directory.FormSoon, directory.FormClosed, directory.FormClosed
	statuses := []namedStatus{
		{"en-attente-bientot", soon},
		{"en-attente-ferme", closed},
		{"echec-formulaire-ferme", over},
		{"enregistre-depuis-longtemps", sampleStatus(dossier.Recorded, 5*time.Hour)},
		{"pas-encore-releve", sampleStatus(dossier.Transmitted, 72*time.Hour)},
	}
	for _, state := range dossier.States {
		age := 20 * time.Hour
		if state == dossier.Recorded {
			age = time.Minute
		}
		statuses = append(statuses, namedStatus{string(state), sampleStatus(state, age)})
	}
	return statuses
}

func confirmationSamples(page web.Page) []web.Sample[confirmationPage] {
	var samples []web.Sample[confirmationPage]
	for _, named := range sampleStatuses() {
		content := newConfirmationPage(page, named.status, sampleReturn(), sampleNow())
		content.SignedIn = true
		content.FeedbackURL = "https://jedonnemonavis.example.fr/quotient-familial"
		samples = append(samples, web.Sample[confirmationPage]{Name: named.name, Content: content})
	}
	status := sampleStatus(dossier.Recorded, time.Minute)
	status.Collectivity = bareTown()
	bare := newConfirmationPage(page, status, directory.Return{}, sampleNow())
	return append(samples, web.Sample[confirmationPage]{Name: "nom-long-sans-contact", Content: bare})
}

func followUpSamples(page web.Page) []web.Sample[followUpPage] {
	page = at(page, "/suivi")
	typed := form.Field{Name: "identifiant", Value: "K7RM-42XP"}
	return []web.Sample[followUpPage]{
		{Name: "page", Content: newFollowUpPage(page, form.Field{Name: "identifiant"})},
		{Name: "refuse", Content: newFollowUpPage(page, typed.Refused("reference.invalid"))},
	}
}

func followUpUnknownSamples(page web.Page) []web.Sample[followUpPage] {
	typed := form.Field{Name: "identifiant", Value: value.Reference("K7RM42XPQ9TBH").Display()}
	return []web.Sample[followUpPage]{{Name: "page", Content: newFollowUpPage(page, typed)}}
}

func followUpStateSamples(page web.Page) []web.Sample[followUpStatePage] {
	var samples []web.Sample[followUpStatePage]
	for _, named := range sampleStatuses() {
		content := newFollowUpStatePage(page, named.status, sampleNow())
		samples = append(samples, web.Sample[followUpStatePage]{Name: named.name, Content: content})
	}
	return samples
}

func failureSamples(page web.Page) []web.Sample[failurePage] {
	return []web.Sample[failurePage]{
		{Name: "page", Content: failurePage{Page: page, Visit: sampleVisit()}},
		{Name: "encore-connecte", Content: failurePage{Page: page, Visit: sampleVisit(), SignedIn: true}},
		{Name: "nom-long-sans-contact", Content: failurePage{Page: page, Visit: bareVisit()}},
	}
}

func textSamples(page web.Page) []web.Sample[textPage] {
	return []web.Sample[textPage]{{Name: "page", Content: textPage{Page: at(page, "/aide")}}}
}

func operatorSamples(page web.Page) []web.Sample[operatorPage] {
	const contact = "api-particulier@api.gouv.fr"
	return []web.Sample[operatorPage]{
		{Name: "a-completer", Content: operatorPage{Page: page, ProfessionalContact: contact}},
		{Name: "complet", Content: operatorPage{Page: page, ProfessionalContact: contact, Operator: web.Operator{
			PublicationDirector: "Camille Exemple", HostName: "Hébergeur Exemple",
			HostAddress: "1, rue de l’Exemple, 75000 Paris", HostPhone: "01 00 00 00 00",
			DataProtection: "dpd@exemple.gouv.fr", AccessibilityContact: "accessibilite@exemple.gouv.fr",
		}}},
	}
}

func cookiesSamples(page web.Page) []web.Sample[cookiesPage] {
	return []web.Sample[cookiesPage]{{Name: "page", Content: newCookiesPage(page)}}
}
