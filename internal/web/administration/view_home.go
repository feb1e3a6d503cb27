package administration

import "portail-qf/internal/web"

// homePage is the first page: what waits for the person, and where everything is.
type homePage struct {
	web.ProPage
	Waiting  Waiting
	Sections []web.NavLink
}

// newHomePage shows the sections of the navigation, the home page itself apart.
func newHomePage(page web.ProPage, waiting Waiting) homePage {
	p := homePage{ProPage: page, Waiting: waiting}
	for _, link := range page.Navigation {
		if link.URL != homePath {
			p.Sections = append(p.Sections, link)
		}
	}
	return p
}
