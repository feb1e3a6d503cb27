package api

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"portail-qf/internal/domain/machine"
	"portail-qf/internal/domain/value"
)

const grantType = "grant_type=client_credentials"

// « client_secret_basic and client_secret_post », « Cache-Control: no-store », RFC 6749 §4.4.3
func TestAProgramIsGivenAnAccessToken(t *testing.T) {
	p := openPrograms(t)
	client, secret := p.create(tilleul, "", machine.Scopes[:]...)
	inBody := "&client_id=" + client.ID + "&client_secret=" + secret
	for name, got := range map[string]answer{
		"by header":               p.post("/oauth/token", grantType, "Authorization", basic(client.ID, secret)),
		"by header, id in body":   p.post("/oauth/token", grantType+"&client_id="+client.ID, "Authorization", "bAsIc"+basic(client.ID, secret)[5:]),
		"by body":                 p.post("/oauth/token", grantType+inBody),
		"with an empty scope":     p.post("/oauth/token", grantType+"&scope="+inBody),
		"with a member of others": p.post("/oauth/token", grantType+"&audience=x"+inBody),
		"with a charset":          p.ask(http.MethodPost, "/oauth/token", grantType+inBody, "Content-Type", "application/x-www-form-urlencoded; charset=UTF-8"),
	} {
		var grant struct {
			Token  string `json:"access_token"`
			Type   string `json:"token_type"`
			Life   int    `json:"expires_in"`
			Scopes string `json:"scope"`
		}
		if err := json.Unmarshal([]byte(got.body), &grant); err != nil || got.status != http.StatusOK || grant.Type != "Bearer" || grant.Life != 3600 ||
			!strings.HasPrefix(grant.Token, "qf_acces_") || grant.Scopes != "clients jetons jetons:ecriture dossiers hubee:ecriture" {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
		got.has("Cache-Control", "no-store", "Pragma", "no-cache", "Content-Type", "application/json; charset=utf-8")
	}
	if logged := p.log.String(); strings.Contains(logged, secret) || strings.Contains(logged, client.ID) || strings.Contains(logged, "qf_acces_") {
		t.Error("the log tells who asked, or a secret")
	}
}

// « exactly one of them; form-encoded only; errors as the RFC; repeated parameters refused »
func TestWhatIsAskedWronglyIsRefusedAsTheStandardSays(t *testing.T) {
	p := openPrograms(t)
	client, secret := p.create(tilleul, "", machine.ScopeClients)
	header := []string{"Authorization", basic(client.ID, secret)}
	post := func(form string, headers ...string) answer {
		t.Helper()
		return p.post("/oauth/token", form, headers...)
	}

	post(grantType+"&client_secret="+secret, header...).errs(http.StatusBadRequest, "invalid_request")
	post(grantType+"&client_id=autre", header...).errs(http.StatusBadRequest, "invalid_request")
	post(grantType, append(header, header...)...).errs(http.StatusBadRequest, "invalid_request")
	post(grantType+"&"+grantType, header...).errs(http.StatusBadRequest, "invalid_request")
	post(grantType+"&x=1&x=2", header...).errs(http.StatusBadRequest, "invalid_request")
	post("", header...).errs(http.StatusBadRequest, "invalid_request")
	post("grant_type=%zz", header...).errs(http.StatusBadRequest, "invalid_request")
	post("grant_type=password", header...).errs(http.StatusBadRequest, "unsupported_grant_type")
	post(grantType+"&scope=jetons", header...).errs(http.StatusBadRequest, "invalid_scope")
	post(grantType+"&scope=clients%00", header...).errs(http.StatusBadRequest, "invalid_scope")
	p.ask(http.MethodPost, "/oauth/token?"+grantType, "", append(header, "Content-Type", formType)...).errs(http.StatusBadRequest, "invalid_request")
	p.ask(http.MethodPost, "/oauth/token?client_secret=x", grantType, append(header, "Content-Type", formType)...).errs(http.StatusBadRequest, "invalid_request")
	for _, kind := range []string{"application/json", "multipart/form-data", "", "text/plain"} {
		p.ask(http.MethodPost, "/oauth/token", `{"grant_type":"client_credentials"}`, append(header, "Content-Type", kind)...).errs(http.StatusBadRequest, "invalid_request")
	}
	post(grantType+"&x="+strings.Repeat("a", maxOAuth), header...).is(http.StatusRequestEntityTooLarge, errorText("Request Entity Too Large"))
	p.get("/oauth/token", header...).is(http.StatusMethodNotAllowed, errorText("Method Not Allowed")).has("Allow", "POST")
	p.get("/oauth/autre").is(http.StatusNotFound, errorText("Not Found"))
	p.ask(http.MethodGet, "/oauth/token", grantType, append(header, "X-HTTP-Method-Override", "POST", "Content-Type", formType)...).is(http.StatusMethodNotAllowed, errorText("Method Not Allowed"))
}

// « invalid_client 401 with WWW-Authenticate », « unknown and wrong secret look the same in time
// and body; IP not allowed → invalid_client too »
func TestWhoeverIsNoClientIsToldOneThing(t *testing.T) {
	p := openPrograms(t)
	client, secret := p.create(tilleul, "203.0.113.0/24", machine.ScopeClients)
	body := p.post("/oauth/token", grantType, "X-Forwarded-For", "192.0.2.1").errs(http.StatusUnauthorized, "invalid_client").body
	for i, headers := range [][]string{
		{"Authorization", basic(client.ID, secret+"a")}, {"Authorization", basic(client.ID, "")}, {"Authorization", basic("", "")}, {"Authorization", "Basic %%%"},
		{"Authorization", "Bearer " + secret}, {"Authorization", basic("qf_client_0000000000000000", secret)}, {"Authorization", basic(client.ID, secret)},
		{"Authorization", basic(client.ID, secret), "X-Forwarded-For", "203.0.113.7, 198.51.100.9"},
	} {
		got := p.post("/oauth/token", grantType, headers...)
		got.is(http.StatusUnauthorized, body)
		if !strings.HasPrefix(got.header.Get("WWW-Authenticate"), "Basic realm=") {
			t.Errorf("%d: no challenge", i)
		}
	}
	if got := p.post("/oauth/token", grantType, "Authorization", basic(client.ID, secret), "X-Forwarded-For", "198.51.100.9, 203.0.113.7"); got.status != http.StatusOK {
		t.Errorf("from its own address: %d %s", got.status, got.body)
	}
	for i := 0; ; i++ { // from one address, over two minutes at most
		got := p.post("/oauth/token", grantType, "Authorization", basic(client.ID, "faux"), "X-Forwarded-For", "192.0.2.77")
		if got.status == http.StatusTooManyRequests {
			got.errs(http.StatusTooManyRequests, "slow_down").has("Retry-After", "60")
			break
		}
		if got.is(http.StatusUnauthorized, body); i > 2*machine.FailuresPerMinute {
			t.Fatal("failures have no bound")
		}
	}
}

// RFC 6750 §3, RFC 9457, « gets the client …, checks a casbin permission … AND the token's OAuth
// scope »
func TestAnAccessTokenOpensTheRoutesOfItsScope(t *testing.T) {
	p := openPrograms(t)
	client, secret := p.create(tilleul, "", machine.ScopeClients, machine.ScopeTokens)
	right := "Bearer " + p.enter(client.ID, secret, "")
	who := `["api_client","client:` + client.ID + `","` + tilleul + `",""]`
	p.get(editorPath, "Authorization", right).is(http.StatusOK, who)
	p.ask(http.MethodPost, editorPath, "0123456789", "Authorization", right).is(http.StatusOK, strings.Replace(who, `""]`, `"0123456789"]`, 1))

	problem := func(got answer, status int, challenge string, holds ...string) {
		t.Helper()
		if got.has("Content-Type", "application/problem+json", "WWW-Authenticate", challenge, "Cache-Control", "no-store"); got.status != status {
			t.Errorf("%d %s, want %d", got.status, got.body, status)
		}
		var told struct {
			Type, Title, Detail, Code string
			Status                    int
			RequestID                 string `json:"request_id"`
		}
		if err := json.Unmarshal([]byte(got.body), &told); err != nil || told.Status != status || told.Title == "" || told.Title == http.StatusText(status) || told.Type != "about:blank" || told.RequestID == "" {
			t.Errorf("%s, %v", got.body, err)
		}
		for _, text := range holds {
			if !strings.Contains(got.body, text) {
				t.Errorf("%s does not tell %s", got.body, text)
			}
		}
		if told.Code != "" && told.Detail == "" {
			t.Errorf("%s has no sentence", told.Code)
		}
	}
	problem(p.get(editorPath), http.StatusUnauthorized, "Bearer")
	problem(p.get(editorPath, "Authorization", basic(client.ID, secret)), http.StatusUnauthorized, "Bearer")
	problem(p.get(editorPath, "Authorization", right, "Authorization", right), http.StatusUnauthorized, "Bearer")
	for _, wrong := range []string{"", "qf_acces_", right[7:] + "a", right[7 : len(right)-1], secret, strings.ToLower(right[7:])} {
		problem(p.get(editorPath, "Authorization", "Bearer "+wrong), http.StatusUnauthorized, `Bearer error="invalid_token"`, `"code":"api_client.access_refused"`)
	}
	less := p.enter(client.ID, secret, "jetons")
	problem(p.get(editorPath, "Authorization", "Bearer "+less), http.StatusForbidden, `Bearer error="insufficient_scope", scope="clients"`, "api_client.scope_missing")
	problem(p.get(editorPath+"/interdit", "Authorization", right), http.StatusForbidden, `Bearer error="insufficient_scope", scope="clients"`)
	problem(p.get(editorPath+"/inconnu", "Authorization", right), http.StatusNotFound, "", `"code":"api_client.unknown"`)
	problem(p.get(editorPath+"/panique", "Authorization", right), http.StatusInternalServerError, "")
	problem(p.get("/api/v1/editeur/nulle-part", "Authorization", right), http.StatusNotFound, "")
	problem(p.ask(http.MethodDelete, editorPath, "", "Authorization", right), http.StatusMethodNotAllowed, "")
	problem(p.ask(http.MethodPost, editorPath, "01234567890", "Authorization", right), http.StatusRequestEntityTooLarge, "")
	for _, query := range []string{"?access_token=" + right[7:], "?a=1&a=2", "?a=%zz", "?a;b"} {
		problem(p.get(editorPath+query, "Authorization", right), http.StatusBadRequest, "", "api_client.query_refused")
	}
	if logged := p.log.String(); strings.Contains(logged, right[7:]) || strings.Contains(logged, less) {
		t.Error("the log tells an access token")
	}
}

// « cut at once when the client or the secret is revoked or the scope removed », « lifetime 1
// hour of business time »
func TestWhatIsCutOpensNothingAnyMore(t *testing.T) {
	p := openPrograms(t)
	client, secret := p.create(tilleul, "", machine.ScopeClients, machine.ScopeTokens)
	by := p.administrator(tilleul)
	asked := func(token string) int {
		t.Helper()
		return p.get(editorPath, "Authorization", "Bearer "+token).status
	}
	first := p.enter(client.ID, secret, "")
	p.now = p.now.Add(time.Hour)
	second := p.enter(client.ID, secret, "")
	if asked(first) != http.StatusUnauthorized || asked(second) != http.StatusOK {
		t.Error("an access token does not last an hour")
	}
	if err := p.service.Change(t.Context(), by, client.ID, 1, machine.Settings{Name: "Serveur", Scopes: []machine.Scope{machine.ScopeTokens}}); err != nil {
		t.Fatal(err)
	}
	if asked(second) != http.StatusForbidden {
		t.Error("a scope that was taken opens still")
	}
	if err := p.service.Revoke(t.Context(), by, client.ID); err != nil {
		t.Fatal(err)
	}
	if asked(second) != http.StatusUnauthorized {
		t.Error("a client that was revoked is let in")
	}
	p.post("/oauth/token", grantType, "Authorization", basic(client.ID, secret)).errs(http.StatusUnauthorized, "invalid_client")
}

// « a limit per client of API calls »
func TestAProgramThatCallsTooOftenIsToldToWait(t *testing.T) {
	p := openPrograms(t)
	client, secret := p.create(tilleul, "", machine.ScopeClients)
	token := p.enter(client.ID, secret, "")
	p.get(editorPath, "Authorization", "Bearer "+token)
	// A test may not call so often in one second of the database: it is counted for it.
	for range 50 {
		p.run(`UPDATE api_counts SET span = floor(extract(epoch FROM clock_timestamp()))::bigint, times = $1`, machine.CallsPerSecond)
		if got := p.get(editorPath, "Authorization", "Bearer "+token); got.status == http.StatusTooManyRequests {
			got.has("Retry-After", "1", "Content-Type", "application/problem+json")
			return
		}
	}
	t.Error("it is never told to wait")
}

// A program that asks for an access token at each call is told to wait, as RFC 6749 §5.2 writes errors.
func TestAProgramThatAsksForTokensTooOftenIsToldToWait(t *testing.T) {
	p := openPrograms(t)
	client, secret := p.create(tilleul, "", machine.ScopeClients)
	token := p.enter(client.ID, secret, "")
	for i := 0; ; i++ { // over two minutes at most
		got := p.post("/oauth/token", grantType, "Authorization", basic(client.ID, secret))
		if got.status == http.StatusTooManyRequests {
			got.errs(http.StatusTooManyRequests, "slow_down").has("Retry-After", "60", "Content-Type", "application/json; charset=utf-8")
			break
		}
		if got.status != http.StatusOK || i > 2*machine.GrantsPerMinute {
			t.Fatalf("the %dth is answered %d %s", i, got.status, got.body)
		}
	}
	if got := p.get(editorPath, "Authorization", "Bearer "+token); got.status != http.StatusOK {
		t.Errorf("the token that it has: %d %s", got.status, got.body)
	}
}

// « Truncated, mistyped … »: nothing that is sent breaks an answer.
func FuzzOAuthIsRead(f *testing.F) {
	for _, seed := range []string{grantType, "a=%zz", "a=1&a=2", "client_id=x&client_secret=y", "\xff\x00", "&&=&"} {
		f.Add(seed, "Basic eDp5")
	}
	f.Fuzz(func(t *testing.T, body, header string) {
		request, err := http.NewRequest(http.MethodPost, "/oauth/token", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header = http.Header{"Content-Type": {formType}, "Authorization": {header}}
		asked, why := readOAuth(request, []byte(body))
		if why == "" && asked.parameters.Has("client_secret") {
			t.Error("two ways to say who one is")
		}
		_ = value.Secret(asked.secret)
	})
}
