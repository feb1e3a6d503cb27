package requests

import "portail-qf/internal/web"

// Views are the pages of requests, parsed at start.
type Views struct {
	choose    web.View[choosePage]
	start     web.View[startPage]
	withdrawn web.View[withdrawnPage]
	model     web.View[modelPage]
	list      web.View[listPage]
	begin     web.View[beginPage]
	step      web.View[stepPage]
	summary   web.View[summaryPage]
	deposited web.View[depositedPage]
	one       web.View[onePage]
	act       web.View[actPage]
	transfer  web.View[transferPage]
	notHolder web.View[notHolderPage]
	messages  web.View[messagesPage]

	recover        web.View[recoverPage]
	recoverUnknown web.View[recoverUnknownPage]
}

// ParseViews parses every page of requests.
func ParseViews(t *web.Templates) (Views, error) {
	p := web.NewParser(t)
	v := Views{
		choose:    web.Parsed[choosePage](p, "requests/choose"),
		start:     web.Parsed[startPage](p, "requests/start"),
		withdrawn: web.Parsed[withdrawnPage](p, "requests/withdrawn"),
		model:     web.Parsed[modelPage](p, "requests/model"),
		list:      web.Parsed[listPage](p, "requests/list"),
		begin:     web.Parsed[beginPage](p, "requests/begin"),
		step:      web.Parsed[stepPage](p, "requests/step"),
		summary:   web.Parsed[summaryPage](p, "requests/summary"),
		deposited: web.Parsed[depositedPage](p, "requests/deposited"),
		one:       web.Parsed[onePage](p, "requests/one"),
		act:       web.Parsed[actPage](p, "requests/act"),
		transfer:  web.Parsed[transferPage](p, "requests/transfer"),
		notHolder: web.Parsed[notHolderPage](p, "requests/not_holder"),
		messages:  web.Parsed[messagesPage](p, "requests/messages"),

		recover:        web.Parsed[recoverPage](p, "requests/recover"),
		recoverUnknown: web.Parsed[recoverUnknownPage](p, "requests/recover_unknown"),
	}
	return v, p.Err()
}

// Exhibits lists every page with its samples, for the showcase and the tests. page frames each
// of them.
func (v Views) Exhibits(page web.ProPage) []web.Exhibit {
	return []web.Exhibit{
		web.Show("requests/choose", v.choose, chooseSamples(page)...),
		web.Show("requests/start", v.start, startSamples(page)...),
		web.Show("requests/withdrawn", v.withdrawn, withdrawnSamples(page)...),
		web.Show("requests/model", v.model, modelSamples(page)...),
		web.Show("requests/list", v.list, listSamples(page)...),
		web.Show("requests/begin", v.begin, beginSamples(page)...),
		web.Show("requests/step", v.step, stepSamples(page)...),
		web.Show("requests/summary", v.summary, summarySamples(page)...),
		web.Show("requests/deposited", v.deposited, depositedSamples(page)...),
		web.Show("requests/one", v.one, oneSamples(page)...),
		web.Show("requests/act", v.act, actSamples(page)...),
		web.Show("requests/transfer", v.transfer, transferSamples(page)...),
		web.Show("requests/not_holder", v.notHolder, notHolderSamples(page)...),
		web.Show("requests/recover", v.recover, recoverSamples(page)...),
		web.Show("requests/recover_unknown", v.recoverUnknown, web.Sample[recoverUnknownPage]{Name: "page", Content: recoverUnknownPage{outside(page, recoverPath+"/x")}}),
		web.Show("requests/messages", v.messages, messagesSamples(page)...),
	}
}
