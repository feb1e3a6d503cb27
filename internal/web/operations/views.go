package operations

import (
	"regexp"
	"strings"

	"portail-qf/internal/web"
)

// Views are the pages of the operations, parsed at start.
type Views struct {
	orders    web.View[ordersPage]
	order     web.View[orderPage]
	mails     web.View[mailsPage]
	mail      web.View[mailPage]
	catalogue web.View[cataloguePage]
	sample    web.View[samplePage]
	jobs      web.View[jobsPage]
	job       web.View[jobPage]
	journal   web.View[journalPage]

	subscriptions web.View[subscriptionsPage]
	subscription  web.View[subscriptionPage]
	handOver      web.View[handOverPage]
	receivedList  web.View[receivedListPage]
	receivedEvent web.View[receivedPage]
	dismissal     web.View[receivedPage]

	sentences *web.Templates
}

// ParseViews parses every page of the operations.
func ParseViews(t *web.Templates) (Views, error) {
	p := web.NewParser(t)
	v := Views{
		orders:    web.Parsed[ordersPage](p, "operations/orders"),
		order:     web.Parsed[orderPage](p, "operations/order"),
		mails:     web.Parsed[mailsPage](p, "operations/mails"),
		mail:      web.Parsed[mailPage](p, "operations/mail"),
		catalogue: web.Parsed[cataloguePage](p, "operations/catalogue"),
		sample:    web.Parsed[samplePage](p, "operations/sample"),
		jobs:      web.Parsed[jobsPage](p, "operations/jobs"),
		job:       web.Parsed[jobPage](p, "operations/job"),
		journal:   web.Parsed[journalPage](p, "operations/journal"),

		subscriptions: web.Parsed[subscriptionsPage](p, "operations/subscriptions"),
		subscription:  web.Parsed[subscriptionPage](p, "operations/subscription"),
		handOver:      web.Parsed[handOverPage](p, "operations/hand_over"),
		receivedList:  web.Parsed[receivedListPage](p, "operations/received_list"),
		receivedEvent: web.Parsed[receivedPage](p, "operations/received"),
		dismissal:     web.Parsed[receivedPage](p, "operations/dismissal"),

		sentences: t,
	}
	return v, p.Err()
}

// Exhibits lists every page with its samples, for the showcase and the tests.
func (v Views) Exhibits(page web.ProPage) []web.Exhibit {
	return []web.Exhibit{
		web.Show("operations/orders", v.orders, v.ordersSamples(page)...),
		web.Show("operations/order", v.order, v.orderSamples(page)...),
		web.Show("operations/mails", v.mails, v.mailsSamples(page)...),
		web.Show("operations/mail", v.mail, v.mailSamples(page)...),
		web.Show("operations/catalogue", v.catalogue, catalogueSamples(page)...),
		web.Show("operations/sample", v.sample, sampleSamples(page)...),
		web.Show("operations/jobs", v.jobs, v.jobsSamples(page)...),
		web.Show("operations/job", v.job, v.jobSamples(page)...),
		web.Show("operations/journal", v.journal, v.journalSamples(page)...),
		web.Show("operations/subscriptions", v.subscriptions, v.subscriptionsSamples(page)...),
		web.Show("operations/subscription", v.subscription, v.subscriptionSamples(page)...),
		web.Show("operations/hand_over", v.handOver, handOverSamples(page)...),
		web.Show("operations/received_list", v.receivedList, v.receivedListSamples(page)...),
		web.Show("operations/received", v.receivedEvent, v.receivedSamples(page)...),
		web.Show("operations/dismissal", v.dismissal, v.dismissalSamples(page)...),
	}
}

// known gives the code of a sentence where templates/messages has it, else otherwise: what
// a newer instance recorded, this one may have no words for.
func (v Views) known(code, otherwise string) string {
	if _, found := v.sentences.Sentence(code); found {
		return code
	}
	return otherwise
}

// failure explains to people why something failed.
type failure struct {
	Cause string // code of a sentence, "" when no words are known
	Trace string // as the portal wrote it down, in English; "" when nothing failed
}

// faultCodes are the codes of fault.Error in the text of an error.
var faultCodes = regexp.MustCompile(`\b[a-z]+(?:\.[a-z_]+)+\b`)

// plainCauses are the failures that have no code.
var plainCauses = [...]struct{ said, cause string }{
	{"panic of type", "cause.defect"},
	{"deadline exceeded", "cause.deadline"},
	{"no worker for", "cause.version"},
	{"no kind", "cause.version"},
}

func (v Views) explain(text string) failure {
	f := failure{Trace: text}
	for _, code := range faultCodes.FindAllString(text, -1) {
		if f.Cause = v.known("cause."+code, ""); f.Cause != "" {
			return f
		}
	}
	for _, plain := range plainCauses {
		if strings.Contains(text, plain.said) {
			f.Cause = plain.cause
			return f
		}
	}
	return f
}

// Short is the beginning of the trace, for a row.
func (f failure) Short() string {
	const enough = 140
	if runes := []rune(f.Trace); len(runes) > enough {
		return strings.TrimRight(string(runes[:enough]), " ") + "…"
	}
	return f.Trace
}
