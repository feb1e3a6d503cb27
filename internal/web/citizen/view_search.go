package citizen

import (
	"net/url"
	"strconv"

	"portail-qf/internal/domain/directory"
	"portail-qf/internal/web"
	"portail-qf/internal/web/dsfr"
	"portail-qf/internal/web/form"
)

// searchPageSize is how many collectivities one page lists: within 20 kB.
const searchPageSize = 40

// homePage is the first page: what the service is, and a search.
type homePage struct {
	web.Page
	Search form.Field
}

func newHomePage(page web.Page) homePage {
	return homePage{Page: page, Search: form.Field{Name: "q"}}
}

// townUnknownPage is for a citizen whose collectivity is not known, or not any more: it
// says why and offers the search.
type townUnknownPage struct {
	web.Page
	Search form.Field
}

func newTownUnknownPage(page web.Page) townUnknownPage {
	return townUnknownPage{Page: page, Search: form.Field{Name: "q"}}
}

// searchPage lists collectivities found by a search or by département, or the départements
// when nothing was asked. Nothing is ever preselected (formulaire-qf.md §8, 2025-09-24).
type searchPage struct {
	web.Page
	Search       form.Field
	Searched     bool
	Departement  directory.DepartementCount // zero when not browsing one
	Towns        []town
	Total        int
	TooMany      bool // a search gave more than it lists
	Pagination   dsfr.Pagination
	Departements []directory.DepartementCount
}

// newBrowsePage lists the départements; a refused search shows its problem there too.
func newBrowsePage(page web.Page, search form.Field, departements []directory.DepartementCount) searchPage {
	page.Problems = form.Problems(search)
	return searchPage{Page: page, Search: search, Departements: departements}
}

// newResultsPage lists what a search found: total in all, of which the first are given.
func newResultsPage(page web.Page, search form.Field, found []directory.Collectivity, total int) searchPage {
	return searchPage{
		Page: page, Search: search, Searched: true,
		Towns: newTowns(found), Total: total, TooMany: total > len(found),
	}
}

// newDepartementPage lists the collectivities of a département, page number of them, from 1.
func newDepartementPage(page web.Page, departement directory.DepartementCount, found []directory.Collectivity, number, total int) searchPage {
	last := (total + searchPageSize - 1) / searchPageSize
	return searchPage{
		Page: page, Search: form.Field{Name: "q"}, Searched: true, Departement: departement,
		Towns: newTowns(found), Total: total,
		Pagination: dsfr.Paginate(number, last, func(page int) string {
			return "/collectivites?departement=" + url.QueryEscape(departement.Code) + "&page=" + strconv.Itoa(page)
		}),
	}
}

func newTowns(found []directory.Collectivity) []town {
	towns := make([]town, len(found))
	for i, c := range found {
		towns[i] = newTown(c)
	}
	return towns
}
