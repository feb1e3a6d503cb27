package operations

import (
	"time"

	"portail-qf/internal/domain/operation"
	"portail-qf/internal/domain/outbox"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/web"
)

// orderRights are the time, and what the person may do with orders.
type orderRights struct {
	Now                            time.Time
	Retry, ReadMails, ReadDossiers bool
	ReadSubscriptions              bool
}

// ordersPage lists what leaves the house.
type ordersPage struct {
	web.ProPage
	List web.List
	Rows []orderView
	// Held is how many orders that are done the list holds, where there are more; else 0.
	Held     int
	CanRetry bool // the person, some of them
}

// orderPage shows one order.
type orderPage struct {
	web.ProPage
	Order orderView
}

// orderView is an order as pages print it.
type orderView struct {
	ID          int64
	URL         string
	Kind        string // code of its words
	Again       string // code of what taking it up again does
	About       orderSubject
	State       outbox.State
	Severity    string // of its badge
	Attempts    int
	CreatedAt   web.Moment
	Next        web.Moment // of the next try; not known unless it is put off or to come
	DoneAt      web.Moment
	AbandonedAt web.Moment
	Failure     failure
	CanRetry    bool
}

// orderSubject is what an order is about; one of the first five, else Other.
type orderSubject struct {
	Reference string // of a dossier, grouped for reading aloud
	Dossier   string // its number, for who may not know its reference: /suivi opens with it
	Mail      string // its number
	Job       string // code of its name
	Town      string // SIRET of a town that HubEE is to know
	Other     string
	URL       string // where it is shown; "" for nowhere that the person may go
}

var orderSeverities = map[outbox.State]string{
	outbox.Abandoned: "error", outbox.Retrying: "warning", outbox.UnderWay: "info",
	outbox.Due: "info", outbox.Waiting: "info", outbox.Done: "success",
}

func (v Views) newOrdersPage(page web.ProPage, list web.List, listed []outbox.Listed, rights orderRights) ordersPage {
	p := ordersPage{ProPage: page, List: list, CanRetry: rights.Retry}
	if list.Total >= outbox.ListedDone {
		p.Held = outbox.ListedDone
	}
	for _, order := range listed {
		p.Rows = append(p.Rows, v.newOrderView(order, rights))
	}
	return p
}

func (v Views) newOrderPage(page web.ProPage, order outbox.Listed, rights orderRights) orderPage {
	return orderPage{ProPage: page, Order: v.newOrderView(order, rights)}
}

func (v Views) newOrderView(order outbox.Listed, rights orderRights) orderView {
	state := order.State(rights.Now)
	view := orderView{
		ID: order.ID, URL: orderPath(order.ID), About: v.newOrderSubject(order, rights),
		Kind: v.known("order.kind."+order.Kind, "order.kind.other"), Again: v.known("order.again."+order.Kind, "order.again.other"),
		State: state, Severity: orderSeverities[state], Attempts: order.Attempts, CreatedAt: web.MomentOf(order.CreatedAt),
		DoneAt: web.MomentOf(order.DoneAt), AbandonedAt: web.MomentOf(order.AbandonedAt),
		CanRetry: rights.Retry && operation.CanRetry(state),
	}
	if state == outbox.Retrying || state == outbox.Waiting {
		view.Next = web.MomentOf(order.DueAt)
	}
	if order.LastError != "" {
		view.Failure = v.explain(order.LastError)
	}
	return view
}

func (v Views) newOrderSubject(order outbox.Listed, rights orderRights) orderSubject {
	switch {
	case order.Reference != "" && !rights.ReadDossiers:
		return orderSubject{Dossier: order.Subject}
	case order.Reference != "":
		return orderSubject{Reference: operation.About(order), URL: "/suivi/" + value.Reference(order.Reference).String()}
	case order.Kind == outbox.SendMail:
		subject := orderSubject{Mail: order.Subject}
		if rights.ReadMails {
			subject.URL = mailsPath + "/" + order.Subject
		}
		return subject
	case order.Kind == outbox.Provision, order.Kind == outbox.TestHubAccount:
		subject := orderSubject{Town: order.Subject}
		if siret, err := value.ParseExactSiret(order.Subject); err == nil {
			if subject.Town = siret.Display(); rights.ReadSubscriptions {
				subject.URL = subscriptionPath(siret)
			}
		}
		return subject
	case order.Kind == outbox.RunJob:
		if name := v.jobName(order.Subject); name != "" {
			return orderSubject{Job: name, URL: jobPath(order.Subject)}
		}
	}
	return orderSubject{Other: order.Subject}
}
