package habilitations

import (
	"strings"

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
	Token, Form                      bool
	Editor                           string // "" without an editor
	Since                            web.Moment
}

// stateView is a state as a badge shows it.
type stateView struct {
	Code     habilitation.State
	Severity string
}

var severities = map[habilitation.State]string{
	habilitation.Draft: "info", habilitation.Submitted: "info", habilitation.ChangesRequested: "warning", habilitation.Validated: "success",
	habilitation.Refused: "error", habilitation.Reopened: "success", habilitation.Suspended: "warning", habilitation.Revoked: "error",
	habilitation.Archived: "info",
}

func newStateView(state habilitation.State) stateView { return stateView{state, severities[state]} }

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
	view := suspensionView{At: web.MomentOf(r.StateAt), By: r.Suspension.Author}
	for line := range strings.Lines(r.Suspension.Reason) {
		if line = strings.TrimSpace(line); line != "" {
			view.Reason = append(view.Reason, line)
		}
	}
	return view
}

func newListPage(page web.ProPage, root string, list web.List, found []habilitation.Request) listPage {
	p := listPage{ProPage: page, List: list}
	for _, r := range found {
		row := requestRow{
			URL: pathOf(root, r.Number), Organisation: nameOf(r), Siret: r.Siret.Display(), Number: r.Number.String(), State: newStateView(r.State),
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
