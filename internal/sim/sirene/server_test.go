package sirene_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/sim/control"
	"portail-qf/internal/sim/sirene"
)

const (
	siret = "21310555400017"
	path  = "/api-sirene/3.11/siret/"
)

type bench struct {
	t   *testing.T
	sim *sirene.Server
	url string
}

func newBench(t *testing.T) bench {
	t.Helper()
	sim := sirene.New(sirene.Options{Key: "key", Organizations: []sirene.Organization{{
		Siret: siret, Name: "COMMUNE DE VALBOURG", CommuneCog: "31555", PostalCode: "31000", Commune: "VALBOURG",
	}}})
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	return bench{t, sim, server.URL}
}

func (b bench) call(method, path, body, key string) (status int, answer any) {
	b.t.Helper()
	request, err := http.NewRequestWithContext(b.t.Context(), method, b.url+path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	if key != "" {
		request.Header.Set("X-INSEE-Api-Key-Integration", key)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		b.t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	if err := json.Unmarshal(content, &answer); err != nil {
		b.t.Fatalf("%d %s: %v", response.StatusCode, content, err)
	}
	return response.StatusCode, answer
}

// at follows members and positions down an answer.
func at(answer any, steps ...any) any {
	for _, step := range steps {
		switch step := step.(type) {
		case string:
			object, _ := answer.(map[string]any)
			answer = object[step]
		case int:
			list, _ := answer.([]any)
			if step >= len(list) {
				return nil
			}
			answer = list[step]
		}
	}
	return answer
}

// « Fields used: uniteLegale.denominationUniteLegale, adresseEtablissement.
// codeCommuneEtablissement, codePostalEtablissement » (reference/formulaire-qf.md §3.4).
func TestAnOpenEstablishment(t *testing.T) {
	b := newBench(t)
	status, answer := b.call("GET", path+siret, "", "key")
	if status != 200 {
		t.Fatalf("%d %v", status, answer)
	}
	for _, test := range []struct {
		want  any
		steps []any
	}{
		{200.0, []any{"header", "statut"}},
		{siret, []any{"etablissement", "siret"}},
		{"213105554", []any{"etablissement", "siren"}},
		{"00017", []any{"etablissement", "nic"}},
		{"COMMUNE DE VALBOURG", []any{"etablissement", "uniteLegale", "denominationUniteLegale"}},
		{"7210", []any{"etablissement", "uniteLegale", "categorieJuridiqueUniteLegale"}},
		{"31555", []any{"etablissement", "adresseEtablissement", "codeCommuneEtablissement"}},
		{"31000", []any{"etablissement", "adresseEtablissement", "codePostalEtablissement"}},
		{"VALBOURG", []any{"etablissement", "adresseEtablissement", "libelleCommuneEtablissement"}},
		{"A", []any{"etablissement", "periodesEtablissement", 0, "etatAdministratifEtablissement"}},
		{nil, []any{"etablissement", "periodesEtablissement", 0, "dateFin"}},
	} {
		if got := at(answer, test.steps...); got != test.want {
			t.Errorf("%v = %v, want %v", test.steps, got, test.want)
		}
	}
}

// « closed = periodesEtablissement[0].etatAdministratifEtablissement F » (SETTLED.md): the
// newest period comes first, the open one before it stays.
func TestAClosedEstablishment(t *testing.T) {
	b := newBench(t)
	status, _ := b.call("PUT", "/_sim/organizations", `[{"siret":"`+siret+`","name":"CCAS DE VALBOURG","code_commune":"31555","code_postal":"31000",
		"commune":"VALBOURG","categorie_juridique":"7361","active":false}]`, "")
	if status != 200 {
		t.Fatalf("put: %d", status)
	}
	_, answer := b.call("GET", path+siret, "", "key")
	periods := at(answer, "etablissement", "periodesEtablissement")
	states := []any{at(periods, 0, "etatAdministratifEtablissement"), at(periods, 1, "etatAdministratifEtablissement")}
	if diff := cmp.Diff([]any{"F", "A"}, states); diff != "" {
		t.Error(diff)
	}
	dates := []any{at(periods, 0, "dateFin"), at(periods, 0, "dateDebut"), at(periods, 1, "dateFin")}
	if diff := cmp.Diff([]any{nil, "2025-12-31", "2025-12-30"}, dates); diff != "" {
		t.Errorf("periods: %s", diff)
	}
	if got := at(answer, "etablissement", "uniteLegale", "categorieJuridiqueUniteLegale"); got != "7361" {
		t.Errorf("category %v", got)
	}
}

func TestTheDayOfAClosingIsToldAsGiven(t *testing.T) {
	b := newBench(t)
	b.sim.Put(sirene.Organization{Siret: siret, Name: "CCAS DE VALBOURG", Closed: true, ClosedOn: time.Date(2024, time.March, 1, 0, 0, 0, 0, time.UTC)})
	_, answer := b.call("GET", path+siret, "", "key")
	periods := at(answer, "etablissement", "periodesEtablissement")
	dates := []any{at(periods, 0, "dateDebut"), at(periods, 1, "dateFin")}
	if diff := cmp.Diff([]any{"2024-03-01", "2024-02-29"}, dates); diff != "" {
		t.Error(diff)
	}
}

// « prenomUsuel/nomUnite »: a natural person's unit has no denomination, null in an answer.
func TestANaturalPerson(t *testing.T) {
	b := newBench(t)
	b.sim.Put(sirene.Organization{Siret: siret, LegalCategory: "1000", Person: sirene.Person{FirstName: "MARIE", UsualName: "LOUISE", Surname: "DURAND"}})
	_, answer := b.call("GET", path+siret, "", "key")
	unit, _ := at(answer, "etablissement", "uniteLegale").(map[string]any)
	want := map[string]any{
		"etatAdministratifUniteLegale": "A", "statutDiffusionUniteLegale": "O", "categorieJuridiqueUniteLegale": "1000",
		"denominationUniteLegale": nil, "nomUniteLegale": "DURAND", "nomUsageUniteLegale": nil,
		"prenom1UniteLegale": "MARIE", "prenomUsuelUniteLegale": "LOUISE",
	}
	if diff := cmp.Diff(want, unit); diff != "" {
		t.Error(diff)
	}
}

func TestRefusals(t *testing.T) {
	b := newBench(t)
	header := func(status float64, message string) any {
		return map[string]any{"header": map[string]any{"statut": status, "message": message}}
	}
	gateway := map[string]any{"message": "Unauthorized", "http_status_code": 401.0}
	tests := []struct {
		why, siret, key string
		status          int
		answer          any
	}{
		{"no key", siret, "", 401, gateway},
		{"another key", siret, "other", 401, gateway},
		{"the key goes before the SIRET", "12", "", 401, gateway},
		{"13 digits", siret[1:], "key", 400, header(400, "Erreur de syntaxe dans le paramètre siret="+siret[1:])},
		{"letters", "2131055540001x", "key", 400, header(400, "Erreur de syntaxe dans le paramètre siret=2131055540001x")},
		{"unknown", "21690123100011", "key", 404, header(404, "Aucun élément trouvé pour le siret 21690123100011")},
	}
	for _, test := range tests {
		t.Run(test.why, func(t *testing.T) {
			status, answer := b.call("GET", path+test.siret, "", test.key)
			if status != test.status {
				t.Errorf("%d, want %d", status, test.status)
			}
			if diff := cmp.Diff(test.answer, answer); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWithoutKeyEverybodyIsRefused(t *testing.T) {
	server := httptest.NewServer(sirene.New(sirene.Options{}))
	t.Cleanup(server.Close)
	if status, _ := (bench{t: t, url: server.URL}).call("GET", path+siret, "", ""); status != 401 {
		t.Errorf("%d, want 401", status)
	}
}

// PUT /_sim/organizations adds or replaces (DEMO.md); open unless it says otherwise.
func TestOrganizationsArePutOrRefusedWhole(t *testing.T) {
	b := newBench(t)
	b.call("PUT", "/_sim/organizations", `[{"siret":"21690123100011","name":"COMMUNE DE MONTCLAIR","code_commune":"69123","code_postal":"69001","commune":"MONTCLAIR"}]`, "")
	_, answer := b.call("GET", path+"21690123100011", "", "key")
	if got := at(answer, "etablissement", "periodesEtablissement", 0, "etatAdministratifEtablissement"); got != "A" {
		t.Errorf("state %v", got)
	}
	for _, refused := range []string{
		`{}`, `[{"siret":"12","name":"X"}]`, `[{"siret":"` + siret + `"}]`, `[{"siret":"` + siret + `","nom":"X"}]`,
		`[{"siret":"` + siret + `","name":"REPLACED"},{"siret":"","name":"X"}]`,
	} {
		if status, answer := b.call("PUT", "/_sim/organizations", refused, ""); status != 400 {
			t.Errorf("%s: %d %v", refused, status, answer)
		}
	}
	_, answer = b.call("GET", path+siret, "", "key")
	if got := at(answer, "etablissement", "uniteLegale", "denominationUniteLegale"); got != "COMMUNE DE VALBOURG" {
		t.Errorf("a refused call replaced the name by %v", got)
	}
}

func TestFaultsStandInFront(t *testing.T) {
	b := newBench(t)
	b.sim.Inject(control.Fault{Match: "GET " + path, Mode: control.ModeStatus, Status: 503, Times: 1})
	if status, _ := b.call("GET", path+siret, "", "key"); status != 503 {
		t.Errorf("%d, want the fault", status)
	}
	if status, _ := b.call("GET", path+siret, "", "key"); status != 200 {
		t.Errorf("%d, want the answer", status)
	}
}
