package proconnect_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"portail-qf/internal/sim/oidc/oidctest"
	"portail-qf/internal/sim/proconnect"
)

const (
	clientID     = oidctest.ClientID
	clientSecret = oidctest.ClientSecret
	callback     = oidctest.Callback
	goodbye      = oidctest.Goodbye
	stateSent    = oidctest.State
	nonceSent    = oidctest.Nonce
	otherIdP     = "5a4b9c1e-0d3f-4f6a-9c55-2f0f0a5f8a11"

	// What the contract recommends: read both at the first pass, list every acceptable
	// value at the step-up.
	readBoth = `{"id_token":{"acr":null,"amr":null}}`
	demanded = `{"id_token":{"acr":{"essential":true,"values":["eidas1-mfa","eidas2","eidas3"]},"amr":null}}`
)

var provider = oidctest.Provider{
	New:        func(issuer string, now func() time.Time) oidctest.Server { return proconnect.New(options(issuer, now)) },
	Empty:      func(issuer string) http.Handler { return proconnect.New(proconnect.Options{Issuer: issuer}) },
	Name:       "ProConnect",
	FirstPage:  "Adresse électronique professionnelle",
	Request:    url.Values{"claims": {readBoth}, "scope": {"openid given_name usual_name email siret"}},
	Key:        "agent",
	Claim:      "usual_name",
	ClaimValue: "FERRAND",
	Alg:        jose.RS256,
	OtherAlg:   jose.ES256,
	Type:       "JWT",
}

func options(issuer string, now func() time.Time) proconnect.Options {
	scopes := []string{"given_name", "usual_name", "email", "uid", "siret", "idp_id", "roles", "organization_label", "phone"}
	return proconnect.Options{
		Issuer: issuer,
		Clients: []proconnect.Client{
			{
				ID: clientID, Secret: clientSecret, Name: "Portail QF", Scopes: scopes,
				RedirectURIs: []string{callback, callback + "?deja=1"}, PostLogoutRedirectURIs: []string{goodbye},
			},
			{ID: "autre", Secret: "autre secret", Name: "Autre service", Alg: "ES256", RedirectURIs: []string{callback}, Scopes: []string{"email"}},
			{ID: "public", Secret: "secret public", Name: "Service public", PublicOnly: true, RedirectURIs: []string{callback}, Scopes: scopes},
		},
		Identities: people(),
		Now:        now,
	}
}

// people are the agents of §4.2.12.
func people() []proconnect.Identity {
	agent := func(givenName, email string, more map[string]any) map[string]any {
		claims := map[string]any{
			"given_name": givenName, "usual_name": "FERRAND", "email": email, "uid": "uid-" + givenName,
			"siret": "21040107100019", "organization_label": "COMMUNE DE MAJASTRES",
			"roles": []string{"agent_public", "agent_public_territorial"},
		}
		for name, value := range more {
			claims[name] = value
		}
		return claims
	}
	return []proconnect.Identity{
		{Key: "agent", Label: "Camille FERRAND, mairie", Expect: "ok", Claims: agent("Camille", "Camille.Ferrand@Majastres.example.fr", map[string]any{"phone_number": "04 92 00 00 01"})},
		{Key: "double", Label: "Noé LAMBERT, deux organisations", Expect: "ok", Claims: agent("Noé", "noe@agglo.example.fr", map[string]any{"organizations": []map[string]any{
			{"siret": "21040107100019", "organization_label": "COMMUNE DE MAJASTRES"},
			{"siret": "21280363900013", "organization_label": "COMMUNE DE SAINVILLE", "roles": []string{}},
		}})},
		{Key: "forte", Label: "Inès MOREAU, carte agent", Expect: "ok", Claims: agent("Inès", "ines@etat.example.fr", map[string]any{"acr": "eidas2", "amr": []string{"pwd", "pop", "mfa"}, "idp_id": otherIdP})},
		{Key: "moyenne", Label: "Théo PETIT, MFA faible", Expect: "ok", Claims: agent("Théo", "theo@etat.example.fr", map[string]any{"acr": "eidas1-mfa", "amr": []string{"pwd", "otp", "mfa"}})},
		{Key: "tue", Label: "Lou MARTIN, MFA sans le dire", Expect: "error", Claims: agent("Lou", "lou@etat.example.fr", map[string]any{"amr": []string{"pwd", "mfa"}})},
		{Key: "declare", Label: "Max DURAND, lien déclaré", Expect: "error", Claims: agent("Max", "max@asso.example.fr", map[string]any{"acr": "eidas0"})},
		{Key: "privee", Label: "Zoé ROUX, secteur privé", Expect: "error", Claims: agent("Zoé", "zoe@tilleul.example.fr", map[string]any{"siret": "90511200900014", "roles": []string{}})},
		{Key: "defaut", Label: "Ali BENALI, SIRET par défaut", Expect: "ok", Claims: agent("Ali", "ali@interieur.example.fr", map[string]any{"siret": "12345678901234", "idp_default_siret": "13002526500013"})},
	}
}

// bench is the common one, with what only ProConnect has.
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

// claimsOf are those of the id_token to which an authorisation leads.
func (b *bench) claimsOf(a answer) map[string]any {
	b.T.Helper()
	return b.Verified(b.TokensOf(b.CodeOf(a)).IDToken, jose.RS256)
}

// wantRefusal checks that an error is terse: two members.
func wantRefusal(t *testing.T, a answer, status int, code, description string) {
	t.Helper()
	got := oidctest.Decoded(t, []byte(a.Body))
	if a.Status != status || got["error"] != code || got["error_description"] != description || len(got) != 2 {
		t.Errorf("answered %d %v, want %d %s (%s)", a.Status, got, status, code, description)
	}
}
