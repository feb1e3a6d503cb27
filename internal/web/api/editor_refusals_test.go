package api

import (
	"encoding/base64"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"portail-qf/internal/domain/dossier"
	"portail-qf/internal/domain/machine"
	"portail-qf/internal/web/webtest"
)

// « each refusal »: parameters, cursors, keys and bodies.
func TestWhatCannotBeUnderstoodIsRefused(t *testing.T) {
	e := openEditors(t)
	e.town(majastres, "Majastres", tilleul)
	id := e.habilitated(10000042, majastres, tilleul)
	p := e.lets(tilleul, machine.Scopes[:]...)
	encode := base64.RawURLEncoding.EncodeToString
	for query, code := range map[string]string{
		"/clients?autre=1": "call.parameter_unknown", "/clients?LIMITE=1": "call.parameter_unknown", "/clients/21040107100019?limite=1": "call.parameter_unknown",
		"/jetons/" + id + "?etat=expire": "call.parameter_unknown", "/dossiers/K7RM42XPQ9TBH?a=1": "call.parameter_unknown",
		"/clients?limite=1&limite=2": "api_client.query_refused", "/dossiers?depuis=%zz": "api_client.query_refused", "/clients?access_token=x": "api_client.query_refused",
		"/clients?limite=0": "call.limit_invalid", "/clients?limite=101": "call.limit_invalid", "/jetons?limite=": "call.limit_invalid", "/dossiers?limite=1e1": "call.limit_invalid",
		"/clients?limite=99999999999999999999": "call.limit_invalid",
		"/clients?suivant=":                    "call.cursor_invalid", "/clients?suivant=%00": "call.cursor_invalid", "/clients?suivant=" + encode([]byte("clients 123")): "call.cursor_invalid",
		"/clients?suivant=" + encode([]byte("jetons "+id)): "call.cursor_invalid", "/jetons?suivant=" + encode([]byte("jetons x")): "call.cursor_invalid",
		"/jetons?suivant=" + encode([]byte("jetons "+strings.ToUpper(id))): "call.cursor_invalid", "/dossiers?suivant=" + encode([]byte("dossiers 1")): "call.cursor_invalid",
		"/dossiers?suivant=" + encode([]byte("dossiers 999999999999999999 K7RM42XPQ9TBH")): "call.cursor_invalid", "/dossiers?suivant=" + encode([]byte("dossiers 1 x")): "call.cursor_invalid",
		"/clients?suivant=" + strings.Repeat("A", 4000): "call.cursor_invalid",
		"/clients/123": "call.siret_invalid", "/clients/210%20401%20071%2000019": "call.siret_invalid", "/clients/21040107100010": "call.siret_invalid", "/clients/%00": "call.siret_invalid", "/dossiers?siret=": "call.siret_invalid",
		"/dossiers?siret=21040107100010": "call.siret_invalid", "/dossiers?depuis=": "call.since_invalid", "/dossiers?depuis=hier": "call.since_invalid",
		"/dossiers?depuis=2026-03-02": "call.since_invalid", "/dossiers?depuis=2026-03-02T12:00:00": "call.since_invalid", "/dossiers?depuis=0000-01-01T00:00:00Z": "call.since_invalid",
		"/dossiers?depuis=99999-01-01T00:00:00Z": "call.since_invalid",
	} {
		p.reads(query).refuses(http.StatusBadRequest, code)
	}
	for _, path := range []string{"/jetons/" + id + "/collecte", "/jetons/" + id + "/remplacement"} {
		p.posts(path, "").refuses(http.StatusBadRequest, "call.key_missing")
		for _, key := range []string{"", "é", "a b", strings.Repeat("a", maxKey+1)} {
			p.posts(path, "", "Idempotency-Key", key).refuses(http.StatusBadRequest, "call.key_invalid")
		}
		p.posts(path, "", "Idempotency-Key", "1", "Idempotency-Key", "2").refuses(http.StatusBadRequest, "call.key_invalid")
	}
	p.everyBodyIsRead("/jetons/" + id + "/remplacement")
	p.everyBodyIsRead("/jetons/" + id + "/collecte")
	p.everyBodyIsRead("/jetons/" + id + "/confirmation")
	p.everyBodyIsRead("/clients/21040107100019/hubee")
	for _, body := range []string{`{"recouvrement_jours":31}`, `{"recouvrement_jours":-1}`, `{"recouvrement_jours":1.5}`, `{"recouvrement_jours":"7"}`, `{"recouvrement_jours":null}`, `{"recouvrement_jours":[7]}`, `{"recouvrement_jours":1e99}`} {
		p.posts("/jetons/"+id+"/remplacement", body, "Idempotency-Key", "1").refuses(http.StatusBadRequest, "call.overlap_invalid")
	}
	p.posts("/jetons/"+id+"/remplacement?recouvrement_jours=0", "", "Idempotency-Key", "1").refuses(http.StatusBadRequest, "call.parameter_unknown")
	if got := into[tokenView](p.reads("/jetons/" + id)); got.State != "a_recuperer" || got.ReplacedBy != nil {
		t.Errorf("a refused call did something: %+v", got)
	}
}

// everyBodyIsRead sends what is no body of a route: each is refused, and nothing is done.
func (p *program) everyBodyIsRead(path string) {
	p.t.Helper()
	key := []string{"Idempotency-Key", "corps"}
	for body, code := range map[string]string{
		"[]": "call.body_malformed", "null": "call.body_malformed", "{": "call.body_malformed", `{"recouvrement_jours":1,"recouvrement_jours":2}`: "call.body_malformed",
		`{} {}`: "call.body_malformed", "\xff": "call.body_malformed", strings.Repeat("[", 500): "call.body_malformed", `{"inconnu":1}`: "call.member_unknown",
		`{"Recouvrement_jours":1}`: "call.member_unknown",
	} {
		p.posts(path, body, key...).refuses(http.StatusBadRequest, code)
	}
	for _, kind := range []string{"text/plain", formType, "", "application/json-patch", "multipart/form-data; boundary=x"} {
		p.posts(path, `{}`, append(key, "Content-Type", kind)...).refuses(http.StatusUnsupportedMediaType, "call.body_type")
	}
	p.posts(path, `{"a":"`+strings.Repeat("x", maxCall)+`"}`, key...).refuses(http.StatusRequestEntityTooLarge, "")
}

// « unknown path/method below /api/v1/editeur »
func TestAddressesThatDoNotExistAreProblemsToo(t *testing.T) {
	e := openEditors(t)
	id := e.habilitated(10000042, majastres, tilleul)
	p := e.lets(tilleul, machine.Scopes[:]...)
	for _, path := range []string{"", "/", "/clients/", "/autre", "/jetons/" + id + "/secret", "/dossiers/a/b", "/clients/21040107100019/hubee/secret"} {
		p.reads(path).refuses(http.StatusNotFound, "")
	}
	for path, method := range map[string]string{"/clients": http.MethodPost, "/jetons/" + id: http.MethodDelete, "/jetons/" + id + "/collecte": http.MethodGet, "/dossiers": "TRACE"} {
		p.call(method, path, "").refuses(http.StatusMethodNotAllowed, "")
	}
	p.reads("/jetons/"+id+"/collecte", "X-HTTP-Method-Override", "POST", "Idempotency-Key", "1").refuses(http.StatusMethodNotAllowed, "")
	if got := into[tokenView](p.reads("/jetons/" + id)); got.State != "a_recuperer" {
		t.Errorf("a GET collected: %+v", got)
	}
}

// An editor does to another's tokens what it does to tokens that do not exist: nothing, and
// nothing tells them apart.
func TestAnotherEditorsTokenLooksLikeNone(t *testing.T) {
	e := openEditors(t)
	foreign := e.habilitated(10000042, majastres, brume)
	p := e.lets(tilleul, machine.Scopes[:]...)
	for _, act := range []string{"", "/collecte", "/confirmation", "/remplacement"} {
		method := http.MethodPost
		if act == "" {
			method = http.MethodGet
		}
		unknown := p.call(method, "/jetons/0b6f2a54-3c1d-8e7f-9a10-4f6d2c8b7e11"+act, "", "Idempotency-Key", "1").refuses(http.StatusNotFound, "token.unknown")
		for _, id := range []string{foreign, strings.ToUpper(foreign), "x", "%00", strings.Repeat("a", 36)} {
			p.call(method, "/jetons/"+id+act, "", "Idempotency-Key", "1").is(http.StatusNotFound, unknown.body)
		}
	}
	if n := e.count(`SELECT count(*) FROM tokens WHERE collected_at IS NOT NULL OR replaced_at IS NOT NULL`); n != 0 {
		t.Error("the token of another editor moved")
	}
	if got := into[listed[tokenView]](p.reads("/jetons")); len(got.Data) != 0 || got.Data == nil || got.Next != nil {
		t.Errorf("%+v", got)
	}
}

// « scopes × routes matrix »: each route opens to its scope alone.
func TestEachRouteOpensToItsScopeAlone(t *testing.T) {
	e := openEditors(t)
	e.town(majastres, "Majastres", tilleul)
	id := e.habilitated(10000042, majastres, tilleul)
	reference := e.draw()
	e.dossier(reference, majastres, dossier.Transmitted, noon)
	routes := []struct {
		method, path, body string
		scope              machine.Scope
		status             int
	}{
		{http.MethodGet, "/clients", "", machine.ScopeClients, http.StatusOK},
		{http.MethodGet, "/clients/21040107100019", "", machine.ScopeClients, http.StatusOK},
		{http.MethodGet, "/jetons", "", machine.ScopeTokens, http.StatusOK},
		{http.MethodGet, "/jetons/" + id, "", machine.ScopeTokens, http.StatusOK},
		{http.MethodPost, "/jetons/" + id + "/collecte", "", machine.ScopeTokensWrite, http.StatusOK},
		{http.MethodPost, "/jetons/" + id + "/confirmation", "", machine.ScopeTokensWrite, http.StatusNoContent},
		{http.MethodPost, "/jetons/" + id + "/remplacement", "", machine.ScopeTokensWrite, http.StatusCreated},
		{http.MethodGet, "/dossiers", "", machine.ScopeDossiers, http.StatusOK},
		{http.MethodGet, "/dossiers/" + reference.String(), "", machine.ScopeDossiers, http.StatusOK},
		{http.MethodPost, "/clients/21040107100019/hubee", `{"identifiant":"si","secret":"s"}`, machine.ScopeHubWrite, http.StatusOK},
	}
	for _, scope := range machine.Scopes {
		p := e.lets(tilleul, scope)
		for _, route := range routes {
			got := p.call(route.method, route.path, route.body, "Idempotency-Key", "1")
			if route.scope == scope {
				if got.status != route.status {
					t.Errorf("%s %s with %s: %d %s", route.method, route.path, scope, got.status, got.body)
				}
				continue
			}
			got.refuses(http.StatusForbidden, "api_client.scope_missing").has("WWW-Authenticate", `Bearer error="insufficient_scope", scope="`+string(route.scope)+`"`)
		}
	}
	for _, route := range routes { // whoever has no access token is told so first
		e.ask(route.method, editorAPI+route.path, route.body).refuses(http.StatusUnauthorized, "")
	}
}

// A program that calls from elsewhere than it may has no access token.
func TestAProgramCallsFromItsNetworksAlone(t *testing.T) {
	e := openEditors(t)
	e.town(majastres, "Majastres", tilleul)
	client, secret := e.create(tilleul, "127.0.0.0/8\n203.0.113.0/24", machine.ScopeClients)
	access := e.enter(client.ID, secret, "")
	from := func(address string) answer {
		return e.get(editorAPI+"/clients", "Authorization", "Bearer "+access, "X-Forwarded-For", address)
	}
	if got := from("203.0.113.7"); got.status != http.StatusOK {
		t.Errorf("from its own network: %d", got.status)
	}
	from("198.51.100.9").refuses(http.StatusUnauthorized, "api_client.access_refused")
}

// « never identities »: nothing of the people of a request is in any answer.
func TestNoAnswerTellsWhoSomebodyIs(t *testing.T) {
	e := openEditors(t)
	e.town(majastres, "Majastres", tilleul)
	id := e.habilitated(10000042, majastres, tilleul)
	p := e.lets(tilleul, machine.Scopes[:]...)
	for _, path := range []string{"/clients", "/clients/21040107100019", "/jetons", "/jetons/" + id, "/dossiers"} {
		if body := strings.ToLower(p.reads(path).body); strings.Contains(body, "camille") || strings.Contains(body, "ferrand") || strings.Contains(body, "noé") {
			t.Errorf("%s tells who somebody is", path)
		}
	}
}

// Every code by which a call is refused here has its sentence.
func TestEveryRefusalOfACallHasItsSentence(t *testing.T) {
	parsed := webtest.Templates(t)
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, file := range files {
		if !strings.HasPrefix(file.Name(), "editor") || strings.HasSuffix(file.Name(), "_test.go") {
			continue
		}
		source, err := os.ReadFile(file.Name())
		if err != nil {
			t.Fatal(err)
		}
		for _, code := range regexp.MustCompile(`"(call\.[a-z_]+)"`).FindAllStringSubmatch(string(source), -1) {
			found++
			if sentence, known := parsed.Sentence(code[1]); !known || sentence == "" {
				t.Errorf("%s has no sentence", code[1])
			}
		}
	}
	if found < 15 {
		t.Errorf("%d codes found", found)
	}
}
