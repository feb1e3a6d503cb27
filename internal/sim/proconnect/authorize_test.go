package proconnect_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/sim/oidc/oidctest"
)

func TestParametersOutsideTheWhitelistAre400PagesWithoutRedirect(t *testing.T) {
	b := newBench(t)
	tests := []struct {
		sentence string
		changes  []string
		code     string
	}{
		{"others: docs Y000400; max_age is not implemented", []string{"max_age", "0"}, "Y000400"},
		{"response_mode is absent from the documented list", []string{"response_mode", "query"}, "Y000400"},
		{"access_type", []string{"access_type", "offline"}, "Y000400"},
		{"display", []string{"display", "page"}, "Y000400"},
		{"id_token_hint", []string{"id_token_hint", "x"}, "Y000400"},
		{"client_id is required", []string{"client_id", "-"}, "Y000400"},
		{"redirect_uri is required", []string{"redirect_uri", "-"}, "Y000400"},
		{"response_type is required", []string{"response_type", "-"}, "Y000400"},
		{"scope is required", []string{"scope", "-"}, "Y000400"},
		{"empty scope → Y000400 page", []string{"scope", ""}, "Y000400"},
		{"blank scope too", []string{"scope", "  "}, "Y000400"},
		{"state is required", []string{"state", "-"}, "Y000400"},
		{"state has at least 32 characters", []string{"state", strings.Repeat("s", 31)}, "Y000400"},
		{"nonce is required", []string{"nonce", "-"}, "Y000400"},
		{"nonce has at least 32 characters", []string{"nonce", strings.Repeat("n", 31)}, "Y000400"},
		{"nonce has at most 512", []string{"nonce", strings.Repeat("n", 513)}, "Y000400"},
		{"nonce is ASCII", []string{"nonce", strings.Repeat("é", 32)}, "Y000400"},
		{"login_hint: valid e-mail, else 400", []string{"login_hint", "camille"}, "Y000400"},
		{"with a name before it, it is none", []string{"login_hint", "Camille <camille@example.fr>"}, "Y000400"},
		{"without a domain of two labels neither", []string{"login_hint", "camille@localhost"}, "Y000400"},
		{"nor empty", []string{"login_hint", ""}, "Y000400"},
		{"siret_hint: exactly 14 digits", []string{"siret_hint", "2104010710001"}, "Y000400"},
		{"and nothing but digits", []string{"siret_hint", "21040107100A19"}, "Y000400"},
		{"unknown client → invalid_client", []string{"client_id", "inconnu"}, "invalid_client"},
		{"redirect_uri exact, trailing slash included", []string{"redirect_uri", callback + "/"}, "Y030031"},
		{"the whitelist comes before the client", []string{"client_id", "inconnu", "max_age", "0"}, "Y000400"},
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
		wantPage(t, b.Get(b.Issuer+"/authorize?"+b.Parameters().Encode()+"&scope=openid"), http.StatusBadRequest, "Y000400")
	})
}

func TestOtherRefusalsAreRedirectsWithStateAndIss(t *testing.T) {
	b := newBench(t)
	challenge := strings.Repeat("c", 43)
	tests := []struct {
		sentence           string
		changes            []string
		error, description string
	}{
		{"response_type=code", []string{"response_type", "token"}, "unsupported_response_type", "unsupported response_type requested"},
		{"openid", []string{"scope", "email"}, "invalid_request", "openid scope must be requested"},
		{"not entitled to a known scope → invalid_scope for the whole log-in", []string{"scope", "openid email custom"}, "invalid_scope", "requested scope is not allowed"},
		{"select_account → invalid_request", []string{"prompt", "select_account"}, "invalid_request", "unsupported prompt value requested"},
		{"prompt empty", []string{"prompt", ""}, "invalid_request", "unsupported prompt value requested"},
		{"none with login", []string{"prompt", "login none"}, "invalid_request", "prompt none must only be used alone"},
		{"idp_hint unknown → idp_hint_not_found", []string{"idp_hint", "inconnu"}, "idp_hint_not_found", "provided idp_hint could not be found"},
		{"plain → invalid_request", []string{"code_challenge", challenge, "code_challenge_method", "plain"}, "invalid_request", "not supported value of code_challenge_method"},
		{"a missing method → invalid_request", []string{"code_challenge", challenge}, "invalid_request", "plain code_challenge_method fallback disabled, code_challenge_method must be provided"},
		{"a method without challenge", []string{"code_challenge_method", "S256"}, "invalid_request", "code_challenge must be provided with code_challenge_method"},
		{"a challenge that is too short", []string{"code_challenge", "abc", "code_challenge_method", "S256"}, "invalid_request", "code_challenge must be a string of 43 to 128 unreserved characters"},
		{"claims is JSON", []string{"claims", "acr"}, "invalid_request", "could not parse the claims parameter JSON"},
		{"claims of userinfo", []string{"claims", `{"userinfo":{"email":null}}`}, "invalid_request", "claims parameter should have id_token only"},
		{"another claim", []string{"claims", `{"id_token":{"email":null}}`}, "invalid_request", "claims.id_token.email cannot be requested"},
		{"acr as a text", []string{"claims", `{"id_token":{"acr":"eidas2"}}`}, "invalid_request", "invalid claims.id_token.acr value"},
		{"no acceptable value", []string{"claims", `{"id_token":{"acr":{"essential":true,"values":[]}}}`}, "invalid_request", "invalid claims.id_token.acr value"},
		{"value and values", []string{"claims", `{"id_token":{"acr":{"essential":true,"value":"eidas1","values":["eidas2"]}}}`}, "invalid_request", "invalid claims.id_token.acr value"},
		{"amr as a text", []string{"claims", `{"id_token":{"amr":"mfa"}}`}, "invalid_request", "claims.id_token.amr should be null or an object"},
		{"acr_values mixed with an essential acr: documented as unspecified", []string{"claims", demanded, "acr_values", "eidas2"}, "invalid_request", "acr_values must not be used with an essential acr claim"},
		{"no session → login_required", []string{"prompt", "none"}, "login_required", "End-User authentication is required"},
	}
	for _, test := range tests {
		t.Run(test.sentence, func(t *testing.T) {
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
		{"without claims", []string{"claims", "-"}},
		{"claims that ask nothing", []string{"claims", `{"id_token":{}}`}},
		{"an unknown scope is ignored", []string{"scope", "openid email offline_access address"}},
		{"prompt login and consent", []string{"prompt", "login consent"}},
		{"acr_values is legacy; unknown values ignored", []string{"claims", "-", "acr_values", "eidas9"}},
		{"acr_values beside an acr that is only read", []string{"acr_values", "eidas1"}},
		{"login_hint, idp_hint and siret_hint", []string{"login_hint", "a@example.fr", "idp_hint", otherIdP, "siret_hint", "21040107100019"}},
		{"ProConnect Identité as idp_hint", []string{"idp_hint", "71144ab3-ee1a-4401-b7b3-79b44f7daeeb"}},
		{"a nonce of 512 characters", []string{"nonce", strings.Repeat("n", 512)}},
		{"prompt none, answered by an order", []string{"prompt", "none"}},
	}
	for _, test := range tests {
		t.Run(test.sentence, func(t *testing.T) {
			if code := b.Code(`{"key":"agent"}`, test.changes...); code == "" {
				t.Error("no code")
			}
		})
	}
}

func TestDiscoveryHasTheShapeOfTheRealOne(t *testing.T) {
	b := newBench(t)
	document := oidctest.Decoded(t, []byte(b.Get(b.Issuer+"/.well-known/openid-configuration").Body))
	for name, want := range map[string]any{
		"issuer":                                         b.Issuer,
		"authorization_endpoint":                         b.Issuer + "/authorize",
		"token_endpoint":                                 b.Issuer + "/token",
		"userinfo_endpoint":                              b.Issuer + "/userinfo",
		"jwks_uri":                                       b.Issuer + "/jwks",
		"end_session_endpoint":                           b.Issuer + "/session/end",
		"response_types_supported":                       []any{"code"},
		"subject_types_supported":                        []any{"public"},
		"claims_parameter_supported":                     true,
		"code_challenge_methods_supported":               []any{"S256"},
		"authorization_response_iss_parameter_supported": true,
		"id_token_signing_alg_values_supported":          []any{"HS256", "ES256", "RS256"},
		"userinfo_signing_alg_values_supported":          []any{"HS256", "ES256", "RS256"},
	} {
		if diff := cmp.Diff(want, document[name]); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if values := document["acr_values_supported"].([]any); len(values) != 7 {
		t.Errorf("acr_values_supported has %d values, want 7", len(values))
	}
	if scopes := document["scopes_supported"].([]any); slices.Contains(scopes, any("offline_access")) || !slices.Contains(scopes, any("siret")) {
		t.Errorf("scopes_supported = %v", scopes)
	}
	if claims := document["claims_supported"].([]any); !slices.Contains(claims, any("phone_number")) || slices.Contains(claims, any("family_name")) {
		t.Errorf("claims_supported = %v", claims)
	}
}
