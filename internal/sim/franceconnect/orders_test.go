package franceconnect_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/sim/franceconnect"
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
	if first["key"] != "test" || first["label"] != "Angela Claire Louise DUBOIS" || first["expect"] != "not_found" || len(first) != 4 {
		t.Errorf("first = %v", first)
	}
	if claims := first["claims"].(map[string]any); claims["birthplace"] != "75107" || claims["birthdate"] != "1962-08-24" {
		t.Errorf("claims = %v", claims)
	}
}

func TestOrdersAreAQueueEachServingOneAuthorisation(t *testing.T) {
	b := newBench(t)
	b.Order(`{"key":"test"}`)
	b.Order(`{"error":"access_denied"}`)
	b.Order(`{"identity":{"family_name":"DURAND"}}`)
	if body := b.Get(b.Origin + "/_sim/next").Body; strings.Count(body, "{") != 3+1 {
		t.Errorf("waiting = %s", body)
	}
	wantPage(t, b.Authorize("nonce", "court"), http.StatusBadRequest, "Y030007") // a wrong request uses nothing up
	if a := b.Authorize(); a.Location.Get("code") == "" {
		t.Errorf("first: %v", a.Location)
	}
	want := url.Values{"error": {"access_denied"}, "error_description": {"User auth aborted"}, "state": {stateSent}, "iss": {b.Issuer}}
	if diff := cmp.Diff(want, b.Authorize().Location); diff != "" {
		t.Error(diff)
	}
	if a := b.Authorize(); a.Location.Get("code") == "" {
		t.Errorf("third: %v", a.Location)
	}
	wantPage(t, b.Authorize(), http.StatusOK, "Continuer vers") // then the pages again, within the session
}

func TestAnyClaimMayHaveAnyValueAndArrivesVerbatim(t *testing.T) {
	b := newBench(t)
	long := strings.Repeat("É", 300)
	identity := `{"given_name":"","given_name_array":[""," ",3],"family_name":"` + long + `","birthdate":"31/02/1962","gender":null,
		"birthplace":12345678901234567890,"birthcountry":{"code":"99100"}}`
	claims := b.Verified(b.UserInfo(b.Tokens(`{"identity":`+identity+`}`).AccessToken).Body, jose.ES256)
	want := oidctest.Decoded(t, []byte(identity))
	for name := range want {
		if diff := cmp.Diff(want[name], claims[name]); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	t.Run("missing claims stay missing", func(t *testing.T) {
		claims := b.Verified(b.UserInfo(b.Tokens(`{"identity":{}}`).AccessToken).Body, jose.ES256)
		if len(claims) != 5 {
			t.Errorf("claims = %v", claims)
		}
	})
	t.Run("acr, amr in identity set those of the id_token; sub too", func(t *testing.T) {
		got := b.Tokens(`{"identity":{"acr":"eidas2","amr":["pwd","mfa"],"sub":"moi"}}`)
		claims := b.Verified(got.IDToken, jose.ES256)
		if claims["acr"] != "eidas2" || !cmp.Equal(claims["amr"], []any{"pwd", "mfa"}) || claims["sub"] != "moi" {
			t.Errorf("claims = %v", claims)
		}
		if claims := b.Verified(b.UserInfo(got.AccessToken).Body, jose.ES256); claims["sub"] != "moi" || claims["acr"] != nil {
			t.Errorf("userinfo = %v", claims)
		}
	})
}

func TestMutateReplacesAndRemovesMembers(t *testing.T) {
	b := newBench(t)
	got := b.Tokens(`{"key":"test","mutate":{"id_token":{"nonce":"faux","sub":null,"aud":["a","b"]},"userinfo":{"exp":1,"birthplace":null,"email":"a@example.org"}}}`)
	claims := b.Verified(got.IDToken, jose.ES256)
	if _, found := claims["sub"]; found || claims["nonce"] != "faux" || !cmp.Equal(claims["aud"], []any{"a", "b"}) {
		t.Errorf("id_token = %v", claims)
	}
	claims = b.Verified(b.UserInfo(got.AccessToken).Body, jose.ES256)
	if _, found := claims["birthplace"]; found || claims["exp"] != 1.0 || claims["email"] != "a@example.org" {
		t.Errorf("userinfo = %v", claims)
	}
}

func TestAnExchangeWhoseAnswerIsLostDidHappen(t *testing.T) {
	b := newBench(t)
	wantRefusal(t, b.ReplayAfterALostAnswer(), 400, "invalid_grant", "grant request is invalid (authorization code already consumed)")
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

func BenchmarkJourney(b *testing.B) { oidctest.Benchmark(b, provider) }
