package hubee_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/partner/hubee"
	"portail-qf/internal/sim/control"
	simulator "portail-qf/internal/sim/hubee"
)

const (
	adminID     = "admin-portail"
	adminSecret = "secret-of-the-tests"
	mail        = "angela.dubois@valombre.example.fr"
)

// The organisations of these tests: a town, its neighbour, and the editor of one.
var (
	town   = credential.OrganisationKey{Type: "SI", Siret: "21910998000017", COG: "91998"}
	other  = credential.OrganisationKey{Type: "SI", Siret: "21200990600018", COG: "20990"}
	editor = credential.OrganisationKey{Type: "EDT", Siret: "90511200900014", COG: "75107"}

	validated = time.Date(2026, 8, 7, 10, 0, 0, 0, time.FixedZone("", 2*60*60))
	activated = time.Date(2026, 8, 7, 8, 5, 0, 987654321, time.UTC)
)

// referential is HubEE's referential: the simulator, behind a door that checks each
// request of the adapter against the published contract.
type referential struct {
	t      *testing.T
	sim    *simulator.Server
	server *httptest.Server

	mu       sync.Mutex
	requests []request
}

func newReferential(t *testing.T, seeds ...simulator.SubscriptionSeed) *referential {
	t.Helper()
	r := &referential{t: t, sim: simulator.New(simulator.Options{
		Administrator: simulator.Client{ID: adminID, Secret: adminSecret, Organization: simulator.OrganizationID{Type: "OSL", CompanyRegister: "13002526500013", BranchCode: "75107"}},
		Organizations: []simulator.Organization{{OrganizationID: simID(editor), Name: "Tilleul", PostalCode: "75007", Territory: "PARIS", Email: "technique@tilleul.example.fr"}},
		Subscriptions: seeds,
	})}
	r.server = httptest.NewServer(http.HandlerFunc(r.receive))
	t.Cleanup(r.server.Close)
	return r
}

func simID(key credential.OrganisationKey) simulator.OrganizationID {
	return simulator.OrganizationID{Type: key.Type, CompanyRegister: key.Siret.String(), BranchCode: key.COG}
}

// seed is a subscription that HubEE holds before the test.
func seed(subscriber credential.OrganisationKey, status string) simulator.SubscriptionSeed {
	return simulator.SubscriptionSeed{
		DatapassID: 14632, ProcessCode: "FormulaireQF", Subscriber: simID(subscriber), Status: status,
		NotificationFrequency: "Unitaire", Email: mail,
		LocalAdministrator: simulator.LocalAdministrator{Email: mail, FirstName: "Angela", LastName: "DUBOIS"},
	}
}

func (r *referential) receive(w http.ResponseWriter, asked *http.Request) {
	body, err := io.ReadAll(asked.Body)
	if err != nil {
		r.t.Errorf("read body: %v", err)
	}
	asked.Body = io.NopCloser(bytes.NewReader(body))
	if asked.URL.Path == "/oauth2/token" {
		if string(body) != "grant_type=client_credentials&scope=ADMIN" {
			r.t.Errorf("token: body = %q", body)
		}
	} else {
		r.mu.Lock()
		r.requests = append(r.requests, request{asked.Method + " " + asked.URL.Path, asked.URL.RawQuery, asked.Header.Clone(), body})
		r.mu.Unlock()
		checkReferentialRequest(r.t, asked, body)
	}
	r.sim.ServeHTTP(w, asked)
}

// checkReferentialRequest uses the published file for subscriptions. That of organisations
// is not published any more: the properties are those of E22 and the example of
// reference/hubee.md §9.
func checkReferentialRequest(t *testing.T, r *http.Request, body []byte) {
	for _, name := range []string{"editorName", "applicationName", "softwareVersion"} {
		if r.Header.Get(name) == "" {
			t.Errorf("%s %s: no header %s", r.Method, r.URL.Path, name)
		}
	}
	if strings.HasPrefix(r.URL.Path, "/referential/v1/subscriptions") {
		checkContract(t, subscriptionContract, r, withoutEditor(t, body))
	}
}

// withoutEditor takes the delegation to an editor out of a body, once checked: « real
// differences seen in clients: delegationActor is {type:"EDT", companyRegister,
// branchCode} (not an e-mail) » (reference/hubee.md §0).
func withoutEditor(t *testing.T, body []byte) []byte {
	var sent map[string]json.RawMessage
	if json.Unmarshal(body, &sent) != nil || sent["delegationActor"] == nil || string(sent["delegationActor"]) == "null" {
		return body
	}
	var delegate map[string]string
	if err := json.Unmarshal(sent["delegationActor"], &delegate); err != nil {
		t.Errorf("delegationActor %s: %v", sent["delegationActor"], err)
	}
	if delegate["email"] != "" {
		return body
	}
	if len(delegate) != 3 || delegate["type"] != "EDT" || len(delegate["companyRegister"]) != 14 || delegate["branchCode"] == "" {
		t.Errorf("delegationActor %s is neither of HubEE's shapes", sent["delegationActor"])
	}
	delete(sent, "delegationActor")
	rest, err := json.Marshal(sent)
	if err != nil {
		t.Error(err)
	}
	return rest
}

func (r *referential) administrator(adjust ...func(*hubee.Config)) *hubee.Administrator {
	return administratorAt(r.server.URL, adjust...)
}

func administratorAt(address string, adjust ...func(*hubee.Config)) *hubee.Administrator {
	config := hubee.Config{
		APIURL: address + "/", TokenURL: address + "/oauth2/token", ClientID: adminID, ClientSecret: adminSecret,
		Editor: "DINUM", Application: "Portail QF", Version: "1.0",
	}
	freshConnections(&config)
	for _, change := range adjust {
		change(&config)
	}
	return hubee.NewAdministrator(config)
}

// fails orders one fault of the simulator.
func (r *referential) fails(match, mode string) {
	r.sim.Control().Inject(control.Fault{Match: match, Mode: mode, Status: http.StatusGatewayTimeout, Times: 1})
}

// asked lists what the adapter asked, tokens apart.
func (r *referential) asked() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var routes []string
	for _, one := range r.requests {
		routes = append(routes, one.route)
	}
	return routes
}

// last is the last body that a method sent.
func (r *referential) last(method string) object {
	r.t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := len(r.requests) - 1; i >= 0; i-- {
		if strings.HasPrefix(r.requests[i].route, method+" ") {
			var sent object
			if err := json.Unmarshal(r.requests[i].body, &sent); err != nil {
				r.t.Fatalf("body of %s: %v", r.requests[i].route, err)
			}
			return sent
		}
	}
	r.t.Fatalf("no %s was sent", method)
	return nil
}

func newTown() credential.HubOrganisation {
	return credential.HubOrganisation{
		Key: town, Name: "COMMUNE DE VALOMBRE", Postcode: "91998", Commune: "VALOMBRE", Mail: mail, Phone: "+33 (0)1 23 45 67 89",
	}
}

func newSubscription() credential.NewSubscription {
	return credential.NewSubscription{
		Request: 10_000_042, Subscriber: town, Mail: "mairie@valombre.example.fr",
		Administrator: habilitation.Contact{GivenName: "Angela", FamilyName: "DUBOIS", Mail: mail, Phone: "01.23.45.67.89", Job: "DGS"},
		ValidatedAt:   validated,
	}
}

func activation(editor credential.OrganisationKey) credential.SubscriptionChange {
	return credential.SubscriptionChange{Status: credential.HubActive, Editor: editor, At: activated}
}

func suspension() credential.SubscriptionChange {
	return credential.SubscriptionChange{Status: credential.HubSuspended, At: activated}
}

// stub answers the requests of an administrator one after the other, tokens apart.
type stub struct {
	t      *testing.T
	server *httptest.Server

	mu       sync.Mutex
	answers  []http.HandlerFunc
	requests []request
}

func newStub(t *testing.T, answers ...http.HandlerFunc) *stub {
	t.Helper()
	s := &stub{t: t, answers: answers}
	s.server = httptest.NewServer(http.HandlerFunc(s.receive))
	t.Cleanup(s.server.Close)
	return s
}

func (s *stub) receive(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/oauth2/token" {
		reply(w, http.StatusOK, object{"access_token": "token-1"})
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		s.t.Errorf("read body: %v", err)
	}
	checkReferentialRequest(s.t, r, body)
	s.mu.Lock()
	s.requests = append(s.requests, request{r.Method + " " + r.URL.Path, r.URL.RawQuery, r.Header.Clone(), body})
	answer := answering(http.StatusTeapot, "")
	if n := len(s.requests); n <= len(s.answers) {
		answer = s.answers[n-1]
	} else {
		s.t.Errorf("request %d is one too many: %s %s", n, r.Method, r.URL)
	}
	s.mu.Unlock()
	answer(w, r)
}

// subscriptionOf is a subscription as HubEE shows it (reference/hubee.md §10.1).
func subscriptionOf(subscriber credential.OrganisationKey, n int) object {
	return object{
		"id": subscriptionID(n), "datapassId": 14632 + n, "processCode": "FormulaireQF", "status": "Inactif",
		"subscriber": object{"type": subscriber.Type, "companyRegister": subscriber.Siret, "branchCode": subscriber.COG, "name": "COMMUNE DE VALOMBRE"},
		"accessMode": nil, "activateDateTime": nil, "endDateTime": nil, "rejectDateTime": nil, "rejectionReason": nil,
		"delegationActor":       object{"branchCode": nil, "companyRegister": nil, "type": nil},
		"notificationFrequency": "unitaire", "email": mail, "localAdministrator": object{"email": mail},
		"creationDateTime": "2024-07-04T08:54:15.438+00:00", "validateDateTime": "2024-07-04T08:54:15.438+00:00", "updateDateTime": nil,
	}
}

func subscriptionID(n int) string { return fmt.Sprintf("7b1c0b4e-52d1-4e50-9195-%012d", n) }
