package hubee_test

import (
	"net/http"
	"testing"
	"time"

	"portail-qf/internal/sim/hubee"
)

// "403: token valid, object not yours" (§2): a folder belongs to the one who deposited it.
func TestFolderBelongsToItsDepositor(t *testing.T) {
	h := start(t)
	osl := h.depositor()
	folder := h.administrator().deposit(reference, valbrume)
	path := folders + "/folders/" + folder.ID
	osl.call("GET", path, nil).mustRefuse(t, http.StatusForbidden, 403, unauthorized)
	osl.call("PATCH", path, object{"globalStatus": "CLOSED"}).mustRefuse(t, http.StatusForbidden, 403, unauthorized)
	osl.call("GET", folders+"/cases/"+folder.Cases[0].ID, nil).mustRefuse(t, http.StatusForbidden, 403, unauthorized)
}

// "PATCH folder never changes the cases, except HUBEE_COMPLETED" at folder creation (§6.1):
// saying it twice notifies once. The files are fixed from then on.
func TestCompletingTwiceNotifiesOnce(t *testing.T) {
	h := start(t)
	osl, town := h.depositor(), h.town()
	folder := osl.deposit(reference, valbrume)
	path := folders + "/folders/" + folder.ID
	town.postEvent(folder.Cases[0].ID, statusUpdate("IN_PROGRESS"))
	osl.must(http.StatusNoContent, "PATCH", path, object{"globalStatus": "HUBEE_COMPLETED"})
	osl.must(http.StatusNoContent, "PATCH", path, object{"globalStatus": "CLOSED"})
	osl.must(http.StatusNoContent, "PATCH", path, object{"globalStatus": "HUBEE_COMPLETED"})
	if queue := town.notifications(); len(queue) != 1 {
		t.Errorf("the town has %d notifications, want 1", len(queue))
	}
	if got := town.readCase(folder.Cases[0].ID).Status; got != "IN_PROGRESS" {
		t.Errorf("case %s, want IN_PROGRESS", got)
	}
	osl.call("PUT", path+"/attachments/"+folder.Attachments[0].ID, quotientFiles["FormulaireQF.json"]).
		mustRefuse(t, http.StatusBadRequest, 400, "Bad request")
	osl.call("PATCH", path, object{"globalStatus": "FINISHED"}).mustRefuse(t, http.StatusBadRequest, 400, "Bad request")
}

// An event belongs to its emitter until it is sent; the reader may not touch its files.
func TestOnlyTheEmitterHandlesADraft(t *testing.T) {
	h := start(t)
	osl, town := h.depositor(), h.town()
	caseID := osl.deposit(reference, valbrume).Cases[0].ID
	content := quotientFiles["quotient.pdf"]
	draft := town.postEvent(caseID, object{
		"actionType": "ATTACH_DEPOSIT", "notification": true,
		"attachments": []object{{"fileName": "a.pdf", "type": "Attestation", "size": len(content), "mimeType": "application/pdf"}},
	})
	path := eventPath(caseID, draft.ID)
	file := path + "/attachments/" + draft.Attachments[0].ID
	osl.call("DELETE", path, nil).mustRefuse(t, http.StatusForbidden, 403, unauthorized)
	osl.call("PUT", file, content).mustRefuse(t, http.StatusForbidden, 403, unauthorized)
	osl.call("PATCH", path, object{"status": "SENT"}).mustRefuse(t, http.StatusForbidden, 403, unauthorized)
	osl.call("PATCH", path, object{"status": "RECEIVED"}).mustRefuse(t, http.StatusBadRequest, 400, "Bad request")
	osl.call("GET", file, nil).mustRefuse(t, http.StatusNotFound, 404, "file is not found")
	town.must(http.StatusNoContent, "PUT", file, content)
	town.must(http.StatusNoContent, "PATCH", path, object{"status": "SENT"})
	town.call("PUT", file, content).mustRefuse(t, http.StatusBadRequest, 400, "Bad request")
	osl.must(http.StatusNoContent, "PATCH", path, object{"status": "RECEIVED"})
	osl.must(http.StatusNoContent, "PATCH", path, object{"status": "RECEIVED"})
	receipts := 0
	for _, n := range town.notifications() {
		if n.EventID != nil {
			receipts++
		}
	}
	if receipts != 1 {
		t.Errorf("the emitter has %d receipts, want 1", receipts)
	}
}

// "notification false/null: nobody" is told (§6.2).
func TestSilentEventTellsNobody(t *testing.T) {
	h := start(t)
	osl, town := h.depositor(), h.town()
	caseID := osl.deposit(reference, valbrume).Cases[0].ID
	for _, notification := range []any{false, nil} {
		event := statusUpdate("IN_PROGRESS")
		event["notification"] = notification
		sent := town.postEvent(caseID, event)
		osl.must(http.StatusNoContent, "PATCH", eventPath(caseID, sent.ID), object{"status": "RECEIVED"})
	}
	if got := osl.readCase(caseID).Status; got != "IN_PROGRESS" {
		t.Errorf("case %s, want IN_PROGRESS", got)
	}
	if left := h.sim.Notifications(); len(left) != 1 {
		t.Errorf("%d notifications, want the new case alone", len(left))
	}
}

// "a message is allowed only if the process has messageToTransmitter; an SI may attach only
// formats of siAttachmentFormatsEnabled (empty = forbidden)".
func TestProcessLimitsTheTown(t *testing.T) {
	h := start(t, func(o *hubee.Options) {
		o.Processes = []hubee.Process{{
			Code: hubee.QuotientProcess, Name: "Quotient", AttachmentFormatsEnabled: []string{"application/json", "application/xml", "application/pdf"},
		}}
	})
	osl, town := h.depositor(), h.town()
	caseID := osl.deposit(reference, valbrume).Cases[0].ID
	path := folders + "/cases/" + caseID + "/events"
	files := []object{{"fileName": "a.pdf", "type": "Attestation", "size": 15, "mimeType": "application/pdf"}}
	deposit := object{"actionType": "ATTACH_DEPOSIT", "notification": true, "attachments": files}
	town.call("POST", path, object{"actionType": "SENDING_MESSAGE", "notification": true, "message": "Bonjour"}).mustBe(t, http.StatusBadRequest)
	town.call("POST", path, deposit).mustBe(t, http.StatusBadRequest)
	osl.must(http.StatusCreated, "POST", path, deposit)
}

// "GET …/cases/{id}?lite=true gives a lighter version".
func TestLightCase(t *testing.T) {
	h := startUnderContract(t)
	caseID := h.depositor().deposit(reference, valbrume).Cases[0].ID
	light := decode[object](t, h.town().must(http.StatusOK, "GET", folders+"/cases/"+caseID+"?lite=true", nil))
	for _, name := range []string{"events", "attachments"} {
		if _, present := light[name]; present {
			t.Errorf("the light case holds %s", name)
		}
	}
}

// "activation takes effect at 00:01 of activateDateTime" (§10.1).
func TestActivationWaitsForItsDay(t *testing.T) {
	h := start(t)
	admin, osl := h.administrator(), h.depositor()
	rows := decode[[]object](t, admin.must(http.StatusOK, "GET", referential+"/subscriptions?status=Inactif", nil))
	path := referential + "/subscriptions/" + rows[0]["id"].(string)
	body := activated(rows[0], editorA)
	body["activateDateTime"] = time.Now().AddDate(0, 0, 2).Format(time.RFC3339)
	admin.must(http.StatusOK, "PUT", path, body)
	osl.call("POST", folders+"/folders", quotientFolder(reference, merigny)).
		mustRefuse(t, http.StatusBadRequest, 400, "Case recipient SI-21990004000015-99004 does not suscribed to FormulaireQF")
	body["activateDateTime"] = time.Now().AddDate(0, 0, -1).Format(time.RFC3339)
	admin.must(http.StatusOK, "PUT", path, body)
	osl.create(quotientFolder(reference, merigny))
}

// A PUT replaces the row; its identity stays, and so do the names that a reader never sees.
func TestUpdateReplacesTheSubscription(t *testing.T) {
	h := start(t)
	admin := h.administrator()
	rows := decode[[]object](t, admin.must(http.StatusOK, "GET", referential+"/subscriptions?status=Inactif", nil))
	path := referential + "/subscriptions/" + rows[0]["id"].(string)
	body := activated(rows[0], editorA)
	body["processCode"] = hubee.ForeignProcess
	admin.call("PUT", path, body).mustRefuse(t, http.StatusBadRequest, 400, "Bad request")
	body["processCode"] = hubee.QuotientProcess
	body["id"] = unknownID
	admin.call("PUT", path, body).mustBe(t, http.StatusBadRequest)
	delete(body, "id")
	delete(body, "email")
	admin.must(http.StatusOK, "PUT", path, body)
	shown := h.sim.Subscriptions()[3]
	if shown.Email != nil {
		t.Errorf("email %q, want null: the body left it out", *shown.Email)
	}
	if shown.LocalAdministrator.LastName != "Martin" {
		t.Errorf("local administrator %+v, want the names kept", shown.LocalAdministrator)
	}
	delete(body, "datapassId")
	admin.call("PUT", path, body).mustBe(t, http.StatusBadRequest)
}

// "Refusé kept as history": it neither receives nor blocks a new request.
func TestRefusedSubscriptionIsHistory(t *testing.T) {
	h := start(t)
	admin := h.administrator()
	id := h.sim.Subscriptions()[3].ID
	admin.call("POST", referential+"/subscriptions", newSubscription(merigny)).mustBe(t, http.StatusBadRequest)
	if err := h.sim.SetSubscriptionStatus(id, "Refusé"); err != nil {
		t.Fatal(err)
	}
	admin.must(http.StatusCreated, "POST", referential+"/subscriptions", newSubscription(merigny))
	if n := len(h.sim.Subscriptions()); n != 5 {
		t.Errorf("%d subscriptions, want 5: the refused one stays", n)
	}
}

// Rows 23 and 24 of §3: organisations and processes are read, listed and replaced.
func TestReferentialIsMaintained(t *testing.T) {
	h := start(t)
	admin := h.administrator()
	list := admin.must(http.StatusOK, "GET", referential+"/organizations?type=SI&company_register="+loriol.CompanyRegister+"&offSet=0&maxResult=25&orderBy=company_register", nil)
	if rows := decode[[]hubee.Organization](t, list); len(rows) != 1 || rows[0].Name != "Commune de Saint-Loriol" {
		t.Errorf("rows %+v, want Saint-Loriol", rows)
	}
	body := newOrganization(loriol)
	body["name"] = "Commune de Saint-Loriol-le-Haut"
	path := referential + "/organizations/" + loriol.String()
	admin.must(http.StatusOK, "PUT", path, body)
	if got := decode[hubee.Organization](t, admin.must(http.StatusOK, "GET", path, nil)); got.Name != body["name"] || got.UpdateDateTime == nil {
		t.Errorf("organisation %+v, want the new name and a date", got)
	}
	admin.call("PUT", path, newOrganization(valbrume)).mustRefuse(t, http.StatusBadRequest, 400, "Bad request")
	admin.must(http.StatusBadRequest, "GET", referential+"/organizations?orderBy=colour", nil)

	process := object{"code": "RSA", "name": "Revenu de solidarité active", "attachmentFormatsEnabled": []string{"application/pdf"}}
	admin.must(http.StatusCreated, "POST", referential+"/processes", process)
	admin.call("POST", referential+"/processes", process).mustBe(t, http.StatusBadRequest)
	process["name"] = "RSA"
	admin.must(http.StatusOK, "PUT", referential+"/processes/RSA", process)
	if got := decode[hubee.Process](t, admin.must(http.StatusOK, "GET", referential+"/processes/RSA", nil)); got.Name != "RSA" {
		t.Errorf("process %+v, want the new name", got)
	}
	if rows := decode[[]object](t, admin.must(http.StatusOK, "GET", referential+"/processes", nil)); len(rows) != 3 {
		t.Errorf("%d processes, want 3", len(rows))
	}
	admin.call("GET", referential+"/processes/rsa", nil).mustRefuse(t, http.StatusNotFound, 404, "Process is not found")
}
