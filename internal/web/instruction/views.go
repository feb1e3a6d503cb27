package instruction

import "portail-qf/internal/web"

// Views are the pages of the instructors, parsed at start.
type Views struct {
	home         web.View[homePage]
	queue        web.View[queuePage]
	one          web.View[onePage]
	act          web.View[actPage]
	preview      web.View[previewPage]
	messages     web.View[messagesPage]
	claim        web.View[claimPage]
	models       web.View[modelsPage]
	model        web.View[modelPage]
	modelErasure web.View[modelErasurePage]

	sentences *web.Templates
}

// ParseViews parses every page of the instructors.
func ParseViews(t *web.Templates) (Views, error) {
	p := web.NewParser(t)
	v := Views{
		home:         web.Parsed[homePage](p, "instruction/home"),
		queue:        web.Parsed[queuePage](p, "instruction/queue"),
		one:          web.Parsed[onePage](p, "instruction/one"),
		act:          web.Parsed[actPage](p, "instruction/act"),
		preview:      web.Parsed[previewPage](p, "instruction/preview"),
		messages:     web.Parsed[messagesPage](p, "instruction/messages"),
		claim:        web.Parsed[claimPage](p, "instruction/claim"),
		models:       web.Parsed[modelsPage](p, "instruction/models"),
		model:        web.Parsed[modelPage](p, "instruction/model"),
		modelErasure: web.Parsed[modelErasurePage](p, "instruction/model_erasure"),
		sentences:    t,
	}
	return v, p.Err()
}

// Exhibits lists every page with its samples, for the showcase and the tests. page frames
// each of them.
func (v Views) Exhibits(page web.ProPage) []web.Exhibit {
	return []web.Exhibit{
		web.Show("instruction/home", v.home, homeSamples(page)...),
		web.Show("instruction/queue", v.queue, queueSamples(page)...),
		web.Show("instruction/one", v.one, v.oneSamples(page)...),
		web.Show("instruction/act", v.act, v.actSamples(page)...),
		web.Show("instruction/preview", v.preview, previewSamples(page)...),
		web.Show("instruction/messages", v.messages, messagesSamples(page)...),
		web.Show("instruction/claim", v.claim, claimSamples(page)...),
		web.Show("instruction/models", v.models, modelsSamples(page)...),
		web.Show("instruction/model", v.model, modelSamples(page)...),
		web.Show("instruction/model_erasure", v.modelErasure, modelErasureSamples(page)...),
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
