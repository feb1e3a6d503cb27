package hubee_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"portail-qf/internal/sim/control"
	"portail-qf/internal/sim/hubee"
)

const (
	invalid      = "Bad Request : Validation failed.\n[ERROR][REQUEST]"
	unauthorized = "Unauthorized user"
)

// E1: a token asked by an unknown client, or with another client's secret.
func TestE1UnknownClientGetsNoToken(t *testing.T) {
	h := start(t)
	form := url.Values{"grant_type": {"client_credentials"}, "scope": {"OSL"}}
	got := h.askToken("12er45nhheui5ueea", "x", form)
	got.mustBe(t, http.StatusUnauthorized)
	want := `{"error_description":"A valid OAuth client could not be found for client_id: 12er45nhheui5ueea","error":"invalid_client"}`
	if strings.TrimSpace(string(got.body)) != want {
		t.Errorf("body %s, want %s", got.body, want)
	}
	h.askToken("osl", "secret-admin", form).mustBe(t, http.StatusUnauthorized)
}

// "scope: exactly one of OSL, SI, ADMIN"; "Body form-encoded" (§1).
func TestTokenRequestIsStrict(t *testing.T) {
	h := start(t)
	for name, form := range map[string]url.Values{
		"another client's scope": {"grant_type": {"client_credentials"}, "scope": {"ADMIN"}},
		"lower case":             {"grant_type": {"client_credentials"}, "scope": {"osl"}},
		"two scopes":             {"grant_type": {"client_credentials"}, "scope": {"OSL ADMIN"}},
		"no scope":               {"grant_type": {"client_credentials"}},
		"DATAPASS":               {"grant_type": {"client_credentials"}, "scope": {"DATAPASS"}},
		"no grant type":          {"scope": {"OSL"}},
		"another grant type":     {"grant_type": {"password"}, "scope": {"OSL"}},
	} {
		if got := h.askToken("osl", "secret-osl", form); got.status != http.StatusBadRequest {
			t.Errorf("%s: status %d, want 400", name, got.status)
		}
	}
	asJSON := func() reply {
		request, _ := http.NewRequest("POST", h.url+"/oauth2/token", strings.NewReader(`{"grant_type":"client_credentials","scope":"OSL"}`))
		request.SetBasicAuth("osl", "secret-osl")
		request.Header.Set("Content-Type", "application/json")
		return h.send(request)
	}
	asJSON().mustBe(t, http.StatusBadRequest)
	if err := h.sim.SetSettings(hubee.Settings{JSONTokenBody: true}); err != nil {
		t.Fatal(err)
	}
	asJSON().mustBe(t, http.StatusOK)
}

// E2: any call with no, an expired or a forged token.
func TestE2TokenIsRequired(t *testing.T) {
	h := start(t)
	const message = "Invalid Credentials : Invalid Credentials. Make sure you have given the correct access token"
	path := folders + "/notifications"
	none := h.depositor().request("GET", path, nil)
	none.Header.Del("Authorization")
	h.send(none).mustRefuse(t, http.StatusUnauthorized, 900901, message)
	caller{hub: h, token: "forged"}.call("GET", path, nil).mustRefuse(t, http.StatusUnauthorized, 900901, message)
	osl := h.depositor()
	osl.must(http.StatusOK, "GET", path, nil)
	h.sim.ExpireTokens()
	osl.call("GET", path, nil).mustRefuse(t, http.StatusUnauthorized, 900901, message)
	brief := start(t, func(o *hubee.Options) { o.TokenLife = 1 })
	brief.depositor().call("GET", path, nil).mustRefuse(t, http.StatusUnauthorized, 900901, message)
}

// E3: "SI token on another process's or organisation's case".
func TestE3TownSeesItsOwnCasesOnly(t *testing.T) {
	h := start(t, func(o *hubee.Options) {
		o.Subscriptions = append(o.Subscriptions, hubee.SubscriptionSeed{
			ProcessCode: hubee.ForeignProcess, Subscriber: valbrume, Status: "Actif", AccessMode: "API", ClientID: "si-cnous", ClientSecret: "secret",
		})
	})
	folder := h.depositor().deposit(reference, valbrume)
	queued := h.town().notifications()[0].ID
	for name, other := range map[string]caller{
		"organisation": h.as("SI", "si-loriol", "secret-loriol"), "process": h.as("SI", "si-cnous", "secret"),
	} {
		t.Run("another "+name, func(t *testing.T) {
			path := folders + "/cases/" + folder.Cases[0].ID
			other.call("GET", path, nil).mustRefuse(t, http.StatusForbidden, 403, unauthorized)
			other.call("PATCH", path, object{"status": "DONE"}).mustRefuse(t, http.StatusForbidden, 403, unauthorized)
			other.call("POST", path+"/events", statusUpdate("DONE")).mustRefuse(t, http.StatusForbidden, 403, unauthorized)
			other.call("GET", path+"/attachments/"+folder.Attachments[0].ID, nil).mustRefuse(t, http.StatusForbidden, 403, unauthorized)
			other.call("DELETE", folders+"/notifications/"+queued, nil).mustRefuse(t, http.StatusForbidden, 403, unauthorized)
		})
	}
}

// E4 and the matrix of §3: a scope that a route does not know is refused before all else.
func TestE4RightsMatrix(t *testing.T) {
	h := start(t)
	osl, si, admin := h.depositor(), h.town(), h.administrator()
	folder, one := folders+"/folders/"+unknownID, folders+"/cases/"+unknownID
	event := one + "/events/" + unknownID
	organization, subscription := referential+"/organizations/"+valbrume.String(), referential+"/subscriptions/"+unknownID
	for _, line := range []struct {
		call            string
		osl, si, admins bool
	}{
		{"GET " + folders + "/notifications", true, true, true},
		{"DELETE " + folders + "/notifications/" + unknownID, true, true, true},
		{"POST " + folders + "/folders", true, false, true},
		{"GET " + folder, true, false, true},
		{"PATCH " + folder, true, false, true},
		{"POST " + folder, true, false, true},
		{"DELETE " + folder, true, false, true},
		{"PUT " + folder + "/attachments/" + unknownID, true, false, true},
		{"GET " + one, true, true, true},
		{"PATCH " + one, true, true, true},
		{"GET " + one + "/attachments/" + unknownID, true, true, true},
		{"POST " + one + "/events", true, true, true},
		{"GET " + event, true, true, true},
		{"PATCH " + event, true, true, true},
		{"DELETE " + event, true, true, true},
		{"PUT " + event + "/attachments/" + unknownID, true, true, true},
		{"GET " + event + "/attachments/" + unknownID, true, true, true},
		{"GET " + referential + "/subscriptions", true, false, true},
		{"GET " + subscription, true, false, true},
		{"POST " + referential + "/subscriptions", false, false, true},
		{"PUT " + subscription, false, false, true},
		{"GET " + organization, false, false, true},
		{"POST " + referential + "/organizations", false, false, true},
		{"PUT " + organization, false, false, true},
		{"GET " + referential + "/organizations", false, false, true},
		{"GET " + referential + "/processes", false, false, true},
		{"POST " + referential + "/processes", false, false, true},
		{"GET " + referential + "/processes/FormulaireQF", false, false, true},
		{"PUT " + referential + "/processes/FormulaireQF", false, false, true},
		{"PUT " + folders + "/cases/migrate", false, false, false},
		{"GET " + folders + "/attachmentsIdsForPurge", false, false, false},
		{"PUT " + folders + "/idsPurged", false, false, false},
	} {
		method, path, _ := strings.Cut(line.call, " ")
		for _, try := range []struct {
			scope   string
			by      caller
			allowed bool
		}{{"OSL", osl, line.osl}, {"SI", si, line.si}, {"ADMIN", admin, line.admins}} {
			got := try.by.call(method, path, nil)
			if allowed := got.status != http.StatusForbidden; allowed != try.allowed {
				t.Errorf("%s as %s: status %d, allowed should be %t", line.call, try.scope, got.status, try.allowed)
			}
		}
	}
	si.call("POST", folders+"/folders", quotientFolder(reference, valbrume)).mustRefuse(t, http.StatusForbidden, 403, unauthorized)
}

// The refusals whose whole text is documented and that need no story.
func TestDocumentedRefusals(t *testing.T) {
	h := start(t)
	osl, admin := h.depositor(), h.administrator()
	without := func(name string) object {
		body := quotientFolder(reference, valbrume)
		delete(body, name)
		return body
	}
	unknownTown := hubee.OrganizationID{Type: "SI", CompanyRegister: "11001401600011", BranchCode: "75108"}
	plusMail := newSubscription(merigny)
	plusMail["email"] = "pas une adresse"
	for _, line := range []struct {
		id      string
		by      caller
		call    string
		body    any
		status  int
		message string
	}{
		{"E5", osl, "GET /teledossiers/v1/notifications?maxResult=abc", nil, 400,
			invalid + `[GET /teledossiers/v1/notifications @query.maxResult] Instance type (string) does not match any allowed primitive type (allowed: ["integer","number"]`},
		{"E6", osl, "DELETE /teledossiers/v1/notifications/dddddd", nil, 400,
			invalid + `[DELETE /teledossiers/v1/notifications/dddddd @path.notificationId] Input string "dddddd" is not a valid UUID`},
		{"E7", osl, "DELETE /teledossiers/v1/notifications/" + unknownID, nil, 404, "Notification is not found"},
		{"E8", osl, "POST /teledossiers/v1/folders", without("applicant"), 400,
			invalid + `[POST /teledossiers/v1/folders @body] Object has missing required properties (["applicant"])`},
		{"E9", osl, "POST /teledossiers/v1/folders", quotientFolder(reference, merigny), 400,
			"Case recipient SI-21990004000015-99004 does not suscribed to FormulaireQF"},
		{"E10", osl, "POST /teledossiers/v1/folders", quotientFolder(reference, unknownTown), 400,
			"Case recipient SI-11001401600011-75108 does not exist"},
		{"E14", osl, "GET /teledossiers/v1/folders/" + unknownID, nil, 404, "Folder is not found"},
		{"E14", osl, "GET /teledossiers/v1/cases/" + unknownID, nil, 404, "Case is not found"},
		{"E22", admin, "POST /referential/v1/organizations", nil, 400,
			invalid + `[POST /referential/v1/organizations @body] Object has missing required properties (["branchCode","companyRegister","email","name","postalCode","status","territory","type"])`},
		{"E23", admin, "POST /referential/v1/organizations", newOrganization(valbrume), 400,
			"Organization SI-21990001600013-99001 already exists"},
		{"E24", admin, "GET /referential/v1/organizations/SI-21050136700010-00000", nil, 404, "Organization is not found"},
		{"E25", admin, "POST /referential/v1/subscriptions", object{}, 400,
			invalid + "[POST /referential/v1/subscriptions @body] Instance failed to match all required schemas (matched only 1 out of 2)\n\t* /allOf/0: " +
				`Object has missing required properties (["datapassId","localAdministrator","notificationFrequency","processCode","subscriber"])`},
		{"E26", admin, "POST /referential/v1/subscriptions", newSubscription(valbrume), 400,
			"Subscription FormulaireQF for organization SI-21990001600013-99001 already exists"},
		{"E27", admin, "POST /referential/v1/subscriptions", plusMail, 400, "#/email: String is not a valid email value"},
		{"E28", osl, "GET /referential/v1/subscriptions?processType=x", nil, 400,
			invalid + `[GET /referential/v1/subscriptions @query.processType] Query parameter 'processType' is unexpected on path "/subscriptions"`},
		{"E29", osl, "GET /referential/v1/subscriptions/23133", nil, 400,
			invalid + `[GET /referential/v1/subscriptions/23133 @path.subscriptionId] Input string "23133" is not a valid UUID`},
		{"E29", osl, "GET /referential/v1/subscriptions/" + unknownID, nil, 404, "Subscription is not found"},
	} {
		t.Run(line.id+" "+line.call, func(t *testing.T) {
			method, path, _ := strings.Cut(line.call, " ")
			line.by.call(method, path, line.body).mustRefuse(t, line.status, line.status, line.message)
		})
	}
	if shown := h.sim.Folders(); len(shown) != 0 {
		t.Errorf("%d folders exist after refusals alone", len(shown))
	}
}

// E7: "also a second DELETE".
func TestE7SecondDeleteOfANotification(t *testing.T) {
	h := start(t)
	h.depositor().deposit(reference, valbrume)
	town := h.town()
	n := town.notifications()[0]
	town.forget(n)
	town.call("DELETE", folders+"/notifications/"+n.ID, nil).mustRefuse(t, http.StatusNotFound, 404, "Notification is not found")
}

// E15, E16, E19, E21: events and files that are not there, or not allowed.
func TestEventRefusals(t *testing.T) {
	h := start(t)
	osl, town := h.depositor(), h.town()
	folder := osl.deposit(reference, valbrume)
	caseID := folder.Cases[0].ID
	unknown := eventPath(caseID, unknownID)
	town.call("GET", unknown, nil).mustRefuse(t, http.StatusNotFound, 404, "event is not found")
	town.call("PATCH", unknown, object{"status": "RECEIVED"}).mustRefuse(t, http.StatusNotFound, 404, "event is not found")
	town.call("DELETE", unknown, nil).mustRefuse(t, http.StatusNotFound, 404, "Event is not found")

	files := []object{{"fileName": "a.pdf", "type": "Attestation", "size": 15, "mimeType": "application/pdf"}}
	for name, event := range map[string]object{
		"ATTACH_DEPOSIT without attachment":      {"actionType": "ATTACH_DEPOSIT", "notification": true},
		"STATUS_UPDATE with one":                 {"actionType": "STATUS_UPDATE", "notification": true, "attachments": files},
		"unknown actionType":                     {"actionType": "ADD_AWAITING", "notification": true, "caseNewStatus": "REFUSED"},
		"unknown status":                         {"actionType": "STATUS_UPDATE", "notification": true, "caseNewStatus": "FINISHED"},
		"format not in siAttachmentFormats":      {"actionType": "ATTACH_DEPOSIT", "notification": true, "attachments": []object{{"fileName": "a", "type": "a", "size": 1, "mimeType": "image/png"}}},
		"message longer than a thousand letters": {"actionType": "SENDING_MESSAGE", "notification": true, "message": strings.Repeat("é", 1001)},
	} {
		if got := town.call("POST", folders+"/cases/"+caseID+"/events", event); got.status != http.StatusBadRequest {
			t.Errorf("E19 %s: status %d, want 400", name, got.status)
		}
	}
	sent := town.postEvent(caseID, statusUpdate("SI_RECEIVED"))
	town.call("DELETE", eventPath(caseID, sent.ID), nil).mustRefuse(t, http.StatusBadRequest, 400, "Bad Request") // E21
	town.call("PATCH", eventPath(caseID, sent.ID), object{"status": "RECEIVED"}).mustRefuse(t, http.StatusForbidden, 403, unauthorized)
	osl.call("PATCH", eventPath(caseID, sent.ID), object{"status": "READ"}).mustRefuse(t, http.StatusBadRequest, 400, "Bad request")

	draft := town.postEvent(caseID, object{"actionType": "ATTACH_DEPOSIT", "notification": true, "attachments": files})
	path := eventPath(caseID, draft.ID)
	town.call("GET", path+"/attachments/"+unknownID, nil).mustRefuse(t, http.StatusNotFound, 404, "file is not found")
	town.call("PUT", path+"/attachments/"+unknownID, []byte("x")).mustRefuse(t, http.StatusNotFound, 404, "Binary meta-data is not found")
	town.must(http.StatusNoContent, "DELETE", path, nil)

	if err := h.sim.PurgeFiles(reference); err != nil {
		t.Fatal(err)
	}
	town.call("GET", folders+"/cases/"+caseID+"/attachments/"+folder.Attachments[0].ID, nil).
		mustRefuse(t, http.StatusNotFound, 404, "File is not found") // E16, purged
}

// E17: "POST folders/{id} with a wrong override value"; with PATCH it equals the PATCH.
func TestE17MethodOverride(t *testing.T) {
	h := start(t)
	osl := h.depositor()
	folder := osl.create(quotientFolder(reference, valbrume))
	post := func(value, path string, body object) reply {
		request := osl.request("POST", path, body)
		request.Header.Set("X-HTTP-Method-Override", value)
		return h.send(request)
	}
	path := folders + "/folders/" + folder.ID
	completed := object{"globalStatus": "HUBEE_COMPLETED"}
	post("PUT", path, completed).mustRefuse(t, http.StatusMethodNotAllowed, 405, "Method not allowed")
	post("PATCH", path, completed).mustBe(t, http.StatusNoContent)
	casePath := folders + "/cases/" + folder.Cases[0].ID
	post("PUT", casePath, object{"status": "CLOSED"}).mustBe(t, http.StatusBadRequest)
	post("PATCH", casePath, object{"status": "CLOSED"}).mustBe(t, http.StatusNoContent)
	if got := osl.readCase(folder.Cases[0].ID).Status; got != "CLOSED" {
		t.Errorf("case %s after the override, want CLOSED", got)
	}
	event := h.town().postEvent(folder.Cases[0].ID, statusUpdate("DONE"))
	post("PATCH", eventPath(folder.Cases[0].ID, event.ID), object{"status": "RECEIVED"}).mustBe(t, http.StatusNoContent)
}

// E18: "DELETE folder already completed"; before completion it is a cancellation.
func TestE18OnlyAnUnfinishedFolderIsDeleted(t *testing.T) {
	h := start(t)
	osl := h.depositor()
	abandoned := osl.create(quotientFolder(reference, valbrume))
	osl.must(http.StatusNoContent, "DELETE", folders+"/folders/"+abandoned.ID, nil)
	osl.call("GET", folders+"/folders/"+abandoned.ID, nil).mustRefuse(t, http.StatusNotFound, 404, "Folder is not found")
	done := osl.deposit(reference, valbrume) // the external id is free again
	osl.call("DELETE", folders+"/folders/"+done.ID, nil).mustRefuse(t, http.StatusBadRequest, 400, "Bad request")
}

// E30: "injected fault: 500 or hang-up"; a lost answer has acted all the same.
func TestE30InjectedFaults(t *testing.T) {
	h := start(t)
	osl := h.depositor()
	h.sim.Control().Inject(control.Fault{Match: "POST /teledossiers/", Mode: "status", Status: 500, Times: 1})
	osl.call("POST", folders+"/folders", quotientFolder(reference, valbrume)).mustBe(t, http.StatusInternalServerError)
	if n := len(h.sim.Folders()); n != 0 {
		t.Errorf("%d folders after a 500, want none", n)
	}
	for mode, want := range map[string]int{"down": 0, "lost": 1} {
		h.sim.Control().Inject(control.Fault{Match: "POST /teledossiers/", Mode: mode, Times: 1})
		if response, err := http.DefaultClient.Do(osl.request("POST", folders+"/folders", quotientFolder("QF-"+mode, valbrume))); err == nil {
			response.Body.Close()
			t.Errorf("mode %s: an answer came, want a cut connection", mode)
		}
		made := 0
		for _, folder := range h.sim.Folders() {
			if folder.ExternalID == "QF-"+mode {
				made++
			}
		}
		if made != want {
			t.Errorf("mode %s: %d folders, want %d", mode, made, want)
		}
	}
}
