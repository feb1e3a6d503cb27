package tokens

import "portail-qf/internal/web"

// Views are the pages of the tokens, parsed at start.
type Views struct {
	one         web.View[onePage]
	collecting  web.View[collectingPage]
	secret      web.View[secretPage]
	replacement web.View[replacementPage]
	ending      web.View[endingPage]
	closing     web.View[closingPage]
	renewal     web.View[renewalPage]
	list        web.View[listPage]

	sentences *web.Templates
}

// ParseViews parses every page of the tokens.
func ParseViews(t *web.Templates) (Views, error) {
	p := web.NewParser(t)
	v := Views{
		one:         web.Parsed[onePage](p, "tokens/one"),
		collecting:  web.Parsed[collectingPage](p, "tokens/collecting"),
		secret:      web.Parsed[secretPage](p, "tokens/secret"),
		replacement: web.Parsed[replacementPage](p, "tokens/replacement"),
		ending:      web.Parsed[endingPage](p, "tokens/ending"),
		closing:     web.Parsed[closingPage](p, "tokens/closing"),
		renewal:     web.Parsed[renewalPage](p, "tokens/renewal"),
		list:        web.Parsed[listPage](p, "tokens/list"),
		sentences:   t,
	}
	return v, p.Err()
}

// Exhibits lists every page with its samples, for the showcase and the tests. page frames each
// of them.
func (v Views) Exhibits(page web.ProPage) []web.Exhibit {
	return []web.Exhibit{
		web.Show("tokens/one", v.one, v.oneSamples(page)...),
		web.Show("tokens/collecting", v.collecting, collectingSamples(page)...),
		web.Show("tokens/secret", v.secret, secretSamples(page)...),
		web.Show("tokens/replacement", v.replacement, replacementSamples(page)...),
		web.Show("tokens/ending", v.ending, endingSamples(page)...),
		web.Show("tokens/closing", v.closing, closingSamples(page)...),
		web.Show("tokens/renewal", v.renewal, v.renewalSamples(page)...),
		web.Show("tokens/list", v.list, listSamples(page)...),
	}
}

// knows tells whether templates/messages has the words of a code: what a newer instance
// recorded, this one may have none for.
func (v Views) knows(code string) bool {
	_, found := v.sentences.Sentence(code)
	return found
}
