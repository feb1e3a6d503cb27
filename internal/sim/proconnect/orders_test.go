package proconnect_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/sim/oidc/oidctest"
)

func TestWhatEveryProviderDoes(t *testing.T) { oidctest.Run(t, provider) }

func TestIdentitiesAreListed(t *testing.T) {
	b := newBench(t)
	var list []map[string]any
	if err := json.Unmarshal([]byte(b.Get(b.Origin+"/_sim/identities").Body), &list); err != nil {
		t.Fatal(err)
	}
	first := list[0]
	if first["key"] != "agent" || first["label"] != "Camille FERRAND, mairie" || first["expect"] != "ok" || len(first) != 4 {
		t.Errorf("first = %v", first)
	}
	if claims := first["claims"].(map[string]any); claims["siret"] != "21040107100019" {
		t.Errorf("claims = %v", claims)
	}
}

func TestOrdersAreAQueueEachServingOneAuthorisation(t *testing.T) {
	b := newBench(t)
	b.Order(`{"key":"agent"}`)
	b.Order(`{"error":"access_denied"}`)
	b.Order(`{"identity":{"usual_name":"DURAND"}}`)
	if body := b.Get(b.Origin + "/_sim/next").Body; strings.Count(body, "{") != 3+1 {
		t.Errorf("waiting = %s", body)
	}
	wantPage(t, b.Authorize("nonce", "court"), http.StatusBadRequest, "Y000400") // a wrong request uses nothing up
	b.CodeOf(b.Authorize())
	b.WantBack(t, b.Authorize(), "access_denied", "User auth aborted")
	b.CodeOf(b.Authorize())
	b.Browser = b.NewBrowser()
	wantPage(t, b.Authorize(), http.StatusOK, "Adresse électronique professionnelle")
	t.Run("any other error is sent as it is ordered", func(t *testing.T) {
		b.Order(`{"error":"temporarily_unavailable"}`)
		b.WantBack(t, b.Authorize(), "temporarily_unavailable", "temporarily_unavailable")
		b.Order(`{"error":"login_required"}`)
		b.WantBack(t, b.Authorize(), "login_required", "End-User authentication is required")
	})
}

func TestAnyClaimMayHaveAnyValueAndArrivesVerbatim(t *testing.T) {
	b := newBench(t)
	long := strings.Repeat("É", 300)
	scope := []string{"scope", "openid given_name usual_name email siret idp_id roles phone"}
	identity := `{"given_name":"","usual_name":"` + long + `","email":{"a":[1]},"siret":21040107100019123456,"idp_id":null,"roles":"agent_public","phone_number":false}`
	claims := b.Verified(b.UserInfo(b.Tokens(`{"identity":`+identity+`}`, scope...).AccessToken).Body, jose.RS256)
	want := oidctest.Decoded(t, []byte(identity))
	for name := range want {
		if diff := cmp.Diff(want[name], claims[name]); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	t.Run("missing claims stay missing, but idp_id", func(t *testing.T) {
		claims := b.Verified(b.UserInfo(b.Tokens(`{"identity":{}}`, scope...).AccessToken).Body, jose.RS256)
		if len(claims) != 5+1 || claims["idp_id"] != "71144ab3-ee1a-4401-b7b3-79b44f7daeeb" {
			t.Errorf("claims = %v", claims)
		}
	})
	t.Run("acr, amr in identity set those of the id_token; sub too", func(t *testing.T) {
		got := b.Tokens(`{"identity":{"acr":3,"amr":"pwd","sub":"moi"}}`)
		claims := b.Verified(got.IDToken, jose.RS256)
		if claims["acr"] != 3.0 || claims["amr"] != "pwd" || claims["sub"] != "moi" {
			t.Errorf("claims = %v", claims)
		}
		if claims := b.Verified(b.UserInfo(got.AccessToken).Body, jose.RS256); claims["sub"] != "moi" || claims["acr"] != nil {
			t.Errorf("userinfo = %v", claims)
		}
	})
}

func TestOfSeveralOrganizationsAnOrderTakesTheHintedOneElseTheFirst(t *testing.T) {
	b := newBench(t)
	scope := []string{"scope", "openid siret roles organization_label"}
	userClaims := func(changes ...string) map[string]any {
		return b.Verified(b.UserInfo(b.Tokens(`{"key":"double"}`, append(changes, scope...)...).AccessToken).Body, jose.RS256)
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
	got := b.Tokens(`{"key":"agent","mutate":{"id_token":{"nonce":"faux","sub":null,"at_hash":"x"},"userinfo":{"exp":1,"siret":null,"email":"a@example.org"}}}`)
	claims := b.Verified(got.IDToken, jose.RS256)
	if _, found := claims["sub"]; found || claims["nonce"] != "faux" || claims["at_hash"] != "x" {
		t.Errorf("id_token = %v", claims)
	}
	claims = b.Verified(b.UserInfo(got.AccessToken).Body, jose.RS256)
	if _, found := claims["siret"]; found || claims["exp"] != 1.0 || claims["email"] != "a@example.org" {
		t.Errorf("userinfo = %v", claims)
	}
}

func TestAnExchangeWhoseAnswerIsLostDidHappen(t *testing.T) {
	b := newBench(t)
	wantRefusal(t, b.ReplayAfterALostAnswer(), 400, "invalid_grant", "grant request is invalid")
}

func BenchmarkJourney(b *testing.B) { oidctest.Benchmark(b, provider) }
