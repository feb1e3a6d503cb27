package helpdesk

import "portail-qf/internal/web"

// Views are the pages of the support, parsed at start.
type Views struct {
	home    web.View[homePage]
	search  web.View[searchPage]
	dossier web.View[dossierPage]
	unknown web.View[searchPage]
}

// ParseViews parses every page of the support.
func ParseViews(t *web.Templates) (Views, error) {
	p := web.NewParser(t)
	v := Views{
		home:    web.Parsed[homePage](p, "helpdesk/home"),
		search:  web.Parsed[searchPage](p, "helpdesk/search"),
		dossier: web.Parsed[dossierPage](p, "helpdesk/dossier"),
		unknown: web.Parsed[searchPage](p, "helpdesk/unknown"),
	}
	return v, p.Err()
}

// Exhibits lists every page with its samples, for the showcase and the tests. page frames
// each of them.
func (v Views) Exhibits(page web.ProPage) []web.Exhibit {
	return []web.Exhibit{
		web.Show("helpdesk/home", v.home, homeSamples(page)...),
		web.Show("helpdesk/search", v.search, searchSamples(page)...),
		web.Show("helpdesk/dossier", v.dossier, dossierSamples(page)...),
		web.Show("helpdesk/unknown", v.unknown, unknownSamples(page)...),
	}
}
