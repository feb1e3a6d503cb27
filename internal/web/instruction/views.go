package instruction

import (
	"portail-qf/internal/domain/directory"
	"portail-qf/internal/web"
)

// Views are the pages of the instructors, parsed at start.
type Views struct {
	home web.View[homePage]
}

// ParseViews parses every page of the instructors.
func ParseViews(t *web.Templates) (Views, error) {
	p := web.NewParser(t)
	v := Views{home: web.Parsed[homePage](p, "instruction/home")}
	return v, p.Err()
}

// Exhibits lists every page with its samples, for the showcase and the tests. page frames
// each of them.
func (v Views) Exhibits(page web.ProPage) []web.Exhibit {
	return []web.Exhibit{web.Show("instruction/home", v.home, homeSamples(page)...)}
}

// homePage is the first page: what waits, and the figures of the service.
type homePage struct {
	web.ProPage
	Suspended      int // habilitations, to be restored or revoked
	Collectivities directory.FormCounts
}
