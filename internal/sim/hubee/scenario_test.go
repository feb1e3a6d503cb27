package hubee_test

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// N0: "token OSL / SI / ADMIN: 200 + access_token" (reference/hubee.md §13.1).
func TestN0EachScopeHasItsToken(t *testing.T) {
	h := start(t)
	for scope, id := range map[string]string{"OSL": "osl", "SI": "si-valbrume", "ADMIN": "admin"} {
		secret := map[string]string{"OSL": "secret-osl", "SI": "secret-valbrume", "ADMIN": "secret-admin"}[scope]
		got := h.askToken(id, secret, url.Values{"grant_type": {"client_credentials"}, "scope": {scope}})
		got.mustBe(t, http.StatusOK)
		answer := decode[map[string]any](t, got)
		if answer["access_token"] == "" {
			t.Errorf("scope %s: no access_token", scope)
		}
		delete(answer, "access_token")
		want := map[string]any{"scope": scope, "token_type": "Bearer", "expires_in": 3600.0}
		if diff := cmp.Diff(want, answer); diff != "" {
			t.Errorf("scope %s (-want +got):\n%s", scope, diff)
		}
	}
}

// NA: "case HUBEE_NOTIFIED; 1 notification per recipient with eventId null".
func TestNADepositReachesTheTown(t *testing.T) {
	h := startUnderContract(t)
	folder := h.depositor().deposit(reference, valbrume)
	if folder.Cases[0].Status != "HUBEE_NOTIFIED" || folder.GlobalStatus != "HUBEE_COMPLETED" {
		t.Errorf("folder %s, case %s; want HUBEE_COMPLETED, HUBEE_NOTIFIED", folder.GlobalStatus, folder.Cases[0].Status)
	}
	if got := *folder.PartnerInfo.EditorName; got != "Portail QF" {
		t.Errorf("partnerInfo.editorName = %q, want the header of the deposit", got)
	}
	queue := h.town().notifications()
	if len(queue) != 1 || queue[0].EventID != nil || queue[0].EventActionType != nil || queue[0].CaseID != folder.Cases[0].ID {
		t.Fatalf("queue of the town %+v, want the new case alone, without event", queue)
	}
	if queue[0].Recipient != valbrume || queue[0].Transmitter != operator {
		t.Errorf("from %v to %v, want from %v to %v", queue[0].Transmitter, queue[0].Recipient, operator, valbrume)
	}
	if left := h.depositor().notifications(); len(left) != 0 {
		t.Errorf("the depositor has %d notifications, want none", len(left))
	}
	if mails := h.sim.Mails(); len(mails) != 1 || mails[0].To[0] != "dossiers@commune.fr" {
		t.Errorf("mails %+v, want one to the address of the subscription (frequency Unitaire)", mails)
	}
}

// NA2: "case 1 lists 4 files, case 2 lists 2; downloading a DD file through case 2 → not
// served".
func TestNA2FilesGoOnlyToTheirRecipients(t *testing.T) {
	h := startUnderContract(t)
	osl := h.depositor()
	body := quotientFolder(reference, valbrume)
	body["cases"] = []object{
		{"externalId": reference + "-01", "recipient": valbrume}, {"externalId": reference + "-02", "recipient": loriol},
	}
	content := []byte(`{"a":1}`)
	var files []object
	for _, name := range []string{"DD_1.json", "DD_2.json", "VA_1.json", "VA_2.json"} {
		recipients := []string{reference + "-01"}
		if name[:2] == "VA" {
			recipients = append(recipients, reference+"-02")
		}
		files = append(files, object{"fileName": name, "type": "FormulaireQF", "size": len(content), "mimeType": "application/json", "recipients": recipients})
	}
	body["attachments"] = files
	folder := osl.create(body)
	path := folders + "/folders/" + folder.ID
	for _, file := range folder.Attachments {
		osl.must(http.StatusNoContent, "PUT", path+"/attachments/"+file.ID, content)
	}
	osl.must(http.StatusNoContent, "PATCH", path, object{"globalStatus": "HUBEE_COMPLETED"})
	first, second := h.town(), h.as("SI", "si-loriol", "secret-loriol")
	if n := len(first.readCase(folder.Cases[0].ID).Attachments); n != 4 {
		t.Errorf("case 1 lists %d files, want 4", n)
	}
	if n := len(second.readCase(folder.Cases[1].ID).Attachments); n != 2 {
		t.Errorf("case 2 lists %d files, want 2", n)
	}
	second.call("GET", folders+"/cases/"+folder.Cases[1].ID+"/attachments/"+folder.Attachments[0].ID, nil).
		mustRefuse(t, http.StatusNotFound, 404, "File is not found")
}

// takeCharge plays NB: the town fetches the case and its files, then announces a status.
func takeCharge(t *testing.T, town caller, event object, patchFirst string) {
	t.Helper()
	queue := town.notifications()
	if len(queue) != 1 {
		t.Fatalf("the town has %d notifications, want 1", len(queue))
	}
	received := town.readCase(queue[0].CaseID)
	for _, file := range received.Attachments {
		got := town.must(http.StatusOK, "GET", folders+"/cases/"+received.ID+"/attachments/"+file.ID, nil)
		sum := sha256.Sum256(got.body)
		if string(got.body) != string(quotientFiles[file.FileName]) || got.header.Get("digest") != base64.StdEncoding.EncodeToString(sum[:]) {
			t.Errorf("%s came back changed, or with digest %q", file.FileName, got.header.Get("digest"))
		}
	}
	if patchFirst != "" {
		town.moveCase(received.ID, patchFirst)
	}
	town.postEvent(received.ID, event)
	town.forget(queue[0])
}

// NB, NB', NB”: "OSL gets 1 notification (SENT)"; "case.status = caseNewStatus".
func TestNBTownTakesCharge(t *testing.T) {
	for name, flow := range map[string]struct {
		patchFirst string
		event      object
		want       string
	}{
		"NB: PATCH the case, then the event":       {"IN_PROGRESS", statusUpdate("IN_PROGRESS", "HUBEE_NOTIFIED"), "IN_PROGRESS"},
		"NB': the event alone is enough":           {"", statusUpdate("IN_PROGRESS"), "IN_PROGRESS"},
		"NB'': the town could not integrate it":    {"", statusUpdate("SI_INTG_ERROR"), "SI_INTG_ERROR"},
		"NB': straight to refused, skipping steps": {"", statusUpdate("REFUSED"), "REFUSED"},
	} {
		t.Run(name, func(t *testing.T) {
			h := startUnderContract(t)
			osl, town := h.depositor(), h.town()
			folder := osl.deposit(reference, valbrume)
			takeCharge(t, town, flow.event, flow.patchFirst)
			queue := osl.notifications()
			if len(queue) != 1 || *queue[0].EventStatus != "SENT" || *queue[0].EventActionType != "STATUS_UPDATE" {
				t.Fatalf("queue of the depositor %+v, want one STATUS_UPDATE SENT", queue)
			}
			got := osl.readCase(folder.Cases[0].ID)
			if got.Status != flow.want || *got.Events[0].CaseCurrentStatus != "HUBEE_NOTIFIED" {
				t.Errorf("case %s after an event from %s, want %s from HUBEE_NOTIFIED", got.Status, *got.Events[0].CaseCurrentStatus, flow.want)
			}
			if left := town.notifications(); len(left) != 0 {
				t.Errorf("the town keeps %d notifications, want none", len(left))
			}
		})
	}
}

// "PATCH case: no event, new status, nobody is notified" (§6.2): a bare PATCH is silent.
func TestBarePatchIsSilent(t *testing.T) {
	h := startUnderContract(t)
	osl := h.depositor()
	folder := osl.deposit(reference, valbrume)
	h.town().moveCase(folder.Cases[0].ID, "DONE")
	if queue := osl.notifications(); len(queue) != 0 {
		t.Errorf("the depositor has %d notifications after a bare PATCH, want none", len(queue))
	}
	if got := osl.readCase(folder.Cases[0].ID).Status; got != "DONE" {
		t.Errorf("case %s, want DONE: GET must tell what no notification told", got)
	}
}

func finish(town caller, caseID string) {
	town.moveCase(caseID, "DONE")
	town.postEvent(caseID, statusUpdate("DONE", "IN_PROGRESS"))
}

func closeCase(t *testing.T, osl caller, caseID string) {
	t.Helper()
	queue := osl.notifications()
	if len(queue) == 0 {
		t.Fatal("the depositor was told nothing")
	}
	last := osl.readCase(caseID).Events
	osl.must(http.StatusNoContent, "PATCH", eventPath(caseID, last[len(last)-1].ID), object{"status": "RECEIVED"})
	osl.moveCase(caseID, "CLOSED")
	osl.postEvent(caseID, object{
		"actionType": "STATUS_UPDATE", "author": "DINUM", "notification": true, "message": "Dossier traité par le service.",
		"caseCurrentStatus": "DONE", "caseNewStatus": "CLOSED",
	})
	osl.forget(queue[0])
}

// NC1, NC2, NE: "SI holds: RECEIVED receipt + CLOSED event"; then the folder is closed.
func TestNCTownEndsAndDepositorCloses(t *testing.T) {
	h := startUnderContract(t)
	osl, town := h.depositor(), h.town()
	folder := osl.deposit(reference, valbrume)
	caseID := folder.Cases[0].ID
	takeCharge(t, town, statusUpdate("IN_PROGRESS"), "")
	osl.readMessage()
	town.readMessage()
	finish(town, caseID)
	closeCase(t, osl, caseID)
	var held []string
	for _, n := range town.notifications() {
		held = append(held, *n.EventStatus)
	}
	if diff := cmp.Diff([]string{"RECEIVED", "SENT"}, held); diff != "" {
		t.Errorf("the town holds (-want +got):\n%s", diff)
	}
	path := folders + "/folders/" + folder.ID
	osl.must(http.StatusNoContent, "PATCH", path, object{"globalStatus": "CLOSED"})
	got := decode[struct {
		GlobalStatus  string
		CloseDateTime *string
	}](t, osl.must(http.StatusOK, "GET", path, nil))
	if got.GlobalStatus != "CLOSED" || got.CloseDateTime == nil {
		t.Errorf("folder %s closed at %v, want CLOSED and a date", got.GlobalStatus, got.CloseDateTime)
	}
}

// ND-MSG: "emitter gets a receipt only in the second branch".
func TestNDMessageIsAcknowledgedOnce(t *testing.T) {
	h := startUnderContract(t)
	osl, town := h.depositor(), h.town()
	folder := osl.deposit(reference, valbrume)
	takeCharge(t, town, object{"actionType": "SENDING_MESSAGE", "author": "Service", "notification": true, "message": "Bonjour", "comment": "interne"}, "")
	if read := osl.readCase(folder.Cases[0].ID); read.Events[0].Comment != nil {
		t.Error("the depositor reads the comment, which is internal to the town")
	}
	osl.readMessage()
	receipt := town.notifications()
	if len(receipt) != 1 || *receipt[0].EventStatus != "RECEIVED" || receipt[0].Transmitter != operator {
		t.Fatalf("queue of the town %+v, want the receipt of its message", receipt)
	}
	town.readMessage()
	for name, queue := range map[string][]shownNotification{"depositor": osl.notifications(), "town": town.notifications()} {
		if len(queue) != 0 {
			t.Errorf("queue of the %s %+v, want empty: a receipt is deleted, never acknowledged", name, queue)
		}
	}
}

// depositFiles plays the ATTACH_DEPOSIT of one side, up to SENT.
func depositFiles(t *testing.T, from, to caller, caseID, next string) string {
	t.Helper()
	content := quotientFiles["quotient.pdf"]
	event := from.postEvent(caseID, object{
		"actionType": "ATTACH_DEPOSIT", "author": "Service", "notification": true, "caseNewStatus": next,
		"attachments": []object{{"fileName": "attestation.pdf", "type": "Attestation", "size": len(content), "mimeType": "application/pdf"}},
	})
	before := len(to.notifications())
	if event.Status != "IN_PROGRESS" {
		t.Errorf("event %s at creation, want IN_PROGRESS", event.Status)
	}
	path := eventPath(caseID, event.ID)
	from.call("PATCH", path, object{"status": "SENT"}).mustRefuse(t, http.StatusBadRequest, 400, "Bad request") // E20
	from.must(http.StatusNoContent, "PUT", path+"/attachments/"+event.Attachments[0].ID, content)
	if n := len(to.notifications()); n != before {
		t.Errorf("the other party was notified before SENT")
	}
	from.must(http.StatusNoContent, "PATCH", path, object{"status": "SENT"})
	if n := len(to.notifications()); n != before+1 {
		t.Errorf("the other party has %d notifications after SENT, want %d", n, before+1)
	}
	got := to.must(http.StatusOK, "GET", path+"/attachments/"+event.Attachments[0].ID, nil)
	if string(got.body) != string(content) {
		t.Error("the file of the event came back changed")
	}
	return event.ID
}

// NF: reopen, "SI notified at SENT, not before". NG4: "OSL notified once, after SENT".
func TestNFAndNG4FilesAreAnnouncedWhenSent(t *testing.T) {
	h := startUnderContract(t)
	osl, town := h.depositor(), h.town()
	folder := osl.deposit(reference, valbrume)
	caseID := folder.Cases[0].ID
	takeCharge(t, town, statusUpdate("IN_PROGRESS"), "")
	depositFiles(t, town, osl, caseID, "DONE")
	if got := osl.readCase(caseID).Status; got != "DONE" {
		t.Errorf("case %s after the town's deposit, want DONE", got)
	}
	osl.moveCase(caseID, "CLOSED")
	depositFiles(t, osl, town, caseID, "HUBEE_NOTIFIED")
	osl.must(http.StatusNoContent, "PATCH", folders+"/folders/"+folder.ID, object{"globalStatus": "HUBEE_NOTIFIED"})
	if got := town.readCase(caseID).Status; got != "HUBEE_NOTIFIED" {
		t.Errorf("case %s after the reopening, want HUBEE_NOTIFIED", got)
	}
}

// NG1, NG2: the town asks for more, the depositor answers.
func TestNGTownAsksForMore(t *testing.T) {
	h := startUnderContract(t)
	osl, town := h.depositor(), h.town()
	caseID := osl.deposit(reference, valbrume).Cases[0].ID
	event := statusUpdate("ADD_AWAITING", "IN_PROGRESS")
	event["message"] = "Il manque une pièce."
	town.postEvent(caseID, event)
	town.moveCase(caseID, "ADD_AWAITING")
	osl.readMessage()
	osl.postEvent(caseID, object{
		"actionType": "SENDING_MESSAGE", "author": "DINUM", "notification": true, "message": "La voici.",
		"caseCurrentStatus": "ADD_AWAITING", "caseNewStatus": "HUBEE_COMPLETED",
	})
	osl.moveCase(caseID, "HUBEE_COMPLETED")
	if got := town.readCase(caseID).Status; got != "HUBEE_COMPLETED" {
		t.Errorf("case %s, want HUBEE_COMPLETED", got)
	}
	if queue := town.notifications(); len(queue) != 3 {
		t.Errorf("the town holds %d notifications, want 3: the case, the receipt, the answer", len(queue))
	}
}

// NH1: end to end, "both queues empty, no 404, case and folder CLOSED".
func TestNH1WholeExchangeEmptiesBothQueues(t *testing.T) {
	h := startUnderContract(t)
	osl, town := h.depositor(), h.town()
	folder := osl.deposit(reference, valbrume)
	caseID := folder.Cases[0].ID
	takeCharge(t, town, statusUpdate("IN_PROGRESS", "HUBEE_NOTIFIED"), "IN_PROGRESS")
	osl.readMessage()
	town.readMessage()
	finish(town, caseID)
	closeCase(t, osl, caseID)
	town.readMessage()
	town.readMessage()
	osl.readMessage()
	osl.must(http.StatusNoContent, "PATCH", folders+"/folders/"+folder.ID, object{"globalStatus": "CLOSED"})
	if left := h.sim.Notifications(); len(left) != 0 {
		t.Errorf("queues hold %+v, want nothing", left)
	}
	shown := h.sim.Folders()[0]
	if shown.GlobalStatus != "CLOSED" || shown.Cases[0].Status != "CLOSED" {
		t.Errorf("folder %s, case %s; want both CLOSED", shown.GlobalStatus, shown.Cases[0].Status)
	}
}

// NK: "with processCode filter: 3; without: no infinite loop, foreign ones intact".
func TestNKForeignNotificationsShareTheQueue(t *testing.T) {
	h := startUnderContract(t)
	osl := h.depositor()
	h.sim.PushForeignNotification(30)
	for i := range 3 {
		number := fmt.Sprintf("%s%d", reference[:len(reference)-1], i)
		osl.deposit(number, valbrume)
		if err := h.sim.Advance(number, "SI_RECEIVED"); err != nil {
			t.Fatal(err)
		}
	}
	if queue := osl.notifications(); len(queue) != 3 {
		t.Errorf("%d notifications of FormulaireQF, want 3", len(queue))
	}
	whole := decode[[]shownNotification](t, osl.must(http.StatusOK, "GET", folders+"/notifications?maxResult=25", nil))
	again := decode[[]shownNotification](t, osl.must(http.StatusOK, "GET", folders+"/notifications?maxResult=25", nil))
	if len(whole) != 25 {
		t.Errorf("a page of 25 holds %d", len(whole))
	}
	if diff := cmp.Diff(whole, again); diff != "" {
		t.Errorf("reading the queue changed it (-first +second):\n%s", diff)
	}
	first := decode[[]shownNotification](t, osl.must(http.StatusOK, "GET", folders+"/notifications?maxResult=3&processPriority=FormulaireQF", nil))
	for _, n := range first {
		if n.ProcessCode != "FormulaireQF" {
			t.Errorf("%s comes first despite processPriority", n.ProcessCode)
		}
	}
	for _, n := range osl.notifications() {
		osl.forget(n)
	}
	if left := h.sim.Notifications(); len(left) != 33 { // 30 foreign ones, 3 cases that the town has not read
		t.Errorf("%d notifications left, want 33", len(left))
	}
}
