package helpdesk

import (
	"net/url"
	"slices"
	"time"

	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/dossier"
	"portail-qf/internal/domain/renewal"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/web"
	"portail-qf/internal/web/form"
)

// searchPage asks for the identifier of a dossier.
type searchPage struct {
	web.ProPage
	Reference form.Field
}

// homePage asks for the identifier of a dossier, and tells what is late.
type homePage struct {
	searchPage
	Late renewal.Late
}

func newHomePage(page web.ProPage, late renewal.Late) homePage {
	return homePage{searchPage: newSearchPage(page, form.Field{Name: paramReference}), Late: late}
}

// newSearchPage shows what was typed again, with what is wrong.
func newSearchPage(page web.ProPage, reference form.Field) searchPage {
	page.Problems = form.Problems(reference)
	return searchPage{ProPage: page, Reference: reference}
}

// dossierPage tells the support where a dossier stands, what was done with it, and to whom a
// citizen's question goes.
type dossierPage struct {
	web.ProPage
	Reference          value.Reference
	State              dossier.State
	NotFetched         bool // the town leaves it at HubEE
	Held               bool // it waits for the form of the town to open again
	StateAt            web.Moment
	ErasedOn           web.Moment // the dossier is known until then
	IntegrationErrorAt web.Moment
	Town               string
	Siret              string
	Help               directory.Contact // what citizens are told
	HasContact         bool
	Editor             string // "" without editor
	FolderID           string // at HubEE
	Lines              []traceLine
}

// traceLine is one thing that was done.
type traceLine struct {
	At web.Moment
	// Code is its sentence in templates/messages, "" for a status of HubEE that we have no
	// words for: Status then says it in HubEE's.
	Code, Status string
}

func newDossierPage(page web.ProPage, trace dossier.Trace, now time.Time) dossierPage {
	town := trace.Collectivity
	p := dossierPage{
		ProPage: page, Reference: trace.Reference, State: trace.State, NotFetched: trace.NotFetched(now), Held: trace.Held(),
		StateAt: web.MomentOf(trace.StateAt), ErasedOn: web.MomentOf(trace.RecordedAt.Add(dossier.Retention)),
		IntegrationErrorAt: web.MomentOf(trace.IntegrationErrorAt),
		Town:               web.Typographic(town.DisplayName()), Siret: town.Siret.Display(), Help: town.Contact,
		Editor: web.Typographic(trace.Editor), FolderID: trace.FolderID,
	}
	if u, err := url.Parse(town.Contact.URL); err != nil || u.Host == "" {
		p.Help.URL = "" // not an address that a link can lead to
	}
	p.HasContact = p.Help.Mail != "" || p.Help.Phone != "" || p.Help.URL != ""
	for _, line := range trace.Lines {
		p.Lines = append(p.Lines, newTraceLine(line))
	}
	return p
}

// hubStatuses are the statuses of HubEE that have words here (hubee.md §6.1).
var hubStatuses = []string{
	"HUBEE_NOTIFIED", "SENT", "SI_RECEIVED", "SI_INTG_ERROR", "IN_PROGRESS", "ADD_AWAITING", "DONE", "REFUSED", "CLOSED",
}

func newTraceLine(line dossier.TraceLine) traceLine {
	code := "trace." + string(line.Kind)
	if line.Kind == dossier.TraceStatus {
		code += "." + line.Status
		if !slices.Contains(hubStatuses, line.Status) {
			code = ""
		}
	}
	return traceLine{At: web.MomentOf(line.At), Code: code, Status: line.Status}
}
