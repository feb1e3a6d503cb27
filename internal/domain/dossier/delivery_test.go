package dossier_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"portail-qf/internal/domain/dossier"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/postgres/pgtest"
)

// wantDelivered checks that the town has the dossier once, whole, and that nothing else is
// left of it here.
func (s *scene) wantDelivered(t testing.TB, before dossier.Shipment) {
	t.Helper()
	after := s.shipment(before.Reference)
	if after.State != dossier.Transmitted || after.Payload != nil || after.PayloadKey != nil || after.Files != nil {
		t.Errorf("delivered: state %q, payload of %d bytes", after.State, len(after.Payload))
	}
	completed := s.hub.completed(before.Reference)
	if len(completed) != 1 {
		t.Fatalf("%d completed folders, want 1; calls: %v", len(completed), s.hub.calls)
	}
	if after.FolderID != completed[0].ID {
		t.Errorf("the dossier knows the folder %q, the town has %q", after.FolderID, completed[0].ID)
	}
	for i, attachment := range completed[0].Attachments {
		announced := completed[0].request.Files[i]
		if !attachment.Received || len(completed[0].bytes[attachment.FileName]) != announced.Size {
			t.Errorf("%s: %s, %d bytes, %d announced", announced.Name, attachment.Status, len(completed[0].bytes[attachment.FileName]), announced.Size)
		}
	}
}

// wantNoLie checks that nobody is told « transmis » before HubEE has accepted everything
// (PRODUCT.md 3.7).
func (s *scene) wantNoLie(t testing.TB, shipment dossier.Shipment) {
	t.Helper()
	status, err := s.followUp.Status(context.Background(), shipment.Reference)
	if err != nil {
		t.Fatal(err)
	}
	if status.State == dossier.Transmitted && len(s.hub.completed(shipment.Reference)) == 0 {
		t.Errorf("the dossier is said to be transmitted; calls: %v", s.hub.calls)
	}
	if status.State == dossier.Recorded && s.shipment(shipment.Reference).Payload == nil {
		t.Error("the dossier waits and its payload is erased")
	}
}

// deliverInTheEnd tries as the worker does, until nothing is left to do.
func (s *scene) deliverInTheEnd(t testing.TB, shipment dossier.Shipment) {
	t.Helper()
	for range 5 {
		err := s.deliver(shipment)
		s.wantNoLie(t, shipment)
		if err == nil {
			return
		}
		s.advance(time.Minute)
	}
	t.Fatalf("not delivered after five tries; calls: %v", s.hub.calls)
}

// « a worker creates the HubEE folder, uploads JSON + XML + PDF, verifies, completes »
func TestADeliveryTakesTheStepsOfTheContract(t *testing.T) {
	s := setScene(t)
	shipment := s.record()
	if err := s.deliver(shipment); err != nil {
		t.Fatal(err)
	}
	s.wantDelivered(t, shipment)
	want := "[record files 1 create 1 record folder 1 upload 1 upload 2 upload 3 find 1 complete 1 record transmission 1]"
	if got := fmt.Sprint(s.hub.calls); got != want {
		t.Errorf("calls %s\nwant  %s", got, want)
	}
	if err := s.deliver(shipment); err != nil || fmt.Sprint(s.hub.calls) != want {
		t.Errorf("an order carried out again: %v, calls %v", err, s.hub.calls)
	}
	if err := s.delivery.Deliver(context.Background(), 1<<40); err != nil {
		t.Errorf("the order of a dossier erased since: %v", err)
	}
}

// « resumes after any crash »: each call fails before it acts, or acts and loses its
// answer, HubEE's and the database's alike. In the end there is one completed folder, or
// quarantine where HubEE refuses the reference as a duplicate, and never a lie.
func TestADeliveryResumesWhereverItStopped(t *testing.T) {
	db := pgtest.Open(t)
	calls := []string{
		"record files 1", "create 1", "record folder 1", "upload 1", "upload 2", "upload 3", "find 1", "complete 1", "record transmission 1",
	}
	for _, acceptsDuplicates := range []bool{false, true} {
		for _, call := range calls {
			for _, isAfter := range []bool{false, true} {
				name := fmt.Sprintf("%s, acted %v, twins accepted %v", call, isAfter, acceptsDuplicates)
				t.Run(name, func(t *testing.T) {
					s := setSceneOn(t, db)
					shipment := s.record()
					s.hub.acceptsDuplicates = acceptsDuplicates
					s.hub.planned = []accident{{call: call, isAfter: isAfter, failure: errDown}}
					// The one writing that nothing could make good is tried again at once.
					isTriedAgain := call == "record folder 1"
					if err := s.deliver(shipment); (err == nil) != isTriedAgain {
						t.Fatalf("the first delivery: %v; calls: %v", err, s.hub.calls)
					}
					if !isTriedAgain {
						s.wantNoLie(t, shipment)
					}
					s.deliverInTheEnd(t, shipment)
					// The folder exists and we do not know it.
					isLost := call == "create 1" && isAfter
					if !isLost || acceptsDuplicates {
						s.wantDelivered(t, shipment)
						return
					}
					after := s.shipment(shipment.Reference)
					if after.State != dossier.Quarantined || after.Payload == nil || len(s.hub.completed(shipment.Reference)) != 0 {
						t.Errorf("state %q, %d completed folders; want quarantine", after.State, len(s.hub.completed(shipment.Reference)))
					}
				})
			}
		}
	}
}

// Two accidents in a row, the second in the resumption.
func TestADeliveryResumesAfterASecondAccident(t *testing.T) {
	db := pgtest.Open(t)
	for _, second := range []string{"find 1", "upload 3", "upload 4", "find 2", "complete 1", "record transmission 1"} {
		for _, isAfter := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, acted %v", second, isAfter), func(t *testing.T) {
				s := setSceneOn(t, db)
				shipment := s.record()
				s.hub.planned = []accident{{call: "upload 2", failure: errDown}, {call: second, isAfter: isAfter, failure: errDown}}
				s.deliverInTheEnd(t, shipment)
				s.wantDelivered(t, shipment)
				if len(s.hub.planned) != 0 {
					t.Errorf("accidents that did not happen: %v", s.hub.planned)
				}
			})
		}
	}
}

// The files are made once: HubEE was told their sizes. « PUT what is not RECEIVED »
// (hubee.md §11): those that it has are not sent again.
func TestTheFilesAreMadeAndSentOnce(t *testing.T) {
	s := setScene(t)
	shipment := s.record()
	s.hub.planned = []accident{{call: "upload 3", failure: errDown}}
	s.deliverInTheEnd(t, shipment)
	if len(s.printer.drawn) != 1 {
		t.Errorf("the PDF was drawn %d times", len(s.printer.drawn))
	}
	if n := s.hub.counts["upload"]; n != 4 {
		t.Errorf("%d uploads of 3 files, one of which failed once", n)
	}
	s.wantDelivered(t, shipment)
}

// « never says "transmis" before HubEE has accepted everything »: an attachment that HubEE
// found corrupted or rejected keeps the folder from being completed.
func TestARefusedAttachmentIsNeverCompleted(t *testing.T) {
	db := pgtest.Open(t)
	for _, status := range []string{"REJECTED", "CORRUPTED", "PENDING", "OF TOMORROW"} {
		t.Run(status, func(t *testing.T) {
			s := setSceneOn(t, db)
			shipment := s.record()
			s.hub.rejects = status
			for range 3 {
				wantCode(t, s.deliver(shipment), "hubee.not_received")
				s.wantNoLie(t, shipment)
			}
			if s.hub.counts["complete"] != 0 {
				t.Error("the folder was completed without its files")
			}
			s.hub.rejects = ""
			s.deliverInTheEnd(t, shipment)
			s.wantDelivered(t, shipment)
		})
	}
}

// A 4xx at any step is told, and nothing goes on without that step.
func TestARefusalStopsTheDelivery(t *testing.T) {
	db := pgtest.Open(t)
	for _, code := range []string{"hubee.refused", "hubee.not_subscribed"} {
		s := setSceneOn(t, db)
		shipment := s.record()
		s.hub.planned = []accident{{call: "create 1", failure: fault.Because(fault.Invalid, code, errors.New("no"))}}
		wantCode(t, s.deliver(shipment), code)
		if len(s.hub.folders) != 0 || s.shipment(shipment.Reference).State != dossier.Recorded {
			t.Errorf("%s: %d folders", code, len(s.hub.folders))
		}
		// « holds queued dossiers » (PRODUCT.md 3.4) until the subscription is back.
		s.deliverInTheEnd(t, shipment)
		s.wantDelivered(t, shipment)
	}
}

// « if it was deleted it is made again under the same externalId » (PRODUCT.md 3.7)
func TestAFolderThatIsGoneIsMadeAgainUnderTheSameReference(t *testing.T) {
	db := pgtest.Open(t)
	for _, call := range []string{"upload 2", "find 1", "complete 1"} {
		t.Run(call, func(t *testing.T) {
			s := setSceneOn(t, db)
			shipment := s.record()
			s.hub.planned = []accident{{call: call, failure: fault.New(fault.NotFound, "hubee.folder_missing")}}
			if err := s.deliver(shipment); err == nil {
				t.Fatal("the accident did not happen")
			}
			gone := s.hub.folders[0]
			s.hub.folders = nil
			s.deliverInTheEnd(t, shipment)
			s.wantDelivered(t, shipment)
			if remade := s.hub.folders[0]; remade.ID == gone.ID || remade.ExternalID != gone.ExternalID {
				t.Errorf("remade %s as %s", gone.ExternalID, remade.ExternalID)
			}
		})
	}
}

// quarantined is a dossier whose folder exists at HubEE and is not known here.
func (s *scene) quarantined() (dossier.Shipment, *deposited) {
	s.t.Helper()
	shipment := s.record()
	n := s.hub.counts["create"] + 1
	s.hub.planned = []accident{{call: fmt.Sprint("create ", n), isAfter: true, failure: errDown}}
	s.deliverInTheEnd(s.t, shipment)
	s.orders()
	if shipment = s.shipment(shipment.Reference); shipment.State != dossier.Quarantined {
		s.t.Fatalf("state %q, want quarantine", shipment.State)
	}
	return shipment, s.hub.folders[len(s.hub.folders)-1]
}

// « if HubEE refuses it as a duplicate, it goes to staff quarantine, never to a second
// identifier »; « staff resumes by pasting the folder id found in HubEE, GET proves the
// externalId » (SETTLED.md, rules).
func TestStaffResumeAQuarantinedDossierWithItsFolder(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	shipment, folder := s.quarantined()
	other, otherFolder := s.quarantined()
	calls := len(s.hub.calls)
	if err := s.deliver(shipment); err != nil || len(s.hub.calls) != calls {
		t.Errorf("an order for a quarantined dossier: %v, calls %v", err, s.hub.calls[calls:])
	}

	wantCode(t, s.delivery.Resume(ctx, "2222222222222", folder.ID), "dossier.unknown")
	wantCode(t, s.delivery.Resume(ctx, shipment.Reference, "no folder"), "hubee.folder_missing")
	wantCode(t, s.delivery.Resume(ctx, shipment.Reference, otherFolder.ID), "dossier.other_folder")
	if got := s.shipment(shipment.Reference); got.State != dossier.Quarantined || got.FolderID != "" {
		t.Errorf("after refused resumptions: %+v", got)
	}
	if err := s.delivery.Resume(ctx, shipment.Reference, folder.ID); err != nil {
		t.Fatal(err)
	}
	wantCode(t, s.delivery.Resume(ctx, shipment.Reference, folder.ID), "dossier.not_quarantined")
	if got := s.shipment(shipment.Reference); got.State != dossier.Recorded || got.FolderID != folder.ID {
		t.Errorf("resumed: %+v", got)
	}
	s.deliverInTheEnd(t, shipment)
	s.wantDelivered(t, shipment)
	wantCode(t, s.delivery.Resume(ctx, shipment.Reference, folder.ID), "dossier.not_quarantined")
	if s.shipment(other.Reference).State != dossier.Quarantined {
		t.Error("the other dossier was resumed with it")
	}
}

// « échec (after 7 days, payload erased) » (PRODUCT.md §4)
func TestADossierThatHubEECannotTakeInSevenDaysFails(t *testing.T) {
	db := pgtest.Open(t)
	tests := []struct {
		name     string
		prepare  func(s *scene)                 // what happens to the first try
		atTheEnd func(*scene, dossier.Shipment) // what HubEE is like after seven days
		folders  int                            // left at HubEE
	}{
		{"HubEE was never there", func(s *scene) { s.hub.isDown = true }, func(*scene, dossier.Shipment) {}, 0},
		{"a half-made folder is withdrawn",
			func(s *scene) { s.hub.planned = []accident{{call: "upload 2", failure: errDown}} }, func(*scene, dossier.Shipment) {}, 0},
		{"HubEE is down when the time comes, and a day later",
			func(s *scene) { s.hub.planned = []accident{{call: "upload 2", failure: errDown}} }, func(s *scene, shipment dossier.Shipment) {
				s.hub.isDown = true
				wantCode(s.t, s.deliver(shipment), "hubee.unavailable")
				s.advance(dossier.GraceTime)
			}, 1},
		{"HubEE refuses to withdraw",
			func(s *scene) {
				s.hub.planned = []accident{{call: "upload 2", failure: errDown}, {call: "withdraw 1", failure: errDown}}
			}, func(*scene, dossier.Shipment) {}, 1},
		{"the folder is gone",
			func(s *scene) { s.hub.planned = []accident{{call: "upload 2", failure: errDown}} }, func(s *scene, _ dossier.Shipment) { s.hub.folders = nil }, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := setSceneOn(t, db)
			shipment := s.record()
			test.prepare(s)
			if err := s.deliver(shipment); err == nil {
				t.Fatal("delivered")
			}
			s.advance(7*24*time.Hour - time.Second)
			if s.hub.isDown {
				wantCode(t, s.deliver(shipment), "hubee.unavailable")
				if s.shipment(shipment.Reference).State != dossier.Recorded {
					t.Error("failed before seven days")
				}
			}
			s.advance(time.Second)
			test.atTheEnd(s, shipment)
			if err := s.deliver(shipment); err != nil {
				t.Fatal(err)
			}
			after := s.shipment(shipment.Reference)
			if after.State != dossier.Failed || after.Payload != nil || after.PayloadKey != nil || after.Files != nil {
				t.Errorf("after seven days: %q, payload of %d bytes", after.State, len(after.Payload))
			}
			if len(s.hub.folders) != test.folders || len(s.hub.completed(shipment.Reference)) != 0 {
				t.Errorf("%d folders left at HubEE, want %d", len(s.hub.folders), test.folders)
			}
		})
	}
}

// A folder that was completed and whose answer was lost is not a failure, however late it
// is found.
func TestACompletedFolderFoundAfterSevenDaysIsTransmitted(t *testing.T) {
	s := setScene(t)
	shipment := s.record()
	s.hub.planned = []accident{{call: "complete 1", isAfter: true, failure: errDown}}
	if err := s.deliver(shipment); err == nil {
		t.Fatal("the accident did not happen")
	}
	s.advance(8 * 24 * time.Hour)
	if err := s.deliver(shipment); err != nil {
		t.Fatal(err)
	}
	s.wantDelivered(t, shipment)
}

// A town that is quicker than our own bookkeeping: HubEE reports the case received before
// the transmission is written down.
func TestATownMayBeQuickerThanTheTransmission(t *testing.T) {
	s := setScene(t)
	shipment := s.record()
	s.hub.planned = []accident{{call: "record transmission 1", failure: errDown}}
	if err := s.deliver(shipment); err == nil {
		t.Fatal("the accident did not happen")
	}
	s.hub.tell(s.hub.folders[0].CaseID, "E1", "SI_RECEIVED")
	if _, err := s.followUp.ReadNotifications(context.Background()); err != nil {
		t.Fatal(err)
	}
	s.deliverInTheEnd(t, shipment)
	if after := s.shipment(shipment.Reference); after.State != dossier.Received || after.Payload != nil {
		t.Errorf("state %q, payload of %d bytes", after.State, len(after.Payload))
	}
}
