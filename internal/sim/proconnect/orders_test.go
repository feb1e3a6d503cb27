package proconnect_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/sim/control"
	"portail-qf/internal/sim/proconnect"
)

func TestIdentitiesAreListed(t *testing.T) {
	b := newBench(t)
	var list []map[string]any
	if err := json.Unmarshal([]byte(b.get(b.origin+"/_sim/identities").body), &list); err != nil {
		t.Fatal(err)
	}
	first := list[0]
	if first["key"] != "agent" || first["label"] != "Camille FERRAND, mairie" || first["expect"] != "ok" || len(first) != 4 {
		t.Errorf("first = %v", first)
	}
	if claims := first["claims"].(map[string]any); claims["siret"] != "21040107100019" {
		t.Errorf("claims = %v", claims)
	}
	empty := httptest.NewServer(proconnect.New(proconnect.Options{Issuer: "http://localhost:1/api/v2"}))
	defer empty.Close()
	for _, path := range []string{"/_sim/identities", "/_sim/next", "/_sim/requests"} {
		if body := b.get(empty.URL + path).body; body != "[]\n" {
			t.Errorf("every GET returns an array: %s = %s", path, body)
		}
	}
}

func TestOrdersAreAQueueEachServingOneAuthorisation(t *testing.T) {
	b := newBench(t)
	b.order(`{"key":"agent"}`)
	b.order(`{"error":"access_denied"}`)
	b.order(`{"identity":{"usual_name":"DURAND"}}`)
	if body := b.get(b.origin + "/_sim/next").body; strings.Count(body, "{") != 3+1 {
		t.Errorf("waiting = %s", body)
	}
	wantPage(t, b.authorize("nonce", "court"), http.StatusBadRequest, "Y000400") // a wrong request uses nothing up
	b.codeOf(b.authorize())
	b.wantBack(t, b.authorize(), "access_denied", "User auth aborted")
	b.codeOf(b.authorize())
	b.browser = b.newBrowser()
	wantPage(t, b.authorize(), http.StatusOK, "Adresse électronique professionnelle")
	t.Run("any other error is sent as it is ordered", func(t *testing.T) {
		b.order(`{"error":"temporarily_unavailable"}`)
		b.wantBack(t, b.authorize(), "temporarily_unavailable", "temporarily_unavailable")
		b.order(`{"error":"login_required"}`)
		b.wantBack(t, b.authorize(), "login_required", "End-User authentication is required")
	})
}

func TestAnOrderNotUnderstoodIsRefused(t *testing.T) {
	b := newBench(t)
	for _, body := range []string{
		``, `{}`, `[]`, `{"key":"inconnu"}`, `{"key":"agent","error":"access_denied"}`, `{"identity":{},"key":"agent"}`,
		`{"identity":"Camille"}`, `{"key":"agent","surprise":1}`,
		`{"key":"agent","mutate":{"id_token":{"_alg":"PS256"}}}`,
		`{"key":"agent","mutate":{"id_token":{"_key":"mine"}}}`,
		`{"key":"agent","mutate":{"userinfo":{"_format":"xml"}}}`,
		`{"key":"agent","mutate":{"userinfo":{"_alg":1}}}`,
		`{"key":"agent","mutate":{"callback":{"state":1}}}`,
	} {
		a := b.order(body)
		var refusal struct{ Error string }
		if a.status != http.StatusBadRequest || json.Unmarshal([]byte(a.body), &refusal) != nil || refusal.Error == "" {
			t.Errorf("%s: %d %s", body, a.status, a.body)
		}
	}
	wantPage(t, b.authorize(), http.StatusOK, "Adresse électronique professionnelle")
}

func TestAnyClaimMayHaveAnyValueAndArrivesVerbatim(t *testing.T) {
	b := newBench(t)
	long := strings.Repeat("É", 300)
	scope := []string{"scope", "openid given_name usual_name email siret idp_id roles phone"}
	identity := `{"given_name":"","usual_name":"` + long + `","email":{"a":[1]},"siret":21040107100019123456,"idp_id":null,"roles":"agent_public","phone_number":false}`
	claims := b.verified(b.userinfo(b.tokens(`{"identity":`+identity+`}`, scope...).AccessToken).body, jose.RS256)
	want := decoded(t, []byte(identity))
	for name := range want {
		if diff := cmp.Diff(want[name], claims[name]); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	t.Run("missing claims stay missing, but idp_id", func(t *testing.T) {
		claims := b.verified(b.userinfo(b.tokens(`{"identity":{}}`, scope...).AccessToken).body, jose.RS256)
		if len(claims) != 5+1 || claims["idp_id"] != "71144ab3-ee1a-4401-b7b3-79b44f7daeeb" {
			t.Errorf("claims = %v", claims)
		}
	})
	t.Run("acr, amr in identity set those of the id_token; sub too", func(t *testing.T) {
		got := b.tokens(`{"identity":{"acr":3,"amr":"pwd","sub":"moi"}}`)
		claims := b.verified(got.IDToken, jose.RS256)
		if claims["acr"] != 3.0 || claims["amr"] != "pwd" || claims["sub"] != "moi" {
			t.Errorf("claims = %v", claims)
		}
		if claims := b.verified(b.userinfo(got.AccessToken).body, jose.RS256); claims["sub"] != "moi" || claims["acr"] != nil {
			t.Errorf("userinfo = %v", claims)
		}
	})
}

func TestOfSeveralOrganizationsAnOrderTakesTheHintedOneElseTheFirst(t *testing.T) {
	b := newBench(t)
	scope := []string{"scope", "openid siret roles organization_label"}
	userClaims := func(changes ...string) map[string]any {
		return b.verified(b.userinfo(b.tokens(`{"key":"double"}`, append(changes, scope...)...).AccessToken).body, jose.RS256)
	}
	first, hinted := userClaims(), userClaims("siret_hint", "21280363900013")
	if first["siret"] != "21040107100019" || len(first["roles"].([]any)) != 2 {
		t.Errorf("first = %v", first)
	}
	if hinted["siret"] != "21280363900013" || hinted["organization_label"] != "COMMUNE DE SAINVILLE" || len(hinted["roles"].([]any)) != 0 {
		t.Errorf("hinted = %v", hinted)
	}
	if elsewhere := userClaims("siret_hint", "13002526500013"); elsewhere["siret"] != first["siret"] || elsewhere["sub"] != hinted["sub"] {
		t.Errorf("elsewhere = %v", elsewhere)
	}
}

func TestMutateReplacesAndRemovesMembers(t *testing.T) {
	b := newBench(t)
	got := b.tokens(`{"key":"agent","mutate":{"id_token":{"nonce":"faux","sub":null,"at_hash":"x"},"userinfo":{"exp":1,"siret":null,"email":"a@example.org"}}}`)
	claims := b.verified(got.IDToken, jose.RS256)
	if _, found := claims["sub"]; found || claims["nonce"] != "faux" || claims["at_hash"] != "x" {
		t.Errorf("id_token = %v", claims)
	}
	claims = b.verified(b.userinfo(got.AccessToken).body, jose.RS256)
	if _, found := claims["siret"]; found || claims["exp"] != 1.0 || claims["email"] != "a@example.org" {
		t.Errorf("userinfo = %v", claims)
	}
	t.Run("callback: state, iss, code can be replaced", func(t *testing.T) {
		b.order(`{"key":"agent","mutate":{"callback":{"state":"undefined","iss":null,"code":"faux"}}}`)
		if diff := cmp.Diff(url.Values{"state": {"undefined"}, "code": {"faux"}}, b.authorize().location); diff != "" {
			t.Error(diff)
		}
		b.order(`{"error":"server_error","mutate":{"callback":{"state":null,"error_description":"<b>"}}}`)
		want := url.Values{"error": {"server_error"}, "error_description": {"<b>"}, "iss": {b.issuer}}
		if diff := cmp.Diff(want, b.authorize().location); diff != "" {
			t.Error(diff)
		}
	})
}

func TestMutateFalsifiesTheEnvelope(t *testing.T) {
	b := newBench(t)
	// both returns the two tokens falsified in the same way.
	both := func(members string) []string {
		t.Helper()
		got := b.tokens(`{"key":"agent","mutate":{"id_token":{` + members + `},"userinfo":{` + members + `}}}`)
		return []string{got.IDToken, b.userinfo(got.AccessToken).body}
	}
	for _, token := range both(`"_alg":"none"`) {
		if head := header(t, token); head["alg"] != "none" || head["typ"] != "JWT" || !strings.HasSuffix(token, ".") {
			t.Errorf("none: %s", token)
		}
	}
	for _, token := range both(`"_alg":"HS256"`) {
		i := strings.LastIndex(token, ".")
		mac := hmac.New(sha256.New, []byte(clientSecret))
		mac.Write([]byte(token[:i]))
		if header(t, token)["alg"] != "HS256" || token[i+1:] != base64.RawURLEncoding.EncodeToString(mac.Sum(nil)) {
			t.Errorf("HS256, keyed by the client's secret: %s", token)
		}
	}
	for _, token := range both(`"_alg":"ES256"`) {
		b.verified(token, jose.ES256) // the provider's other key
	}
	for _, token := range both(`"_key":"rogue"`) {
		signed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.RS256})
		if err != nil || signed.Signatures[0].Header.KeyID != "pkcs11:RS256:hsm" {
			t.Fatal(err, token)
		}
		if _, err := signed.Verify(b.published()); err == nil {
			t.Error("a rogue key verifies")
		}
	}
	a := b.userinfo(b.tokens(`{"key":"agent","mutate":{"userinfo":{"_format":"json"}}}`).AccessToken)
	if claims := decoded(t, []byte(a.body)); claims["usual_name"] != "FERRAND" || !strings.HasPrefix(a.header.Get("Content-Type"), "application/json") {
		t.Errorf("plain JSON: %s %s", a.header.Get("Content-Type"), a.body)
	}
}

func TestFaultsStandBeforeTheProtocol(t *testing.T) {
	b := newBench(t)
	code := b.code(`{"key":"agent"}`)
	b.server.Inject(control.Fault{Match: "POST /api/v2/token", Mode: control.ModeLost, Times: 1})
	if response, err := http.PostForm(b.issuer+"/token", exchange(code)); err == nil {
		response.Body.Close()
		t.Fatal("answered")
	}
	// The exchange did happen: the code is used up.
	wantRefusal(t, b.post(b.issuer+"/token", exchange(code)), 400, "invalid_grant", "grant request is invalid")
	b.server.Inject(control.Fault{Match: "/api/v2/userinfo", Mode: control.ModeStatus, Status: 502, Times: 1})
	token := b.tokens(`{"key":"agent"}`).AccessToken
	if a := b.userinfo(token); a.status != http.StatusBadGateway {
		t.Errorf("answered %d", a.status)
	}
	if a := b.userinfo(token); a.status != http.StatusOK {
		t.Errorf("answered %d", a.status)
	}
}

func TestManyJourneysAtOnce(t *testing.T) {
	b := newBench(t)
	const workers, journeys = 4, 15
	for range workers * journeys {
		b.order(`{"key":"agent"}`)
	}
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			client := b.newBrowser()
			for range journeys {
				if err := journey(b.issuer, client); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Go(func() { b.server.RotateKeys(); b.advance(time.Second) })
	group.Wait()
}

// journey is one whole sign-in, on any goroutine.
func journey(issuer string, client *http.Client) error {
	response, err := client.Get(issuer + "/authorize?" + parameters().Encode())
	if err != nil {
		return err
	}
	response.Body.Close()
	location, err := response.Location()
	if err != nil {
		return err
	}
	response, err = client.PostForm(issuer+"/token", exchange(location.Query().Get("code")))
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	var got tokens
	if err := json.Unmarshal(body, &got); err != nil {
		return err
	}
	request, err := http.NewRequest(http.MethodGet, issuer+"/userinfo", nil)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+got.AccessToken)
	answered, err := client.Do(request)
	if err != nil {
		return err
	}
	return answered.Body.Close()
}

// The simulator stands in a benchmark of the portal and must not be what it measures.
func BenchmarkJourney(b *testing.B) {
	bench := newBench(b)
	for b.Loop() {
		bench.order(`{"key":"agent"}`)
		if err := journey(bench.issuer, bench.browser); err != nil {
			b.Fatal(err)
		}
	}
}
