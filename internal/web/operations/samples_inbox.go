package operations

import (
	"slices"
	"strings"
	"time"

	"portail-qf/internal/domain/decision"
	"portail-qf/internal/web"
)

var (
	mayReplay     = receivedRights{Replay: true, Dismiss: true, ReadHabilitations: true}
	mayReadEvents = receivedRights{}
)

// sampleReasons are why events could not be used, or had no effect.
var sampleReasons = [...]string{
	"datapass.unreadable", "datapass.too_deep", "datapass.duplicate_key", "datapass.incomplete", "datapass.number_invalid", "datapass.event_unknown",
	"datapass.siret_invalid", "datapass.requester_missing", "datapass.mail_invalid", "datapass.editor_invalid", "datapass.future", "datapass.revoked", "datapass.revoked_before",
	"datapass.late", "datapass.repeated", "datapass.foreign_model", "datapass.overtaken", "datapass.dismissed", "datapass.revoked_here",
}

// quarantiningReasons are how many of them, the first ones, leave an event in quarantine.
const quarantiningReasons = 12

func sampleReceived(i int) decision.Received {
	event := decision.Received{
		ID: int64(700 + i), Event: decision.Events[i%len(decision.Events)], ModelType: "authorization_request/api_particulier", Request: 48231,
		FiredAt: noon.Add(-time.Hour), ReceivedAt: noon.Add(-time.Duration(i) * time.Hour), Arrivals: 1,
		State: decision.InboxStates[i%len(decision.InboxStates)],
	}
	switch event.State {
	case decision.Quarantined:
		event.Reason = sampleReasons[i%quarantiningReasons]
	case decision.WithoutUse:
		event.Reason = sampleReasons[quarantiningReasons+i%(len(sampleReasons)-quarantiningReasons)]
		event.AppliedAt = event.ReceivedAt
	case decision.Applied:
		event.AppliedAt, event.Erased = event.ReceivedAt, i > 4
	case decision.Trial:
		event.Event, event.ModelType, event.Request, event.FiredAt = "test", "", 0, time.Time{}
	}
	return event
}

func sampleReceivedEvents(count int) []decision.Received {
	listed := make([]decision.Received, count)
	for i := range listed {
		listed[i] = sampleReceived(i)
	}
	return listed
}

// strange is an event of which nothing could be read, or of another time.
func strange(reason string) decision.Received {
	event := sampleReceived(0)
	event.Event, event.ModelType, event.Request, event.FiredAt, event.Reason = hostile, endless[:80], 0, time.Time{}, reason
	return event
}

func (v Views) receivedListSamples(page web.ProPage) []web.Sample[receivedListPage] {
	page = at(page, receivedPath)
	show := func(query string, total int, listed []decision.Received, rights receivedRights) receivedListPage {
		return v.newReceivedListPage(page, asked(receivedListing, query, total), listed, rights)
	}
	unread := sampleReceived(0)
	unread.Event, unread.Request = "", 0
	return []web.Sample[receivedListPage]{
		{Name: "pleine", Content: show("page=2", 812, sampleReceivedEvents(25), mayReplay)},
		{Name: "sans-droit-de-rejouer", Content: show("tri=date", 4, sampleReceivedEvents(4), mayReadEvents)},
		{Name: "etranges", Content: show("etat=quarantaine&evenement=approve&q=D48231", 3, []decision.Received{strange("newer.code"), strange(sampleReasons[0]), unread}, mayReplay)},
		{Name: "vide", Content: show("", 0, nil, mayReplay)},
		{Name: "sans-resultat", Content: show("q=majastres", 0, nil, mayReplay)},
	}
}

func (v Views) receivedSamples(page web.ProPage) []web.Sample[receivedPage] {
	var samples []web.Sample[receivedPage]
	show := func(name string, event decision.Received, rights receivedRights) {
		content := v.newReceivedPage(at(page, receivedEventPath(event.ID)), event, rights)
		samples = append(samples, web.Sample[receivedPage]{Name: name, Content: content})
	}
	for i, state := range decision.InboxStates {
		show(string(state), sampleReceived(i), mayReplay)
	}
	for _, reason := range sampleReasons {
		event := sampleReceived(0)
		if event.Reason = reason; slices.Index(sampleReasons[:], reason) >= quarantiningReasons {
			event.State = decision.WithoutUse
		}
		show(strings.ReplaceAll(reason, ".", "-"), event, mayReplay)
	}
	several := sampleReceived(0)
	several.Arrivals, several.LastAt = 3, noon
	show("plusieurs-fois", several, mayReplay)
	show("sans-droit-de-rejouer", several, mayReadEvents)
	erased := sampleReceived(0)
	erased.Erased = true
	show("efface", erased, mayReplay)
	show("etrange", strange("newer.code"), mayReplay)
	return samples
}

func (v Views) dismissalSamples(page web.ProPage) []web.Sample[receivedPage] {
	show := func(event decision.Received) receivedPage {
		return v.newReceivedPage(at(page, receivedEventPath(event.ID)+"/classement"), event, mayReplay)
	}
	return []web.Sample[receivedPage]{{Name: "page", Content: show(sampleReceived(0))}, {Name: "etrange", Content: show(strange("newer.code"))}}
}
