package operations

import (
	"strconv"

	"portail-qf/internal/domain/decision"
	"portail-qf/internal/web"
)

// receivedRights are what the person may do with what DataPass sent.
type receivedRights struct{ Replay, Dismiss, ReadHabilitations bool }

// receivedListPage lists what DataPass sent.
type receivedListPage struct {
	web.ProPage
	List   web.List
	Rows   []receivedView
	CanAct bool // the person, on some of them
}

// receivedPage shows one event, or asks whether it is dismissed.
type receivedPage struct {
	web.ProPage
	Event receivedView
}

// receivedView is an event of DataPass as pages print it.
type receivedView struct {
	ID         int64
	URL        string
	Name       string // code of its words
	Raw        string // the name that DataPass gave it, where there are no words for it
	Model      string
	Request    string // "D48231"; "" when it could not be read
	RequestURL string
	State      decision.InboxState
	Severity   string
	Help       string // code of a sentence: what the state means
	Reason     string // code of a sentence; "" for none
	Trace      string // the reason as the portal wrote it down, for want of words
	FiredAt    web.Moment
	ReceivedAt web.Moment
	LastAt     web.Moment // not known unless it came several times
	Arrivals   int
	AppliedAt  web.Moment
	Erased     bool
	CanReplay  bool
	DismissURL string // of the page that asks; "" for who may not
}

var receivedSeverities = map[decision.InboxState]string{
	decision.Quarantined: "error", decision.Applied: "success", decision.WithoutUse: "info", decision.Trial: "info",
}

func (v Views) newReceivedListPage(page web.ProPage, list web.List, listed []decision.Received, rights receivedRights) receivedListPage {
	p := receivedListPage{ProPage: page, List: list, CanAct: rights.Replay || rights.Dismiss}
	for _, event := range listed {
		p.Rows = append(p.Rows, v.newReceivedView(event, rights))
	}
	return p
}

func (v Views) newReceivedPage(page web.ProPage, event decision.Received, rights receivedRights) receivedPage {
	return receivedPage{ProPage: page, Event: v.newReceivedView(event, rights)}
}

func (v Views) newReceivedView(event decision.Received, rights receivedRights) receivedView {
	view := receivedView{
		ID: event.ID, URL: receivedEventPath(event.ID), Model: event.ModelType, State: event.State, Severity: receivedSeverities[event.State],
		FiredAt: web.MomentOf(event.FiredAt), ReceivedAt: web.MomentOf(event.ReceivedAt), Arrivals: event.Arrivals,
		AppliedAt: web.MomentOf(event.AppliedAt), Erased: event.Erased, CanReplay: rights.Replay && event.CanReplay(),
	}
	view.Help = v.known("datapass.help."+event.Reason, "datapass.help."+string(event.State))
	if rights.Dismiss && event.State == decision.Quarantined {
		view.DismissURL = view.URL + "/classement"
	}
	switch {
	case event.Event == "":
		view.Name = "datapass.event.none"
	default:
		if view.Name = v.known("datapass.event."+event.Event, ""); view.Name == "" {
			view.Name, view.Raw = "datapass.event.other", event.Event
		}
	}
	if event.Reason != "" {
		if view.Reason = v.known(event.Reason, ""); view.Reason == "" {
			view.Trace = event.Reason
		}
	}
	if event.Arrivals > 1 {
		view.LastAt = web.MomentOf(event.LastAt)
	}
	if event.Request != 0 {
		view.Request = event.Request.String()
	}
	// An event that was applied has its request here; of any other there may be none.
	if event.State == decision.Applied && event.Request != 0 && rights.ReadHabilitations {
		view.RequestURL = habilitationsPath + "/" + strconv.FormatInt(int64(event.Request), 10)
	}
	return view
}
