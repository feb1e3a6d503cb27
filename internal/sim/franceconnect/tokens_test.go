package franceconnect_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/sim/oidc/oidctest"
)

func TestTheNominalFlow(t *testing.T) {
	b := newBench(t)
	a := b.Exchange(b.Code(`{"key":"test"}`, "scope", "openid identite_pivot email cnaf_quotient_familial inconnu"))
	got := oidctest.Decoded(t, []byte(a.Body))
	idToken, accessToken := got["id_token"].(string), got["access_token"].(string)
	t.Run("the token response has exactly 5 members", func(t *testing.T) {
		want := map[string]any{
			"access_token": accessToken, "id_token": idToken, "expires_in": 60.0, "token_type": "Bearer",
			"scope": "openid identite_pivot email cnaf_quotient_familial",
		}
		if diff := cmp.Diff(want, got); diff != "" || a.Status != http.StatusOK {
			t.Error(a.Status, diff)
		}
	})
	now := float64(b.Clock().Unix())
	claims := b.Verified(idToken, jose.ES256)
	t.Run("the id_token has no typ, no at_hash, no identity", func(t *testing.T) {
		if diff := cmp.Diff(map[string]any{"alg": "ES256", "kid": "pkcs11:ES256:hsm"}, oidctest.Header(t, idToken)); diff != "" {
			t.Error(diff)
		}
		want := map[string]any{
			"sub": claims["sub"], "auth_time": now, "acr": "eidas1", "nonce": nonceSent, "aud": clientID,
			"exp": now + 60, "iat": now, "iss": b.Issuer,
		}
		if diff := cmp.Diff(want, claims); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("sub is 64 hex and v1", func(t *testing.T) {
		if sub := claims["sub"].(string); !regexp.MustCompile(`^[0-9a-f]{64}v1$`).MatchString(sub) {
			t.Errorf("sub = %s", sub)
		}
	})
	t.Run("userinfo is a JWS with the claims of the scopes; data scopes add nothing", func(t *testing.T) {
		answer := b.UserInfo(accessToken)
		if got := answer.Header.Get("Content-Type"); got != "application/jwt; charset=utf-8" {
			t.Errorf("Content-Type = %s", got)
		}
		want := map[string]any{
			"sub": claims["sub"], "iss": b.Issuer, "aud": clientID, "iat": now, "exp": now + 60,
			"given_name": "Angela Claire Louise", "given_name_array": []any{"Angela", "Claire", "Louise"},
			"family_name": "DUBOIS", "birthdate": "1962-08-24", "gender": "female", "birthplace": "75107",
			"birthcountry": "99100", "email": "personne.de.test@example.org",
		}
		if diff := cmp.Diff(want, b.Verified(answer.Body, jose.ES256)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestScopesOpenTheirClaims(t *testing.T) {
	b := newBench(t)
	tests := []struct {
		scope string
		opens []string
	}{
		{"openid", nil},
		{"openid birth", []string{"birthplace", "birthcountry"}},
		{"openid profile", []string{"given_name", "given_name_array", "family_name", "birthdate", "gender", "preferred_username"}},
		{"openid preferred_username", []string{"preferred_username"}},
		{"openid idp_birthdate", []string{"idp_birthdate"}},
		{"openid amr idp_id", []string{"amr", "idp_id"}},
		{"openid cnaf_quotient_familial cnaf_adresse", nil},
	}
	for _, test := range tests {
		t.Run(test.scope, func(t *testing.T) {
			got := b.Tokens(`{"key":"avec_nom_dusage"}`, "scope", test.scope)
			if got.Scope != test.scope {
				t.Errorf("scope = %s", got.Scope)
			}
			want := append([]string{"sub", "iss", "aud", "iat", "exp"}, test.opens...)
			claims := b.Verified(b.UserInfo(got.AccessToken).Body, jose.ES256)
			for _, name := range want {
				if _, found := claims[name]; !found {
					t.Errorf("%s is missing", name)
				}
			}
			if len(claims) != len(want) {
				t.Errorf("claims = %v, want %v", claims, want)
			}
		})
	}
}

func TestTheClientsAlgorithmAppliesToBothAndAMROnlyIfRequested(t *testing.T) {
	b := newBench(t)
	other := []string{"client_id", "autre", "scope", "openid given_name", "claims", `{"id_token":{"amr":{"essential":true}}}`}
	a := b.Exchange(b.Code(`{"key":"test"}`, other...), "client_id", "autre", "client_secret", "autre secret")
	got := oidctest.Decoded(t, []byte(a.Body))
	idClaims := b.Verified(got["id_token"].(string), jose.RS256)
	if diff := cmp.Diff([]any{"pwd"}, idClaims["amr"]); diff != "" {
		t.Error(diff)
	}
	userClaims := b.Verified(b.UserInfo(got["access_token"].(string)).Body, jose.RS256)
	if diff := cmp.Diff([]any{"Angela", "Claire", "Louise"}, userClaims["given_name_array"]); diff != "" {
		t.Errorf("given_name also brings given_name_array: %s", diff)
	}
	t.Run("sub is pairwise per service, and stable for one", func(t *testing.T) {
		first := b.Verified(b.Tokens(`{"key":"test"}`).IDToken, jose.ES256)["sub"]
		second := b.Verified(b.Tokens(`{"key":"test"}`).IDToken, jose.ES256)["sub"]
		someoneElse := b.Verified(b.Tokens(`{"key":"avec_nom_dusage"}`).IDToken, jose.ES256)["sub"]
		if first != second || first == idClaims["sub"] || first == someoneElse {
			t.Errorf("%v, %v; other service %v; other person %v", first, second, idClaims["sub"], someoneElse)
		}
	})
}

func TestTokenRefusals(t *testing.T) {
	b := newBench(t)
	tests := []struct {
		sentence    string
		changes     []string
		status      int
		code        string
		description string
	}{
		{"wrong secret", []string{"client_secret", "faux"}, 401, "invalid_client", "client authentication failed (invalid secret provided)"},
		{"no secret", []string{"client_secret", "-"}, 401, "invalid_client", "client authentication failed (no client secret provided)"},
		{"unknown client", []string{"client_id", "inconnu"}, 401, "invalid_client", "client authentication failed (client not found)"},
		{"no client", []string{"client_id", "-"}, 401, "invalid_client", "client authentication failed (no client authentication mechanism provided)"},
		{"unknown code", []string{"code", "inconnu"}, 400, "invalid_grant", "grant request is invalid (authorization code not found)"},
		{"redirect_uri compared at /token", []string{"redirect_uri", callback + "/"}, 400, "invalid_grant", "grant request is invalid (authorization code redirect_uri mismatch)"},
		{"redirect_uri missing", []string{"redirect_uri", "-"}, 400, "invalid_request", "missing required parameter(s) 'redirect_uri'"},
		{"code missing", []string{"code", "-"}, 400, "invalid_request", "missing required parameter(s) 'code'"},
		{"another service's code", []string{"client_id", "autre", "client_secret", "autre secret"}, 400, "invalid_grant", "grant request is invalid (client mismatch)"},
		{"refresh", []string{"grant_type", "refresh_token"}, 400, "unsupported_grant_type", "unsupported grant_type requested"},
		{"a PKCE verifier", []string{"code_verifier", strings.Repeat("v", 43)}, 400, "invalid_grant", "grant request is invalid (PKCE verification failed)"},
	}
	for _, test := range tests {
		t.Run(test.sentence, func(t *testing.T) {
			code := b.Code(`{"key":"test"}`)
			wantRefusal(t, b.Exchange(code, test.changes...), test.status, test.code, test.description)
			if a := b.Exchange(code); a.Status != http.StatusOK {
				t.Errorf("the refusal consumed the code: %s", a.Body)
			}
		})
	}
}

func TestTheCodeLives30SecondsAndServesOnce(t *testing.T) {
	b := newBench(t)
	code := b.Code(`{"key":"test"}`)
	b.Advance(30 * time.Second)
	wantRefusal(t, b.Exchange(code), 400, "invalid_grant", "grant request is invalid (authorization code is expired)")

	code = b.Code(`{"key":"test"}`)
	b.Advance(29 * time.Second)
	accessToken := oidctest.Decoded(t, []byte(b.Exchange(code).Body))["access_token"].(string)
	if a := b.UserInfo(accessToken); a.Status != http.StatusOK {
		t.Fatalf("userinfo: %d", a.Status)
	}
	wantRefusal(t, b.Exchange(code), 400, "invalid_grant", "grant request is invalid (authorization code already consumed)")
	// A replay also revokes the access token.
	wantRefusal(t, b.UserInfo(accessToken), 401, "invalid_token", "invalid token provided (access token not found)")
}

func TestTheAccessTokenLives60Seconds(t *testing.T) {
	b := newBench(t)
	token := b.Tokens(`{"key":"test"}`).AccessToken
	b.Advance(59 * time.Second)
	if a := b.UserInfo(token); a.Status != http.StatusOK {
		t.Errorf("after 59 s: %d", a.Status)
	}
	b.Advance(time.Second)
	a := b.UserInfo(token)
	wantRefusal(t, a, 401, "invalid_token", "invalid token provided (access token not found)")
	if !strings.HasPrefix(a.Header.Get("WWW-Authenticate"), "Bearer error=") {
		t.Errorf("WWW-Authenticate = %s", a.Header.Get("WWW-Authenticate"))
	}
}

func TestUserinfoIsGETOnlyWithABearer(t *testing.T) {
	b := newBench(t)
	token := b.Tokens(`{"key":"test"}`).AccessToken
	if a := b.Post(b.Issuer+"/userinfo", url.Values{"access_token": {token}}); a.Status != http.StatusNotFound {
		t.Errorf("POST answered %d", a.Status)
	}
	wantRefusal(t, b.Get(b.Issuer+"/userinfo?access_token="+token), 400, "invalid_request", "no access token provided")
}
