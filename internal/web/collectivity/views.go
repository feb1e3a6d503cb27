package collectivity

import "portail-qf/internal/web"

// Views are the pages of the agents, parsed at start.
type Views struct {
	home       web.View[homePage]
	colleagues web.View[colleaguesPage]
}

// ParseViews parses every page of the agents.
func ParseViews(t *web.Templates) (Views, error) {
	p := web.NewParser(t)
	v := Views{
		home:       web.Parsed[homePage](p, "collectivity/home"),
		colleagues: web.Parsed[colleaguesPage](p, "collectivity/colleagues"),
	}
	return v, p.Err()
}

// Exhibits lists every page with its samples, for the showcase and the tests. page frames
// each of them.
func (v Views) Exhibits(page web.ProPage) []web.Exhibit {
	return []web.Exhibit{
		web.Show("collectivity/home", v.home, homeSamples(page)...),
		web.Show("collectivity/colleagues", v.colleagues, colleaguesSamples(page)...),
	}
}
