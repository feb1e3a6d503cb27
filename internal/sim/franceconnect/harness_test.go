package franceconnect_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"portail-qf/internal/sim/franceconnect"
	"portail-qf/internal/sim/oidc/oidctest"
)

const (
	clientID     = oidctest.ClientID
	clientSecret = oidctest.ClientSecret
	callback     = oidctest.Callback
	goodbye      = oidctest.Goodbye
	stateSent    = oidctest.State
	nonceSent    = oidctest.Nonce
)

var provider = oidctest.Provider{
	New: func(issuer string, now func() time.Time) oidctest.Server {
		return franceconnect.New(options(issuer, now))
	},
	Empty:      func(issuer string) http.Handler { return franceconnect.New(franceconnect.Options{Issuer: issuer}) },
	Name:       "FranceConnect",
	FirstPage:  "Démonstration eIDAS faible",
	Request:    url.Values{"acr_values": {"eidas1"}, "scope": {"openid identite_pivot"}},
	Key:        "test",
	Claim:      "family_name",
	ClaimValue: "DUBOIS",
	Alg:        jose.ES256,
	OtherAlg:   jose.RS256,
}

func options(issuer string, now func() time.Time) franceconnect.Options {
	return franceconnect.Options{
		Issuer: issuer,
		Clients: []franceconnect.Client{
			{
				ID: clientID, Secret: clientSecret, Name: "Portail QF", RedirectURIs: []string{callback, callback + "?deja=1"},
				PostLogoutRedirectURIs: []string{goodbye},
				Scopes:                 []string{"identite_pivot", "profile", "birth", "email", "idp_birthdate", "amr", "idp_id", "preferred_username", "cnaf_quotient_familial", "cnaf_adresse"},
			},
			{
				ID: "autre", Secret: "autre secret", Name: "Autre service", Alg: jose.RS256, RedirectURIs: []string{callback},
				Scopes: []string{"given_name"}, MayRequestAMR: true,
			},
		},
		Providers: []franceconnect.Provider{{
			ID: "api", Secret: "secret de l’api", Scopes: []string{"openid", "cnaf_quotient_familial", "cnaf_enfants"},
			EncryptionKey: jose.JSONWebKey{Key: providerKey().Public(), KeyID: "api-1"},
		}},
		Identities: append(franceconnect.SandboxIdentities(now()), franceconnect.RefusedIdentities()...),
		Now:        now,
	}
}

var providerKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

// bench is the common one, with what only FranceConnect has.
type bench struct{ *oidctest.Bench }

func newBench(t testing.TB) *bench {
	t.Helper()
	return &bench{oidctest.NewBench(t, provider)}
}

type answer = oidctest.Answer

func wantPage(t *testing.T, a answer, status int, text string) {
	t.Helper()
	provider.WantPage(t, a, status, text)
}

func wantRefusal(t *testing.T, a answer, status int, code, description string) {
	t.Helper()
	var refusal struct {
		Error       string `json:"error"`
		Description string `json:"error_description"`
		URI         string `json:"error_uri"`
	}
	if err := json.Unmarshal([]byte(a.Body), &refusal); err != nil {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	if a.Status != status || refusal.Error != code || refusal.Description != description || !strings.Contains(refusal.URI, "code=Y04") {
		t.Errorf("answered %d %+v, want %d %s (%s)", a.Status, refusal, status, code, description)
	}
}
