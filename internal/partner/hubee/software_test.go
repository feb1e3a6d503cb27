package hubee_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/partner/hubee"
	simulator "portail-qf/internal/sim/hubee"
)

const (
	softwareID     = "si-valombre"
	softwareSecret = "cle;secrète+de/Valombre=="
)

// tokenDesk is the simulator of HubEE with a town whose software has a pair, and what it was
// sent.
type tokenDesk struct {
	server *httptest.Server
	mu     sync.Mutex
	forms  []string
	paths  []string
}

func newTokenDesk(t *testing.T) *tokenDesk {
	t.Helper()
	held := seed(town, "Actif")
	held.AccessMode, held.Editor, held.ClientID, held.ClientSecret = "API", simID(editor), softwareID, softwareSecret
	sim := simulator.New(simulator.Options{
		Depositor: simulator.Client{ID: clientID, Secret: clientSecret, Organization: simulator.OrganizationID{Type: "OSL", CompanyRegister: "13002526500013", BranchCode: "75107"}},
		Organizations: []simulator.Organization{
			{OrganizationID: simID(editor), Name: "Tilleul", PostalCode: "75007", Territory: "PARIS", Email: "technique@tilleul.example.fr"},
			{OrganizationID: simID(town), Name: "Valombre", PostalCode: "91998", Territory: "VALOMBRE", Email: mail},
		},
		Subscriptions: []simulator.SubscriptionSeed{held},
	})
	d := &tokenDesk{}
	d.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		d.mu.Lock()
		d.forms, d.paths = append(d.forms, string(body)), append(d.paths, r.Method+" "+r.URL.String())
		d.mu.Unlock()
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		sim.ServeHTTP(w, r)
	}))
	t.Cleanup(d.server.Close)
	return d
}

func (d *tokenDesk) softwares() *hubee.Softwares {
	return hubee.NewSoftwares(hubee.Config{TokenURL: d.server.URL + "/oauth2/token", Editor: "DINUM"})
}

// « The editor then calls the token URL with scope=SI » (reference/hubee.md §10.3): a pair is
// tried by a real token call.
func TestThePairOfATownsSoftwareIsTried(t *testing.T) {
	d := newTokenDesk(t)
	softwares := d.softwares()
	if err := softwares.TryAccount(t.Context(), credential.HubPair{ClientID: softwareID, Secret: softwareSecret}); err != nil {
		t.Fatal(err)
	}
	// « No token is kept »: the next try asks again.
	if err := softwares.TryAccount(t.Context(), credential.HubPair{ClientID: softwareID, Secret: softwareSecret}); err != nil {
		t.Fatal(err)
	}
	if len(d.forms) != 2 || d.forms[0] != "grant_type=client_credentials&scope=SI" || d.paths[0] != "POST /oauth2/token" {
		t.Errorf("HubEE was asked %v with %q", d.paths, d.forms)
	}
	for what, pair := range map[string]credential.HubPair{
		"another secret":                   {ClientID: softwareID, Secret: "une autre"},
		"another client":                   {ClientID: "si-inconnu", Secret: softwareSecret},
		"the depositor's, of another role": {ClientID: clientID, Secret: clientSecret},
	} {
		err := softwares.TryAccount(t.Context(), pair)
		if !fault.Is(err, "hub_account.refused") || fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v, want a refusal", what, err)
		}
		if err != nil && (strings.Contains(err.Error(), pair.Secret.Reveal()) || strings.Contains(err.Error(), pair.ClientID)) {
			t.Errorf("%s: the error quotes the pair: %v", what, err)
		}
	}
}

// A regenerated secret « kills the old one »; whatever is no word of HubEE's refuses nobody.
func TestOnlyHubEERefusesAPair(t *testing.T) {
	pair := credential.HubPair{ClientID: softwareID, Secret: softwareSecret}
	for name, row := range map[string]struct {
		status     int
		body, code string
	}{
		"refused as documented":     {401, `{"error_description":"A valid OAuth client could not be found for client_id: x","error":"invalid_client"}`, "hub_account.refused"},
		"refused by another server": {400, `{"error":"unauthorized_client"}`, "hub_account.refused"},
		"of another scope":          {400, `{"error":"invalid_scope"}`, "hub_account.refused"},
		"a proxy on the road":       {401, `<html>Proxy authentication</html>`, "hubee.unavailable"},
		"a firewall":                {403, `denied`, "hubee.unavailable"},
		"our own mistake":           {400, `{"error":"invalid_request"}`, "hubee.unavailable"},
		"too many calls":            {429, `{"error":"invalid_client"}`, "hubee.unavailable"},
		"broken":                    {500, ``, "hubee.unavailable"},
		"elsewhere":                 {302, ``, "hubee.unavailable"},
		"no token":                  {200, `{"token_type":"Bearer"}`, "hubee.unavailable"},
		"no JSON":                   {200, `ok`, "hubee.unavailable"},
		"a token":                   {200, `{"access_token":"abc"}`, ""},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "https://ailleurs.example.fr")
			w.WriteHeader(row.status)
			_, _ = io.WriteString(w, row.body)
		}))
		err := hubee.NewSoftwares(hubee.Config{TokenURL: server.URL}).TryAccount(t.Context(), pair)
		server.Close()
		if fault.CodeOf(err) != row.code {
			t.Errorf("%s: %v, want %q", name, err, row.code)
		}
	}
}

// « HubEE silent »: nobody waits longer than the caller does, and nothing is refused.
func TestASilentHubEERefusesNothing(t *testing.T) {
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer server.Close()
	defer close(release)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	began := time.Now()
	err := hubee.NewSoftwares(hubee.Config{TokenURL: server.URL}).TryAccount(ctx, credential.HubPair{ClientID: "a", Secret: value.Secret("b")})
	checkFault(t, err, fault.Unavailable, "hubee.unavailable")
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it took %s", took)
	}
}
