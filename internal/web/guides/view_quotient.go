package guides

import "portail-qf/internal/web"

// quotientPage tells how a quotient is asked for again.
type quotientPage struct {
	web.ProPage
	PortalURL        string
	RouteV3, RouteV2 string
	Examples         []exampleView
}

// exampleView is a call and its answer, as they are printed.
type exampleView struct {
	Name, Command, Answer string
	Status                int
}

func newQuotientPage(page web.ProPage, portalURL string) quotientPage {
	p := quotientPage{ProPage: page, PortalURL: portalURL, RouteV3: routeV3, RouteV2: routeV2}
	for _, e := range examples {
		p.Examples = append(p.Examples, exampleView{Name: e.Name, Command: e.command(portalURL), Answer: e.Answer, Status: e.Status})
	}
	return p
}
