package franceconnect_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParametersOutsideTheWhitelistAre400PagesWithoutRedirect(t *testing.T) {
	b := newBench(t)
	tests := []struct {
		sentence string
		changes  []string
		code     string
	}{
		{"PKCE breaks FranceConnect: code_challenge is not in the whitelist", []string{"code_challenge", "abc"}, "Y030007"},
		{"same for code_challenge_method", []string{"code_challenge_method", "S256"}, "Y030007"},
		{"same for max_age", []string{"max_age", "0"}, "Y030007"},
		{"same for login_hint", []string{"login_hint", "a@example.org"}, "Y030007"},
		{"same for display", []string{"display", "page"}, "Y030007"},
		{"same for response_mode", []string{"response_mode", "query"}, "Y030007"},
		{"any helper that adds a parameter silently (access_type) must be off", []string{"access_type", "offline"}, "Y030007"},
		{"client_id is required", []string{"client_id", "-"}, "Y030007"},
		{"redirect_uri is required", []string{"redirect_uri", "-"}, "Y030007"},
		{"scope is required", []string{"scope", "-"}, "Y030007"},
		{"state is required", []string{"state", "-"}, "Y030007"},
		{"response_type is required", []string{"response_type", "-"}, "Y030007"},
		{"acr_values is required", []string{"acr_values", "-"}, "Y030007"},
		{"nonce is required", []string{"nonce", "-"}, "Y030007"},
		{"nonce has at least 22 characters", []string{"nonce", strings.Repeat("n", 21)}, "Y030007"},
		{"prompt none → Y030007", []string{"prompt", "none"}, "Y030007"},
		{"prompt select_account → Y030007", []string{"prompt", "select_account"}, "Y030007"},
		{"prompt empty → Y030007", []string{"prompt", ""}, "Y030007"},
		{"prompt login none → Y030007", []string{"prompt", "login none"}, "Y030007"},
		{"claims is JSON", []string{"claims", "amr"}, "Y030007"},
		{"idp_hint must be allowed by FranceConnect", []string{"idp_hint", "inconnu"}, "Y030007"},
		{"unknown client → Y04EA6EF", []string{"client_id", "inconnu"}, "Y04EA6EF"},
		{"redirect_uri compared exactly → Y04C013C", []string{"redirect_uri", callback + "/"}, "Y04C013C"},
		{"amr without entitlement → Y100009", []string{"claims", `{"id_token":{"amr":{"essential":true}}}`}, "Y100009"},
		{"the whitelist comes before the client", []string{"client_id", "inconnu", "login_hint", "x"}, "Y030007"},
	}
	for _, test := range tests {
		t.Run(test.sentence, func(t *testing.T) {
			a := b.authorize(test.changes...)
			wantPage(t, a, http.StatusBadRequest, test.code)
			if a.location != nil {
				t.Errorf("redirected to %v", a.location)
			}
		})
	}
	t.Run("a repeated parameter is refused", func(t *testing.T) {
		wantPage(t, b.get(b.issuer+"/authorize?"+parameters().Encode()+"&scope=openid"), http.StatusBadRequest, "Y030007")
	})
}

func TestOtherRefusalsAreRedirectsWithStateAndIss(t *testing.T) {
	b := newBench(t)
	tests := []struct {
		changes            []string
		error, description string
	}{
		{[]string{"response_type", "token"}, "unsupported_response_type", "unsupported response_type requested"},
		{[]string{"scope", "identite_pivot"}, "invalid_request", "openid scope must be requested when using the acr_values parameter"},
		{[]string{"scope", "openid gender"}, "invalid_scope", "requested scope is not allowed"},
		{[]string{"acr_values", "eidas2"}, "invalid_acr", "acr_value is not valid, should be equal one of these values, expected eidas1, got eidas2"},
		{[]string{"acr_values", "eidas3"}, "invalid_acr", "acr_value is not valid, should be equal one of these values, expected eidas1, got eidas3"},
	}
	for _, test := range tests {
		t.Run(strings.Join(test.changes, "="), func(t *testing.T) {
			a := b.authorize(test.changes...)
			want := url.Values{"error": {test.error}, "error_description": {test.description}, "state": {stateSent}, "iss": {b.issuer}}
			if a.status != http.StatusSeeOther || a.address != callback {
				t.Errorf("answered %d to %s", a.status, a.address)
			}
			if diff := cmp.Diff(want, a.location); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAcceptedRequests(t *testing.T) {
	b := newBench(t)
	tests := []struct {
		sentence string
		changes  []string
	}{
		{"the nominal request", nil},
		{"an unknown acr is treated as eidas1", []string{"acr_values", "eidas9"}},
		{"an unknown scope is ignored", []string{"scope", "openid address phone"}},
		{"prompt login and consent", []string{"prompt", "login consent"}},
		{"ui_locales is ignored", []string{"ui_locales", "en"}},
		{"claims without amr", []string{"claims", `{"id_token":{}}`}},
		{"a nonce of 22 characters", []string{"nonce", strings.Repeat("n", 22)}},
	}
	for _, test := range tests {
		t.Run(test.sentence, func(t *testing.T) {
			if code := b.code(`{"key":"test"}`, test.changes...); code == "" {
				t.Error("no code")
			}
		})
	}
	t.Run("authorize is GET and POST", func(t *testing.T) {
		b.order(`{"key":"test"}`)
		if a := b.post(b.issuer+"/authorize", parameters()); a.location.Get("code") == "" {
			t.Errorf("%d %s", a.status, a.body)
		}
	})
}

func TestSuccessIs303WithCodeStateAndIss(t *testing.T) {
	b := newBench(t)
	b.order(`{"key":"test"}`)
	a := b.authorize()
	if a.status != http.StatusSeeOther || a.address != callback {
		t.Errorf("answered %d to %s", a.status, a.address)
	}
	code := a.location.Get("code")
	if diff := cmp.Diff(url.Values{"code": {code}, "state": {stateSent}, "iss": {b.issuer}}, a.location); diff != "" || code == "" {
		t.Error(diff)
	}
	b.order(`{"key":"test"}`)
	if a := b.authorize("redirect_uri", callback+"?deja=1"); a.location.Get("deja") != "1" || a.location.Get("code") == "" {
		t.Errorf("a redirect_uri with a query loses it: %v", a.location)
	}
}

func TestDiscoveryHasTheShapeOfTheRealOneTrapsIncluded(t *testing.T) {
	b := newBench(t)
	var document map[string]any
	if err := json.Unmarshal([]byte(b.get(b.issuer+"/.well-known/openid-configuration").body), &document); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]any{
		"issuer":                   b.issuer,
		"authorization_endpoint":   b.issuer + "/authorize",
		"token_endpoint":           b.issuer + "/token",
		"userinfo_endpoint":        b.issuer + "/userinfo",
		"jwks_uri":                 b.issuer + "/jwks",
		"end_session_endpoint":     b.issuer + "/session/end",
		"response_types_supported": []any{"code"},
		"authorization_response_iss_parameter_supported": true,
		"code_challenge_methods_supported":               []any{"S256"},
	} {
		if diff := cmp.Diff(want, document[name]); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if algorithms := document["id_token_signing_alg_values_supported"].([]any); !slices.Contains(algorithms, any("HS256")) {
		t.Errorf("discovery still advertises HS256: %v", algorithms)
	}
}

func TestJWKSHoldsBothKeys(t *testing.T) {
	b := newBench(t)
	a := b.get(b.issuer + "/jwks")
	if got := a.header.Get("Content-Type"); !strings.HasPrefix(got, "application/jwk-set+json") {
		t.Errorf("Content-Type = %s", got)
	}
	if got := a.header.Get("Cache-Control"); !strings.Contains(got, "max-age=600") {
		t.Errorf("Cache-Control = %s", got)
	}
	var kids []string
	for _, key := range b.published().Keys {
		kids = append(kids, key.KeyID)
		if !key.IsPublic() {
			t.Errorf("%s is published with its private part", key.KeyID)
		}
	}
	if diff := cmp.Diff([]string{"pkcs11:ES256:hsm", "pkcs11:RS256:hsm"}, kids); diff != "" {
		t.Error(diff)
	}
}
