package api

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// post registers a collectivity as the existing back-office does.
func (i *instance) post(body string) answer {
	i.t.Helper()
	return i.ask(http.MethodPost, theList, body, "Authorization", "Bearer "+bearer, "Content-Type", noForm)
}

func (s *scene) count() (n int) {
	s.t.Helper()
	if err := s.raw.QueryRowContext(s.t.Context(), `SELECT count(*) FROM collectivities`).Scan(&n); err != nil {
		s.t.Fatal(err)
	}
	return n
}

// « POST /api/collectivites, Authorization: Bearer, body {"collectivity":{…}} (the
// back-office sends the flat JSON) -> 201 {"collectivity":{...}}, 409 if SIRET taken »
// (formulaire-qf.md §3.6)
func TestACollectivityIsAddedAndListedWhenItsFormIsOpen(t *testing.T) {
	s := setScene(t)
	portal := s.start()
	flat := `{"name":"Ajaccio","siret":"21040107100019","code_cog":"2A004","status":"active","editor":"` + tilleul + `","departement":"20","autre":[{}]}`
	portal.post(flat).is(http.StatusCreated,
		`{"collectivity":{"name":"Ajaccio","siret":"21040107100019","code_cog":"2A004","departement":"2A","status":"active","editor":"`+tilleul+`"}}`).has(
		"Content-Type", "application/json; charset=utf-8", "Access-Control-Allow-Origin", "")
	wrapped := `{"collectivity":{"name":"Saint-Denis","siret":"21280363900013","code_cog":"97411","status":"inactive","editor":"3d_ouest"},"name":"non lu"}`
	portal.post(wrapped).is(http.StatusCreated,
		`{"collectivity":{"name":"Saint-Denis","siret":"21280363900013","code_cog":"97411","departement":"974","status":"inactive","editor":null}}`)
	portal.post(`{"name":"Nîmes","siret":21750001600019,"code_cog":"30189","status":"active","editor":null}`).is(http.StatusCreated,
		`{"collectivity":{"name":"Nîmes","siret":"21750001600019","code_cog":"30189","departement":"30","status":"active","editor":null}}`)
	portal.get(theList).is(http.StatusOK, `[{"name":"Ajaccio","siret":"21040107100019","code_cog":"2A004","departement":"2A"},`+
		`{"name":"Nîmes","siret":"21750001600019","code_cog":"30189","departement":"30"}]`)
	taken := `{"errors":{"siret":["has already been taken"]}}`
	portal.post(strings.Replace(flat, "active", "inactive", 1)).is(http.StatusConflict, taken)
	portal.get(theList+"/2A004").is(http.StatusOK, `{"name":"Ajaccio","siret":"21040107100019","code_cog":"2A004","departement":"2A"}`)
}

func TestTwoRegistrationsAtOnceMakeOneCollectivity(t *testing.T) {
	s := setScene(t)
	one, other := s.start(), s.start()
	const several = 6
	answers := make([]answer, several)
	var posts sync.WaitGroup
	for i := range several {
		posts.Go(func() {
			instance := []*instance{one, other}[i%2]
			answers[i] = instance.post(fmt.Sprintf(`{"name":"Majastres %d","siret":"21040107100019","code_cog":"04107","status":"active"}`, i))
		})
	}
	posts.Wait()
	statuses := map[int]int{}
	for _, a := range answers {
		statuses[a.status]++
	}
	if statuses[http.StatusCreated] != 1 || statuses[http.StatusConflict] != several-1 || s.count() != 1 {
		t.Errorf("statuses %v and %d collectivities", statuses, s.count())
	}
}

func TestOnlyTheBearerAddsACollectivity(t *testing.T) {
	s := setScene(t)
	portal := s.start()
	const body = `{"name":"Majastres","siret":"21040107100019","code_cog":"04107","status":"active"}`
	for _, shown := range []string{"", "Bearer", "Bearer " + bearer[1:], "Bearer " + bearer + "x", "Basic " + bearer, bearer} {
		portal.ask(http.MethodPost, theList, body, "Authorization", shown).is(http.StatusUnauthorized, errorText("Unauthorized")).has("WWW-Authenticate", "Bearer")
	}
	portal.ask(http.MethodPost, theList, body, "Cookie", "__Host-professionnel="+bearer).is(http.StatusUnauthorized, errorText("Unauthorized"))
	if n := s.count(); n != 0 {
		t.Errorf("%d collectivities were added", n)
	}
}

// Every fault at once, in the words of the existing service.
func TestWhatIsWrongWithACollectivityIsTold(t *testing.T) {
	s := setScene(t)
	portal := s.start()
	const base = `{"errors":{"base":[%q]}}`
	const nothing = `{"errors":{"code_cog":["can't be blank"],"name":["can't be blank"],"siret":["can't be blank"],"status":["can't be blank"]}}`
	deep := func(levels int) string {
		return `{"autre":` + strings.Repeat(`[`, levels) + strings.Repeat(`]`, levels) + `}`
	}
	sound := `"siret":"21040107100019","code_cog":"04107","status":"active"`
	for name, test := range map[string]struct{ body, want string }{
		"no body":               {``, fmt.Sprintf(base, "is not a JSON object")},
		"an empty object":       {`{}`, nothing},
		"an empty member":       {`{"collectivity":{}}`, nothing},
		"a member of null":      {`{"collectivity":null}`, fmt.Sprintf(base, "is not a JSON object")},
		"a list":                {`[{}]`, fmt.Sprintf(base, "is not a JSON object")},
		"a text":                {`"x"`, fmt.Sprintf(base, "is not a JSON object")},
		"null":                  {`null`, fmt.Sprintf(base, "is not a JSON object")},
		"cut":                   {`{"name":"Majas`, fmt.Sprintf(base, "is not a JSON object")},
		"two objects":           {`{}{}`, fmt.Sprintf(base, "is not a JSON object")},
		"something after":       {`{} x`, fmt.Sprintf(base, "is not a JSON object")},
		"a form":                {`name=Majastres&siret=21040107100019`, fmt.Sprintf(base, "is not a JSON object")},
		"no UTF-8":              {"{\"name\":\"Majas\xfftres\"," + sound + `}`, fmt.Sprintf(base, "is not a JSON object")},
		"UTF-16":                {"\xff\xfe{\x00}\x00", fmt.Sprintf(base, "is not a JSON object")},
		"a member twice":        {`{"name":"A","name":"B",` + sound + `}`, fmt.Sprintf(base, "has a member twice")},
		"twice, once escaped":   {`{"name":"A","n\u0061me":"B",` + sound + `}`, fmt.Sprintf(base, "has a member twice")},
		"twice, inside":         {`{"collectivity":{"siret":"1","siret":"2"}}`, fmt.Sprintf(base, "has a member twice")},
		"deep":                  {deep(20), fmt.Sprintf(base, "is nested too deep")},
		"very deep":             {deep(9_999), fmt.Sprintf(base, "is nested too deep")},
		"deeper than is read":   {deep(10_001), fmt.Sprintf(base, "is not a JSON object")},
		"deep and open":         {strings.Repeat(`[`, 30_000), fmt.Sprintf(base, "is not a JSON object")},
		"brackets in a text":    {`{"autre":"` + strings.Repeat(`[{\"`, 100) + `"}`, nothing},
		"no texts":              {`{"name":["A"],"siret":{},"code_cog":true,"status":null}`, nothing},
		"names in another case": {`{"Name":"A","SIRET":"21040107100019","Code_cog":"04107","STATUS":"active"}`, nothing},
		"a lone surrogate":      {`{"name":"A\ud800",` + sound + `}`, `{"errors":{"name":["is invalid"]}}`},
		"a NUL":                 {`{"name":"A\u0000",` + sound + `}`, `{"errors":{"name":["is invalid"]}}`},
		"a name too long":       {`{"name":"` + strings.Repeat("é", 256) + `",` + sound + `}`, `{"errors":{"name":["is too long (maximum is 255 characters)"]}}`},
		"all invalid": {`{"name":"A\nB","siret":"21040107100018","code_cog":4107,"status":"ouvert"}`,
			`{"errors":{"code_cog":["is invalid"],"name":["is invalid"],"siret":["is invalid"],"status":["is not included in the list"]}}`},
	} {
		t.Run(name, func(t *testing.T) {
			portal.t = t
			for _, kind := range []string{noForm, formType, "text/plain", "multipart/form-data; boundary=x", "\xff", ""} {
				got := portal.ask(http.MethodPost, theList, test.body, "Authorization", "Bearer "+bearer, "Content-Type", kind)
				got.is(http.StatusUnprocessableEntity, test.want)
			}
		})
	}
	portal.t = t
	portal.post(`{"name":"`+strings.Repeat("x", maxRegistration)+`"}`).is(http.StatusRequestEntityTooLarge, errorText("Request Entity Too Large"))
	if n := s.count(); n != 0 {
		t.Errorf("%d collectivities were added", n)
	}
}
