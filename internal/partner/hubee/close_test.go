package hubee_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/fault"
	"portail-qf/internal/partner/hubee"
)

var closingRoutes = []string{
	"GET /cases/{case}", "PATCH /cases/{case}", "POST /cases/{case}/events",
	"GET /folders/{folder}", "PATCH /folders/{folder}",
}

// depositedHub holds a dossier that the town has handled.
func depositedHub(t *testing.T) (*hub, *hubee.Client) {
	t.Helper()
	h := newHub(t)
	client := h.client(freshConnections)
	deposit(t, client)
	h.requests = nil
	return h, client
}

func checkClosed(t *testing.T, h *hub) {
	t.Helper()
	if h.caseStatus != "CLOSED" || h.folder["globalStatus"] != "CLOSED" {
		t.Errorf("case %s, folder %v; want both CLOSED", h.caseStatus, h.folder["globalStatus"])
	}
	if len(h.events) != 1 {
		t.Errorf("the town was told %d times, want once: %v", len(h.events), h.events)
	}
}

// « PATCH case CLOSED, POST event STATUS_UPDATE DONE→CLOSED, PATCH folder CLOSED »
// (reference/hubee.md §6.3)
func TestCloseInHubEEsOrder(t *testing.T) {
	h, client := depositedHub(t)
	if err := client.Close(t.Context(), folderID, caseID, "DONE"); err != nil {
		t.Fatal(err)
	}
	checkClosed(t, h)
	if diff := cmp.Diff(closingRoutes, h.routes()); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
	var told object
	if err := json.Unmarshal([]byte(h.bodies("POST /cases/{case}/events")[0]), &told); err != nil {
		t.Fatal(err)
	}
	want := object{
		"actionType": "STATUS_UPDATE", "author": "DINUM", "message": "Dossier traité par le service.",
		"notification": true, "caseCurrentStatus": "DONE", "caseNewStatus": "CLOSED",
	}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Errorf("event (-want +got):\n%s", diff)
	}
}

// « calling it again after a lost answer does no harm », whichever answer was lost and
// whether or not HubEE had acted.
func TestCloseAgainAfterALostAnswer(t *testing.T) {
	for _, route := range closingRoutes {
		for name, lost := range map[string]twist{
			"nothing done":           {answer: answering(503, "")},
			"connection cut":         {answer: hangUp},
			"cut after having acted": {acts: true, answer: hangUp},
			"500 after having acted": {acts: true, answer: refusing(500, "Internal Server Error")},
		} {
			t.Run(route+" "+name, func(t *testing.T) {
				h, client := depositedHub(t)
				h.on(route, lost)
				checkFault(t, client.Close(t.Context(), folderID, caseID, "DONE"), fault.Unavailable, "hubee.unavailable")
				for range 2 {
					if err := client.Close(t.Context(), folderID, caseID, "DONE"); err != nil {
						t.Fatalf("again: %v", err)
					}
				}
				checkClosed(t, h)
			})
		}
	}
}

// « skips what is already CLOSED … also when only the folder patch is missing »
func TestCloseDoesOnlyWhatIsMissing(t *testing.T) {
	told := statusUpdate("CLOSED")
	for name, c := range map[string]struct {
		caseStatus, folderStatus string
		events                   []object
		hidesEvents              bool
		changes                  []string
	}{
		"nothing":               {"CLOSED", "CLOSED", []object{told}, false, nil},
		"the folder":            {"CLOSED", "DONE", []object{told}, false, []string{"PATCH /folders/{folder}"}},
		"the event":             {"CLOSED", "CLOSED", []object{statusUpdate("DONE")}, false, []string{"POST /cases/{case}/events"}},
		"events not listed":     {"CLOSED", "CLOSED", nil, true, nil},
		"archived by HubEE":     {"ARCHIVED", "ARCHIVED", nil, false, nil},
		"the case":              {"REFUSED", "CLOSED", []object{}, false, []string{"PATCH /cases/{case}", "POST /cases/{case}/events"}},
		"everything, once more": {"IN_PROGRESS", "IN_PROGRESS", []object{told}, false, []string{"PATCH /cases/{case}", "POST /cases/{case}/events", "PATCH /folders/{folder}"}},
	} {
		t.Run(name, func(t *testing.T) {
			h, client := depositedHub(t)
			h.caseStatus, h.folder["globalStatus"] = c.caseStatus, c.folderStatus
			h.events, h.hidesEvents = c.events, c.hidesEvents
			if c.events == nil {
				h.events = []object{}
			}
			if err := client.Close(t.Context(), folderID, caseID, "DONE"); err != nil {
				t.Fatal(err)
			}
			var changes []string
			for _, route := range h.routes() {
				if route != "GET /cases/{case}" && route != "GET /folders/{folder}" {
					changes = append(changes, route)
				}
			}
			if diff := cmp.Diff(c.changes, changes); diff != "" {
				t.Errorf("changes (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCloseWhatIsGone(t *testing.T) {
	h, client := depositedHub(t)
	checkFault(t, client.Close(t.Context(), folderID, noticeID, "DONE"), fault.NotFound, "hubee.case_missing")
	h.folder = nil
	checkFault(t, client.Close(t.Context(), folderID, caseID, "DONE"), fault.NotFound, "hubee.folder_missing")
}
