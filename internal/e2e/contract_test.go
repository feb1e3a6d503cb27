package e2e

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
)

// undocumented are the addresses of programs that the document leaves out: those of DataPass and
// of the existing back-office, which have contracts of their own, and the pages that show it.
var undocumented = []string{
	"POST /api/datapass/webhook", "POST /api/collectivites", "OPTIONS /api/collectivites", "OPTIONS /api/collectivites/{code}", "GET /api/docs", "GET /api/docs/{sujet}",
}

// « a test checks that every route registered below those prefixes is in the document and vice
// versa »
func TestTheDocumentOfTheAPIAndTheSiteHaveTheSameRoutes(t *testing.T) {
	t.Parallel()
	p := open(t)
	var documented, mounted []string
	for path, item := range p.contract().document.Paths.Map() {
		for method := range item.Operations() {
			documented = append(documented, method+" "+path)
		}
	}
	parameter := regexp.MustCompile(`:([a-z]+)`)
	for _, route := range p.app.Router().Routes() {
		if strings.HasPrefix(route.Path, "/api/") || strings.HasPrefix(route.Path, "/oauth/") || strings.HasPrefix(route.Path, "/v3/") {
			mounted = append(mounted, route.Method+" "+parameter.ReplaceAllString(route.Path, "{$1}"))
		}
	}
	for _, route := range mounted {
		if slices.Contains(documented, route) == slices.Contains(undocumented, route) {
			t.Errorf("%s is mounted, and is neither documented nor left out, or both", route)
		}
	}
	for _, route := range documented {
		if !slices.Contains(mounted, route) {
			t.Errorf("%s is documented, and is not there", route)
		}
	}
}

// contract is the document as programs download it from a portal.
type contract struct {
	*portal
	document *openapi3.T
	routes   routers.Router
}

func (p *portal) contract() *contract {
	p.t.Helper()
	text := p.visitor().get("/openapi.yaml").answers(200).body
	if !strings.Contains(text, "url: "+p.portalURL+"\n") || strings.Contains(text, "portail.example.fr") {
		p.t.Error("the document does not name the portal that serves it")
	}
	document, err := openapi3.NewLoader().LoadFromData([]byte(text))
	if err != nil {
		p.t.Fatal(err)
	}
	if err := document.Validate(p.t.Context()); err != nil {
		p.t.Error(err)
	}
	routes, err := gorillamux.NewRouter(document)
	if err != nil {
		p.t.Fatal(err)
	}
	return &contract{p, document, routes}
}

// call makes a call, with headers two by two, wants a status, and compares both sides with the
// document.
func (c *contract) call(status int, method, address, body string, headers ...string) string {
	c.t.Helper()
	asking := func() *http.Request {
		request, err := http.NewRequestWithContext(c.t.Context(), method, c.portalURL+address, strings.NewReader(body))
		if err != nil {
			c.t.Fatal(err)
		}
		for pair := range slices.Chunk(headers, 2) {
			request.Header.Set(pair[0], pair[1])
		}
		return request
	}
	response, err := http.DefaultClient.Do(asking())
	if err != nil {
		c.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != status {
		c.t.Fatalf("%s %s: %d %s, %v", method, address, response.StatusCode, text, err)
	}
	request := asking()
	route, parameters, err := c.routes.FindRoute(request)
	if err != nil {
		c.t.Fatalf("%s %s is not in the document: %v", method, address, err)
	}
	asked := &openapi3filter.RequestValidationInput{
		Request: request, PathParams: parameters, Route: route,
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true},
	}
	if err := openapi3filter.ValidateRequest(c.t.Context(), asked); err != nil && status < 400 {
		c.t.Errorf("%s %s: the document refuses what is answered %d: %v", method, address, status, err)
	}
	answered := &openapi3filter.ResponseValidationInput{RequestValidationInput: asked, Status: status, Header: response.Header, Options: asked.Options}
	answered.SetBodyBytes(text)
	if err := openapi3filter.ValidateResponse(c.t.Context(), answered); err != nil {
		c.t.Errorf("%s %s: %d %s breaks the document: %v", method, address, status, text, err)
	}
	return string(text)
}

// The story of a developer who has the document alone: access token, clients, token of a town,
// call of the gateway, replacement, dossiers; and what is refused on the way.
func TestAProgramGoesTheWholeWayByTheDocument(t *testing.T) {
	t.Parallel()
	p := open(t)
	c := p.contract()
	const formType = "application/x-www-form-urlencoded"
	own := p.stage.Seed.Editors[0].API
	form := func(more ...string) string {
		fields := url.Values{"client_id": {own.ID}, "client_secret": {own.Secret}}
		for pair := range slices.Chunk(more, 2) {
			fields.Set(pair[0], pair[1])
		}
		return fields.Encode()
	}
	var access struct {
		Token string `json:"access_token"`
	}
	read(t, c.call(200, "POST", "/oauth/token", form("grant_type", "client_credentials"), "Content-Type", formType), &access)
	c.call(400, "POST", "/oauth/token", form("grant_type", "client_credentials", "scope", "autre"), "Content-Type", formType)
	c.call(401, "POST", "/oauth/token", "grant_type=client_credentials&client_id="+own.ID+"&client_secret=faux", "Content-Type", formType)
	bearer := "Bearer " + access.Token

	const clients, tokens = "/api/v1/editeur/clients", "/api/v1/editeur/jetons"
	montfleury, found := p.stage.Town("hubee_en_attente"), false
	var listed struct {
		Data []struct {
			Siret string                     `json:"siret"`
			Stage string                     `json:"etape"`
			Token *struct{ ID, Etat string } `json:"jeton"`
		} `json:"donnees"`
	}
	read(t, c.call(200, "GET", clients, "", "Authorization", bearer), &listed)
	for _, client := range listed.Data {
		if found = client.Siret == montfleury.Siret; !found {
			continue
		}
		if client.Stage != "jeton_a_recuperer" {
			t.Fatalf("%+v", client)
		}
		path := tokens + "/" + client.Token.ID
		var collected struct{ Jeton string }
		read(t, c.call(200, "POST", path+"/collecte", "", "Authorization", bearer, "Idempotency-Key", "essai"), &collected)
		c.call(409, "POST", path+"/collecte", "", "Authorization", bearer, "Idempotency-Key", "autre")
		c.call(204, "POST", path+"/confirmation", "", "Authorization", bearer)
		c.call(201, "POST", path+"/remplacement", `{"recouvrement_jours":1}`, "Authorization", bearer, "Idempotency-Key", "essai", "Content-Type", "application/json")
		c.asksForAQuotient(collected.Jeton, montfleury.Siret)
		if told := c.call(200, "POST", "/oauth/introspect", form("token", collected.Jeton), "Content-Type", formType); !strings.Contains(told, montfleury.Siret) {
			t.Errorf("introspection: %s", told)
		}
		p.keepsQuiet(collected.Jeton, access.Token, own.Secret)
		break
	}
	if !found {
		t.Fatalf("%+v", listed)
	}
	c.call(200, "POST", "/oauth/introspect", form("token", p.stage.Town("jeton_expire").Token.Text), "Content-Type", formType)
	c.call(200, "GET", "/api/v1/editeur/dossiers", "", "Authorization", bearer)
	c.call(401, "GET", clients, "")
	c.call(200, "GET", "/api/collectivites", "")
	c.call(200, "GET", "/api/collectivites/"+p.stage.Town("en_ordre").Siret, "")
	c.call(404, "GET", "/api/collectivites/00000", "")
}

// asksForAQuotient asks in both versions, as the samples of the document do, and wrongly.
func (c *contract) asksForAQuotient(token, siret string) {
	c.t.Helper()
	const v3, v2 = "/v3/dss/quotient_familial/identite?", "/api/v2/composition-familiale-v2?"
	query := func(operation string) url.Values {
		c.t.Helper()
		fields := url.Values{}
		for _, field := range regexp.MustCompile(`--data-urlencode "([^=]+)=([^"]*)"`).FindAllStringSubmatch(c.sampleOf(operation), -1) {
			fields.Add(field[1], field[2])
		}
		fields.Set("recipient", siret)
		return fields
	}
	in3, in2 := query("/v3/dss/quotient_familial/identite"), query("/api/v2/composition-familiale-v2")
	for _, told := range []string{c.call(200, "GET", v3+in3.Encode(), "", "Authorization", "Bearer "+token), c.call(200, "GET", v2+in2.Encode(), "", "X-Api-Key", token)} {
		if !strings.Contains(told, "684") {
			c.t.Errorf("the sample of the document is answered %s", told)
		}
	}
	c.call(401, "GET", v3+in3.Encode(), "", "Authorization", "Bearer apip_test_rien")
	c.call(401, "GET", v2+in2.Encode(), "", "X-Api-Key", "apip_test_rien")
	in3.Set("nomNaissance", "1")
	in2.Set("nomNaissance", "1")
	c.call(422, "GET", v3+in3.Encode(), "", "Authorization", "Bearer "+token)
	c.call(400, "GET", v2+in2.Encode(), "", "X-Api-Key", token)
	in3.Set("recipient", c.stage.Town("en_ordre").Siret)
	c.call(403, "GET", v3+in3.Encode(), "", "Authorization", "Bearer "+token)
}

// sampleOf is the command that the document shows for a path.
func (c *contract) sampleOf(path string) string {
	c.t.Helper()
	samples, _ := c.document.Paths.Value(path).Get.Extensions["x-codeSamples"].([]any)
	if len(samples) != 1 {
		c.t.Fatalf("%s has %d samples", path, len(samples))
	}
	source, _ := samples[0].(map[string]any)["source"].(string)
	return source
}

func read(t testing.TB, text string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), into); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}

// « /api/docs (server-rendered) »: for people, though below an address of programs.
func TestTheDocumentOfTheAPIIsReadAsPages(t *testing.T) {
	t.Parallel()
	p := open(t)
	v := p.visitor()
	home := v.get("/api/docs").answers(200).says("Documentation de l’API", "Récupérer un jeton", p.portalURL)
	c := p.contract()
	for path, item := range c.document.Paths.Map() {
		for method, operation := range item.Operations() {
			subject := v.get("/api/docs/" + operation.Tags[0]).answers(200)
			subject.says(operation.Summary, method+" "+path)
			if !strings.Contains(home.body, "/api/docs/"+operation.Tags[0]+"#"+operation.OperationID) || !strings.Contains(subject.body, `id="`+operation.OperationID+`"`) {
				t.Errorf("nothing leads to %s", operation.OperationID)
			}
			for _, parameter := range operation.Parameters {
				subject.says(parameter.Value.Name)
			}
		}
	}
	v.get("/api/docs/autre").answers(404).says("introuvable")
	document := v.get("/openapi.yaml")
	if kind := document.header.Get("Content-Type"); kind != "application/yaml; charset=utf-8" {
		t.Error(kind)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.portalURL+"/openapi.yaml", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("If-None-Match", document.header.Get("ETag"))
	again, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = again.Body.Close()
	if again.StatusCode != http.StatusNotModified {
		t.Errorf("the same document is sent again: %d", again.StatusCode)
	}
}
