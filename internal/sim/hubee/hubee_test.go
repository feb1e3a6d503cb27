package hubee_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"portail-qf/internal/sim/hubee"
)

const (
	folders     = "/teledossiers/v1"
	referential = "/referential/v1"
	unknownID   = "3fa85f64-5717-4562-b3fc-2c963f66afa6"
)

// The cast: an operator who deposits, two editors, four towns.
var (
	operator     = hubee.OrganizationID{Type: "OSL", CompanyRegister: "11000000000013", BranchCode: "75107"}
	headquarters = hubee.OrganizationID{Type: "Admin", CompanyRegister: "11000000000013", BranchCode: "75107"}
	editorA      = hubee.OrganizationID{Type: "EDT", CompanyRegister: "39000000100018", BranchCode: "35238"}
	editorB      = hubee.OrganizationID{Type: "EDT", CompanyRegister: "39000000200016", BranchCode: "69383"}
	valbrume     = hubee.OrganizationID{Type: "SI", CompanyRegister: "21990001600013", BranchCode: "99001"}
	loriol       = hubee.OrganizationID{Type: "SI", CompanyRegister: "21990002400017", BranchCode: "99002"}
	fontaine     = hubee.OrganizationID{Type: "SI", CompanyRegister: "21990003200011", BranchCode: "99003"}
	merigny      = hubee.OrganizationID{Type: "SI", CompanyRegister: "21990004000015", BranchCode: "99004"}
)

func cast() hubee.Options {
	organization := func(id hubee.OrganizationID, name, mail string) hubee.Organization {
		return hubee.Organization{OrganizationID: id, Name: name, PostalCode: "99000", Territory: name, Email: mail}
	}
	subscription := func(number int64, town hubee.OrganizationID, status, mode string) hubee.SubscriptionSeed {
		return hubee.SubscriptionSeed{
			DatapassID: number, ProcessCode: hubee.QuotientProcess, Subscriber: town, Status: status, AccessMode: mode,
			NotificationFrequency: "Unitaire", Email: "dossiers@commune.fr",
			LocalAdministrator: hubee.LocalAdministrator{Email: "agent@commune.fr", FirstName: "Jeanne", LastName: "Martin"},
		}
	}
	ofA := subscription(101, valbrume, "Actif", "API")
	ofA.Editor, ofA.ClientID, ofA.ClientSecret = editorA, "si-valbrume", "secret-valbrume"
	ofB := subscription(102, loriol, "Actif", "API")
	ofB.Editor, ofB.ClientID, ofB.ClientSecret = editorB, "si-loriol", "secret-loriol"
	return hubee.Options{
		Depositor:     hubee.Client{ID: "osl", Secret: "secret-osl", Organization: operator},
		Administrator: hubee.Client{ID: "admin", Secret: "secret-admin", Organization: headquarters},
		Organizations: []hubee.Organization{
			organization(operator, "Opérateur de dépôt", "depot@operateur.fr"),
			organization(editorA, "Logiciels Aubépine", "contact@aubepine.fr"),
			organization(editorB, "Ateliers Bruyère", "contact@bruyere.fr"),
			organization(valbrume, "Commune de Valbrume", "mairie@valbrume.fr"),
			organization(loriol, "Commune de Saint-Loriol", "mairie@saint-loriol.fr"),
			organization(fontaine, "Commune de Hautefontaine", "mairie@hautefontaine.fr"),
			organization(merigny, "Commune de Mérigny-le-Sec", "mairie@merigny.fr"),
		},
		Subscriptions: []hubee.SubscriptionSeed{
			ofA, ofB, subscription(103, fontaine, "Actif", "PORTAIL"), subscription(104, merigny, "Inactif", ""),
		},
	}
}

// hub is a simulator behind a real HTTP server.
type hub struct {
	t         *testing.T
	sim       *hubee.Server
	url       string
	contracts []contract // empty: answers are not validated
}

func start(t *testing.T, change ...func(*hubee.Options)) *hub {
	t.Helper()
	options := cast()
	for _, apply := range change {
		apply(&options)
	}
	sim := hubee.New(options)
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	return &hub{t: t, sim: sim, url: server.URL}
}

// askToken sends a token request and returns the raw answer.
func (h *hub) askToken(id, secret string, form url.Values) reply {
	h.t.Helper()
	request, err := http.NewRequest(http.MethodPost, h.url+"/oauth2/token", strings.NewReader(form.Encode()))
	if err != nil {
		h.t.Fatal(err)
	}
	request.SetBasicAuth(id, secret)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return h.send(request)
}

func (h *hub) as(scope, id, secret string) caller {
	h.t.Helper()
	got := h.askToken(id, secret, url.Values{"grant_type": {"client_credentials"}, "scope": {scope}})
	got.mustBe(h.t, http.StatusOK)
	return caller{hub: h, token: decode[struct {
		AccessToken string `json:"access_token"`
	}](h.t, got).AccessToken}
}

func (h *hub) depositor() caller     { return h.as("OSL", "osl", "secret-osl") }
func (h *hub) administrator() caller { return h.as("ADMIN", "admin", "secret-admin") }
func (h *hub) town() caller          { return h.as("SI", "si-valbrume", "secret-valbrume") }

func (h *hub) send(request *http.Request) reply {
	h.t.Helper()
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		h.t.Fatalf("%s %s: %v", request.Method, request.URL.Path, err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		h.t.Fatalf("read answer of %s %s: %v", request.Method, request.URL.Path, err)
	}
	return reply{line: request.Method + " " + request.URL.RequestURI(), status: response.StatusCode, header: response.Header, body: body}
}

// caller is one partner with its token.
type caller struct {
	*hub
	token string
}

type reply struct {
	line   string
	status int
	header http.Header
	body   []byte
}

func (r reply) mustBe(t *testing.T, status int) {
	t.Helper()
	if r.status != status {
		t.Fatalf("%s: status %d, want %d; body %s", r.line, r.status, status, r.body)
	}
}

// mustRefuse checks HubEE's error body exactly.
func (r reply) mustRefuse(t *testing.T, status, code int, message string) {
	t.Helper()
	r.mustBe(t, status)
	type line struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	}
	got := decode[struct {
		Errors []line `json:"errors"`
	}](t, r).Errors
	if len(got) != 1 || got[0] != (line{code, message}) {
		t.Errorf("%s: errors %+v, want one {%d %q}", r.line, got, code, message)
	}
}

func decode[T any](t *testing.T, r reply) T {
	t.Helper()
	var value T
	if err := json.Unmarshal(r.body, &value); err != nil {
		t.Fatalf("%s: answer is not what was expected: %v; body %s", r.line, err, r.body)
	}
	return value
}

// request builds a call: a JSON body for a value, raw bytes for a file.
func (c caller) request(method, path string, body any) *http.Request {
	c.t.Helper()
	var reader io.Reader = http.NoBody
	contentType := ""
	switch content := body.(type) {
	case nil:
	case []byte:
		reader, contentType = bytes.NewReader(content), "application/octet-stream"
	default:
		encoded, err := json.Marshal(content)
		if err != nil {
			c.t.Fatal(err)
		}
		reader, contentType = bytes.NewReader(encoded), "application/json"
	}
	request, err := http.NewRequest(method, c.url+path, reader)
	if err != nil {
		c.t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+c.token)
	request.Header.Set("editorName", "Portail QF")
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	return request
}

func (c caller) call(method, path string, body any) reply {
	c.t.Helper()
	got := c.send(c.request(method, path, body))
	c.check(method, path, got)
	return got
}

func (c caller) must(status int, method, path string, body any) reply {
	c.t.Helper()
	got := c.call(method, path, body)
	got.mustBe(c.t, status)
	return got
}

// object is a JSON object in a test.
type object = map[string]any

var quotientFiles = map[string][]byte{
	"FormulaireQF.json": []byte(`{"quotient_familial":550}`),
	"FormulaireQF.xml":  []byte(`<?xml version="1.0" encoding="UTF-8"?><hash><quotient>550</quotient></hash>`),
	"quotient.pdf":      []byte("%PDF-1.7\n%%EOF\n"),
}

// quotientFolder is the body of a deposit for one town (reference/hubee.md §5.1).
func quotientFolder(reference string, town hubee.OrganizationID) object {
	number := reference + "-01"
	file := func(name, mimeType string) object {
		return object{"fileName": name, "type": "FormulaireQF", "size": len(quotientFiles[name]), "mimeType": mimeType, "recipients": []string{number}}
	}
	return object{
		"processCode": "FormulaireQF", "externalId": reference,
		"applicant": object{"firstName": "Angela", "lastName": "DUBOIS"},
		"cases":     []object{{"externalId": number, "recipient": town}},
		"attachments": []object{
			file("FormulaireQF.json", "application/json"), file("FormulaireQF.xml", "application/xml"), file("quotient.pdf", "application/pdf"),
		},
	}
}

type shownFolder struct {
	ID           string
	GlobalStatus string
	ExternalID   string
	PartnerInfo  struct{ EditorName *string }
	Cases        []struct{ ID, Status, ExternalID string }
	Attachments  []shownFile
}

type shownFile struct{ ID, Status, FileName string }

type shownCase struct {
	ID, Status, ExternalID string
	Attachments            []shownFile
	Events                 []shownEvent
}

type shownEvent struct {
	ID, Status, ActionType string
	CaseNewStatus          *string
	CaseCurrentStatus      *string
	Comment                *string
	Attachments            []shownFile
}

type shownNotification struct {
	ID, ProcessCode, CaseID string
	EventID                 *string
	EventActionType         *string
	EventStatus             *string
	Recipient, Transmitter  hubee.OrganizationID
}

const reference = "Formulaire-QF-ABCDEF1234567"

// create is the first step of a deposit.
func (c caller) create(body object) shownFolder {
	c.t.Helper()
	return decode[shownFolder](c.t, c.must(http.StatusCreated, "POST", folders+"/folders", body))
}

// deposit plays scenario NA: create, upload, verify, complete.
func (c caller) deposit(reference string, town hubee.OrganizationID) shownFolder {
	c.t.Helper()
	created := c.create(quotientFolder(reference, town))
	path := folders + "/folders/" + created.ID
	for _, file := range created.Attachments {
		c.must(http.StatusNoContent, "PUT", path+"/attachments/"+file.ID, quotientFiles[file.FileName])
	}
	for _, file := range decode[shownFolder](c.t, c.must(http.StatusOK, "GET", path, nil)).Attachments {
		if file.Status != "RECEIVED" {
			c.t.Fatalf("%s is %s after the upload, want RECEIVED", file.FileName, file.Status)
		}
	}
	c.must(http.StatusNoContent, "PATCH", path, object{"globalStatus": "HUBEE_COMPLETED"})
	return decode[shownFolder](c.t, c.must(http.StatusOK, "GET", path, nil))
}

func (c caller) notifications() []shownNotification {
	c.t.Helper()
	return decode[[]shownNotification](c.t, c.must(http.StatusOK, "GET",
		folders+"/notifications?maxResult=25&processCode=FormulaireQF&eventDetails=true", nil))
}

func (c caller) forget(n shownNotification) {
	c.t.Helper()
	c.must(http.StatusNoContent, "DELETE", folders+"/notifications/"+n.ID, nil)
}

func (c caller) readCase(id string) shownCase {
	c.t.Helper()
	return decode[shownCase](c.t, c.must(http.StatusOK, "GET", folders+"/cases/"+id, nil))
}

func (c caller) moveCase(id, status string) {
	c.t.Helper()
	c.must(http.StatusNoContent, "PATCH", folders+"/cases/"+id, object{"status": status})
}

func (c caller) postEvent(caseID string, event object) shownEvent {
	c.t.Helper()
	return decode[shownEvent](c.t, c.must(http.StatusCreated, "POST", folders+"/cases/"+caseID+"/events", event))
}

// statusUpdate is an event of the 2024 flow; give the current status for the 2022 one.
func statusUpdate(next string, current ...string) object {
	event := object{"actionType": "STATUS_UPDATE", "author": "Service instructeur", "notification": true, "caseNewStatus": next}
	if len(current) > 0 {
		event["caseCurrentStatus"] = current[0]
	}
	return event
}

func eventPath(caseID, eventID string) string {
	return folders + "/cases/" + caseID + "/events/" + eventID
}

// readMessage plays ND-MSG on the oldest notification of an event: GET it, acknowledge it
// unless it is a receipt, DELETE the notification.
func (c caller) readMessage() {
	c.t.Helper()
	for _, n := range c.notifications() {
		if n.EventID == nil {
			continue
		}
		read := decode[shownEvent](c.t, c.must(http.StatusOK, "GET", eventPath(n.CaseID, *n.EventID), nil))
		if read.Status != "RECEIVED" {
			c.must(http.StatusNoContent, "PATCH", eventPath(n.CaseID, *n.EventID), object{"status": "RECEIVED"})
		}
		c.forget(n)
		return
	}
	c.t.Fatal("no notification of an event to read")
}
