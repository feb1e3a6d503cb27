package proconnect_test

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"portail-qf/internal/sim/proconnect"
)

const (
	clientID     = "portail"
	clientSecret = "secret du portail, assez long pour HS256"
	callback     = "http://127.0.0.1:1/retour"
	goodbye      = "http://127.0.0.1:1/deconnexion"
	stateSent    = "etat0123456789etat0123456789etat"
	nonceSent    = "nonce0123456789nonce0123456789ab"
	otherIdP     = "5a4b9c1e-0d3f-4f6a-9c55-2f0f0a5f8a11"

	// What the contract recommends: read both at the first pass, list every acceptable
	// value at the step-up.
	readBoth = `{"id_token":{"acr":null,"amr":null}}`
	demanded = `{"id_token":{"acr":{"essential":true,"values":["eidas1-mfa","eidas2","eidas3"]},"amr":null}}`
)

// people are the agents of §4.2.12.
func people() []proconnect.Identity {
	agent := func(givenName, email string, more map[string]any) map[string]any {
		claims := map[string]any{
			"given_name": givenName, "usual_name": "FERRAND", "email": email, "uid": "uid-" + givenName,
			"siret": "21040107100019", "organization_label": "COMMUNE DE MAJASTRES",
			"roles": []string{"agent_public", "agent_public_territorial"},
		}
		for name, value := range more {
			claims[name] = value
		}
		return claims
	}
	return []proconnect.Identity{
		{Key: "agent", Label: "Camille FERRAND, mairie", Expect: "ok", Claims: agent("Camille", "Camille.Ferrand@Majastres.example.fr", map[string]any{"phone_number": "04 92 00 00 01"})},
		{Key: "double", Label: "Noé LAMBERT, deux organisations", Expect: "ok", Claims: agent("Noé", "noe@agglo.example.fr", map[string]any{"organizations": []map[string]any{
			{"siret": "21040107100019", "organization_label": "COMMUNE DE MAJASTRES"},
			{"siret": "21280363900013", "organization_label": "COMMUNE DE SAINVILLE", "roles": []string{}},
		}})},
		{Key: "forte", Label: "Inès MOREAU, carte agent", Expect: "ok", Claims: agent("Inès", "ines@etat.example.fr", map[string]any{"acr": "eidas2", "amr": []string{"pwd", "pop", "mfa"}, "idp_id": otherIdP})},
		{Key: "moyenne", Label: "Théo PETIT, MFA faible", Expect: "ok", Claims: agent("Théo", "theo@etat.example.fr", map[string]any{"acr": "eidas1-mfa", "amr": []string{"pwd", "otp", "mfa"}})},
		{Key: "tue", Label: "Lou MARTIN, MFA sans le dire", Expect: "error", Claims: agent("Lou", "lou@etat.example.fr", map[string]any{"amr": []string{"pwd", "mfa"}})},
		{Key: "declare", Label: "Max DURAND, lien déclaré", Expect: "error", Claims: agent("Max", "max@asso.example.fr", map[string]any{"acr": "eidas0"})},
		{Key: "privee", Label: "Zoé ROUX, secteur privé", Expect: "error", Claims: agent("Zoé", "zoe@tilleul.example.fr", map[string]any{"siret": "90511200900014", "roles": []string{}})},
		{Key: "defaut", Label: "Ali BENALI, SIRET par défaut", Expect: "ok", Claims: agent("Ali", "ali@interieur.example.fr", map[string]any{"siret": "12345678901234", "idp_default_siret": "13002526500013"})},
	}
}

// bench is a simulator behind a real listener, and one browser.
type bench struct {
	t       testing.TB
	server  *proconnect.Server
	issuer  string
	origin  string
	browser *http.Client

	mu  sync.Mutex
	now time.Time
}

func newBench(t testing.TB) *bench {
	t.Helper()
	listener := httptest.NewUnstartedServer(nil)
	_, port, _ := strings.Cut(listener.Listener.Addr().String(), ":")
	b := &bench{t: t, origin: "http://localhost:" + port, issuer: "http://localhost:" + port + "/api/v2", now: time.Now()}
	scopes := []string{"given_name", "usual_name", "email", "uid", "siret", "idp_id", "roles", "organization_label", "phone"}
	b.server = proconnect.New(proconnect.Options{
		Issuer: b.issuer,
		Clients: []proconnect.Client{
			{
				ID: clientID, Secret: clientSecret, Name: "Portail QF", Scopes: scopes,
				RedirectURIs: []string{callback, callback + "?deja=1"}, PostLogoutRedirectURIs: []string{goodbye},
			},
			{ID: "autre", Secret: "autre secret", Name: "Autre service", Alg: "ES256", RedirectURIs: []string{callback}, Scopes: []string{"email"}},
			{ID: "public", Secret: "secret public", Name: "Service public", PublicOnly: true, RedirectURIs: []string{callback}, Scopes: scopes},
		},
		Identities: people(),
		Now:        b.clock,
	})
	listener.Config.Handler = b.server
	listener.Start()
	t.Cleanup(listener.Close)
	b.browser = b.newBrowser()
	return b
}

// newBrowser keeps cookies and follows redirects as long as they stay at ProConnect.
func (b *bench) newBrowser() *http.Client {
	jar, err := cookiejar.New(nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return &http.Client{Jar: jar, CheckRedirect: func(request *http.Request, _ []*http.Request) error {
		if !strings.HasPrefix(request.URL.String(), b.origin) {
			return http.ErrUseLastResponse
		}
		return nil
	}}
}

func (b *bench) clock() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now
}

func (b *bench) advance(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = b.now.Add(d)
}

// answer is what came back, its body read.
type answer struct {
	status   int
	header   http.Header
	body     string
	location url.Values // query of the redirect
	address  string     // where the redirect goes, without query
	at       string     // path where the browser stands
}

func (b *bench) do(client *http.Client, request *http.Request) answer {
	b.t.Helper()
	response, err := client.Do(request)
	if err != nil {
		b.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	a := answer{status: response.StatusCode, header: response.Header, body: string(body), at: response.Request.URL.Path}
	if location, err := response.Location(); err == nil {
		a.location = location.Query()
		location.RawQuery = ""
		a.address = location.String()
	}
	return a
}

func (b *bench) request(method, address string, form url.Values) *http.Request {
	b.t.Helper()
	request, err := http.NewRequestWithContext(b.t.Context(), method, address, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	if form != nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return request
}

func (b *bench) get(address string) answer {
	b.t.Helper()
	return b.do(b.browser, b.request(http.MethodGet, address, nil))
}

func (b *bench) post(address string, form url.Values) answer {
	b.t.Helper()
	if form == nil {
		form = url.Values{}
	}
	return b.do(b.browser, b.request(http.MethodPost, address, form))
}

// changed sets pairs of name and value; the value "-" leaves the name out.
func changed(values url.Values, changes []string) url.Values {
	for i := 0; i < len(changes); i += 2 {
		if changes[i+1] == "-" {
			values.Del(changes[i])
		} else {
			values.Set(changes[i], changes[i+1])
		}
	}
	return values
}

// parameters are those of a right authorisation request, changed by pairs.
func parameters(changes ...string) url.Values {
	return changed(url.Values{
		"client_id": {clientID}, "redirect_uri": {callback}, "response_type": {"code"}, "claims": {readBoth},
		"scope": {"openid given_name usual_name email siret"}, "state": {stateSent}, "nonce": {nonceSent},
	}, changes)
}

func (b *bench) authorize(changes ...string) answer {
	b.t.Helper()
	return b.get(b.issuer + "/authorize?" + parameters(changes...).Encode())
}

// order posts to the control surface.
func (b *bench) order(body string) answer {
	b.t.Helper()
	request, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.origin+"/_sim/next", strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	return b.do(http.DefaultClient, request)
}

// code signs somebody in by an order and returns the code.
func (b *bench) code(order string, changes ...string) string {
	b.t.Helper()
	if a := b.order(order); a.status != http.StatusOK {
		b.t.Fatalf("order refused: %s", a.body)
	}
	return b.codeOf(b.authorize(changes...))
}

// codeOf is the code of an answer that must have one.
func (b *bench) codeOf(a answer) string {
	b.t.Helper()
	if a.status != http.StatusSeeOther || a.location.Get("code") == "" {
		b.t.Fatalf("no code: %d %v %s", a.status, a.location, a.body)
	}
	return a.location.Get("code")
}

func exchange(code string, changes ...string) url.Values {
	return changed(url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {callback},
		"client_id": {clientID}, "client_secret": {clientSecret},
	}, changes)
}

type tokens struct {
	AccessToken string `json:"access_token"`
	IDToken     string `json:"id_token"`
	Scope       string `json:"scope"`
}

// tokens signs somebody in by an order, and exchanges the code.
func (b *bench) tokens(order string, changes ...string) tokens {
	b.t.Helper()
	return b.exchanged(b.code(order, changes...))
}

func (b *bench) exchanged(code string) tokens {
	b.t.Helper()
	a := b.post(b.issuer+"/token", exchange(code))
	if a.status != http.StatusOK {
		b.t.Fatalf("token: %d %s", a.status, a.body)
	}
	var got tokens
	if err := json.Unmarshal([]byte(a.body), &got); err != nil {
		b.t.Fatal(err)
	}
	return got
}

// claimsOf are those of the id_token to which an authorisation leads.
func (b *bench) claimsOf(a answer) map[string]any {
	b.t.Helper()
	return b.verified(b.exchanged(b.codeOf(a)).IDToken, jose.RS256)
}

func (b *bench) userinfo(accessToken string) answer {
	b.t.Helper()
	request := b.request(http.MethodGet, b.issuer+"/userinfo", nil)
	request.Header.Set("Authorization", "Bearer "+accessToken)
	return b.do(http.DefaultClient, request)
}

// published are the keys of /jwks.
func (b *bench) published() jose.JSONWebKeySet {
	b.t.Helper()
	var set jose.JSONWebKeySet
	if err := json.Unmarshal([]byte(b.get(b.issuer+"/jwks").body), &set); err != nil {
		b.t.Fatal(err)
	}
	return set
}

// verified returns the claims of a JWS signed with this algorithm by a published key.
func (b *bench) verified(compact string, alg jose.SignatureAlgorithm) map[string]any {
	b.t.Helper()
	signed, err := jose.ParseSignedCompact(compact, []jose.SignatureAlgorithm{alg})
	if err != nil {
		b.t.Fatal(err)
	}
	payload, err := signed.Verify(b.published())
	if err != nil {
		b.t.Fatal(err)
	}
	return decoded(b.t, payload)
}

func decoded(t testing.TB, payload []byte) map[string]any {
	t.Helper()
	var claims map[string]any
	if err := json.Unmarshal(payload, &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

func header(t *testing.T, compact string) map[string]any {
	t.Helper()
	head, _, _ := strings.Cut(compact, ".")
	content, err := base64.RawURLEncoding.DecodeString(head)
	if err != nil {
		t.Fatal(err)
	}
	return decoded(t, content)
}

var action = regexp.MustCompile(`action="([^"]+)"`)

// press submits the form of the page whose action ends so, as a browser without
// JavaScript does.
func (b *bench) press(page answer, ending string, form url.Values) answer {
	b.t.Helper()
	for _, found := range action.FindAllStringSubmatch(page.body, -1) {
		if strings.HasSuffix(found[1], ending) {
			return b.post(b.origin+found[1], form)
		}
	}
	b.t.Fatalf("no form goes to %s in:\n%s", ending, page.body)
	return answer{}
}

func wantPage(t *testing.T, a answer, status int, text string) {
	t.Helper()
	if a.status != status || !strings.HasPrefix(a.header.Get("Content-Type"), "text/html") || !strings.Contains(a.body, text) {
		t.Errorf("answered %d %s, want a page %d with %q:\n%s", a.status, a.header.Get("Content-Type"), status, text, a.body)
	}
	if !strings.Contains(a.body, "Simulateur ProConnect") {
		t.Error("the page does not say that it is a simulator")
	}
}

// wantBack checks an error redirect: always with state and iss.
func (b *bench) wantBack(t *testing.T, a answer, code, description string) {
	t.Helper()
	want := url.Values{"error": {code}, "error_description": {description}, "state": {stateSent}, "iss": {b.issuer}}
	if a.status != http.StatusSeeOther || a.address != callback || a.location.Encode() != want.Encode() {
		t.Errorf("answered %d to %s with %v, want %v", a.status, a.address, a.location, want)
	}
}

// wantRefusal checks that an error is terse: two members.
func wantRefusal(t *testing.T, a answer, status int, code, description string) {
	t.Helper()
	got := decoded(t, []byte(a.body))
	if a.status != status || got["error"] != code || got["error_description"] != description || len(got) != 2 {
		t.Errorf("answered %d %v, want %d %s (%s)", a.status, got, status, code, description)
	}
}
