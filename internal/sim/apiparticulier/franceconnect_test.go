package apiparticulier_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"io"
	"maps"
	"net/http"
	"net/url"
	"testing"
)

// « Error codes 50001, 50002, 50003 », and what FranceConnect itself can do wrong.
func TestRefusalsOfAFranceConnectToken(t *testing.T) {
	const (
		malformed = "Le jeton d'accès est mal formaté."
		unknown   = "Le jeton d'accès n'a pas été trouvé ou est expiré."
		noPivot   = "Le jeton d'accès ne possède pas les données pivot requises pour effectuer cet appel."
	)
	b := newBench(t, nil)
	without := func(claim string) string {
		claims := angela()
		delete(claims, claim)
		return b.fc.signIn(claims, nil)
	}
	tests := []struct {
		why, token, code, detail string
	}{
		{"malformed", "not a token", "50001", malformed},
		{"unknown: active is false", "fc-unknown", "50002", unknown},
		{"no longer active", b.fc.signIn(angela(), map[string]any{"active": false}), "50002", unknown},
		{"past its 60 seconds", b.fc.signIn(angela(), map[string]any{"exp": today.Unix()}), "50002", unknown},
		{"without birth name", without("family_name"), "50003", noPivot},
		{"without birth date", without("birthdate"), "50003", noPivot},
		{"without gender", without("gender"), "50003", noPivot},
		{"without country of birth", without("birthcountry"), "50003", noPivot},
	}
	for _, test := range tests {
		t.Run(test.why, func(t *testing.T) {
			got := b.get(citizenPath, toRecipient(), "Authorization", "Bearer "+test.token)
			same(t, 401, got.status)
			same(t, any(map[string]any{"errors": []any{map[string]any{"code": test.code, "title": "Accès non autorisé", "detail": test.detail,
				"source": nil, "meta": map[string]any{"provider": "FranceConnect"}}}}), got.json(t))
			old := b.get(oldPath, toRecipient(), "Authorization", "Bearer "+test.token)
			same(t, 401, old.status)
			same(t, controller("unauthorized", test.detail), old.json(t))
		})
	}
}

// « no API Particulier token » on the FranceConnect route, and none without Bearer.
func TestOnlyABearerOpensTheFranceConnectRoute(t *testing.T) {
	b := newBench(t, nil)
	same(t, []string{"00101"}, b.get(citizenPath, toRecipient()).errorCodes(t))
	same(t, []string{"00101"}, b.get(citizenPath, toRecipient(), "X-Api-Key", "full").errorCodes(t))
	same(t, []string{"50001"}, b.get(citizenPath, toRecipient(), "Authorization", "Bearer full").errorCodes(t))
}

// « scopes come from the FranceConnect token »: without one, 403 00100.
func TestATokenWithoutQuotientScope(t *testing.T) {
	b := newBench(t, nil)
	token := b.fc.signIn(angela(), map[string]any{"scope": "openid identite_pivot"})
	got := b.get(citizenPath, toRecipient(), "Authorization", "Bearer "+token)
	same(t, 403, got.status)
	same(t, []string{"00100"}, got.errorCodes(t))
}

// The pivot identity that FranceConnect gives is not held to the alphabet of parameters.
func TestACitizenWhoseNameIdentityModeRefuses(t *testing.T) {
	b := newBench(t, nil)
	for _, f := range b.sim.Families() {
		if f.Identity == nil || f.Identity.Key != "lukasik-ola" {
			continue
		}
		claims, _ := f.Claims()
		same(t, 200, b.get(citizenPath, toRecipient(), "Authorization", "Bearer "+b.fc.signIn(claims, nil)).status)
		same(t, []string{"00420", "00367"}, b.get(identityPath, query(f.Params), "Authorization", "Bearer full").errorCodes(t))
		return
	}
	t.Error("nobody is called Łukasik")
}

// « Never split given_name: use given_name_array » (reference/identity.md §1.5).
func TestFirstNamesAreNotSplit(t *testing.T) {
	b := newBench(t, nil)
	claims := map[string]any{"family_name": "LECA", "given_name": "Jean Philippe Pierre Louis", "given_name_array": []string{"Jean Philippe", "Pierre", "Louis"},
		"gender": "male", "birthdate": "1975-04-18", "birthplace": "2A004", "birthcountry": "99100"}
	same(t, 200, b.get(citizenPath, toRecipient(), "Authorization", "Bearer "+b.fc.signIn(claims, nil)).status)
	claims["given_name_array"] = []string{"Jean", "Philippe", "Pierre", "Louis"}
	same(t, 404, b.get(citizenPath, toRecipient(), "Authorization", "Bearer "+b.fc.signIn(claims, nil)).status)
}

// A token with given_name alone is read by its words; "unspecified" is no sex.
func TestLessThanThePivotUsuallyHolds(t *testing.T) {
	b := newBench(t, nil)
	claims := angela()
	delete(claims, "given_name_array")
	same(t, 200, b.get(citizenPath, toRecipient(), "Authorization", "Bearer "+b.fc.signIn(claims, nil)).status)
	claims["gender"] = "unspecified"
	same(t, 404, b.get(citizenPath, toRecipient(), "Authorization", "Bearer "+b.fc.signIn(claims, nil)).status)
}

// « annee/mois query params allowed; v3 still requires recipient » (§7.8), v2 too.
func TestQueryOfTheFranceConnectRoute(t *testing.T) {
	b := newBench(t, nil)
	call := func(path string, q url.Values) answered {
		return b.get(path, q, "Authorization", "Bearer "+b.fc.signIn(angela(), nil))
	}
	same(t, []string{"00210"}, call(citizenPath, nil).errorCodes(t))
	same(t, 400, call(oldPath, nil).status)
	same(t, 200, call(oldPath, toRecipient()).status)
	q := toRecipient()
	q.Set("annee", "1999")
	q.Set("mois", "13")
	same(t, []string{"00356", "00354"}, call(citizenPath, q).errorCodes(t))
	b.put(`[{"route":"v3_franceconnect","params":{"nomNaissance":"DUBOIS","prenoms":["Angela","Claire","Louise"],"anneeDateNaissance":1962,
		"moisDateNaissance":8,"jourDateNaissance":24,"sexeEtatCivil":"F","codeCogInseeCommuneNaissance":"75107","codeCogInseePaysNaissance":"99100",
		"annee":2026,"mois":5},"status":504,"payload":{"errors":[]}}]`)
	q.Set("annee", "2026")
	q.Set("mois", "05")
	same(t, 504, call(citizenPath, q).status)
}

// « with valid token and invalid FranceConnect token » v2 answers for the FranceConnect one.
func TestInV2AFranceConnectTokenGoesBeforeTheKey(t *testing.T) {
	b := newBench(t, nil)
	same(t, 401, b.get(oldPath, oldLucie(), "X-Api-Key", "full", "Authorization", "Bearer fc-unknown").status)
}

func TestFranceConnectThatCannotBeTrusted(t *testing.T) {
	stranger, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	answer := func(contentType, body string) func(*issuer) {
		return func(fc *issuer) {
			fc.answer = func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", contentType)
				_, _ = io.WriteString(w, body)
			}
		}
	}
	introspection := map[string]any{"active": true, "scope": "cnaf_quotient_familial"}
	maps.Copy(introspection, angela())
	const jwt = "application/token-introspection+jwt"
	tests := []struct {
		why     string
		falsify func(fc *issuer)
		codes   []string
	}{
		{"signed by somebody else", func(fc *issuer) { answer(jwt, fc.seal(introspection, stranger))(fc) }, []string{"51999"}},
		{"of another issuer", func(fc *issuer) { fc.envelope["iss"] = "https://elsewhere.example" }, []string{"51999"}},
		{"for another data provider", func(fc *issuer) { fc.envelope["aud"] = "somebody-else" }, []string{"51999"}},
		{"for several, we are not among them", func(fc *issuer) { fc.envelope["aud"] = []string{"a", "b"} }, []string{"51999"}},
		{"not encrypted", answer(jwt, `{"token_introspection":{"active":true}}`), []string{"51999"}},
		{"another content type", func(fc *issuer) { answer("application/jwt", fc.seal(introspection, fc.signing))(fc) }, []string{"51999"}},
		{"an unknown refusal", func(fc *issuer) {
			fc.answer = func(w http.ResponseWriter, _ *http.Request) { http.Error(w, `{"error":"x"}`, 500) }
		}, []string{"51999"}},
		{"a refusal that is not JSON", func(fc *issuer) {
			fc.answer = func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusBadGateway) }
		}, []string{"51999"}},
		{"our account is refused", func(fc *issuer) {
			fc.answer = func(w http.ResponseWriter, _ *http.Request) {
				http.Error(w, `{"error":"invalid_client"}`, http.StatusUnauthorized)
			}
		}, []string{"50002"}},
		{"down", func(fc *issuer) { fc.Close() }, []string{"00501"}},
	}
	for _, test := range tests {
		t.Run(test.why, func(t *testing.T) {
			b := newBench(t, nil)
			token := b.fc.signIn(angela(), nil)
			same(t, 200, b.get(citizenPath, toRecipient(), "Authorization", "Bearer "+token).status)
			test.falsify(b.fc)
			got := b.get(citizenPath, toRecipient(), "Authorization", "Bearer "+token)
			same(t, test.codes, got.errorCodes(t))
			if got.status == 200 {
				t.Error("answered all the same")
			}
		})
	}
	t.Run("the envelope says true", func(t *testing.T) {
		b := newBench(t, nil)
		b.fc.envelope["iss"], b.fc.envelope["aud"] = b.fc.URL+"/api/v2", []string{"other", clientID}
		same(t, 200, b.get(citizenPath, toRecipient(), "Authorization", "Bearer "+b.fc.signIn(angela(), nil)).status)
	})
}

// The key for which FranceConnect encrypts is published, and only its public half.
func TestThePublicKeyIsPublished(t *testing.T) {
	b := newBench(t, nil)
	same(t, 200, b.get(citizenPath, toRecipient(), "Authorization", "Bearer "+b.fc.signIn(angela(), nil)).status)
	published := b.get("/api/france_connect_jwks", nil).json(t).(map[string]any)["keys"].([]any)
	key := published[0].(map[string]any)
	same(t, []any{"RSA", "RSA-OAEP-256", "enc"}, []any{key["kty"], key["alg"], key["use"]})
	if _, private := key["d"]; private {
		t.Error("the private key is published")
	}
}
