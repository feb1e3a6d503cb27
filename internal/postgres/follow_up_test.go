package postgres_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/dossier"
)

// progress orders what HubEE may say of a case: the oracle of the tests below.
var progress = []struct {
	status string
	state  dossier.State
}{
	{"HUBEE_NOTIFIED", ""}, {"SENT", ""}, {"SI_INTG_ERROR", ""}, {"CLOSED", ""},
	{"SI_RECEIVED", dossier.Received}, {"IN_PROGRESS", dossier.InProgress}, {"ADD_AWAITING", dossier.InProgress},
	{"DONE", dossier.Processed}, {"REFUSED", dossier.Refused},
}

// transmission stands for RecordTransmitted among the events of a history, below all of
// them in progress.
const transmission = -1

// « same event x20, out of order, 5 days late: final state equal to sorted order »
// (users-reliability-security.md, R12); a town ends a case in one way.
func TestTheStateIsThatOfTheSortedEventsInWhateverOrderTheyCome(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	rapid.Check(t, func(t *rapid.T) {
		shipment := s.recordAtHub(noon)
		end := rapid.SampledFrom([]int{7, 8}).Draw(t, "end")
		kinds := rapid.SliceOfN(rapid.SampledFrom([]int{0, 1, 2, 3, 4, 5, 6, end, transmission}), 0, 12).Draw(t, "history")
		want := dossier.Recorded
		for _, kind := range slices.Sorted(slices.Values(kinds)) {
			if kind == transmission {
				want = dossier.Transmitted
			} else if progress[kind].state != "" {
				want = progress[kind].state
			}
		}
		// Each event comes once or twice, all of them in any order.
		var deliveries []int
		for i := range kinds {
			deliveries = append(deliveries, slices.Repeat([]int{i}, rapid.IntRange(1, 2).Draw(t, "times"))...)
		}
		reached := -1
		for _, i := range rapid.Permutation(deliveries).Draw(t, "order") {
			if kinds[i] == transmission {
				if err := s.shipments.RecordTransmitted(ctx, shipment.ID, noon); err != nil {
					t.Fatal(err)
				}
			} else {
				known, err := s.followUp.RecordStatus(ctx, dossier.StatusChange{
					CaseID: caseOf(shipment), EventID: fmt.Sprint("event ", i), Status: progress[kinds[i]].status, At: noon,
				})
				if err != nil || !known {
					t.Fatalf("RecordStatus = %v, %v", known, err)
				}
			}
			state := s.shipment(shipment.Reference).State
			now := slices.Index(dossier.States[:], state)
			if now < reached {
				t.Fatalf("the dossier went back to %q", state)
			}
			reached = now
		}
		if got := s.shipment(shipment.Reference).State; got != want {
			t.Fatalf("state %q, want %q", got, want)
		}
		orders := s.count(`SELECT count(*) FROM outbox WHERE kind = 'dossier.close' AND subject = $1::text`, shipment.ID)
		if isFinal := want == dossier.Processed || want == dossier.Refused; (orders == 1) != isFinal || orders > 1 {
			t.Fatalf("%d orders to close a dossier %q", orders, want)
		}
	})
}

// Notifications are read by any instance: the same event on two of them counts once.
func TestTheSameEventTwiceCountsOnce(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	shipment := s.recordAtHub(noon)
	other := s.recordAtHub(noon)
	atOnce(16, func(i int) {
		status := []string{"SI_RECEIVED", "DONE"}[i%2]
		_, err := s.followUp.RecordStatus(ctx, dossier.StatusChange{CaseID: caseOf(shipment), EventID: "event " + status, Status: status, At: noon})
		if err != nil {
			t.Error(err)
		}
	})
	if state := s.shipment(shipment.Reference).State; state != dossier.Processed {
		t.Errorf("state %q", state)
	}
	if n := s.count(`SELECT count(*) FROM dossier_events WHERE dossier_id = $1 AND kind = 'status'`, shipment.ID); n != 2 {
		t.Errorf("%d lines for 2 events in the trace", n)
	}
	if n := s.count(`SELECT count(*) FROM outbox WHERE kind = 'dossier.close'`); n != 1 {
		t.Errorf("%d orders to close one case", n)
	}
	// An event is HubEE's for one case: another case may have one of the same id.
	if _, err := s.followUp.RecordStatus(ctx, dossier.StatusChange{CaseID: caseOf(other), EventID: "event DONE", Status: "DONE", At: noon}); err != nil {
		t.Fatal(err)
	}
	if state := s.shipment(other.Reference).State; state != dossier.Processed {
		t.Errorf("the other dossier is %q", state)
	}
}

// Two instances learn two things of one case at the same moment: the later state stays.
func TestTheLaterStateStaysWhoeverWritesLast(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	statuses := []string{"DONE", "SI_RECEIVED", "IN_PROGRESS", "ADD_AWAITING"}
	for range 25 {
		shipment := s.recordAtHub(noon)
		atOnce(len(statuses), func(i int) {
			_, err := s.followUp.RecordStatus(ctx, dossier.StatusChange{CaseID: caseOf(shipment), EventID: statuses[i], Status: statuses[i], At: noon})
			if err != nil {
				t.Error(err)
			}
		})
		if state := s.shipment(shipment.Reference).State; state != dossier.Processed {
			t.Fatalf("state %q", state)
		}
	}
}

func TestACaseThatIsNotOursIsUnknown(t *testing.T) {
	s := setScene(t)
	s.recordAtHub(noon)
	known, err := s.followUp.RecordStatus(context.Background(), dossier.StatusChange{CaseID: "foreign", EventID: "e", Status: "DONE", At: noon})
	if known || err != nil {
		t.Errorf("RecordStatus of a foreign case = %v, %v", known, err)
	}
}

// « Reading a case that says nothing new leaves no line in the trace. »
func TestReadingACaseLeavesALineOnlyWhenItMoves(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	shipment := s.recordAtHub(noon)
	for i, status := range []string{"SENT", "SI_RECEIVED", "SI_RECEIVED", "SENT"} {
		if _, err := s.followUp.RecordStatus(ctx, dossier.StatusChange{CaseID: caseOf(shipment), Status: status, At: noon.Add(time.Duration(i) * time.Hour)}); err != nil {
			t.Fatal(err)
		}
	}
	if n := s.count(`SELECT count(*) FROM dossier_events WHERE kind = 'status'`); n != 1 {
		t.Errorf("%d lines for one change", n)
	}
}

// « SI_INTG_ERROR a flag for support and editor » (SETTLED.md, rules)
func TestAnIntegrationErrorIsAFlagAndNoState(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	shipment := s.recordAtHub(noon)
	if err := s.shipments.RecordTransmitted(ctx, shipment.ID, noon); err != nil {
		t.Fatal(err)
	}
	at := noon.Add(time.Hour)
	if _, err := s.followUp.RecordStatus(ctx, dossier.StatusChange{CaseID: caseOf(shipment), EventID: "e", Status: dossier.IntegrationError, At: at}); err != nil {
		t.Fatal(err)
	}
	if n := s.count(`SELECT count(*) FROM dossiers WHERE integration_error_at = $1 AND state = 'transmis' AND received_at IS NULL`, at); n != 1 {
		t.Error("the dossier is not flagged, or moved")
	}
}

// « anyone with the identifier sees state, dates, town and its contact » (PRODUCT.md 3.8)
func TestTheStatusTellsDatesAndTown(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	s.run(`UPDATE collectivities SET contact_label = 'Régie', contact_mail = 'regie@majastres.example' WHERE siret = $1`, majastres)
	shipment := s.recordAtHub(noon)
	town := directory.Collectivity{
		Siret: majastres, Name: "Majastres", COG: "04107", Departement: "04", Form: directory.FormOpen,
		Contact: directory.Contact{Label: "Régie", Mail: "regie@majastres.example"},
	}
	want := dossier.Status{Reference: shipment.Reference, State: dossier.Recorded, RecordedAt: noon, StateAt: noon, Collectivity: town}
	check := func() {
		t.Helper()
		got, err := s.followUp.FindStatus(ctx, shipment.Reference)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
	check()
	if err := s.shipments.RecordTransmitted(ctx, shipment.ID, noon.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	want.State, want.TransmittedAt, want.StateAt = dossier.Transmitted, noon.Add(time.Minute), noon.Add(time.Minute)
	check()
	for i, status := range []string{"SI_RECEIVED", "DONE"} {
		at := noon.Add(time.Duration(i+1) * time.Hour)
		if _, err := s.followUp.RecordStatus(ctx, dossier.StatusChange{CaseID: caseOf(shipment), Status: status, At: at}); err != nil {
			t.Fatal(err)
		}
	}
	want.State, want.ReceivedAt, want.StateAt = dossier.Processed, noon.Add(time.Hour), noon.Add(2*time.Hour)
	check()
	_, err := s.followUp.FindStatus(ctx, "2222222222222")
	wantCode(t, err, "dossier.unknown")
}

// « lists transmitted dossiers without news since a time, oldest first, and notes that
// they were looked at »
func TestSilentDossiersAreLookedAtInTurn(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	transmitted := func(at time.Time) dossier.Shipment {
		shipment := s.recordAtHub(at)
		if err := s.shipments.RecordTransmitted(ctx, shipment.ID, at); err != nil {
			t.Fatal(err)
		}
		return shipment
	}
	s.record(noon)
	s.run(`DELETE FROM dossiers`)
	s.run(`ANALYZE dossiers`) // believed empty from here on: a limit is kept all the same

	s.recordAtHub(noon.Add(-72 * time.Hour)) // not transmitted: its delivery looks after it
	second := transmitted(noon.Add(-48 * time.Hour))
	first := transmitted(noon.Add(-60 * time.Hour))
	heard := transmitted(noon.Add(-50 * time.Hour))
	done := transmitted(noon.Add(-50 * time.Hour))
	transmitted(noon)
	if _, err := s.followUp.RecordStatus(ctx, dossier.StatusChange{CaseID: caseOf(heard), EventID: "e", Status: "SENT", At: noon}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.followUp.RecordStatus(ctx, dossier.StatusChange{CaseID: caseOf(done), EventID: "e", Status: "DONE", At: noon.Add(-49 * time.Hour)}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []dossier.Shipment{first, second} {
		silent, err := s.followUp.ListSilent(ctx, noon.Add(-24*time.Hour), noon, 1)
		if err != nil {
			t.Fatal(err)
		}
		folder := fmt.Sprintf("folder %d", want.ID)
		if diff := cmp.Diff([]dossier.Tracked{{ID: want.ID, FolderID: folder, CaseID: caseOf(want), State: dossier.Transmitted}}, silent); diff != "" {
			t.Error(diff)
		}
	}
	if silent, err := s.followUp.ListSilent(ctx, noon.Add(-24*time.Hour), noon, 10); err != nil || len(silent) != 0 {
		t.Errorf("looked at twice: %v, %v", silent, err)
	}
	if silent, err := s.followUp.ListSilent(ctx, noon, noon.Add(24*time.Hour), 2); err != nil || len(silent) != 2 {
		t.Errorf("the next day, of 4 dossiers and 2 at most: %v, %v", silent, err)
	}
	tracked, err := s.followUp.FindTracked(ctx, first.ID)
	if err != nil || tracked.CaseID != caseOf(first) {
		t.Errorf("FindTracked = %+v, %v", tracked, err)
	}
	_, err = s.followUp.FindTracked(ctx, 1<<40)
	wantCode(t, err, "dossier.unknown")
}
