package habilitations

import "portail-qf/internal/web"

// Views are the pages of the habilitations, parsed at start.
type Views struct {
	list web.View[listPage]
	one  web.View[onePage]
	act  web.View[actPage]

	sentences *web.Templates
}

// ParseViews parses every page of the habilitations.
func ParseViews(t *web.Templates) (Views, error) {
	p := web.NewParser(t)
	v := Views{
		list:      web.Parsed[listPage](p, "habilitations/list"),
		one:       web.Parsed[onePage](p, "habilitations/one"),
		act:       web.Parsed[actPage](p, "habilitations/act"),
		sentences: t,
	}
	return v, p.Err()
}

// Exhibits lists every page with its samples, for the showcase and the tests. page is that
// of an administrator.
func (v Views) Exhibits(page web.ProPage) []web.Exhibit {
	return []web.Exhibit{
		web.Show("habilitations/list", v.list, listSamples(page)...),
		web.Show("habilitations/one", v.one, v.oneSamples(page)...),
		web.Show("habilitations/act", v.act, actSamples(page)...),
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
