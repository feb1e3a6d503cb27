package postgres_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/dossier"
)

// quarantine sets a dossier aside, as its delivery does.
func (s *scene) quarantine(shipment dossier.Shipment) dossier.Shipment {
	s.t.Helper()
	if err := s.shipments.RecordQuarantined(context.Background(), shipment.ID, noon); err != nil {
		s.t.Fatal(err)
	}
	return s.shipment(shipment.Reference)
}

// enregistre → transmis → recu → en_cours → traite | refuse
// enregistre → quarantaine → enregistre
// enregistre | quarantaine → echec
// (the diagram of package dossier; « none undoes a later state »)
func TestADossierMovesAsItsDiagramSays(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	shipment := s.recordAtHub(noon)
	id := shipment.ID
	acts := map[string]func() error{
		"folder":      func() error { return s.shipments.RecordFolder(ctx, id, shipment.FolderID, caseOf(shipment), noon) },
		"transmitted": func() error { return s.shipments.RecordTransmitted(ctx, id, noon) },
		"failed":      func() error { return s.shipments.RecordFailed(ctx, id, noon) },
		"quarantined": func() error { return s.shipments.RecordQuarantined(ctx, id, noon) },
		"resumed":     func() error { return s.shipments.RecordResumed(ctx, id, shipment.FolderID, caseOf(shipment), noon) },
	}
	for _, status := range []string{"SENT", "SI_RECEIVED", "IN_PROGRESS", "ADD_AWAITING", "DONE", "REFUSED", "SI_INTG_ERROR", "CLOSED"} {
		acts[status] = func() error {
			_, err := s.followUp.RecordStatus(ctx, dossier.StatusChange{CaseID: caseOf(shipment), Status: status, At: noon})
			return err
		}
	}
	// What each act makes of each state; "" is a refusal, the state itself no change.
	const moved, notQuarantined = "dossier.moved", "dossier.not_quarantined"
	diagram := map[dossier.State]map[string]dossier.State{
		dossier.Recorded: {
			"folder": dossier.Recorded, "transmitted": dossier.Transmitted, "failed": dossier.Failed, "quarantined": dossier.Quarantined,
			"SI_RECEIVED": dossier.Received, "IN_PROGRESS": dossier.InProgress, "ADD_AWAITING": dossier.InProgress, "DONE": dossier.Processed, "REFUSED": dossier.Refused,
		},
		dossier.Quarantined: {
			"failed": dossier.Failed, "resumed": dossier.Recorded,
			"SI_RECEIVED": dossier.Received, "IN_PROGRESS": dossier.InProgress, "ADD_AWAITING": dossier.InProgress, "DONE": dossier.Processed, "REFUSED": dossier.Refused,
		},
		dossier.Transmitted: {
			"transmitted": dossier.Transmitted,
			"SI_RECEIVED": dossier.Received, "IN_PROGRESS": dossier.InProgress, "ADD_AWAITING": dossier.InProgress, "DONE": dossier.Processed, "REFUSED": dossier.Refused,
		},
		dossier.Received: {
			"transmitted": dossier.Received,
			"IN_PROGRESS": dossier.InProgress, "ADD_AWAITING": dossier.InProgress, "DONE": dossier.Processed, "REFUSED": dossier.Refused,
		},
		dossier.InProgress: {"transmitted": dossier.InProgress, "DONE": dossier.Processed, "REFUSED": dossier.Refused},
		dossier.Processed:  {"transmitted": dossier.Processed},
		dossier.Refused:    {"transmitted": dossier.Refused},
		dossier.Failed:     {},
	}
	for _, from := range dossier.States {
		for name, act := range acts {
			s.run(`UPDATE dossiers SET state = $2 WHERE id = $1`, id, from)
			err := act()
			isStatus := name == strings.ToUpper(name) // one of HubEE: never an error
			want, allowed := diagram[from][name]
			switch {
			case allowed || isStatus:
				if err != nil {
					t.Errorf("%s of a dossier %q: %v", name, from, err)
				}
				if !allowed {
					want = from
				}
			case name == "resumed":
				wantCode(t, err, notQuarantined)
				want = from
			default:
				wantCode(t, err, moved)
				want = from
			}
			if got := s.shipment(shipment.Reference).State; got != want {
				t.Errorf("%s of a dossier %q makes it %q, want %q", name, from, got, want)
			}
		}
	}
}

// « payload erased as soon as HubEE accepted it » and « échec (after 7 days, payload
// erased) » (PRODUCT.md §4 and §6); what is set aside keeps it, to be sent later.
func TestThePayloadIsErasedWithTheReasonToKeepIt(t *testing.T) {
	tests := []struct {
		name    string
		act     func(s *scene, shipment dossier.Shipment) error
		isKept  bool
		tracked string // line of the technical trace
	}{
		{"transmitted", func(s *scene, shipment dossier.Shipment) error {
			return s.shipments.RecordTransmitted(context.Background(), shipment.ID, noon)
		}, false, "transmitted"},
		{"failed", func(s *scene, shipment dossier.Shipment) error {
			return s.shipments.RecordFailed(context.Background(), shipment.ID, noon)
		}, false, "failed"},
		{"received before the transmission was written down", func(s *scene, shipment dossier.Shipment) error {
			_, err := s.followUp.RecordStatus(context.Background(), dossier.StatusChange{CaseID: caseOf(shipment), EventID: "e", Status: "SI_RECEIVED", At: noon})
			return err
		}, false, "status"},
		{"quarantined", func(s *scene, shipment dossier.Shipment) error {
			return s.shipments.RecordQuarantined(context.Background(), shipment.ID, noon)
		}, true, "quarantined"},
		{"resumed", func(s *scene, shipment dossier.Shipment) error {
			s.quarantine(shipment)
			return s.shipments.RecordResumed(context.Background(), shipment.ID, "found", "its case", noon)
		}, true, "resumed"},
	}
	s := setScene(t)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			bystander := s.record(noon)
			shipment := s.recordAtHub(noon)
			if err := s.shipments.RecordPrepared(context.Background(), shipment.ID, []byte("files"), noon); err != nil {
				t.Fatal(err)
			}
			if err := test.act(s, shipment); err != nil {
				t.Fatal(err)
			}
			after := s.shipment(shipment.Reference)
			if isKept := after.Payload != nil && after.Files != nil && after.PayloadKey != nil; isKept != test.isKept {
				t.Errorf("payload kept = %v, want %v", isKept, test.isKept)
			}
			if rows := s.count(`SELECT count(*) FROM dossier_payloads WHERE dossier_id = $1`, shipment.ID); (rows == 1) != test.isKept {
				t.Errorf("%d rows of payload left", rows)
			}
			if n := s.count(`SELECT count(*) FROM dossier_events WHERE dossier_id = $1 AND kind = $2`, shipment.ID, test.tracked); n != 1 {
				t.Errorf("%d lines %q in the trace", n, test.tracked)
			}
			if s.shipment(bystander.Reference).Payload == nil {
				t.Error("the payload of another dossier went with it")
			}
		})
	}
}

// « moves a quarantined dossier back to Recorded with the folder that staff found, and
// orders its delivery »
func TestAResumedDossierHasItsFolderAndItsOrder(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	shipment := s.quarantine(s.record(noon))
	if err := s.outbox.Finish(ctx, s.claimOne(noon), noon); err != nil {
		t.Fatal(err)
	}
	if err := s.shipments.RecordResumed(ctx, shipment.ID, "found", "its case", noon); err != nil {
		t.Fatal(err)
	}
	if resumed := s.shipment(shipment.Reference); resumed.State != dossier.Recorded || resumed.FolderID != "found" {
		t.Errorf("resumed: %+v", resumed)
	}
	if order := s.claimOne(noon); order.Kind != "dossier.deliver" {
		t.Errorf("order %+v", order)
	}
	wantCode(t, s.shipments.RecordResumed(ctx, shipment.ID, "found", "its case", noon), "dossier.not_quarantined")
}

func TestAShipmentIsReadBackAsItWasRecorded(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	at := noon
	recorded := s.record(at)
	if err := s.shipments.RecordPrepared(ctx, recorded.ID, []byte("files"), at); err != nil {
		t.Fatal(err)
	}
	if err := s.shipments.RecordFolder(ctx, recorded.ID, "folder", "case", at); err != nil {
		t.Fatal(err)
	}
	found, err := s.shipments.FindShipment(ctx, recorded.ID)
	if err != nil {
		t.Fatal(err)
	}
	want := dossier.Shipment{
		ID: recorded.ID, Reference: recorded.Reference, Recipient: dossier.Recipient{Siret: majastres, COG: "04107"},
		State: dossier.Recorded, RecordedAt: at, FolderID: "folder",
		PayloadKey: []byte("key"), Payload: []byte("payload"), Files: []byte("files"),
	}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Error(diff)
	}
	wantCode(t, s.shipments.RecordFolder(ctx, recorded.ID, "late folder", "late case", at), "dossier.moved")
	wantCode(t, s.shipments.ForgetFolder(ctx, recorded.ID, "another folder", at), "dossier.moved")
	if err := s.shipments.ForgetFolder(ctx, recorded.ID, "folder", at); err != nil {
		t.Fatal(err)
	}
	if forgotten := s.shipment(recorded.Reference); forgotten.FolderID != "" {
		t.Errorf("folder %q was not forgotten", forgotten.FolderID)
	}
	_, err = s.shipments.FindShipment(ctx, recorded.ID+1)
	wantCode(t, err, "dossier.unknown")
	_, err = s.shipments.FindShipmentByReference(ctx, "2222222222222")
	wantCode(t, err, "dossier.unknown")
}

// Files are announced to HubEE with their sizes: those of a late worker, who made them
// again, do not take the place of those that were announced.
func TestFilesAreKeptOnce(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	shipment := s.record(noon)
	var kept atomic.Int64
	atOnce(4, func(i int) {
		err := s.shipments.RecordPrepared(ctx, shipment.ID, []byte{byte(i)}, noon)
		if err == nil {
			kept.Add(1)
			return
		}
		wantCode(t, err, "dossier.moved")
	})
	if kept.Load() != 1 {
		t.Errorf("files were kept %d times", kept.Load())
	}
	if n := s.count(`SELECT count(*) FROM dossier_events WHERE kind = 'prepared'`); n != 1 {
		t.Errorf("%d lines about files in the trace", n)
	}
}
