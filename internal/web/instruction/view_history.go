package instruction

import (
	"slices"
	"strconv"

	"portail-qf/internal/domain/audit"
	"portail-qf/internal/web"
)

// eventView is an act of the journal.
type eventView struct {
	At      web.Moment
	Act     string // code of its words
	Author  string
	Detail  string // a name, or the number of a habilitation
	First   bool   // the first deposit of a request, whose answers did not change: they were given
	Changes int    // of a deposit: answers given or changed; -1 for another act
	To      string // code of whom it was assigned to; "" for none
}

// newEventViews shows what was done of a request, newest first. What came before what is listed
// is not known.
func (v Views) newEventViews(history []audit.Entry) []eventView {
	views := make([]eventView, len(history))
	first, acts := len(history) < historyShown, web.ActCodes(history)
	for i, entry := range slices.Backward(history) {
		views[i] = v.newEventView(entry, acts[i])
		switch entry.Act {
		case audit.RequestFiled:
			views[i].First, first = first, false
		case audit.HabilitationApproved, audit.HabilitationAdopted, audit.RequestReopened:
			first = false // what comes now is about a modification
		}
	}
	return views
}

// newEventView shows an act; act is the code of its words.
func (v Views) newEventView(entry audit.Entry, act string) eventView {
	view := eventView{
		At: web.MomentOf(entry.At), Act: v.known(act, "audit.other"), Author: entry.Author.Display, Changes: -1,
	}
	switch entry.Act {
	case audit.RequestFiled:
		if changes, err := strconv.Atoi(entry.Detail); err == nil {
			view.Changes = changes
		}
	case audit.RequestAssigned:
		view.To = v.known("audit.detail."+entry.Detail, "")
	case audit.HabilitationApproved:
		view.Detail = entry.Detail
	}
	return view
}

// moving are the acts of the journal that leave a request elsewhere than somebody read it.
var moving = map[audit.Act]bool{
	audit.RequestFiled: true, audit.RequestReturned: true, audit.RequestWithdrawn: true, audit.RequestReopened: true, audit.RequestCancelled: true,
	audit.RequesterChanged: true, audit.HabilitationApproved: true, audit.HabilitationRefused: true, audit.HabilitationSuspended: true,
	audit.HabilitationRestored: true, audit.HabilitationRevoked: true,
}

// lastMove is the newest act that moved a request; zero where the journal tells none.
func (v Views) lastMove(history []audit.Entry) eventView {
	views := v.newEventViews(history)
	for i, entry := range history {
		if moving[entry.Act] {
			return views[i]
		}
	}
	return eventView{}
}
