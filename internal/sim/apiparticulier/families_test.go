package apiparticulier_test

import (
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"portail-qf/internal/sim/apiparticulier"
)

// query writes a family's parameters as an editor's software would.
func query(p apiparticulier.Params) url.Values {
	q := toRecipient()
	for name, value := range map[string]string{
		"nomNaissance": p.BirthName, "nomUsage": p.UsualName, "anneeDateNaissance": p.BirthYear, "moisDateNaissance": p.BirthMonth,
		"jourDateNaissance": p.BirthDay, "sexeEtatCivil": p.Sex, "codeCogInseePaysNaissance": p.Country,
		"codeCogInseeCommuneNaissance": p.Commune, "annee": p.Year, "mois": p.Month,
	} {
		if value != "" {
			q.Set(name, value)
		}
	}
	q["prenoms[]"] = p.FirstNames
	return q
}

// ask puts a family's own question on its own route.
func (b *bench) ask(f apiparticulier.Family) answered {
	b.t.Helper()
	switch f.Route {
	case apiparticulier.RouteV2:
		return b.get(oldPath, inOldWords(query(f.Params)), "X-Api-Key", "full")
	case apiparticulier.RouteV3Identity:
		return b.get(identityPath, query(f.Params), "Authorization", "Bearer full")
	default:
		claims, complete := f.Claims()
		if !complete { // the official 404.yaml: any stranger with these four parameters
			claims = angela()
			claims["family_name"], claims["birthplace"], claims["given_name_array"] = f.Params.BirthName, f.Params.Commune, []string{"Inconnue"}
		}
		return b.get(citizenPath, toRecipient(), "Authorization", "Bearer "+b.fc.signIn(claims, nil))
	}
}

func (b *bench) answersAsItsFileSays(f apiparticulier.Family) {
	b.t.Helper()
	got := b.ask(f)
	if got.status != f.Status {
		b.t.Errorf("%s %s: %d %s, want %d", f.Route, f.Params.BirthName, got.status, got.body, f.Status)
		return
	}
	same(b.t, parse(b.t, f.Payload), got.json(b.t))
}

// « each family: description, route, params, status, payload » : every own family answers.
func TestEveryOwnFamilyAnswersAsItsFileSays(t *testing.T) {
	b := newBench(t, nil)
	families := b.sim.Families()
	if len(families) < 3*12 {
		t.Fatalf("%d own families, want 12 persons on three routes at least", len(families))
	}
	for _, f := range families {
		b.t = t
		b.answersAsItsFileSays(f)
	}
}

// « the first and the last have ok » (DEMO.md, GET /_sim/identities), with and without the
// official families.
func TestIdentitiesForFranceConnectsPage(t *testing.T) {
	lists := map[string][]apiparticulier.Family{"own": nil}
	if dir := os.Getenv("FAMILIES_DIR"); dir != "" {
		lists["with the official ones"] = official(t)
	}
	for name, added := range lists {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, func(o *apiparticulier.Options) { o.Families = added })
			keys, expectations := map[string]bool{}, []string{}
			for _, f := range b.sim.Families() {
				if f.Identity == nil {
					continue
				}
				claims, complete := f.Claims()
				if !complete || f.Identity.Label == "" || keys[f.Identity.Key] {
					t.Errorf("identity %+v, claims %v", *f.Identity, claims)
				}
				keys[f.Identity.Key] = true
				expectations = append(expectations, f.Expect())
			}
			if len(expectations) < 12 || expectations[0] != "ok" || expectations[len(expectations)-1] != "ok" {
				t.Errorf("expectations: %v", expectations)
			}
			seen := strings.Join(expectations, " ")
			if !strings.Contains(seen, "not_found") || !strings.Contains(seen, "error") {
				t.Errorf("expectations: %v", expectations)
			}
			if !keys["dubois-angela"] {
				t.Error("Angela DUBOIS is not offered under the project's own key")
			}
		})
	}
}

func official(t *testing.T) []apiparticulier.Family {
	t.Helper()
	dir := os.Getenv("FAMILIES_DIR")
	if dir == "" {
		t.Skip("FAMILIES_DIR is not set: the official families are not there to compare with")
	}
	families, err := apiparticulier.ReadFamilies(dir)
	if err != nil {
		t.Fatal(err)
	}
	return families
}

// « Official examples: all with valid parameters, for a token that holds the four scopes »
// (SETTLED.md), in identity mode and with a FranceConnect token.
func TestEveryOfficialFamilyAnswersAsItsFileSays(t *testing.T) {
	families := official(t)
	if len(families) < 40 {
		t.Fatalf("%d official families, 45 were known", len(families))
	}
	b := newBench(t, func(o *apiparticulier.Options) { o.Families = families })
	for _, f := range families {
		b.answersAsItsFileSays(f)
	}
}

// The same person asked in v2 with a FranceConnect token instead of parameters.
func TestEveryOfficialV2FamilyOfACitizenAnswersHerToken(t *testing.T) {
	families := official(t)
	b := newBench(t, func(o *apiparticulier.Options) { o.Families = families })
	asked := 0
	for _, f := range families {
		claims, complete := f.Claims()
		if f.Route != apiparticulier.RouteV2 || !complete {
			continue
		}
		asked++
		got := b.get(oldPath, toRecipient(), "Authorization", "Bearer "+b.fc.signIn(claims, nil))
		if got.status != f.Status {
			t.Errorf("%s: %d %s, want %d", f.Params.BirthName, got.status, got.body, f.Status)
			continue
		}
		same(t, parse(t, f.Payload), got.json(t))
	}
	if asked < 10 {
		t.Errorf("%d families asked", asked)
	}
}

// « In FC mode a family without its own v3_franceconnect entry may be answered from an
// equal-params v3 entry »; one of its own goes first.
func TestACitizenIsAnsweredFromTheIdentityRoute(t *testing.T) {
	b := newBench(t, nil)
	const params = `"params":{"nomNaissance":"NEUVE","prenoms":["Ada"],"anneeDateNaissance":1990,"moisDateNaissance":"08","jourDateNaissance":1,
		"sexeEtatCivil":"F","codeCogInseeCommuneNaissance":"31555","codeCogInseePaysNaissance":"99100"}`
	citizen := map[string]any{"family_name": "neuve", "given_name_array": []string{"ADA"}, "gender": "female",
		"birthdate": "1990-08-01", "birthplace": "31555", "birthcountry": "99100"}
	call := func() answered {
		return b.get(citizenPath, toRecipient(), "Authorization", "Bearer "+b.fc.signIn(citizen, nil))
	}
	b.put(`[{"route":"v3_identite",` + params + `,"payload":{"data":{"enfants":[]},"links":{},"meta":{}}}]`)
	same(t, map[string]any{"data": map[string]any{"enfants": []any{}}, "links": map[string]any{}, "meta": map[string]any{}}, call().json(t))
	b.put(`[{"route":"v3_franceconnect",` + params + `,"status":504,"payload":{"errors":[]}}]`)
	if got := call(); got.status != 504 {
		t.Errorf("the citizen's own family is not preferred: %d %s", got.status, got.body)
	}
}

// « answers when the request's parameters, recipient apart, equal params, case ignored,
// order of prenoms kept » (DEMO.md).
func TestWhatEqualParametersAre(t *testing.T) {
	b := newBench(t, nil)
	tests := []struct {
		why    string
		change func(url.Values)
		status int
	}{
		{"as written", func(url.Values) {}, 200},
		{"another recipient", func(q url.Values) { q.Set("recipient", "35600000000048") }, 200},
		{"case ignored", func(q url.Values) { q.Set("nomNaissance", "garnier"); q.Set("sexeEtatCivil", "f") }, 200},
		{"a month with its zero", func(q url.Values) { q.Set("moisDateNaissance", "02") }, 200},
		{"a blank is absent", func(q url.Values) { q.Set("nomUsage", " ") }, 200},
		{"a parameter of something else", func(q url.Values) { q.Set("delegation_id", "x") }, 200},
		{"order of first names", func(q url.Values) { q["prenoms[]"] = []string{"MARTHE", "LUCIE"} }, 404},
		{"one first name missing", func(q url.Values) { q["prenoms[]"] = []string{"LUCIE"} }, 404},
		{"one first name more", func(q url.Values) { q.Add("prenoms[]", "ANNE") }, 404},
		{"the day missing", func(q url.Values) { q.Del("jourDateNaissance") }, 404},
		{"a usual name more", func(q url.Values) { q.Set("nomUsage", "AUTRE") }, 404},
		{"another commune", func(q url.Values) { q.Set("codeCogInseeCommuneNaissance", "31556") }, 404},
		{"a month asked for", func(q url.Values) { q.Set("annee", "2026"); q.Set("mois", "5") }, 404},
	}
	for _, test := range tests {
		t.Run(test.why, func(t *testing.T) {
			q := lucie()
			test.change(q)
			if got := b.get(identityPath, q, "Authorization", "Bearer full"); got.status != test.status {
				t.Errorf("%d %s, want %d", got.status, got.body, test.status)
			}
		})
	}
}

// « If country ≠ 99100 the commune is not sent » (§7.2).
func TestTheCommuneOfAPersonBornAbroadDoesNotCount(t *testing.T) {
	b := newBench(t, nil)
	q := url.Values{"recipient": {recipient}, "nomNaissance": {"BENALI"}, "prenoms[]": {"Karim", "Youssef"}, "anneeDateNaissance": {"1983"},
		"moisDateNaissance": {"8"}, "jourDateNaissance": {"30"}, "sexeEtatCivil": {"M"}, "codeCogInseePaysNaissance": {"99352"},
		"codeCogInseeCommuneNaissance": {"31555"}}
	if got := b.get(identityPath, q, "Authorization", "Bearer full"); got.status != 200 {
		t.Errorf("%d %s", got.status, got.body)
	}
}

// « with no match: the route's 404 », the official sandbox's.
func TestNobodyMatches(t *testing.T) {
	b := newBench(t, nil)
	stranger := lucie()
	stranger.Set("nomNaissance", "PERSONNE")
	got := b.get(identityPath, stranger, "Authorization", "Bearer full")
	same(t, 404, got.status)
	same(t, []string{"37003"}, got.errorCodes(t))
	got = b.get(oldPath, inOldWords(stranger), "X-Api-Key", "full")
	same(t, 404, got.status)
	const sentence = "Dossier allocataire inexistant. Le document ne peut être édité."
	same(t, any(map[string]any{"error": "not_found", "reason": sentence, "message": sentence}), got.json(t))
}

func TestFamiliesArePutOrRefusedWhole(t *testing.T) {
	b := newBench(t, nil)
	const lucie3 = `"params":{"nomNaissance":"Garnier","prenoms":["Lucie","Marthe"],"anneeDateNaissance":"1990","moisDateNaissance":2,"jourDateNaissance":14,
		"sexeEtatCivil":"F","codeCogInseeCommuneNaissance":"31555","codeCogInseePaysNaissance":"99100","recipient":"ignored"}`
	before := len(b.sim.Families())
	if got := b.put(`[{` + lucie3 + `,"payload":"{\"data\":{\"enfants\":null}}"}]`); got.status != 200 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	if after := len(b.sim.Families()); after != before {
		t.Errorf("%d families, then %d: replaced in both v3 routes, none added", before, after)
	}
	got := b.get(identityPath, lucie(), "Authorization", "Bearer full")
	same(t, any(map[string]any{"data": map[string]any{"enfants": nil}}), got.json(t))
	if got := b.get(oldPath, oldLucie(), "X-Api-Key", "full"); !strings.Contains(string(got.body), `"quotientFamilial":684`) {
		t.Errorf("v2 is touched: %s", got.body)
	}
	b.put(`[{"params":{"nomNaissance":"OLD","sexe":"M","codePaysLieuDeNaissance":99404},"status":503,"payload":{"error":"x"}}]`)
	old := url.Values{"nomNaissance": {"OLD"}, "sexe": {"M"}, "codePaysLieuDeNaissance": {"99404"}}
	if got := b.get(oldPath, old, "X-Api-Key", "full"); got.status != 503 {
		t.Errorf("names of v2 put a family in v2: %d %s", got.status, got.body)
	}

	for _, refused := range []string{
		`{}`, `[{"params":{"nomNaissance":"X"}}]`, `[{"payload":{}}]`, `[{"params":{},"payload":{}}]`,
		`[{"params":{"nomNaissance":"X"},"payload":"not json"}]`, `[{"params":{"nomNaissance":"X"},"payload":{},"status":99}]`,
		`[{"route":"v4","params":{"nomNaissance":"X"},"payload":{}}]`, `[{"params":{"nom":"X"},"payload":{}}]`,
		`[{"params":{"prenoms":"X"},"payload":{}}]`, `[{"params":{"nomNaissance":["X"]},"payload":{}}]`,
		`[{"params":{"nomNaissance":"GOOD"},"payload":{}},{"params":{"nomNaissance":1.5},"payload":{}}]`,
	} {
		count := len(b.sim.Families())
		if got := b.put(refused); got.status != 400 || len(b.sim.Families()) != count {
			t.Errorf("%s: %d %s", refused, got.status, got.body)
		}
	}
}

// A put that replaces an offered person keeps her on FranceConnect's page.
func TestAReplacedFamilyKeepsItsIdentity(t *testing.T) {
	b := newBench(t, nil)
	b.put(`[{"params":{"nomNaissance":"DUBOIS","prenoms":["Angela","Claire","Louise"],"anneeDateNaissance":1962,"moisDateNaissance":8,"jourDateNaissance":24,
		"sexeEtatCivil":"F","codeCogInseeCommuneNaissance":"75107","codeCogInseePaysNaissance":"99100"},"status":404,"payload":{"errors":[]}}]`)
	for _, f := range b.sim.Families() {
		if f.Identity != nil && f.Identity.Key == "dubois-angela" {
			same(t, "not_found", f.Expect())
			return
		}
	}
	t.Error("Angela DUBOIS is no longer offered")
}

func TestAnOfficialDirectoryThatCannotBeReadIsAnError(t *testing.T) {
	write := func(content string) string {
		dir := t.TempDir()
		for _, folder := range []string{"v2", "v3-identite", "v3-franceconnect"} {
			if err := os.Mkdir(dir+"/"+folder, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(dir+"/v2/README.md", []byte("not a family"), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(dir+"/v2/one.yaml", []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	good := "params: {nomNaissance: X, jourDateDeNaissance: 06}\nstatus: 200\npayload: '{}'"
	families, err := apiparticulier.ReadFamilies(write(good))
	if err != nil || len(families) != 1 || families[0].Params.BirthDay != "6" {
		t.Fatalf("%v %v", families, err)
	}
	for _, bad := range []string{"[", "status: 200\npayload: '{}'", strings.Replace(good, "'{}'", "'{'", 1), strings.Replace(good, "200", "2", 1)} {
		if _, err := apiparticulier.ReadFamilies(write(bad)); err == nil || !strings.Contains(err.Error(), "v2/one.yaml") {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if _, err := apiparticulier.ReadFamilies(t.TempDir()); err == nil {
		t.Error("an empty directory is read")
	}
}

// « at least: CNAF, MSA, no child, forty children, unknown values and dates, rare letters ».
func TestOwnFilesCoverTheKnownTraps(t *testing.T) {
	files, err := os.ReadDir("families")
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, file := range files {
		content, err := os.ReadFile("families/" + file.Name())
		if err != nil {
			t.Fatal(err)
		}
		var shape map[string]any
		if err := yaml.Unmarshal(content, &shape); err != nil {
			t.Fatalf("%s: %v", file.Name(), err)
		}
		all.Write(content)
	}
	for trap, sign := range map[string]string{
		"CNAF": "fournisseur: CNAF", "MSA": "fournisseur: MSA", "no child": "enfants: []", "value unknown": "valeur: null",
		"section null": "adresse: null", "date unknown": "0000-00-00", "date partial": "2020-00-00", "first name with a space": `"Jean Philippe"`,
		"Ł": "Ł", "ọ": "Ọ", "Ş": "Ş", "usual name": "nomUsage", "month 0": "mois: 0,", "month null": "mois: null,",
		"suspended": `provider_error_code: "121"`, "struck off": `provider_error_code: "101"`, "down": "status: 502", "too slow": "status: 504",
	} {
		if !strings.Contains(all.String(), sign) {
			t.Errorf("no own family for: %s", trap)
		}
	}
	if children := strings.Count(all.String(), `{nom_naissance: "TALBOT"`) - 1; children != 40 {
		t.Errorf("the largest family has %d children, want 40", children)
	}
}
