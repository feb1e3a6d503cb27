package guides

import (
	_ "embed"
	"net/http"
	"strings"
)

// example is a call as the guide prints it, with the answer that it gets.
type example struct {
	Name       string // code of what it shows, "guide.example.<name>"
	Route      string
	Header     string
	Parameters [][2]string
	Status     int
	Answer     string
}

// The answers, one file each.
var (
	//go:embed examples/v3.json
	answerV3 string
	//go:embed examples/v2.json
	answerV2 string
	//go:embed examples/refusal.json
	answerRefusal string
)

// examples are those of the guide. Their people are invented; a story makes each call as it
// is printed, in front of the simulator of API Particulier, and compares the answers.
var examples = []example{
	{
		Name: "v3", Route: routeV3, Header: "Authorization: Bearer $JETON", Status: http.StatusOK, Answer: answerV3,
		Parameters: [][2]string{
			{"recipient", "21040107100019"}, {"nomNaissance", "GARNIER"}, {"prenoms[]", "Lucie"}, {"prenoms[]", "Marthe"},
			{"anneeDateNaissance", "1990"}, {"moisDateNaissance", "2"}, {"jourDateNaissance", "14"}, {"sexeEtatCivil", "F"},
			{"codeCogInseePaysNaissance", "99100"}, {"codeCogInseeCommuneNaissance", "31555"},
		},
	},
	{
		Name: "v2", Route: routeV2, Header: "X-Api-Key: $JETON", Status: http.StatusOK, Answer: answerV2,
		Parameters: [][2]string{
			{"recipient", "21040107100019"}, {"nomNaissance", "GARNIER"}, {"prenoms[]", "Lucie"}, {"prenoms[]", "Marthe"},
			{"anneeDateDeNaissance", "1990"}, {"moisDateDeNaissance", "2"}, {"jourDateDeNaissance", "14"}, {"sexe", "F"},
			{"codePaysLieuDeNaissance", "99100"}, {"codeInseeLieuDeNaissance", "31555"},
		},
	},
	{
		Name: "refusal", Route: routeV3, Header: "Authorization: Bearer $JETON", Status: http.StatusNotFound, Answer: answerRefusal,
		Parameters: [][2]string{
			{"recipient", "21040107100019"}, {"nomNaissance", "INCONNU"}, {"prenoms[]", "Noé"},
			{"anneeDateNaissance", "2000"}, {"moisDateNaissance", "1"}, {"jourDateNaissance", "1"}, {"sexeEtatCivil", "M"},
			{"codeCogInseePaysNaissance", "99100"}, {"codeCogInseeCommuneNaissance", "21231"},
		},
	},
}

// The routes of the gateway (PRODUCT.md §5).
const (
	routeV3 = "/v3/dss/quotient_familial/identite"
	routeV2 = "/api/v2/composition-familiale-v2"
)

// command writes the call for a shell, at a portal.
func (e example) command(portalURL string) string {
	lines := []string{`curl --get "` + portalURL + e.Route + `"`, `--header "` + e.Header + `"`}
	for _, p := range e.Parameters {
		lines = append(lines, `--data-urlencode "`+p[0]+"="+p[1]+`"`)
	}
	return strings.Join(lines, " \\\n  ")
}
