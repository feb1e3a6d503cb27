package instruction

import (
	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/directory"
	"portail-qf/internal/web"
)

func homeSamples(page web.ProPage) []web.Sample[homePage] {
	page.Path, page.Space = "/instruction", account.SpaceInstruction
	page.Person, page.Organisation = "Camille Ferrand", "Direction interministérielle du numérique"
	page.Navigation = web.MarkCurrent([]web.NavLink{{Code: "accueil", URL: page.Path}}, page.Path)
	return []web.Sample[homePage]{
		{Name: "page", Content: homePage{ProPage: page, Suspended: 3, Collectivities: directory.FormCounts{Open: 2550, Soon: 12, Closed: 1}}},
		{Name: "une-suspendue", Content: homePage{ProPage: page, Suspended: 1}},
		{Name: "rien", Content: homePage{ProPage: page}},
	}
}
