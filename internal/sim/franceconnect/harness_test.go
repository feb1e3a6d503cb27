package franceconnect_test

import (
	"crypto/rand"
	"crypto/rsa"
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

	"portail-qf/internal/sim/franceconnect"
)

const (
	clientID     = "portail"
	clientSecret = "secret du portail, assez long pour HS256"
	callback     = "http://127.0.0.1:1/retour"
	goodbye      = "http://127.0.0.1:1/deconnexion"
	stateSent    = "etat0123456789etat0123456789etat"
	nonceSent    = "nonce0123456789nonce0123456789ab"
)

// bench is a simulator behind a real listener, and one browser.
type bench struct {
	t       testing.TB
	server  *franceconnect.Server
	issuer  string
	origin  string
	browser *http.Client

	mu  sync.Mutex
	now time.Time
}

var providerKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

func newBench(t testing.TB) *bench {
	t.Helper()
	listener := httptest.NewUnstartedServer(nil)
	_, port, _ := strings.Cut(listener.Listener.Addr().String(), ":")
	b := &bench{t: t, origin: "http://localhost:" + port, issuer: "http://localhost:" + port + "/api/v2", now: time.Now()}
	b.server = franceconnect.New(franceconnect.Options{
		Issuer: b.issuer,
		Clients: []franceconnect.Client{
			{
				ID: clientID, Secret: clientSecret, Name: "Portail QF", RedirectURIs: []string{callback, callback + "?deja=1"},
				PostLogoutRedirectURIs: []string{goodbye},
				Scopes:                 []string{"identite_pivot", "profile", "birth", "email", "idp_birthdate", "amr", "idp_id", "preferred_username", "cnaf_quotient_familial", "cnaf_adresse"},
			},
			{
				ID: "autre", Secret: "autre secret", Name: "Autre service", Alg: jose.RS256, RedirectURIs: []string{callback},
				Scopes: []string{"given_name"}, MayRequestAMR: true,
			},
		},
		Providers: []franceconnect.Provider{{
			ID: "api", Secret: "secret de l’api", Scopes: []string{"openid", "cnaf_quotient_familial", "cnaf_enfants"},
			EncryptionKey: jose.JSONWebKey{Key: providerKey().Public(), KeyID: "api-1"},
		}},
		Identities: append(franceconnect.SandboxIdentities(b.now), franceconnect.RefusedIdentities()...),
		Now:        b.clock,
	})
	listener.Config.Handler = b.server
	listener.Start()
	t.Cleanup(listener.Close)
	b.browser = b.newBrowser()
	return b
}

// newBrowser keeps cookies and follows redirects as long as they stay at FranceConnect.
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

func (b *bench) get(address string) answer {
	b.t.Helper()
	request, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, address, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.do(b.browser, request)
}

func (b *bench) post(address string, form url.Values) answer {
	b.t.Helper()
	request, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.do(b.browser, request)
}

// parameters are those of a right authorisation request, changed by pairs of name and
// value; the value "-" leaves the parameter out.
func parameters(changes ...string) url.Values {
	values := url.Values{
		"client_id": {clientID}, "redirect_uri": {callback}, "response_type": {"code"}, "acr_values": {"eidas1"},
		"scope": {"openid identite_pivot"}, "state": {stateSent}, "nonce": {nonceSent},
	}
	for i := 0; i < len(changes); i += 2 {
		if changes[i+1] == "-" {
			values.Del(changes[i])
		} else {
			values.Set(changes[i], changes[i+1])
		}
	}
	return values
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
	a := b.authorize(changes...)
	if a.status != http.StatusSeeOther || a.location.Get("code") == "" {
		b.t.Fatalf("no code: %d %v %s", a.status, a.location, a.body)
	}
	return a.location.Get("code")
}

func exchange(code string, changes ...string) url.Values {
	values := url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {callback},
		"client_id": {clientID}, "client_secret": {clientSecret},
	}
	for i := 0; i < len(changes); i += 2 {
		if changes[i+1] == "-" {
			values.Del(changes[i])
		} else {
			values.Set(changes[i], changes[i+1])
		}
	}
	return values
}

type tokens struct {
	AccessToken string `json:"access_token"`
	IDToken     string `json:"id_token"`
	Scope       string `json:"scope"`
}

// tokens signs somebody in by an order, and exchanges the code.
func (b *bench) tokens(order string, changes ...string) tokens {
	b.t.Helper()
	a := b.post(b.issuer+"/token", exchange(b.code(order, changes...)))
	if a.status != http.StatusOK {
		b.t.Fatalf("token: %d %s", a.status, a.body)
	}
	var got tokens
	if err := json.Unmarshal([]byte(a.body), &got); err != nil {
		b.t.Fatal(err)
	}
	return got
}

func (b *bench) userinfo(accessToken string) answer {
	b.t.Helper()
	request, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, b.issuer+"/userinfo", nil)
	if err != nil {
		b.t.Fatal(err)
	}
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
	if !strings.Contains(a.body, "Simulateur FranceConnect") {
		t.Error("the page does not say that it is a simulator")
	}
}

func wantRefusal(t *testing.T, a answer, status int, code, description string) {
	t.Helper()
	var refusal struct {
		Error       string `json:"error"`
		Description string `json:"error_description"`
		URI         string `json:"error_uri"`
	}
	if err := json.Unmarshal([]byte(a.body), &refusal); err != nil {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if a.status != status || refusal.Error != code || refusal.Description != description || !strings.Contains(refusal.URI, "code=Y04") {
		t.Errorf("answered %d %+v, want %d %s (%s)", a.status, refusal, status, code, description)
	}
}
