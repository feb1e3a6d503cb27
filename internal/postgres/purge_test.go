package postgres_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/dossier"
)

// purge runs at a time with the limits of the rules.
func (s *scene) purge(now time.Time) dossier.PurgeCount {
	s.t.Helper()
	count, err := s.followUp.Purge(context.Background(), now.Add(-dossier.Retention), now.Add(-dossier.DeliveryLimit), now)
	if err != nil {
		s.t.Fatal(err)
	}
	return count
}

// « Identifier + state kept 90 days, then erased » (PRODUCT.md 3.8)
func TestADossierIsErasedAfterNinetyDays(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	processed := s.recordAtHub(noon)
	for _, status := range []string{"SI_RECEIVED", "DONE"} {
		if _, err := s.followUp.RecordStatus(ctx, dossier.StatusChange{CaseID: caseOf(processed), EventID: status, Status: status, At: noon}); err != nil {
			t.Fatal(err)
		}
	}
	younger := s.recordAtHub(noon.Add(time.Second))
	if err := s.shipments.RecordTransmitted(ctx, younger.ID, noon.Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	s.run(`DELETE FROM citizen_sessions`)

	day90 := noon.Add(90 * 24 * time.Hour)
	if diff := cmp.Diff(dossier.PurgeCount{}, s.purge(day90.Add(-time.Second))); diff != "" {
		t.Errorf("a second before 90 days: %s", diff)
	}
	if diff := cmp.Diff(dossier.PurgeCount{Dossiers: 1}, s.purge(day90)); diff != "" {
		t.Errorf("after 90 days: %s", diff)
	}
	_, err := s.followUp.FindStatus(ctx, processed.Reference)
	wantCode(t, err, "dossier.unknown")
	if n := s.count(`SELECT count(*) FROM dossier_events WHERE dossier_id = $1`, processed.ID); n != 0 {
		t.Errorf("%d lines of its trace are left", n)
	}
	if _, err := s.followUp.FindStatus(ctx, younger.Reference); err != nil {
		t.Errorf("a younger dossier went with it: %v", err)
	}
}

// « Dossier payload: until HubEE accepted it, 7 days at most » (PRODUCT.md §6), with its
// key, whatever became of the workers.
func TestNoPayloadOutlivesSevenDays(t *testing.T) {
	s := setScene(t)
	waiting := s.record(noon)
	aside := s.quarantine(s.record(noon))
	younger := s.record(noon.Add(time.Second))
	begun := s.recordAtHub(noon)
	s.run(`DELETE FROM citizen_sessions`)

	day7 := noon.Add(7 * 24 * time.Hour)
	if diff := cmp.Diff(dossier.PurgeCount{}, s.purge(day7.Add(-time.Second))); diff != "" {
		t.Errorf("a second before 7 days: %s", diff)
	}
	if diff := cmp.Diff(dossier.PurgeCount{Payloads: 3}, s.purge(day7)); diff != "" {
		t.Errorf("after 7 days: %s", diff)
	}
	for _, failed := range []dossier.Shipment{waiting, aside} {
		after := s.shipment(failed.Reference)
		if after.State != dossier.Failed || after.Payload != nil || after.PayloadKey != nil {
			t.Errorf("a dossier %q after 7 days: %q, payload of %d bytes", failed.State, after.State, len(after.Payload))
		}
		if n := s.count(`SELECT count(*) FROM dossier_events WHERE dossier_id = $1 AND kind = 'failed' AND at = $2`, failed.ID, day7); n != 1 {
			t.Errorf("%d lines of the failure in the trace", n)
		}
	}
	if s.shipment(younger.Reference).Payload == nil {
		t.Error("a younger payload went with them")
	}
	// Only the delivery can ask HubEE whether a folder was completed before it gives up: it
	// is left a day to do so, without the payload, which that does not take.
	if after := s.shipment(begun.Reference); after.State != dossier.Recorded || after.Payload != nil {
		t.Errorf("a dossier with a folder after 7 days: %q, payload of %d bytes", after.State, len(after.Payload))
	}
	if diff := cmp.Diff(dossier.PurgeCount{Payloads: 1}, s.purge(day7.Add(24*time.Hour))); diff != "" {
		t.Errorf("after 8 days: %s", diff)
	}
	if state := s.shipment(begun.Reference).State; state != dossier.Failed {
		t.Errorf("a dossier with a folder after 8 days: %q", state)
	}
	if left := s.count(`SELECT count(*) FROM dossier_payloads`); left != 0 {
		t.Errorf("%d payloads outlived every limit", left)
	}
}

// A worker that has just made the folder of a dossier cannot complete it once the purge
// has failed the dossier: it would be transmitted and said to be failed.
func TestAFolderMadeDuringThePurgeIsNotKept(t *testing.T) {
	s := setScene(t)
	shipment := s.record(noon)
	s.purge(noon.Add(7 * 24 * time.Hour))
	wantCode(t, s.shipments.RecordFolder(context.Background(), shipment.ID, "folder", "case", noon), "dossier.moved")
	if n := s.count(`SELECT count(*) FROM dossier_events WHERE kind = 'folder_created'`); n != 0 {
		t.Error("the trace tells of a folder that was refused")
	}
}

// « Citizen attempt: 15 min idle, 1 h at most », 30 minutes at FranceConnect; a session
// goes when it holds nothing any more.
func TestAttemptsAndSessionsAreErasedAfterTheirLife(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	s.start(key(1), majastres, noon)
	s.identify(key(2), key(2), majastres, noon)
	sent := s.identify(key(3), key(3), majastres, noon)
	if _, err := s.attempts.RecordDossier(ctx, key(3), newDossier(t, sent, noon)); err != nil {
		t.Fatal(err)
	}
	s.identify(key(4), key(4), majastres, noon)
	busy := func(until time.Duration) {
		for at := time.Duration(0); at <= until; at += 10 * time.Minute {
			if _, err := s.attempts.FindAttempt(ctx, key(4), majastres, noon.Add(at)); err != nil {
				t.Fatalf("busy citizen after %s: %v", at, err)
			}
		}
	}
	steps := []struct {
		after time.Duration
		want  dossier.PurgeCount
	}{
		{14 * time.Minute, dossier.PurgeCount{}},
		{15 * time.Minute, dossier.PurgeCount{Attempts: 2}}, // identified and sent, both idle
		{29 * time.Minute, dossier.PurgeCount{}},
		{59 * time.Minute, dossier.PurgeCount{}},
		{60 * time.Minute, dossier.PurgeCount{Attempts: 2, Sessions: 4}}, // at FranceConnect, and busy until the end
	}
	for _, step := range steps {
		if step.after < time.Hour {
			busy(step.after)
		}
		if diff := cmp.Diff(step.want, s.purge(noon.Add(step.after))); diff != "" {
			t.Errorf("after %s: %s", step.after, diff)
		}
	}
	if n := s.count(`SELECT (SELECT count(*) FROM attempts) + (SELECT count(*) FROM citizen_sessions)`); n != 0 {
		t.Errorf("%d attempts and sessions are left", n)
	}
	if n := s.count(`SELECT count(*) FROM dossiers`); n != 1 {
		t.Error("the dossier went with its attempt")
	}
}

// A browser left open since the morning starts again while the purge is about to erase its
// empty session: the new attempt stays.
func TestThePurgeSparesASessionThatIsUsedAtThatMoment(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	s.start(key(1), majastres, noon)
	s.run(`DELETE FROM attempts`)
	now := noon.Add(3 * time.Hour)

	// A third party holds the session's row, so that both wait for it, the citizen first.
	hold, err := s.raw.BeginTx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = hold.Rollback() }()
	if _, err := hold.ExecContext(ctx, `SELECT FROM citizen_sessions FOR UPDATE`); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{}, 2)
	go func() { s.start(key(1), majastres, now); done <- struct{}{} }()
	s.awaitWaiting(1)
	go func() { s.purge(now); done <- struct{}{} }()
	s.awaitWaiting(2)
	if err := hold.Rollback(); err != nil {
		t.Fatal(err)
	}
	<-done
	<-done
	if _, err := s.attempts.FindLatestStarted(ctx, key(1), now); err != nil {
		t.Errorf("the attempt just started: %v", err)
	}
}

// awaitWaiting waits until n transactions wait for a row that another one holds.
func (s *scene) awaitWaiting(n int) {
	s.t.Helper()
	for range 500 {
		if s.count(`SELECT count(DISTINCT virtualtransaction) FROM pg_locks WHERE NOT granted`) == n {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	s.t.Fatalf("fewer than %d transactions wait", n)
}

// Finished orders are kept for thirty days; those that wait, for ever.
func TestFinishedOrdersAreErasedAfterThirtyDays(t *testing.T) {
	s := setScene(t)
	s.order("done", noon)
	if err := s.outbox.Finish(context.Background(), s.claimOne(noon), noon); err != nil {
		t.Fatal(err)
	}
	s.order("waiting", noon)
	if diff := cmp.Diff(dossier.PurgeCount{}, s.purge(noon.Add(30*24*time.Hour-time.Second))); diff != "" {
		t.Errorf("a second before 30 days: %s", diff)
	}
	if diff := cmp.Diff(dossier.PurgeCount{Orders: 1}, s.purge(noon.Add(30*24*time.Hour))); diff != "" {
		t.Errorf("after 30 days: %s", diff)
	}
	if n := s.count(`SELECT count(*) FROM outbox WHERE subject = 'waiting'`); n != 1 {
		t.Error("an order that waits was erased")
	}
}
