package guides

import (
	"net/http"

	"portail-qf/internal/web"
)

// quotientPage tells how a quotient is asked for again.
type quotientPage struct {
	web.ProPage
	PortalURL        string
	RouteV3, RouteV2 string
	Parameters       []parameter
	Examples         []exampleView
	Causes           []cause
}

// exampleView is a call and its answer, as they are printed.
type exampleView struct {
	Name, Command, Answer string
	Status                int
}

func newQuotientPage(page web.ProPage, portalURL string) quotientPage {
	p := quotientPage{
		ProPage: page, PortalURL: portalURL, RouteV3: routeV3, RouteV2: routeV2, Parameters: parameters, Causes: causes,
	}
	for _, e := range examples {
		p.Examples = append(p.Examples, exampleView{Name: e.Name, Command: e.command(portalURL), Answer: e.Answer, Status: e.Status})
	}
	return p
}

// parameter is a parameter of the call: its names in the two versions, "" where the second
// has the same, and the code of what is said of it.
type parameter struct{ V3, V2, Code string }

// parameters are those of package inquiry, which a story compares (api-particulier.md §7.2).
var parameters = []parameter{
	{"recipient", "", "recipient"},
	{"nomNaissance", "", "birth_name"},
	{"nomUsage", "", "usual_name"},
	{"prenoms[]", "", "first_names"},
	{"anneeDateNaissance", "anneeDateDeNaissance", "birth_year"},
	{"moisDateNaissance", "moisDateDeNaissance", "birth_month"},
	{"jourDateNaissance", "jourDateDeNaissance", "birth_day"},
	{"sexeEtatCivil", "sexe", "sex"},
	{"codeCogInseePaysNaissance", "codePaysLieuDeNaissance", "country"},
	{"codeCogInseeCommuneNaissance", "codeInseeLieuDeNaissance", "commune"},
	{"nomCommuneNaissance", "", "commune_name"},
	{"codeCogInseeDepartementNaissance", "codeInseeDepartementNaissance", "departement"},
	{"annee", "", "year"},
	{"mois", "", "month"},
}

// cause is why a call is not answered by a quotient: its codes, the statuses of the two
// versions, and the name of the sentence that says what to do.
type cause struct {
	Name   string
	V3, V2 int
	Codes  []string
}

// causes are the errors of API Particulier (api-particulier.md §7.4), those with the same
// remedy together.
var causes = []cause{
	{"token", http.StatusUnauthorized, http.StatusUnauthorized, []string{"00101"}},
	{"expired", http.StatusUnauthorized, http.StatusUnauthorized, []string{"00103"}},
	{"barred", http.StatusUnauthorized, http.StatusUnauthorized, []string{"00105"}},
	{"privileges", http.StatusForbidden, http.StatusUnauthorized, []string{"00100"}},
	{"too_many", http.StatusTooManyRequests, http.StatusTooManyRequests, []string{"00429"}},
	{"in_progress", http.StatusConflict, http.StatusConflict, []string{"00015"}},
	{"recipient", http.StatusUnprocessableEntity, http.StatusBadRequest, []string{"00210"}},
	{"identity", http.StatusUnprocessableEntity, http.StatusBadRequest, []string{"00420", "00367", "00366"}},
	{"birth_date", http.StatusUnprocessableEntity, http.StatusBadRequest, []string{"00363"}},
	{"sex", http.StatusUnprocessableEntity, http.StatusBadRequest, []string{"00427"}},
	{"birth_place", http.StatusUnprocessableEntity, http.StatusBadRequest, []string{"00400", "00365", "00428"}},
	{"month", http.StatusUnprocessableEntity, http.StatusBadRequest, []string{"00356", "00354"}},
	{"nobody", http.StatusUnprocessableEntity, http.StatusBadRequest, []string{"00355"}},
	{"absent", http.StatusNotFound, http.StatusNotFound, []string{"23003", "10003", "40003"}},
	{"unknown", http.StatusNotFound, http.StatusNotFound, []string{"35003"}},
	{"failed", http.StatusBadGateway, http.StatusServiceUnavailable, []string{"35000", "35001", "35008", "35999"}},
	{"network", http.StatusBadGateway, http.StatusBadGateway, []string{"00501", "35004"}},
	{"slow", http.StatusGatewayTimeout, http.StatusGatewayTimeout, []string{"35002"}},
}
