package hubee_test

import (
	"fmt"
	"net/url"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/dossier"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/partner/hubee"
)

func notificationOf(processCode, id string) object {
	return object{
		"id": id, "processCode": processCode, "caseId": caseID, "eventId": eventID,
		"eventActionType": "STATUS_UPDATE", "eventStatus": "SENT", "dateTime": "2026-08-07T14:00:00.000+00:00",
		"recipient":   object{"type": "OSL", "companyRegister": "13002526500013", "branchCode": "75107"},
		"transmitter": object{"type": "SI", "companyRegister": "21040107100019", "branchCode": "04107"},
	}
}

func statusUpdate(newStatus string) object {
	return object{
		"id": eventID, "actionType": "STATUS_UPDATE", "status": "SENT", "notification": true,
		"caseCurrentStatus": "HUBEE_NOTIFIED", "caseNewStatus": newStatus, "author": "Service des écoles", "message": "",
		"createDateTime": "2024-07-04T08:54:15.438+00:00", "updateDateTime": nil,
	}
}

// follow reads the queue and closes the case, as the jobs do.
func follow(t *testing.T, client *hubee.Client) {
	t.Helper()
	queue, err := client.Notifications(t.Context(), 25)
	if err != nil || len(queue) == 0 {
		t.Fatalf("Notifications = %v, %v", queue, err)
	}
	for _, queued := range queue {
		if _, err := client.Event(t.Context(), queued.CaseID, queued.EventID); err != nil {
			t.Fatal(err)
		}
		if err := client.Acknowledge(t.Context(), queued.CaseID, queued.EventID); err != nil {
			t.Fatal(err)
		}
		if err := client.Discard(t.Context(), queued.ID); err != nil {
			t.Fatal(err)
		}
	}
	if err := client.Close(t.Context(), folderID, caseID, "DONE"); err != nil {
		t.Fatal(err)
	}
}

// « filter on processCode, never delete a foreign notification »: the filter is sent, and
// what HubEE lists in spite of it is left alone.
func TestNotificationsOfOtherProcessesAreNeverReturned(t *testing.T) {
	h := newHub(t)
	foreign := notificationOf("ProactiviteCnousBoursiers", "11111111-1111-4111-8111-111111111111")
	deposited := notificationOf("FormulaireQF", "22222222-2222-4222-8222-222222222222")
	deposited["eventId"], deposited["eventStatus"], deposited["eventActionType"] = nil, nil, nil
	undated := notificationOf("FormulaireQF", "33333333-3333-4333-8333-333333333333")
	undated["dateTime"] = "yesterday"
	h.notifications = []object{foreign, notificationOf("FormulaireQF", noticeID), notificationOf("formulaireqf", noticeID), deposited, undated}

	queue, err := h.client().Notifications(t.Context(), 25)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 8, 7, 14, 0, 0, 0, time.UTC)
	want := []dossier.Notification{
		{ID: noticeID, CaseID: caseID, EventID: eventID, EventStatus: "SENT", At: at},
		{ID: "22222222-2222-4222-8222-222222222222", CaseID: caseID, At: at},
		{ID: "33333333-3333-4333-8333-333333333333", CaseID: caseID, EventID: eventID, EventStatus: "SENT"},
	}
	if diff := cmp.Diff(want, queue); diff != "" {
		t.Errorf("notifications (-want +got):\n%s", diff)
	}
	query, err := url.ParseQuery(h.requests[0].query)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(url.Values{"maxResult": {"25"}, "processCode": {"FormulaireQF"}, "eventDetails": {"true"}}, query); diff != "" {
		t.Errorf("query (-want +got):\n%s", diff)
	}
}

// « lists at most limit notifications », « array (empty when nothing) »
func TestNotificationsAreLimited(t *testing.T) {
	h := newHub(t)
	client := h.client()
	if queue, err := client.Notifications(t.Context(), 2); err != nil || len(queue) != 0 {
		t.Errorf("empty queue: %v, %v", queue, err)
	}
	for i := range 5 {
		h.notifications = append(h.notifications, notificationOf("FormulaireQF", fmt.Sprintf("44444444-4444-4444-8444-%012d", i)))
	}
	if queue, err := client.Notifications(t.Context(), 2); err != nil || len(queue) != 2 {
		t.Errorf("%d notifications, %v; want 2", len(queue), err)
	}
}

func TestNotificationsThatAreNotAList(t *testing.T) {
	for _, body := range []string{`{"errors":[{"code":500,"message":"Internal Server Error"}]}`, "", "<html/>"} {
		h := newHub(t)
		h.on("GET /notifications", twist{answer: answering(200, body)})
		_, err := h.client().Notifications(t.Context(), 25)
		checkFault(t, err, fault.Unavailable, "hubee.unavailable")
	}
}

func TestEventOfACase(t *testing.T) {
	h := newHub(t)
	h.events = []object{statusUpdate("SI_RECEIVED")}
	client := h.client()
	want := dossier.CaseEvent{
		ID: eventID, ActionType: "STATUS_UPDATE", Status: "SENT", NewStatus: "SI_RECEIVED",
		At: time.Date(2024, 7, 4, 8, 54, 15, 438_000_000, time.UTC),
	}
	got, err := client.Event(t.Context(), caseID, eventID)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("event: %v (-want +got):\n%s", err, diff)
	}

	message := statusUpdate("")
	message["actionType"], message["caseNewStatus"], message["createDateTime"] = "SENDING_MESSAGE", nil, nil
	h.events = []object{message}
	got, err = client.Event(t.Context(), caseID, eventID)
	if diff := cmp.Diff(dossier.CaseEvent{ID: eventID, ActionType: "SENDING_MESSAGE", Status: "SENT"}, got); err != nil || diff != "" {
		t.Errorf("event without status: %v (-want +got):\n%s", err, diff)
	}
}

// « event fetch returning {"errors":[…]} → notification must survive (ours) »
func TestEventAnsweredByErrorsIsNotAnEvent(t *testing.T) {
	for _, body := range []string{
		`{"errors":[{"code":404,"message":"event is not found"}]}`,
		`{"errors":[]}`,
		`{"id":"` + caseID + `","actionType":"STATUS_UPDATE"}`,
	} {
		h := newHub(t)
		h.on("GET /cases/{case}/events/{event}", twist{answer: answering(200, body)})
		_, err := h.client().Event(t.Context(), caseID, eventID)
		checkFault(t, err, fault.Unavailable, "hubee.unavailable")
	}
}

// « Acknowledge: PATCH {"status":"RECEIVED"} → 204 »
func TestAcknowledgedEvent(t *testing.T) {
	h := newHub(t)
	h.events = []object{statusUpdate("IN_PROGRESS")}
	client := h.client()
	if err := client.Acknowledge(t.Context(), caseID, eventID); err != nil {
		t.Fatal(err)
	}
	if got := h.events[0]["status"]; got != "RECEIVED" {
		t.Errorf("event is %v, want RECEIVED", got)
	}
	h.events = []object{}
	checkFault(t, client.Acknowledge(t.Context(), caseID, eventID), fault.NotFound, "hubee.event_missing")
}

// « treat 404 on DELETE notification as success »
func TestDiscardedNotification(t *testing.T) {
	h := newHub(t)
	h.notifications = []object{notificationOf("FormulaireQF", noticeID), notificationOf("RSA", folderID)}
	client := h.client()
	for range 2 {
		if err := client.Discard(t.Context(), noticeID); err != nil {
			t.Fatal(err)
		}
	}
	if len(h.notifications) != 1 || h.notifications[0]["id"] != folderID {
		t.Errorf("left in the queue: %v", h.notifications)
	}
}

func TestCaseStatus(t *testing.T) {
	h := newHub(t)
	client := h.client()
	if status, err := client.CaseStatus(t.Context(), caseID); err != nil || status != "DONE" {
		t.Errorf("CaseStatus = %q, %v", status, err)
	}
	h.on("GET /cases/{case}", twist{answer: answering(200, `{"errors":[]}`)})
	_, err := client.CaseStatus(t.Context(), caseID)
	checkFault(t, err, fault.Unavailable, "hubee.unavailable")
}
