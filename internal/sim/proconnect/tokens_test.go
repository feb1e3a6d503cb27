package proconnect_test

import (
	"crypto/sha256"
	"encoding/base64"
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
	a := b.Exchange(b.Code(`{"key":"agent"}`,
		"scope", "openid given_name usual_name email uid siret idp_id roles organization_label phone inconnu"))
	got := oidctest.Decoded(t, []byte(a.Body))
	idToken, accessToken := got["id_token"].(string), got["access_token"].(string)
	t.Run("the token response has 6 members, with refresh_token", func(t *testing.T) {
		want := map[string]any{
			"access_token": accessToken, "id_token": idToken, "expires_in": 3600.0, "token_type": "Bearer",
			"refresh_token": got["refresh_token"],
			"scope":         "openid given_name usual_name email uid siret idp_id roles organization_label phone",
		}
		if diff := cmp.Diff(want, got); diff != "" || a.Status != http.StatusOK || got["refresh_token"] == nil {
			t.Error(a.Status, diff)
		}
	})
	now := float64(b.Clock().Unix())
	claims := b.Verified(idToken, jose.RS256)
	t.Run("the id_token: header alg, typ: JWT, kid; payload with at_hash, no identity", func(t *testing.T) {
		if diff := cmp.Diff(map[string]any{"alg": "RS256", "typ": "JWT", "kid": "pkcs11:RS256:hsm"}, oidctest.Header(t, idToken)); diff != "" {
			t.Error(diff)
		}
		digest := sha256.Sum256([]byte(accessToken))
		want := map[string]any{
			"sub": claims["sub"], "auth_time": now, "acr": "eidas1", "amr": []any{"pwd"}, "nonce": nonceSent, "aud": clientID,
			"at_hash": base64.RawURLEncoding.EncodeToString(digest[:16]), "exp": now + 3600, "iat": now, "iss": b.Issuer,
		}
		if diff := cmp.Diff(want, claims); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("sub is a UUID v4", func(t *testing.T) {
		if sub := claims["sub"].(string); !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(sub) {
			t.Errorf("sub = %s", sub)
		}
	})
	t.Run("userinfo is a JWS with the claims of the scopes, as the person has them", func(t *testing.T) {
		answer := b.UserInfo(accessToken)
		if got := answer.Header.Get("Content-Type"); got != "application/jwt; charset=utf-8" {
			t.Errorf("Content-Type = %s", got)
		}
		want := map[string]any{
			"sub": claims["sub"], "iss": b.Issuer, "aud": clientID, "iat": now, "exp": now + 3600,
			"given_name": "Camille", "usual_name": "FERRAND", "email": "Camille.Ferrand@Majastres.example.fr", "uid": "uid-Camille",
			"siret": "21040107100019", "idp_id": "71144ab3-ee1a-4401-b7b3-79b44f7daeeb", "organization_label": "COMMUNE DE MAJASTRES",
			"roles": []any{"agent_public", "agent_public_territorial"}, "phone_number": "04 92 00 00 01",
		}
		if diff := cmp.Diff(want, b.Verified(answer.Body, jose.RS256)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestAcrAndAmrComeOnlyWhenAskedFor(t *testing.T) {
	b := newBench(t)
	tests := []struct {
		sentence string
		changes  []string
		acr, amr bool
	}{
		{"without acr_values or claims.id_token.acr, the id_token has no acr; without claims.id_token.amr, no amr", []string{"claims", "-"}, false, false},
		{"acr alone", []string{"claims", `{"id_token":{"acr":null}}`}, true, false},
		{"amr alone", []string{"claims", `{"id_token":{"amr":null}}`}, false, true},
		{"acr as a wish", []string{"claims", `{"id_token":{"acr":{"values":["eidas3"]}}}`}, true, false},
		{"acr_values", []string{"claims", "-", "acr_values", "eidas1"}, true, false},
	}
	for _, test := range tests {
		t.Run(test.sentence, func(t *testing.T) {
			claims := b.Verified(b.Tokens(`{"identity":{"acr":"eidas1","amr":["pwd"]}}`, test.changes...).IDToken, jose.RS256)
			_, acr := claims["acr"]
			_, amr := claims["amr"]
			if acr != test.acr || amr != test.amr {
				t.Errorf("acr %t, amr %t in %v", acr, amr, claims)
			}
		})
	}
}

func TestScopesOpenTheirClaims(t *testing.T) {
	b := newBench(t)
	for scope, opens := range map[string][]string{
		"openid":                       nil,
		"openid phone":                 {"phone_number"},
		"openid given_name usual_name": {"given_name", "usual_name"},
		"openid idp_id":                {"idp_id"},
	} {
		got := b.Tokens(`{"key":"agent"}`, "scope", scope)
		want := append([]string{"sub", "iss", "aud", "iat", "exp"}, opens...)
		claims := b.Verified(b.UserInfo(got.AccessToken).Body, jose.RS256)
		for _, name := range want {
			if _, found := claims[name]; !found {
				t.Errorf("%s: %s is missing", scope, name)
			}
		}
		if len(claims) != len(want) || got.Scope != scope {
			t.Errorf("%s: claims = %v, want %v", scope, claims, want)
		}
	}
}

func TestTheClientsAlgorithmAppliesToBothAndSubIsTheSameForTwoServices(t *testing.T) {
	b := newBench(t)
	a := b.Exchange(b.Code(`{"key":"agent"}`, "client_id", "autre", "scope", "openid email"), "client_id", "autre", "client_secret", "autre secret")
	got := oidctest.Decoded(t, []byte(a.Body))
	there := b.Verified(got["id_token"].(string), jose.ES256)
	if userClaims := b.Verified(b.UserInfo(got["access_token"].(string)).Body, jose.ES256); userClaims["sub"] != there["sub"] {
		t.Errorf("userinfo = %v", userClaims)
	}
	if head := oidctest.Header(t, got["id_token"].(string)); head["kid"] != "pkcs11:ES256:hsm" {
		t.Errorf("header = %v", head)
	}
	sub := func(order string) any { return b.Verified(b.Tokens(order).IDToken, jose.RS256)["sub"] }
	if here := sub(`{"key":"agent"}`); here != there["sub"] {
		t.Errorf("two services learn %v and %v", here, there["sub"])
	}
	if sub(`{"key":"forte"}`) == there["sub"] {
		t.Error("two persons share a sub")
	}
	t.Run("an account is reconciled by e-mail", func(t *testing.T) {
		if sub(`{"identity":{"email":"camille.ferrand@majastres.example.fr","idp_id":"`+otherIdP+`"}}`) != there["sub"] {
			t.Error("another case or provider makes another account")
		}
	})
	t.Run("it stays over restarts", func(t *testing.T) {
		again := newBench(t)
		if again.Verified(again.Tokens(`{"key":"agent"}`).IDToken, jose.RS256)["sub"] != there["sub"] {
			t.Error("another sub")
		}
	})
	t.Run("without e-mail, by the other claims", func(t *testing.T) {
		if sub(`{"identity":{"uid":"a"}}`) != sub(`{"identity":{"uid":"a"}}`) || sub(`{"identity":{"uid":"a"}}`) == sub(`{"identity":{"uid":"b"}}`) {
			t.Error("sub does not follow the uid")
		}
	})
}

func TestTokenRefusalsAreTerse(t *testing.T) {
	b := newBench(t)
	tests := []struct {
		sentence    string
		changes     []string
		status      int
		code        string
		description string
	}{
		{"wrong secret", []string{"client_secret", "faux"}, 401, "invalid_client", "client authentication failed"},
		{"no secret", []string{"client_secret", "-"}, 401, "invalid_client", "client authentication failed"},
		{"unknown client", []string{"client_id", "inconnu"}, 401, "invalid_client", "client authentication failed"},
		{"no client", []string{"client_id", "-"}, 401, "invalid_client", "client authentication failed"},
		{"unknown code", []string{"code", "inconnu"}, 400, "invalid_grant", "grant request is invalid"},
		{"redirect_uri compared at /token", []string{"redirect_uri", callback + "/"}, 400, "invalid_grant", "grant request is invalid"},
		{"redirect_uri missing", []string{"redirect_uri", "-"}, 400, "invalid_request", "missing required parameter(s) 'redirect_uri'"},
		{"code missing", []string{"code", "-"}, 400, "invalid_request", "missing required parameter(s) 'code'"},
		{"another service's code", []string{"client_id", "autre", "client_secret", "autre secret"}, 400, "invalid_grant", "grant request is invalid"},
		{"refresh", []string{"grant_type", "refresh_token"}, 400, "unsupported_grant_type", "unsupported grant_type requested"},
		{"a verifier without challenge", []string{"code_verifier", strings.Repeat("v", 43)}, 400, "invalid_grant", "grant request is invalid"},
	}
	for _, test := range tests {
		t.Run(test.sentence, func(t *testing.T) {
			code := b.Code(`{"key":"agent"}`)
			wantRefusal(t, b.Exchange(code, test.changes...), test.status, test.code, test.description)
			if a := b.Exchange(code); a.Status != http.StatusOK {
				t.Errorf("the refusal consumed the code: %s", a.Body)
			}
		})
	}
}

func TestPKCEIsVerifiedAndNeverReplacesTheSecret(t *testing.T) {
	b := newBench(t)
	verifier := strings.Repeat("v-._~0A", 7)
	digest := sha256.Sum256([]byte(verifier))
	code := b.Code(`{"key":"agent"}`, "code_challenge", base64.RawURLEncoding.EncodeToString(digest[:]), "code_challenge_method", "S256")
	post := func(changes ...string) answer { return b.Exchange(code, changes...) }
	wantRefusal(t, post("code_verifier", verifier, "client_secret", "-"), 401, "invalid_client", "client authentication failed")
	wantRefusal(t, post(), 400, "invalid_grant", "grant request is invalid")
	wantRefusal(t, post("code_verifier", verifier+"x"), 400, "invalid_grant", "grant request is invalid")
	if a := post("code_verifier", verifier); a.Status != http.StatusOK {
		t.Errorf("the right verifier: %d %s", a.Status, a.Body)
	}
}

func TestTheCodeLives60SecondsAndServesOnce(t *testing.T) {
	b := newBench(t)
	code := b.Code(`{"key":"agent"}`)
	b.Advance(60 * time.Second)
	wantRefusal(t, b.Exchange(code), 400, "invalid_grant", "grant request is invalid")

	code = b.Code(`{"key":"agent"}`)
	b.Advance(59 * time.Second)
	accessToken := oidctest.Decoded(t, []byte(b.Exchange(code).Body))["access_token"].(string)
	if a := b.UserInfo(accessToken); a.Status != http.StatusOK {
		t.Fatalf("userinfo: %d", a.Status)
	}
	b.Advance(30 * time.Minute)
	wantRefusal(t, b.Exchange(code), 400, "invalid_grant", "grant request is invalid")
	// A replay revokes the access token.
	wantRefusal(t, b.UserInfo(accessToken), 401, "invalid_token", "invalid token provided")
}

func TestTheAccessTokenLives1Hour(t *testing.T) {
	b := newBench(t)
	token := b.Tokens(`{"key":"agent"}`).AccessToken
	issued := float64(b.Clock().Unix())
	b.Advance(time.Hour - time.Second)
	a := b.UserInfo(token)
	if a.Status != http.StatusOK {
		t.Fatalf("after 59 min 59 s: %d", a.Status)
	}
	if claims := b.Verified(a.Body, jose.RS256); claims["exp"] != issued+3600 || claims["iat"] != issued+3599 {
		t.Errorf("iat %v, exp %v: the JWS outlives its token", claims["iat"], claims["exp"])
	}
	b.Advance(time.Second)
	a = b.UserInfo(token)
	wantRefusal(t, a, 401, "invalid_token", "invalid token provided")
	if !strings.HasPrefix(a.Header.Get("WWW-Authenticate"), "Bearer error=") {
		t.Errorf("WWW-Authenticate = %s", a.Header.Get("WWW-Authenticate"))
	}
}

func TestUserinfoIsGETAndPOSTWithABearer(t *testing.T) {
	b := newBench(t)
	token := b.Tokens(`{"key":"agent"}`).AccessToken
	request := b.NewRequest(http.MethodPost, b.Issuer+"/userinfo", nil)
	request.Header.Set("Authorization", "Bearer "+token)
	if a := b.Do(http.DefaultClient, request); a.Status != http.StatusOK {
		t.Errorf("POST answered %d", a.Status)
	}
	wantRefusal(t, b.Get(b.Issuer+"/userinfo?access_token="+token), 400, "invalid_request", "no access token provided")
	wantRefusal(t, b.Post(b.Issuer+"/userinfo", url.Values{"access_token": {token}}), 400, "invalid_request", "no access token provided")
}

func TestAnInvalidSiretIsReplacedByTheProvidersDefaultIfTheIdentityNamesOne(t *testing.T) {
	b := newBench(t)
	siret := func(order string) any {
		return b.Verified(b.UserInfo(b.Tokens(order).AccessToken).Body, jose.RS256)["siret"]
	}
	for order, want := range map[string]any{
		`{"key":"defaut"}`: "13002526500013",
		`{"identity":{"idp_default_siret":"13002526500013"}}`:                          "13002526500013",
		`{"identity":{"siret":12,"idp_default_siret":"13002526500013"}}`:               "13002526500013",
		`{"identity":{"siret":"21040107100019","idp_default_siret":"13002526500013"}}`: "21040107100019",
		`{"identity":{"siret":"35600000000001","idp_default_siret":"13002526500013"}}`: "35600000000001", // La Poste, without Luhn
		`{"identity":{"siret":"12345678901234"}}`:                                      "12345678901234",
		`{"identity":{}}`: nil,
	} {
		if got := siret(order); got != want {
			t.Errorf("%s: siret = %v, want %v", order, got, want)
		}
	}
}
