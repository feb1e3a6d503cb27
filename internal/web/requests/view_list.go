package requests

import (
	"slices"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/web"
)

// listPage lists the requests of a town.
type listPage struct {
	web.ProPage
	Rows   []requestRow
	reader account.Actor
	claims map[habilitation.RequestNumber]web.ClaimView // that wait
}

// requestRow is a request in the list.
type requestRow struct {
	URL, Number string
	Software    string // "" on the generic form
	Datapass    bool   // it was made there, and its page is not here
	State       stateView
	Since       web.Moment
	Holder      string // "" where nobody is known
	Oneself     bool   // the reader holds it
	Unread      int
	Claim       web.ClaimView
	TransferURL string
	Next        next
	ActURL      string // of what is to be done; "" where the page of the request says all
}

// stateView is a state as a badge shows it.
type stateView struct {
	Code     habilitation.State
	Severity string
}

func newStateView(state habilitation.State) stateView {
	return stateView{state, web.StateSeverity(state)}
}

// next is what is to be done with a request: the sentence "request.next.<next>".
type next string

// The next things to do.
const (
	nextComplete  next = "completer"             // a draft
	nextCorrect   next = "corriger"              // what the instructors ask for
	nextWait      next = "attendre"              // the instructors answer
	nextFinish    next = "terminer_modification" // or cancel it
	nextMend      next = "corriger_modification" // what the instructors ask of a modification
	nextDecision  next = "attendre_modification" // the instructors answer a modification
	nextNothing   next = "rien"                  // it is granted
	nextBeginAnew next = "recommencer"           // it came to nothing
	nextRestored  next = "faire_retablir"        // it is suspended
	nextRevoked   next = "recommencer_revoquee"  // it is revoked
	nextElsewhere next = "attendre_datapass"     // DataPass has it
	nextMendThere next = "corriger_datapass"     // the town corrects it at DataPass
)

// OfHolder tells that it is the holder's to do; templates call it.
func (n next) OfHolder() bool {
	return n == nextComplete || n == nextCorrect || n == nextFinish || n == nextMend
}

// nexts lists them all, for the test that each has its sentence.
var nexts = [...]next{
	nextComplete, nextCorrect, nextWait, nextFinish, nextMend, nextDecision, nextNothing, nextBeginAnew, nextRestored, nextRevoked, nextElsewhere,
	nextMendThere,
}

// nextOf tells what is to be done, from the state and from how far the exchange is.
func nextOf(state habilitation.State, phase request.Phase) next {
	modification := map[request.Phase]next{
		request.Writing: nextFinish, request.Returned: nextMend, request.Filed: nextDecision, request.Closed: nextNothing,
	}
	switch state {
	case habilitation.Draft:
		return nextComplete
	case habilitation.Submitted:
		return nextWait
	case habilitation.ChangesRequested:
		return nextCorrect
	case habilitation.Reopened:
		return modification[phase]
	case habilitation.Validated:
		return nextNothing
	case habilitation.Suspended:
		return nextRestored
	case habilitation.Revoked:
		return nextRevoked
	case habilitation.Refused, habilitation.Archived:
	}
	return nextBeginAnew
}

// nextElsewhereOf is nextOf for a request that DataPass has.
func nextElsewhereOf(state habilitation.State) next {
	switch state {
	case habilitation.Draft, habilitation.ChangesRequested:
		return nextMendThere
	case habilitation.Submitted, habilitation.Reopened:
		return nextElsewhere
	case habilitation.Validated, habilitation.Refused, habilitation.Suspended, habilitation.Revoked, habilitation.Archived:
	}
	return nextOf(state, request.Closed)
}

func newListPage(page web.ProPage, reader account.Actor, claims map[habilitation.RequestNumber]web.ClaimView) listPage {
	return listPage{ProPage: page, reader: reader, claims: claims}
}

func (p *listPage) row(r habilitation.Request) requestRow {
	return requestRow{
		URL: pathOf(r.Number), Number: r.Number.String(), State: newStateView(r.State), Since: web.MomentOf(r.StateAt),
		Holder: web.Typographic(r.Requester.Name()), Oneself: r.Holder == p.reader.AccountID, TransferURL: pathOf(r.Number) + transferPart,
		Claim: p.claims[r.Number],
	}
}

func (p *listPage) add(a request.Application, unread int) {
	row := p.row(a.Request)
	row.Software, row.Unread, row.Next = web.Typographic(a.Template.Software), unread, nextOf(a.Request.State, a.Phase)
	if row.Oneself && a.Allows(habilitation.Submit) {
		row.ActURL = pathOf(a.Request.Number) + summaryPart
		if a.Request.State == habilitation.Draft {
			row.ActURL = file{Application: a}.resumeURL()
		}
	}
	p.Rows = append(p.Rows, row)
}

// addElsewhere adds the requests that DataPass made and nobody modified here. Their page is
// that of the town; who holds one modifies it, and a colleague asks to hold it.
func (p *listPage) addElsewhere(known []habilitation.Request, written []request.Application) {
	for _, r := range known {
		if r.Source != habilitation.FromDatapass || slices.ContainsFunc(written, func(a request.Application) bool { return a.Request.Number == r.Number }) {
			continue
		}
		row := p.row(r)
		row.URL, row.Datapass, row.Software, row.Next = grantedPath, true, editorName(r.Current.Editor), nextElsewhereOf(r.State)
		switch {
		case !r.State.Allows(habilitation.Reopen):
		case row.Oneself:
			row.ActURL = actPath(r.Number, habilitation.Reopen)
		case row.Claim.Claimant == "": // it is not claimed yet
			row.ActURL = pathOf(r.Number) + transferPart
		}
		p.Rows = append(p.Rows, row)
	}
}

// editorName is the name of an editor, or its SIRET where nobody told it; "" for none.
func editorName(e habilitation.Editor) string {
	if e.Name == "" && !e.IsZero() {
		return e.Siret.Display()
	}
	return web.Typographic(e.Name)
}

func newUnderWayView(by account.Actor, a request.Application) underWayView {
	view := underWayView{
		Number: a.Request.Number.String(), Software: web.Typographic(a.Template.Software), State: newStateView(a.Request.State), URL: pathOf(a.Request.Number),
	}
	if a.Request.Holder != by.AccountID {
		view.Holder = web.Typographic(a.Request.Requester.Name())
	}
	return view
}
