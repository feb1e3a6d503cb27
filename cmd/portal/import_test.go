package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/postgres"
	"portail-qf/internal/postgres/pgtest"
	"portail-qf/internal/sim/sirene"
)

// runsPortal makes the test program the portal itself: the command is run as an operator
// runs it, in a process of its own.
const runsPortal = "TEST_RUNS_PORTAL"

func TestMain(m *testing.M) {
	if os.Getenv(runsPortal) != "" {
		main()
		return
	}
	os.Exit(pgtest.Main(m))
}

const registerKey = "cle-du-portail"

// publicList is a list as the service in use publishes it (formulaire-qf.md §3.6: name,
// siret, code_cog, no postcode), with what goes wrong in lists.
const publicList = `[
	{"name":"Clairval","siret":"21039900000012","code_cog":"03990"},
	{"name":"Port-Clair","siret":"21209900000011","code_cog":"2A990"},
	{"name":"Castellu","siret":"21299100000010","code_cog":"2B991"},
	{"name":"Anse-Bleue","siret":"21971900000016","code_cog":"97190"},
	{"name":"Rivebrune","siret":"21974900000010","code_cog":"97490"},
	{"name":"Sable-Noir","siret":"21976900000015","code_cog":"97690"},
	{"name":"Récif","siret":"21988900000010","code_cog":"98890"},
	{"name":"Faux-Siret","siret":"21039900000013","code_cog":"03990"},
	{"name":"Sans-Commune","siret":"21040107100019","code_cog":"99100"},
	{"name":"Nombre","siret":"21280363900013","code_cog":28363},
	{"name":"Clairval","siret":"21039900000012","code_cog":"03990"},
	{"siret":"21910998000017","code_cog":"91998"},
	{"name":"Bourg-Fermé","siret":"21590997900019","code_cog":"59997"}
]`

var registered = []sirene.Organization{
	{Siret: "21039900000012", Name: "COMMUNE DE CLAIRVAL", CommuneCog: "03990", PostalCode: "03420"},
	{Siret: "21209900000011", Name: "COMMUNE DE PORT-CLAIR", CommuneCog: "2A990", PostalCode: "20990"},
	{Siret: "21299100000010", Name: "COMMUNE DE CASTELLU", CommuneCog: "2B991", PostalCode: "20290"},
	{Siret: "21971900000016", Name: "COMMUNE D'ANSE-BLEUE", CommuneCog: "97190", PostalCode: "97190"},
	{Siret: "21974900000010", Name: "COMMUNE DE RIVEBRUNE", CommuneCog: "97490", PostalCode: "97490"},
	{Siret: "21976900000015", Name: "COMMUNE DE SABLE-NOIR", CommuneCog: "97690", PostalCode: "97690"},
	{Siret: "21988900000010", Name: "COMMUNE DE RECIF", CommuneCog: "98890", PostalCode: "98890"},
	{Siret: "21590997900019", Name: "COMMUNE DE BOURG-FERME", CommuneCog: "59997", PostalCode: "59980", Closed: true},
}

// scene is a database, a register, and an operator at a terminal.
type scene struct {
	t           *testing.T
	database    pgtest.Database
	directory   *directory.Service
	registerURL string
	environment []string
}

func setScene(t *testing.T) *scene {
	t.Helper()
	database := pgtest.New(t)
	db, err := postgres.Open(t.Context(), database.App)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	register := httptest.NewServer(sirene.New(sirene.Options{Key: registerKey, Organizations: registered}))
	t.Cleanup(register.Close)
	return &scene{
		t: t, database: database, directory: &directory.Service{Store: postgres.Collectivities{DB: db}}, registerURL: register.URL,
		environment: []string{
			runsPortal + "=1", "PORTAL_URL=https://qf.example.fr", "DATABASE_URL=" + database.App,
			"KEYS=essai:" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32)),
			"FRANCECONNECT_ISSUER=https://fc.example.fr", "FRANCECONNECT_CLIENT_ID=id", "FRANCECONNECT_CLIENT_SECRET=secret",
			"PROCONNECT_ISSUER=https://pc.example.fr", "PROCONNECT_CLIENT_ID=id", "PROCONNECT_CLIENT_SECRET=secret", "SMTP_URL=smtps://mail.example.fr",
			"API_PARTICULIER_URL=https://api.example.fr", "API_PARTICULIER_TOKEN=secret",
			"PEPPER=essai:" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{8}, 32)), "HUBEE_API_URL=https://hubee.example.fr",
			"HUBEE_TOKEN_URL=https://auth.example.fr/token", "HUBEE_OSL_ID=id", "HUBEE_OSL_SECRET=secret",
			"HUBEE_ADMIN_ID=id", "HUBEE_ADMIN_SECRET=secret",
		},
	}
}

// withRegister gives the operator a key of the register.
func (s *scene) withRegister() *scene {
	s.environment = append(s.environment, "SIRENE_URL="+s.registerURL, "SIRENE_KEY="+registerKey, "SIRENE_PAUSE=0s")
	return s
}

// importList runs `portal import-collectivites` on a file and returns what it printed.
func (s *scene) importList(list string) (printed, complained string, err error) {
	s.t.Helper()
	file := filepath.Join(s.t.TempDir(), "collectivites.json")
	if err := os.WriteFile(file, []byte(list), 0o600); err != nil {
		s.t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	command := exec.CommandContext(s.t.Context(), os.Args[0], "import-collectivites", file)
	command.Env, command.Stdout, command.Stderr = s.environment, &stdout, &stderr
	err = command.Run()
	return stdout.String(), stderr.String(), err
}

// wantReport imports the public list and compares the report, written here with plain spaces.
func (s *scene) wantReport(want string) {
	s.t.Helper()
	printed, complained, err := s.importList(publicList)
	if err != nil {
		s.t.Fatalf("%v\n%s", err, complained)
	}
	plain := strings.NewReplacer("\u00a0", " ", "\u202f", " ").Replace(printed)
	if diff := cmp.Diff(want, plain); diff != "" {
		s.t.Error(diff)
	}
}

// found is a line of the search: what citizens see of a collectivity.
type found struct{ Name, Departement, Postcode string }

func (s *scene) search(typed string) []found {
	s.t.Helper()
	towns, _, err := s.directory.Search(s.t.Context(), directory.ParseQuery(typed), 0, 100)
	if err != nil {
		s.t.Fatal(err)
	}
	var lines []found
	for _, town := range towns {
		lines = append(lines, found{town.Name, town.Departement, town.Postcode})
	}
	return lines
}

// asked counts the questions that the register received.
func (s *scene) asked() int {
	s.t.Helper()
	response, err := http.Get(s.registerURL + "/_sim/requests?since=0")
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	var requests []struct{ Path string }
	if err := json.NewDecoder(response.Body).Decode(&requests); err != nil {
		s.t.Fatal(err)
	}
	questions := 0
	for _, request := range requests {
		if strings.HasPrefix(request.Path, "/api-sirene/") {
			questions++
		}
	}
	return questions
}

func (s *scene) steerRegister(route, order string) {
	s.t.Helper()
	response, err := http.Post(s.registerURL+"/_sim/"+route, "application/json", strings.NewReader(order))
	if err != nil {
		s.t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode >= 300 {
		s.t.Fatalf("%s refused: %d", order, response.StatusCode)
	}
}

const leftOut = `- collectivité n° 8 (21039900000013) : le SIRET n’est pas valide
- collectivité n° 9 (21040107100019) : le code commune « 99100 » n’est pas valide
- collectivité n° 10 (21280363900013) : la valeur de « code_cog » n’est pas du type attendu
- collectivité n° 11 (21039900000012) : ce SIRET est déjà dans la liste
- collectivité n° 12 (21910998000017) : le nom manque
`

const completeReport = `Collectivités enregistrées : 7
Éditeurs enregistrés : 0
Entrées laissées de côté : 6
` + leftOut + `- Bourg-Fermé (21590997900019) : l’établissement est fermé dans le registre
Remarques : 0
`

// everyTown is what the list holds, in the order of the search.
var everyTown = []found{
	{"Anse-Bleue", "971", "97190"},
	{"Castellu", "2B", "20290"},
	{"Clairval", "03", "03420"},
	{"Port-Clair", "2A", "20990"},
	{"Récif", "988", "98890"},
	{"Rivebrune", "974", "97490"},
	{"Sable-Noir", "976", "97690"},
}

// « postcode = codePostalEtablissement, kept at import » (SETTLED.md, names): the public list
// has none, and citizens search by postcode.
func TestTheListIsImportedAndCompletedByTheRegister(t *testing.T) {
	s := setScene(t).withRegister()
	s.wantReport(completeReport)
	if diff := cmp.Diff(everyTown, s.search("")); diff != "" {
		t.Error(diff)
	}
	for typed, want := range map[string]string{"20290": "Castellu", "974": "Rivebrune", "98890": "Récif", "03 420": "Clairval"} {
		if towns := s.search(typed); len(towns) != 1 || towns[0].Name != want {
			t.Errorf("%s finds %v, want %s", typed, towns, want)
		}
	}
	if asked := s.asked(); asked != 8 {
		t.Errorf("the register was asked %d times, want once for each of 8 entries", asked)
	}
}

func TestTheSameListMayBeImportedAgain(t *testing.T) {
	s := setScene(t).withRegister()
	s.wantReport(completeReport)
	before := s.asked()
	s.wantReport(completeReport)
	if diff := cmp.Diff(everyTown, s.search("")); diff != "" {
		t.Error(diff)
	}
	if again := s.asked() - before; again != 1 {
		t.Errorf("the register was asked %d times again, want once, about the closed establishment", again)
	}
}

// « a register that is down … never blocks the import: the entry is recorded without
// postcode …, and a later import of the same list fills it in; stop asking after 5
// consecutive failures ».
func TestARegisterThatIsDownBlocksNothing(t *testing.T) {
	s := setScene(t).withRegister()
	s.steerRegister("faults", `{"match":"GET /api-sirene/","mode":"status","status":503}`)
	s.wantReport(`Collectivités enregistrées : 8
Éditeurs enregistrés : 0
Entrées laissées de côté : 5
` + leftOut + `Remarques : 6
- Clairval (21039900000012) : code postal inconnu : le registre ne répond pas
- Port-Clair (21209900000011) : code postal inconnu : le registre ne répond pas
- Castellu (21299100000010) : code postal inconnu : le registre ne répond pas
- Anse-Bleue (21971900000016) : code postal inconnu : le registre ne répond pas
- Rivebrune (21974900000010) : code postal inconnu : le registre ne répond pas
- code postal inconnu pour les autres collectivités (3) : le registre ne répond pas et n’est plus interrogé ; un prochain import de la liste les complétera
`)
	if asked := s.asked(); asked != 5 {
		t.Errorf("the register was asked %d times", asked)
	}
	if towns := s.search("clairval"); len(towns) != 1 || towns[0] != (found{"Clairval", "03", ""}) {
		t.Errorf("the search by name finds %v", towns)
	}
	s.steerRegister("reset", `{}`)
	s.wantReport(completeReport)
	if towns := s.search("03420"); len(towns) != 1 || towns[0] != (found{"Clairval", "03", "03420"}) {
		t.Errorf("the search by postcode finds %v", towns)
	}
}

func TestTheRegisterIsOptional(t *testing.T) {
	s := setScene(t)
	s.wantReport(`Collectivités enregistrées : 8
Éditeurs enregistrés : 0
Entrées laissées de côté : 5
` + leftOut + `Remarques : 0
`)
	town, err := s.directory.Find(t.Context(), value.Siret("21039900000012"))
	if err != nil || town.Postcode != "" || s.asked() != 0 {
		t.Errorf("found %+v, %v; the register was asked %d times", town, err, s.asked())
	}
}

func TestAFileThatIsNoListIsRefused(t *testing.T) {
	s := setScene(t)
	printed, complained, err := s.importList("<html>maintenance</html>")
	if err == nil || printed != "" || !strings.Contains(complained, "understand list") {
		t.Errorf("error %v, printed %q, complained %q", err, printed, complained)
	}
	if towns := s.search(""); towns != nil {
		t.Errorf("recorded %v", towns)
	}
}
