package franceconnect_test

import (
	"encoding/json"
	"net/http"
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
			a := b.Authorize(test.changes...)
			wantPage(t, a, http.StatusBadRequest, test.code)
			if a.Location != nil {
				t.Errorf("redirected to %v", a.Location)
			}
		})
	}
	t.Run("a repeated parameter is refused", func(t *testing.T) {
		wantPage(t, b.Get(b.Issuer+"/authorize?"+b.Parameters().Encode()+"&scope=openid"), http.StatusBadRequest, "Y030007")
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
			b.WantBack(t, b.Authorize(test.changes...), test.error, test.description)
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
			if code := b.Code(`{"key":"test"}`, test.changes...); code == "" {
				t.Error("no code")
			}
		})
	}
}

func TestDiscoveryHasTheShapeOfTheRealOneTrapsIncluded(t *testing.T) {
	b := newBench(t)
	var document map[string]any
	if err := json.Unmarshal([]byte(b.Get(b.Issuer+"/.well-known/openid-configuration").Body), &document); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]any{
		"issuer":                   b.Issuer,
		"authorization_endpoint":   b.Issuer + "/authorize",
		"token_endpoint":           b.Issuer + "/token",
		"userinfo_endpoint":        b.Issuer + "/userinfo",
		"jwks_uri":                 b.Issuer + "/jwks",
		"end_session_endpoint":     b.Issuer + "/session/end",
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
