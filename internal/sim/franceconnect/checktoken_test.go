package franceconnect_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/sim/franceconnect"
)

func (b *bench) checkToken(token string) answer {
	b.T.Helper()
	return b.Post(b.Issuer+"/checktoken", url.Values{"client_id": {"api"}, "client_secret": {"secret de l’api"}, "token": {token}})
}

// opened decrypts the JWE with the provider's key, then verifies the JWS inside.
func (b *bench) opened(sealed string, alg jose.KeyAlgorithm, key any) map[string]any {
	b.T.Helper()
	encrypted, err := jose.ParseEncryptedCompact(sealed, []jose.KeyAlgorithm{alg}, []jose.ContentEncryption{jose.A256GCM})
	if err != nil {
		b.T.Fatal(err)
	}
	signed, err := encrypted.Decrypt(key)
	if err != nil {
		b.T.Fatal(err)
	}
	return b.Verified(string(signed), jose.ES256)
}

func TestCheckTokenIsAJWSInsideAJWE(t *testing.T) {
	b := newBench(t)
	token := b.Tokens(`{"key":"avec_nom_dusage"}`, "scope", "openid identite_pivot email cnaf_quotient_familial cnaf_adresse")
	issued := float64(b.Clock().Unix())
	b.Advance(20 * time.Second)
	a := b.checkToken(token.AccessToken)
	if got := a.Header.Get("Content-Type"); got != "application/token-introspection+jwt" || a.Status != http.StatusOK {
		t.Errorf("%d %s", a.Status, got)
	}
	claims := b.opened(a.Body, jose.RSA_OAEP_256, providerKey())
	introspection := claims["token_introspection"].(map[string]any)
	sub := b.Verified(token.IDToken, jose.ES256)["sub"]
	if introspection["sub"] == sub || introspection["sub"] == nil {
		t.Errorf("sub must be pairwise to the data provider: %v", introspection["sub"])
	}
	want := map[string]any{
		"iss": b.Issuer, "aud": "api", "iat": float64(b.Clock().Unix()),
		"token_introspection": map[string]any{
			"active": true, "aud": clientID, "sub": introspection["sub"], "acr": "eidas1", "jti": introspection["jti"],
			"scope": "openid cnaf_quotient_familial", // filtered to that provider
			"iat":   issued, "exp": issued + 60,
			"given_name": "Pauline Élise", "given_name_array": []any{"Pauline", "Élise"}, "family_name": "MERCIER",
			"preferred_username": "DUBOIS", "birthdate": "1969-03-17", "gender": "female", "birthplace": "75107", "birthcountry": "99100",
		},
	}
	if diff := cmp.Diff(want, claims); diff != "" {
		t.Error(diff)
	}
	t.Run("data calls must happen within 60 s of the token", func(t *testing.T) {
		b.Advance(40 * time.Second)
		claims := b.opened(b.checkToken(token.AccessToken).Body, jose.RSA_OAEP_256, providerKey())
		if diff := cmp.Diff(map[string]any{"active": false}, claims["token_introspection"]); diff != "" {
			t.Error(diff)
		}
	})
}

func TestCheckTokenEncryptsToAnECKey(t *testing.T) {
	b := newBench(t)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	server := franceconnect.New(franceconnect.Options{
		Issuer:    b.Issuer,
		Providers: []franceconnect.Provider{{ID: "api", Secret: "s", EncryptionKey: jose.JSONWebKey{Key: key.Public(), KeyID: "ec"}}},
	})
	listener := httptest.NewServer(server)
	defer listener.Close()
	b.Issuer = listener.URL + "/api/v2"
	a := b.Post(b.Issuer+"/checktoken", url.Values{"client_id": {"api"}, "client_secret": {"s"}, "token": {"inconnu"}})
	claims := b.opened(a.Body, jose.ECDH_ES, key)
	if diff := cmp.Diff(map[string]any{"active": false}, claims["token_introspection"]); diff != "" {
		t.Error(diff)
	}
}

func TestCheckTokenRefusals(t *testing.T) {
	b := newBench(t)
	post := func(id, secret, token string) answer {
		return b.Post(b.Issuer+"/checktoken", url.Values{"client_id": {id}, "client_secret": {secret}, "token": {token}})
	}
	wantRefusal(t, post("api", "faux", "x"), 401, "invalid_client", "client authentication failed (invalid secret provided)")
	// A service is not a data provider.
	wantRefusal(t, post(clientID, clientSecret, "x"), 401, "invalid_client", "client authentication failed (client not found)")
	wantRefusal(t, post("api", "secret de l’api", ""), 400, "invalid_request", "missing required parameter(s) 'token'")
}
