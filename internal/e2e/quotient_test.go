package e2e

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/sim/control"
)

// alix is an invented person as FranceConnect and API Particulier both know her.
const (
	alixClaims = `{"family_name":"FERRIER","given_name":"Alix Jeanne","given_name_array":["Alix","Jeanne"],
		"gender":"female","birthdate":"1984-05-17","birthplace":"75107","birthcountry":"99100"}`
	alixParams = `{"nomNaissance":"FERRIER","prenoms":["Alix","Jeanne"],"anneeDateNaissance":1984,"moisDateNaissance":5,
		"jourDateNaissance":17,"sexeEtatCivil":"F","codeCogInseeCommuneNaissance":"75107","codeCogInseePaysNaissance":"99100"}`
)

// signInAlix makes the next sign-in hers; userinfo changes what the portal is told of her
// ("{}" for nothing).
func (p *portal) signInAlix(userinfo string) {
	p.franceConnect(`{"identity":` + alixClaims + `,"mutate":{"userinfo":` + userinfo + `}}`)
}

// answersAlix is what API Particulier answers for her from now on.
func (p *portal) answersAlix(status int, payload string) {
	p.t.Helper()
	body, err := json.Marshal([]map[string]any{{
		"route": "v3_franceconnect", "params": json.RawMessage(alixParams), "status": status, "payload": json.RawMessage(payload),
	}})
	if err != nil {
		p.t.Fatal(err)
	}
	request, err := http.NewRequest(http.MethodPut, p.apiURL+"/_sim/families", strings.NewReader(string(body)))
	if err != nil {
		p.t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		p.t.Fatalf("the family was refused: %d", response.StatusCode)
	}
}

// « one per cause, each with next step …. Never print upstream text »
// (users-reliability-security.md A.9.5): by the answer of API Particulier
// (api-particulier.md §7.4) and what the citizen then reads.
func TestEachCauseOfFailureHasItsPage(t *testing.T) {
	t.Parallel()
	p := open(t)
	problem := func(code, provider string) string {
		return `{"errors":[{"code":"` + code + `","title":"Titre en amont","detail":"Détail en amont","source":null,
			"meta":{"provider":"CNAF","provider_error_code":` + provider + `,"provider_error_message":"Message en amont"}}]}`
	}
	for _, row := range []struct {
		status  int
		payload string
		cause   string
	}{
		{404, problem("10003", "null"), "introuvable"},
		{404, problem("23003", "null"), "introuvable"},
		{404, problem("35003", "null"), "introuvable"},
		{404, problem("37003", "null"), "introuvable"},
		{404, problem("40003", "null"), "introuvable"},
		{422, problem("00355", `"40409"`), "introuvable"},
		{422, problem("00366", "null"), "introuvable"},
		{404, problem("35003", `"133"`), "introuvable"},
		{404, problem("35003", `"101"`), "dossier-suspendu"},
		{422, problem("00366", `"121"`), "dossier-suspendu"},
		{404, problem("35003", "141"), "dossier-suspendu"},
		{502, problem("35001", "null"), "caf-msa-indisponible"},
		{502, problem("35000", `"201"`), "caf-msa-indisponible"},
		{503, problem("35999", "null"), "caf-msa-indisponible"},
		{500, `{}`, "caf-msa-indisponible"},
		{404, `{"error":"no such route"}`, "caf-msa-indisponible"},
		{401, problem("00101", "null"), "caf-msa-indisponible"},
		{403, problem("00100", "null"), "caf-msa-indisponible"},
		{422, problem("00210", "null"), "caf-msa-indisponible"},
		{504, problem("35002", "null"), "caf-msa-lente"},
		{429, problem("00429", "null"), "caf-msa-lente"},
		{409, problem("00015", "null"), "caf-msa-lente"},
		{401, problem("50001", "null"), "session-terminee"},
		{401, problem("50002", "null"), "session-terminee"},
		{401, problem("50003", "null"), "identite-incomplete"},
		{204, `{}`, "caf-msa-indisponible"}, // an empty body
		{302, `{}`, "caf-msa-indisponible"},
		{200, `{}`, "caf-msa-indisponible"},
		{200, `[null]`, "caf-msa-indisponible"},
		{200, `{"data":null}`, "caf-msa-indisponible"},
		{200, `{"data":[]}`, "caf-msa-indisponible"},
		{200, `{"data":{}}`, "caf-msa-indisponible"},
		{200, `{"data":{"adresse":{"pays":"FRANCE"}}}`, "caf-msa-indisponible"},
		{200, `{"data":"` + strings.Repeat("x", 2<<20) + `"}`, "caf-msa-indisponible"},
	} {
		p.answersAlix(row.status, row.payload)
		p.signInAlix(`{}`)
		p.visitor().get(carrying(majastres, "external_id", "famille-12")).submit("/demarrer").
			failsBecause(p, row.cause, row.payload)
	}
}

// failsBecause checks the page of a cause, that nothing was kept, and that the citizen may
// go on.
func (p *page) failsBecause(portal *portal, cause, about string) {
	t := p.visitor.t
	t.Helper()
	if p.url.Path != majastres+"/echec/"+cause {
		t.Errorf("%.300s leads to %s, want %s", about, p.url.Path, cause)
		return
	}
	p.answers(200).says("attestation", "Service Enfance").
		neverSays("en amont", "35003", "FERRIER", "errors", "Unauthorized", "quotient.")
	if said := strings.ToLower(p.text()); !strings.Contains(said, "rien gardé") && !strings.Contains(said, "effacées") {
		t.Errorf("%s does not say what was kept", p.url.Path)
	}
	p.visitor.get(p.url.Path).answers(200)
	p.visitor.get(verification).at(ended)
	if portal.count("SELECT count(*) FROM attempts WHERE step <> 'commencee'") != 0 {
		t.Errorf("after %s somebody is signed in", cause)
	}
	if cause == "identite-incomplete" {
		p.says("Recommencer n’y changera rien") // and there is no button to do so
		return
	}
	portal.signInAs(portal.anybody())
	again := p.link("revenez au formulaire") + p.link("faire la démarche")
	if again == "" {
		p.submit("/demarrer").at(verification).says("famille-12").submit("/deconnexion")
		return
	}
	p.visitor.get(again).submit("/demarrer").at(verification).says("famille-12").submit("/deconnexion")
}

// The same when there is no answer at all; and one that comes after the other question was
// answered is waited for.
func TestCAFAndMSAOutOfReachAreAPage(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		fault control.Fault
		cause string
	}{
		"down":    {control.Fault{Mode: control.ModeDown}, "caf-msa-indisponible"},
		"lost":    {control.Fault{Mode: control.ModeLost}, "caf-msa-indisponible"},
		"garbage": {control.Fault{Mode: control.ModeGarbage}, "caf-msa-indisponible"},
		"proxy":   {control.Fault{Mode: control.ModeStatus, Status: 502}, "caf-msa-indisponible"},
		"slow":    {control.Fault{Mode: control.ModeSlow, DelayMS: 40_000}, "caf-msa-lente"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := open(t)
			form := p.visitor().get(carrying(majastres, "external_id", "famille-12"))
			row.fault.Match, row.fault.Times = "GET /v3/", 1
			p.stage.APIParticulier.Inject(row.fault)
			p.signInAs(p.anybody())
			began := time.Now()
			failed := form.submit("/demarrer")
			if waited := time.Since(began); waited > 25*time.Second {
				t.Errorf("the citizen waited %s", waited)
			}
			failed.failsBecause(p, row.cause, name)
		})
	}
	p := open(t)
	p.stage.APIParticulier.Inject(control.Fault{Match: "GET /v3/", Mode: control.ModeStatus, Status: 409, Times: 1})
	p.signsIn(p.visitor().get(majastres)).says("2 550")
}

// expected is what FormulaireQF.json must hold (formulaire-qf.md §4), from what
// FranceConnect and API Particulier said, as a reader of the contract would write it.
func expected(externalID any, claims, answer map[string]any) map[string]any {
	pivot, v3 := map[string]any{}, map[string]any{"version": "v3"}
	for _, claim := range []string{"family_name", "given_name", "gender", "birthdate", "birthplace", "birthcountry"} {
		if said, isText := claims[claim].(string); isText {
			pivot[claim] = said
		}
	}
	for _, section := range []string{"quotient_familial", "allocataires", "enfants"} {
		if said, came := answer[section]; came {
			v3[section] = said
		}
	}
	amount, _ := answer["quotient_familial"].(map[string]any)
	return map[string]any{
		"external_id": externalID, "pivot_identity": pivot, "quotient_familial_v3": v3,
		"quotient_familial": map[string]any{
			"regime": amount["fournisseur"], "quotientFamilial": amount["valeur"], "annee": amount["annee"], "mois": amount["mois"],
			"allocataires": expectedPersons(answer["allocataires"]), "enfants": expectedPersons(answer["enfants"]), "version": "v2",
		},
	}
}

func expectedPersons(section any) []any {
	list := []any{}
	persons, _ := section.([]any)
	for _, each := range persons {
		person := each.(map[string]any)
		written, _ := person["date_naissance"].(string)
		date := append(strings.Split(written, "-"), "", "")
		known := func(part string) any {
			if strings.Trim(part, "0") == "" {
				return nil
			}
			return part
		}
		list = append(list, map[string]any{
			"nomNaissance": person["nom_naissance"], "nomUsuel": person["nom_usage"], "prenoms": person["prenoms"], "sexe": person["sexe"],
			"anneeDateDeNaissance": known(date[0]), "moisDateDeNaissance": known(date[1]), "jourDateDeNaissance": known(date[2]),
		})
	}
	return list
}

// checkContent verifies that a parcel says what FranceConnect and API Particulier said, in
// both files alike.
func (p parcel) checkContent(externalID any, claims, answer map[string]any) {
	p.t.Helper()
	p.checkFiles()
	if diff := cmp.Diff(expected(externalID, claims, answer), p.read()); diff != "" {
		p.t.Errorf("FormulaireQF.json:\n%s", diff)
	}
	pivot := p.tree().at("pivot-identity")
	for _, claim := range []string{"family_name", "given_name", "birthdate"} {
		said, _ := claims[claim].(string)
		if got := pivot.at(strings.ReplaceAll(claim, "_", "-")).Text; got != xmlWritable(said) {
			p.t.Errorf("FormulaireQF.xml has %q for %s, want %q", got, claim, said)
		}
	}
	for _, section := range []string{"allocataires", "enfants"} {
		persons, _ := answer[section].([]any)
		for _, block := range []string{"quotient-familial-v3", "quotient-familial"} {
			if got := len(p.tree().at(block, section).Children); got != len(persons) {
				p.t.Errorf("FormulaireQF.xml has %d %s in %s, want %d", got, section, block, len(persons))
			}
		}
	}
}

// xmlWritable replaces what no XML 1.0 document can hold.
func xmlWritable(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == '\ufffe' || r == '\uffff' {
			return '\ufffd'
		}
		return r
	}, text)
}
