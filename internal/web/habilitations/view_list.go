package habilitations

import (
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/web"
)

// listPage lists the requests.
type listPage struct {
	web.ProPage
	List web.List
	Rows []requestRow
}

// requestRow is a request in the list.
type requestRow struct {
	URL, Organisation, Siret, Number string
	State                            stateView
	Habilitation                     string // "H10000042"; "" before the first approval
	Over                             bool   // nothing will be granted of it
	Token, Form                      bool
	Editor                           string // "" without an editor
	Since                            web.Moment
}

// stateView is a state as a badge shows it.
type stateView struct {
	Code     habilitation.State
	Severity string
}

func newStateView(state habilitation.State) stateView {
	return stateView{state, web.StateSeverity(state)}
}

// over tells that nothing will be granted of a request any more.
func over(state habilitation.State) bool {
	return state == habilitation.Refused || state == habilitation.Archived
}

// suspensionView says who suspended a habilitation, when and why.
type suspensionView struct {
	At web.Moment // not known unless it is suspended
	By string     // "" where nobody is known
	// Reason is what was written to the requester, line by line; nothing where it was not kept.
	Reason []string
}

func newSuspensionView(r habilitation.Request) suspensionView {
	if r.State != habilitation.Suspended {
		return suspensionView{}
	}
	return suspensionView{At: web.MomentOf(r.StateAt), By: r.Suspension.Author, Reason: web.Lines(r.Suspension.Reason)}
}

func newListPage(page web.ProPage, root string, list web.List, found []habilitation.Request) listPage {
	p := listPage{ProPage: page, List: list}
	for _, r := range found {
		row := requestRow{
			URL: pathOf(root, r.Number), Organisation: nameOf(r), Siret: r.Siret.Display(), Number: r.Number.String(), State: newStateView(r.State), Over: over(r.State),
			Token: r.Current.Modalities.Token, Form: r.Current.Modalities.Form, Editor: web.Typographic(r.Current.Editor.Name), Since: web.MomentOf(r.StateAt),
		}
		if r.Current.Number != 0 {
			row.Habilitation = r.Current.Number.String()
		}
		p.Rows = append(p.Rows, row)
	}
	return p
}

// nameOf is the name of an organisation, or its SIRET where nobody told it.
func nameOf(r habilitation.Request) string {
	if r.Organisation == "" {
		return r.Siret.Display()
	}
	return web.Typographic(r.Organisation)
}
