package franceconnect_test

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
	"portail-qf/internal/sim/franceconnect"
)

func TestIdentitiesAreListed(t *testing.T) {
	b := newBench(t)
	var list []map[string]any
	if err := json.Unmarshal([]byte(b.get(b.origin+"/_sim/identities").body), &list); err != nil {
		t.Fatal(err)
	}
	first := list[0]
	if first["key"] != "test" || first["label"] != "Angela Claire Louise DUBOIS" || first["expect"] != "not_found" || len(first) != 4 {
		t.Errorf("first = %v", first)
	}
	if claims := first["claims"].(map[string]any); claims["birthplace"] != "75107" || claims["birthdate"] != "1962-08-24" {
		t.Errorf("claims = %v", claims)
	}
	empty := httptest.NewServer(franceconnect.New(franceconnect.Options{Issuer: "http://localhost:1/api/v2"}))
	defer empty.Close()
	for _, path := range []string{"/_sim/identities", "/_sim/next", "/_sim/requests"} {
		if body := b.get(empty.URL + path).body; body != "[]\n" {
			t.Errorf("every GET returns an array: %s = %s", path, body)
		}
	}
}

func TestOrdersAreAQueueEachServingOneAuthorisation(t *testing.T) {
	b := newBench(t)
	b.order(`{"key":"test"}`)
	b.order(`{"error":"access_denied"}`)
	b.order(`{"identity":{"family_name":"DURAND"}}`)
	if body := b.get(b.origin + "/_sim/next").body; strings.Count(body, "{") != 3+1 {
		t.Errorf("waiting = %s", body)
	}
	wantPage(t, b.authorize("nonce", "court"), http.StatusBadRequest, "Y030007") // a wrong request uses nothing up
	if a := b.authorize(); a.location.Get("code") == "" {
		t.Errorf("first: %v", a.location)
	}
	want := url.Values{"error": {"access_denied"}, "error_description": {"User auth aborted"}, "state": {stateSent}, "iss": {b.issuer}}
	if diff := cmp.Diff(want, b.authorize().location); diff != "" {
		t.Error(diff)
	}
	if a := b.authorize(); a.location.Get("code") == "" {
		t.Errorf("third: %v", a.location)
	}
	wantPage(t, b.authorize(), http.StatusOK, "Continuer vers") // then the pages again, within the session
}

func TestAnOrderNotUnderstoodIsRefused(t *testing.T) {
	b := newBench(t)
	for _, body := range []string{
		``, `{}`, `[]`, `{"key":"inconnu"}`, `{"key":"test","error":"access_denied"}`, `{"identity":{},"key":"test"}`,
		`{"identity":"Angela"}`, `{"key":"test","surprise":1}`,
		`{"key":"test","mutate":{"id_token":{"_alg":"PS256"}}}`,
		`{"key":"test","mutate":{"id_token":{"_key":"mine"}}}`,
		`{"key":"test","mutate":{"userinfo":{"_format":"xml"}}}`,
		`{"key":"test","mutate":{"userinfo":{"_alg":1}}}`,
		`{"key":"test","mutate":{"callback":{"state":1}}}`,
	} {
		a := b.order(body)
		var refusal struct{ Error string }
		if a.status != http.StatusBadRequest || json.Unmarshal([]byte(a.body), &refusal) != nil || refusal.Error == "" {
			t.Errorf("%s: %d %s", body, a.status, a.body)
		}
	}
	wantPage(t, b.authorize(), http.StatusOK, "Démonstration eIDAS faible")
}

func TestAnyClaimMayHaveAnyValueAndArrivesVerbatim(t *testing.T) {
	b := newBench(t)
	long := strings.Repeat("É", 300)
	identity := `{"given_name":"","given_name_array":[""," ",3],"family_name":"` + long + `","birthdate":"31/02/1962","gender":null,
		"birthplace":12345678901234567890,"birthcountry":{"code":"99100"}}`
	claims := b.verified(b.userinfo(b.tokens(`{"identity":`+identity+`}`).AccessToken).body, jose.ES256)
	want := decoded(t, []byte(identity))
	for name := range want {
		if diff := cmp.Diff(want[name], claims[name]); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	t.Run("missing claims stay missing", func(t *testing.T) {
		claims := b.verified(b.userinfo(b.tokens(`{"identity":{}}`).AccessToken).body, jose.ES256)
		if len(claims) != 5 {
			t.Errorf("claims = %v", claims)
		}
	})
	t.Run("acr, amr in identity set those of the id_token; sub too", func(t *testing.T) {
		got := b.tokens(`{"identity":{"acr":"eidas2","amr":["pwd","mfa"],"sub":"moi"}}`)
		claims := b.verified(got.IDToken, jose.ES256)
		if claims["acr"] != "eidas2" || !cmp.Equal(claims["amr"], []any{"pwd", "mfa"}) || claims["sub"] != "moi" {
			t.Errorf("claims = %v", claims)
		}
		if claims := b.verified(b.userinfo(got.AccessToken).body, jose.ES256); claims["sub"] != "moi" || claims["acr"] != nil {
			t.Errorf("userinfo = %v", claims)
		}
	})
}

func TestMutateReplacesAndRemovesMembers(t *testing.T) {
	b := newBench(t)
	got := b.tokens(`{"key":"test","mutate":{"id_token":{"nonce":"faux","sub":null,"aud":["a","b"]},"userinfo":{"exp":1,"birthplace":null,"email":"a@example.org"}}}`)
	claims := b.verified(got.IDToken, jose.ES256)
	if _, found := claims["sub"]; found || claims["nonce"] != "faux" || !cmp.Equal(claims["aud"], []any{"a", "b"}) {
		t.Errorf("id_token = %v", claims)
	}
	claims = b.verified(b.userinfo(got.AccessToken).body, jose.ES256)
	if _, found := claims["birthplace"]; found || claims["exp"] != 1.0 || claims["email"] != "a@example.org" {
		t.Errorf("userinfo = %v", claims)
	}
	t.Run("callback: state, iss, code can be replaced", func(t *testing.T) {
		b.order(`{"key":"test","mutate":{"callback":{"state":"undefined","iss":null,"code":"faux"}}}`)
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
	mutated := func(id, user string) (idToken, userinfo string) {
		t.Helper()
		got := b.tokens(`{"key":"test","mutate":{"id_token":{` + id + `},"userinfo":{` + user + `}}}`)
		return got.IDToken, b.userinfo(got.AccessToken).body
	}
	t.Run("none", func(t *testing.T) {
		for _, token := range twice(mutated(`"_alg":"none"`, `"_alg":"none"`)) {
			if header(t, token)["alg"] != "none" || !strings.HasSuffix(token, ".") {
				t.Errorf("token = %s", token)
			}
		}
	})
	t.Run("HS256 keyed by the client's secret", func(t *testing.T) {
		for _, token := range twice(mutated(`"_alg":"HS256"`, `"_alg":"HS256"`)) {
			signed, signature, _ := cutLast(token)
			mac := hmac.New(sha256.New, []byte(clientSecret))
			mac.Write([]byte(signed))
			if header(t, token)["alg"] != "HS256" || signature != base64.RawURLEncoding.EncodeToString(mac.Sum(nil)) {
				t.Errorf("token = %s", token)
			}
		}
	})
	t.Run("the provider's other key", func(t *testing.T) {
		for _, token := range twice(mutated(`"_alg":"RS256"`, `"_alg":"RS256"`)) {
			b.verified(token, jose.RS256)
		}
	})
	t.Run("a rogue key under the published key id", func(t *testing.T) {
		for _, token := range twice(mutated(`"_key":"rogue"`, `"_key":"rogue"`)) {
			signed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.ES256})
			if err != nil || signed.Signatures[0].Header.KeyID != "pkcs11:ES256:hsm" {
				t.Fatal(err, token)
			}
			if _, err := signed.Verify(b.published()); err == nil {
				t.Error("verified")
			}
		}
	})
	t.Run("userinfo as plain JSON", func(t *testing.T) {
		got := b.tokens(`{"key":"test","mutate":{"userinfo":{"_format":"json"}}}`)
		a := b.userinfo(got.AccessToken)
		if claims := decoded(t, []byte(a.body)); claims["family_name"] != "DUBOIS" || !strings.HasPrefix(a.header.Get("Content-Type"), "application/json") {
			t.Errorf("%s %s", a.header.Get("Content-Type"), a.body)
		}
	})
}

func twice(a, b string) []string { return []string{a, b} }

func cutLast(token string) (signed, signature string, found bool) {
	i := strings.LastIndex(token, ".")
	return token[:i], token[i+1:], i >= 0
}

func TestFaultsStandBeforeTheProtocol(t *testing.T) {
	b := newBench(t)
	code := b.code(`{"key":"test"}`)
	b.server.Inject(control.Fault{Match: "POST /api/v2/token", Mode: control.ModeLost, Times: 1})
	if response, err := http.PostForm(b.issuer+"/token", exchange(code)); err == nil {
		response.Body.Close()
		t.Fatal("answered")
	}
	// The exchange did happen: the code is used up.
	wantRefusal(t, b.post(b.issuer+"/token", exchange(code)), 400, "invalid_grant", "grant request is invalid (authorization code already consumed)")
	b.server.Inject(control.Fault{Match: "/api/v2/userinfo", Mode: control.ModeStatus, Status: 502, Times: 1})
	token := b.tokens(`{"key":"test"}`).AccessToken
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
		b.order(`{"key":"test"}`)
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

func TestSandboxIdentitiesCarryThePeculiaritiesOfTheTable(t *testing.T) {
	today := time.Date(2026, time.November, 22, 0, 0, 0, 0, time.UTC)
	byKey := map[string]map[string]any{}
	for _, identity := range append(franceconnect.SandboxIdentities(today), franceconnect.RefusedIdentities()...) {
		byKey[identity.Key] = identity.Claims
	}
	for key, want := range map[string]map[string]any{
		"test":                             {"given_name": "Angela Claire Louise", "family_name": "DUBOIS", "birthdate": "1962-08-24", "birthplace": "75107", "birthcountry": "99100", "gender": "female"},
		"avec_nom_dusage":                  {"preferred_username": "DUBOIS", "family_name": "MERCIER"},
		"prénom_composé_avec_espace":       {"given_name": "Jean Philippe Pierre Louis"},
		"genre_indéfini":                   {"gender": "unspecified"},
		"test_CORSE_2A":                    {"birthplace": "2A004"},
		"test_CORSE_2B":                    {"birthplace": "2B050"},
		"naissance_Algérie":                {"birthplace": "", "birthcountry": "99352"},
		"naissance_polynesie_française":    {"birthplace": "98729", "birthcountry": "99100"},
		"étranger_présumé_né_jour":         {"birthdate": "1992-11-01", "idp_birthdate": "1992-11-00"},
		"étranger_présumé_né_jour_et_mois": {"birthdate": "1992-01-01", "idp_birthdate": "1992-00-00"},
	} {
		for name, value := range want {
			if diff := cmp.Diff(value, byKey[key][name]); diff != "" {
				t.Errorf("%s: %s: %s", key, name, diff)
			}
		}
	}
	for key, age := range map[string]int{"moins_16_ans": 16, "moins_18_ans": 18, "moins_25_ans": 25} {
		birth, err := time.Parse(time.DateOnly, byKey[key]["birthdate"].(string))
		if err != nil || !birth.AddDate(age, 0, 0).After(today) {
			t.Errorf("%s: born %v", key, byKey[key]["birthdate"])
		}
	}
	if name := byKey["nom_50+_caractères"]["family_name"].(string); len([]rune(name)) <= 50 {
		t.Errorf("family_name = %s", name)
	}
	if _, found := byKey["sans_mail"]["email"]; found {
		t.Error("sans_mail has an email")
	}
}

// The simulator stands in a benchmark of the portal and must not be what it measures.
func BenchmarkJourney(b *testing.B) {
	bench := newBench(b)
	for b.Loop() {
		bench.order(`{"key":"test"}`)
		if err := journey(bench.issuer, bench.browser); err != nil {
			b.Fatal(err)
		}
	}
}
