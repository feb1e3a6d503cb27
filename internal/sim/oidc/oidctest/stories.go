package oidctest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"portail-qf/internal/sim/control"
)

// Run tells the stories that are the same for every provider, each on a bench of its own.
func Run(t *testing.T, provider Provider) {
	for _, story := range []struct {
		sentence string
		tell     func(*testing.T, *Bench)
	}{
		{"every GET of the control surface returns an array", emptyLists},
		{"an order not understood is refused", ordersNotUnderstood},
		{"mutate replaces and removes members of the callback", falsifiedCallback},
		{"mutate falsifies the envelope", falsifiedEnvelope},
		{"success is 303 with code, state and iss", success},
		{"client authentication by Basic is not advertised: refused", basic},
		{"/jwks holds both keys", bothKeys},
		{"key rotation keeps the key ids", rotation},
		{"faults stand before the protocol", faults},
		{"many journeys at once", manyJourneys},
	} {
		t.Run(story.sentence, func(t *testing.T) { story.tell(t, NewBench(t, provider)) })
	}
}

func emptyLists(t *testing.T, b *Bench) {
	empty := httptest.NewServer(b.Empty("http://localhost:1/api/v2"))
	defer empty.Close()
	for _, path := range []string{"/_sim/identities", "/_sim/next", "/_sim/requests"} {
		if body := b.Get(empty.URL + path).Body; body != "[]\n" {
			t.Errorf("%s = %s", path, body)
		}
	}
}

func ordersNotUnderstood(t *testing.T, b *Bench) {
	person := `{"key":"` + b.Key + `",`
	for _, body := range []string{
		``, `{}`, `[]`, `{"key":"inconnu"}`, person + `"error":"access_denied"}`, person + `"identity":{}}`,
		`{"identity":"Angela"}`, person + `"surprise":1}`,
		b.signIn(`"id_token":{"_alg":"PS256"}`),
		b.signIn(`"id_token":{"_key":"mine"}`),
		b.signIn(`"userinfo":{"_format":"xml"}`),
		b.signIn(`"userinfo":{"_alg":1}`),
		b.signIn(`"callback":{"state":1}`),
	} {
		a := b.Order(body)
		var refusal struct{ Error string }
		if a.Status != http.StatusBadRequest || json.Unmarshal([]byte(a.Body), &refusal) != nil || refusal.Error == "" {
			t.Errorf("%s: %d %s", body, a.Status, a.Body)
		}
	}
	b.WantPage(t, b.Authorize(), http.StatusOK, b.FirstPage)
}

func falsifiedCallback(t *testing.T, b *Bench) {
	for order, want := range map[string]url.Values{
		b.signIn(`"callback":{"state":"undefined","iss":null,"code":"faux"}`): {"state": {"undefined"}, "code": {"faux"}},
		`{"error":"server_error","mutate":{"callback":{"state":null,"error_description":"<b>"}}}`: {
			"error": {"server_error"}, "error_description": {"<b>"}, "iss": {b.Issuer},
		},
	} {
		b.Order(order)
		if got := b.Authorize().Location; got.Encode() != want.Encode() {
			t.Errorf("%s: sent back with %v, want %v", order, got, want)
		}
	}
}

func falsifiedEnvelope(t *testing.T, b *Bench) {
	// both returns the two tokens falsified in the same way.
	both := func(members string) []string {
		got := b.Tokens(b.signIn(`"id_token":{` + members + `},"userinfo":{` + members + `}`))
		return []string{got.IDToken, b.UserInfo(got.AccessToken).Body}
	}
	for _, token := range both(`"_alg":"none"`) {
		head := Header(t, token)
		if typ, _ := head["typ"].(string); head["alg"] != "none" || typ != b.Type || !strings.HasSuffix(token, ".") {
			t.Errorf("none: %s", token)
		}
	}
	for _, token := range both(`"_alg":"HS256"`) {
		i := strings.LastIndex(token, ".")
		mac := hmac.New(sha256.New, []byte(ClientSecret))
		mac.Write([]byte(token[:i]))
		if Header(t, token)["alg"] != "HS256" || token[i+1:] != base64.RawURLEncoding.EncodeToString(mac.Sum(nil)) {
			t.Errorf("HS256, keyed by the client's secret: %s", token)
		}
	}
	for _, token := range both(`"_alg":"` + string(b.OtherAlg) + `"`) {
		b.Verified(token, b.OtherAlg) // the provider's other key
	}
	for _, token := range both(`"_key":"rogue"`) {
		signed := signedBy(t, token, b.Alg)
		if signed.Signatures[0].Header.KeyID != "pkcs11:"+string(b.Alg)+":hsm" {
			t.Errorf("a rogue key goes under another id: %s", token)
		}
		if _, err := signed.Verify(b.Published()); err == nil {
			t.Error("a rogue key verifies")
		}
	}
	a := b.UserInfo(b.Tokens(b.signIn(`"userinfo":{"_format":"json"}`)).AccessToken)
	if claims := Decoded(t, []byte(a.Body)); claims[b.Claim] != b.ClaimValue || !strings.HasPrefix(a.Header.Get("Content-Type"), "application/json") {
		t.Errorf("plain JSON: %s %s", a.Header.Get("Content-Type"), a.Body)
	}
}

func success(t *testing.T, b *Bench) {
	b.Order(b.signIn(""))
	a := b.Authorize()
	if a.Status != http.StatusSeeOther || a.Address != Callback {
		t.Errorf("answered %d to %s", a.Status, a.Address)
	}
	code := a.Location.Get("code")
	if want := (url.Values{"code": {code}, "state": {State}, "iss": {b.Issuer}}); a.Location.Encode() != want.Encode() || code == "" {
		t.Errorf("sent back with %v", a.Location)
	}
	b.Order(b.signIn(""))
	if a := b.Authorize("redirect_uri", Callback+"?deja=1"); a.Location.Get("deja") != "1" || a.Location.Get("code") == "" {
		t.Errorf("a redirect_uri with a query loses it: %v", a.Location)
	}
	b.Order(b.signIn(""))
	if a := b.Post(b.Issuer+"/authorize", b.Parameters()); a.Location.Get("code") == "" {
		t.Errorf("authorize is GET and POST: %d %s", a.Status, a.Body)
	}
}

func basic(t *testing.T, b *Bench) {
	form := ExchangeForm(b.Code(b.signIn("")), "client_id", "-", "client_secret", "-")
	request := b.NewRequest(http.MethodPost, b.Issuer+"/token", form)
	request.SetBasicAuth(ClientID, url.QueryEscape(ClientSecret))
	if a := b.Do(http.DefaultClient, request); a.Status != http.StatusUnauthorized {
		t.Errorf("answered %d", a.Status)
	}
}

func bothKeys(t *testing.T, b *Bench) {
	a := b.Get(b.Issuer + "/jwks")
	if got := a.Header.Get("Content-Type"); !strings.HasPrefix(got, "application/jwk-set+json") {
		t.Errorf("Content-Type = %s", got)
	}
	if got := a.Header.Get("Cache-Control"); !strings.Contains(got, "max-age=600") {
		t.Errorf("Cache-Control = %s", got)
	}
	var set struct {
		Keys []map[string]any `json:"keys"`
	}
	if err := json.Unmarshal([]byte(a.Body), &set); err != nil {
		t.Fatal(err)
	}
	var ids []any
	for i, key := range b.Published().Keys {
		ids = append(ids, key.KeyID)
		if _, found := set.Keys[i]["d"]; found || !key.IsPublic() {
			t.Errorf("%s is published with its private part", key.KeyID)
		}
	}
	if !slices.Equal(ids, []any{"pkcs11:ES256:hsm", "pkcs11:RS256:hsm"}) {
		t.Errorf("key ids = %v", ids)
	}
}

func rotation(t *testing.T, b *Bench) {
	before := b.Published()
	token := b.Tokens(b.signIn("")).IDToken
	b.Server.RotateKeys()
	if _, err := signedBy(t, token, b.Alg).Verify(b.Published()); err == nil {
		t.Error("the fresh keys verify an old token")
	}
	fresh := b.Tokens(b.signIn("")).IDToken
	b.Verified(fresh, b.Alg)
	if _, err := signedBy(t, fresh, b.Alg).Verify(before); err == nil {
		t.Error("the old keys verify a fresh token: retry with fresh keys is not exercised")
	}
}

func faults(t *testing.T, b *Bench) {
	b.Server.Inject(control.Fault{Match: "/api/v2/userinfo", Mode: control.ModeStatus, Status: 502, Times: 1})
	token := b.Tokens(b.signIn("")).AccessToken
	if a := b.UserInfo(token); a.Status != http.StatusBadGateway {
		t.Errorf("answered %d", a.Status)
	}
	if a := b.UserInfo(token); a.Status != http.StatusOK {
		t.Errorf("answered %d", a.Status)
	}
}

// ReplayAfterALostAnswer loses the answer of an exchange that did happen, then sends the code
// again: it is used up, and each provider says so in its way.
func (b *Bench) ReplayAfterALostAnswer() Answer {
	b.T.Helper()
	code := b.Code(b.signIn(""))
	b.Server.Inject(control.Fault{Match: "POST /api/v2/token", Mode: control.ModeLost, Times: 1})
	if response, err := http.PostForm(b.Issuer+"/token", ExchangeForm(code)); err == nil {
		response.Body.Close()
		b.T.Fatal("answered")
	}
	return b.Exchange(code)
}
