package hubee_test

import (
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"portail-qf/internal/sim/hubee"
)

// "Duplicate folder externalId" is refused by default, accepted when the settings say so.
func TestDuplicateExternalID(t *testing.T) {
	h := start(t)
	osl := h.depositor()
	osl.create(quotientFolder(reference, valbrume))
	osl.call("POST", folders+"/folders", quotientFolder(reference, valbrume)).
		mustRefuse(t, http.StatusBadRequest, 400, "Folder Formulaire-QF-ABCDEF1234567 already exists")
	osl.must(http.StatusOK, "PUT", "/_sim/settings", object{"duplicate_external_id": "accept"})
	osl.create(quotientFolder(reference, valbrume))
	osl.must(http.StatusBadRequest, "PUT", "/_sim/settings", object{"duplicate_external_id": "perhaps"})
	osl.must(http.StatusBadRequest, "PUT", "/_sim/settings", object{"colour": "blue"})
	osl.create(quotientFolder(reference, valbrume)) // a refused order changes nothing
}

// "the switch to HUBEE_NOTIFIED is done by the hub afterwards: asynchronous" (§5.3).
func TestCompletionDelay(t *testing.T) {
	h := start(t, func(o *hubee.Options) { o.Settings.CompletionDelayMS = 300 })
	osl, town := h.depositor(), h.town()
	folder := osl.deposit(reference, valbrume)
	if got := folder.Cases[0].Status; got != "HUBEE_COMPLETED" {
		t.Errorf("case %s right after the completion, want HUBEE_COMPLETED", got)
	}
	if err := h.sim.Advance(reference, "DONE"); err == nil {
		t.Error("the town moves a case that it has not received")
	}
	deadline := time.Now().Add(5 * time.Second)
	for len(town.notifications()) == 0 && time.Now().Before(deadline) {
		time.Sleep(20 * time.Millisecond)
	}
	if got := osl.readCase(folder.Cases[0].ID).Status; got != "HUBEE_NOTIFIED" {
		t.Errorf("case %s after the delay, want HUBEE_NOTIFIED", got)
	}
}

// The other switches of §13, each one against the default.
func TestSwitches(t *testing.T) {
	h := start(t)
	osl, town := h.depositor(), h.town()
	caseID := osl.deposit(reference, valbrume).Cases[0].ID
	town.postEvent(caseID, statusUpdate("IN_PROGRESS"))
	town.postEvent(caseID, statusUpdate("SI_RECEIVED")) // going back, by default
	acknowledge := func() int {
		n := osl.notifications()[0]
		osl.must(http.StatusNoContent, "PATCH", eventPath(caseID, *n.EventID), object{"status": "RECEIVED"})
		return len(osl.notifications())
	}
	if left := acknowledge(); left != 2 {
		t.Errorf("%d notifications after RECEIVED, want 2: no auto-delete", left)
	}
	osl.forget(osl.notifications()[0])
	if err := h.sim.SetSettings(hubee.Settings{StrictTransitions: true, AutoDeleteOnReceived: true, Gzip: true, RequirePartnerHeaders: true}); err != nil {
		t.Fatal(err)
	}
	nameless := osl.request("GET", folders+"/cases/"+caseID, nil)
	h.send(nameless).mustBe(t, http.StatusBadRequest)
	named := func(by caller, method, path string, body any) reply {
		request := by.request(method, path, body)
		request.Header.Set("applicationName", "portail")
		request.Header.Set("softwareVersion", "1")
		request.Header.Set("Accept-Encoding", "gzip")
		return h.send(request)
	}
	got := named(osl, "GET", folders+"/notifications", nil)
	if got.header.Get("Content-Encoding") != "gzip" {
		t.Fatal("the answer is not compressed")
	}
	reader, err := gzip.NewReader(strings.NewReader(string(got.body)))
	if err != nil {
		t.Fatal(err)
	}
	if got.body, err = io.ReadAll(reader); err != nil {
		t.Fatal(err)
	}
	n := decode[[]shownNotification](t, got)[0]
	named(osl, "PATCH", eventPath(caseID, *n.EventID), object{"status": "RECEIVED"}).mustBe(t, http.StatusNoContent)
	for _, left := range h.sim.Notifications() {
		if left.Recipient == operator {
			t.Errorf("the depositor keeps %+v, want nothing: auto-delete", left)
		}
	}
	named(town, "PATCH", folders+"/cases/"+caseID, object{"status": "DONE"}).mustBe(t, http.StatusNoContent)
	named(town, "PATCH", folders+"/cases/"+caseID, object{"status": "SENT"}).mustBe(t, http.StatusBadRequest)
}

// §4: the limits of a folder, counted in characters.
func TestFolderLimits(t *testing.T) {
	h := start(t)
	osl := h.depositor()
	attachment := func(name string, value any) func(object) {
		return func(body object) { body["attachments"].([]object)[0][name] = value }
	}
	set := func(name string, value any) func(object) { return func(body object) { body[name] = value } }
	for name, change := range map[string]func(object){
		"externalId over 30":               set("externalId", strings.Repeat("x", 31)),
		"no case":                          set("cases", []object{}),
		"no attachment":                    set("attachments", []object{}),
		"unknown process":                  set("processCode", "formulaireqf"),
		"applicant without lastName":       set("applicant", object{"firstName": "Angela"}),
		"applicant's mail is none":         set("applicant", object{"firstName": "A", "lastName": "B", "email": "x"}),
		"file without recipients":          attachment("recipients", []string{}),
		"file for a case that is not here": attachment("recipients", []string{"another"}),
		"file name over 255":               attachment("fileName", strings.Repeat("é", 256)),
		"size is not a number":             attachment("size", "683"),
		"format not enabled":               attachment("mimeType", "image/png"),
		"type not enabled":                 attachment("type", "Autre"),
		"bigger than the process allows":   attachment("size", 6<<20),
	} {
		body := quotientFolder(reference, valbrume)
		change(body)
		if got := osl.call("POST", folders+"/folders", body); got.status != http.StatusBadRequest {
			t.Errorf("%s: status %d, want 400", name, got.status)
		}
	}
	long := osl.request("POST", folders+"/folders", quotientFolder(reference, valbrume))
	long.Header.Set("editorName", strings.Repeat("x", 51))
	h.send(long).mustBe(t, http.StatusBadRequest)
	asForm := osl.request("POST", folders+"/folders", quotientFolder(reference, valbrume))
	asForm.Header.Set("Content-Type", "text/plain")
	h.send(asForm).mustBe(t, http.StatusBadRequest)
	body := quotientFolder(strings.Repeat("é", 30), valbrume)
	body["applicant"] = object{"firstName": strings.Repeat("é", 255), "lastName": "B", "email": nil}
	osl.create(body)
}

// DEMO.md: "the contract's objects; each of a folder's attachments[] also has content
// (base64, null before upload), each case its events".
func TestControlShowsFolders(t *testing.T) {
	h := start(t)
	osl := h.depositor()
	osl.create(quotientFolder("QF-EMPTY", valbrume))
	osl.deposit(reference, valbrume)
	if err := h.sim.Advance(reference, "SI_RECEIVED"); err != nil {
		t.Fatal(err)
	}
	shown := decode[[]struct {
		ExternalID  string
		Attachments []struct{ Content *string }
		Cases       []struct{ Events []shownEvent }
	}](t, osl.must(http.StatusOK, "GET", "/_sim/folders", nil))
	if len(shown) != 2 || shown[0].Attachments[0].Content != nil || shown[0].Cases[0].Events == nil {
		t.Fatalf("folders %+v, want two, the first one without content nor event", shown)
	}
	want := base64.StdEncoding.EncodeToString(quotientFiles["FormulaireQF.json"])
	if got := shown[1].Attachments[0].Content; got == nil || *got != want {
		t.Errorf("content %v, want %s", got, want)
	}
	if events := shown[1].Cases[0].Events; len(events) != 1 || *events[0].CaseNewStatus != "SI_RECEIVED" {
		t.Errorf("events %+v, want one to SI_RECEIVED", events)
	}
	for path, want := range map[string]int{"/_sim/organizations": 7, "/_sim/subscriptions": 4, "/_sim/mails": 1} {
		if got := decode[[]object](t, osl.must(http.StatusOK, "GET", path, nil)); len(got) != want {
			t.Errorf("%s lists %d objects, want %d", path, len(got), want)
		}
	}
}

// The methods by which a test acts as the town or as HubEE's operators.
func TestActingWithoutCeremony(t *testing.T) {
	h := start(t)
	osl := h.depositor()
	folder := osl.deposit(reference, valbrume)
	for name, err := range map[string]error{
		"unknown folder": h.sim.Advance("QF-NOBODY", "DONE"), "unknown status": h.sim.Advance(reference, "FINISHED"),
		"deleting nothing": h.sim.DeleteFolder("QF-NOBODY"), "purging nothing": h.sim.PurgeFiles("QF-NOBODY"),
		"unknown subscription": h.sim.SetSubscriptionStatus(unknownID, "Actif"),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if err := h.sim.DeleteFolder(reference); err != nil {
		t.Fatal(err)
	}
	osl.call("GET", folders+"/folders/"+folder.ID, nil).mustRefuse(t, http.StatusNotFound, 404, "Folder is not found")
	osl.call("GET", folders+"/cases/"+folder.Cases[0].ID, nil).mustRefuse(t, http.StatusNotFound, 404, "Case is not found")
	if left := h.sim.Notifications(); len(left) != 0 {
		t.Errorf("%+v outlive their folder", left)
	}
	osl.deposit(reference, valbrume) // "if it was deleted, make it again under the same externalId" (§11)
}

// Many partners at once: each deposit notified once, none lost (run with -race).
func TestConcurrentDeposits(t *testing.T) {
	h := start(t)
	osl, town := h.depositor(), h.town()
	const many = 20
	t.Run("together", func(t *testing.T) {
		for i := range many {
			t.Run(fmt.Sprint(i), func(t *testing.T) {
				t.Parallel()
				own := &hub{t: t, sim: h.sim, url: h.url}
				caller{own, osl.token}.deposit(fmt.Sprintf("QF-%d", i), valbrume)
				caller{own, town.token}.notifications()
				h.sim.Folders()
			})
		}
	})
	if n := len(h.sim.Notifications()); n != many {
		t.Errorf("%d notifications, want %d", n, many)
	}
}
