package dossier_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/dossier"
)

// transmitted takes a dossier as far as HubEE and gives the case that it has there.
func (s *scene) transmitted() (dossier.Shipment, string) {
	s.t.Helper()
	shipment := s.record()
	if err := s.deliver(shipment); err != nil {
		s.t.Fatal(err)
	}
	s.orders()
	return shipment, s.hub.folders[len(s.hub.folders)-1].CaseID
}

// read empties the queue and wants this many notifications dealt with.
func (s *scene) read(want int) {
	s.t.Helper()
	got, err := s.followUp.ReadNotifications(context.Background())
	if err != nil || got != want {
		s.t.Errorf("ReadNotifications = %d, %v; want %d", got, err, want)
	}
}

// « HubEE notifications move the state »; « process idempotently by event id; write status
// before acknowledging » (hubee.md §11).
func TestANotificationMovesTheStateAndLeavesTheQueue(t *testing.T) {
	s := setScene(t)
	shipment, hubCase := s.transmitted()
	for i, step := range []struct {
		status string
		state  dossier.State
	}{
		{"SI_RECEIVED", dossier.Received}, {"IN_PROGRESS", dossier.InProgress}, {"ADD_AWAITING", dossier.InProgress},
		{"SI_INTG_ERROR", dossier.InProgress}, {"SI_RECEIVED", dossier.InProgress}, {"", dossier.InProgress},
		{"REFUSED", dossier.Refused}, {"IN_PROGRESS", dossier.Refused},
	} {
		eventID := fmt.Sprint("E", i)
		s.hub.tell(hubCase, eventID, step.status)
		s.read(1)
		if got := s.shipment(shipment.Reference).State; got != step.state {
			t.Errorf("after %q: %q, want %q", step.status, got, step.state)
		}
		if len(s.hub.notifications) != 0 || s.hub.acknowledged[len(s.hub.acknowledged)-1] != eventID {
			t.Errorf("after %q: queue %v, acknowledged %v", step.status, s.hub.notifications, s.hub.acknowledged)
		}
	}
}

// « eventId null → …; eventStatus RECEIVED → just DELETE » (hubee.md §6.2); a case that is
// not of this portal and an event that is gone leave the queue, and move nothing.
func TestANotificationThatTeachesNothingLeavesTheQueue(t *testing.T) {
	s := setScene(t)
	shipment, hubCase := s.transmitted()
	s.hub.notifications = []dossier.Notification{
		{ID: "a new case", CaseID: hubCase},
		{ID: "our own receipt", CaseID: hubCase, EventID: "ours", EventStatus: "RECEIVED"},
		{ID: "an event that is gone", CaseID: hubCase, EventID: "gone", EventStatus: "SENT"},
	}
	s.hub.tell("foreign case", "foreign", "DONE")
	s.hub.events["late receipt"] = dossier.CaseEvent{ID: "late receipt", Status: "RECEIVED", NewStatus: "DONE"}
	s.hub.notifications = append(s.hub.notifications, dossier.Notification{ID: "no status told", CaseID: hubCase, EventID: "late receipt"})
	s.read(5)
	if len(s.hub.notifications) != 0 {
		t.Errorf("left in the queue: %v", s.hub.notifications)
	}
	if diff := cmp.Diff([]string{"gone", "foreign", "late receipt"}, s.hub.read); diff != "" {
		t.Errorf("events read: %s", diff)
	}
	if diff := cmp.Diff([]string{"foreign"}, s.hub.acknowledged); diff != "" {
		t.Errorf("events acknowledged: %s", diff)
	}
	if got := s.shipment(shipment.Reference).State; got != dossier.Transmitted {
		t.Errorf("state %q", got)
	}
}

// « One that cannot be dealt with stays in the queue and does not hold up the others »
func TestOneFailingNotificationDoesNotHoldUpTheOthers(t *testing.T) {
	s := setScene(t)
	shipment, hubCase := s.transmitted()
	for i := range 150 { // more than a page
		s.hub.tell("foreign case", fmt.Sprint("foreign ", i), "DONE")
	}
	s.hub.tell(hubCase, "ours", "SI_RECEIVED")
	s.hub.stuck["event foreign 7"] = true
	done, err := s.followUp.ReadNotifications(context.Background())
	if done != 150 || err == nil || !strings.Contains(err.Error(), "notification of foreign 7") {
		t.Errorf("ReadNotifications = %d, %v", done, err)
	}
	if len(s.hub.notifications) != 1 || s.shipment(shipment.Reference).State != dossier.Received {
		t.Errorf("left in the queue: %v; state %q", s.hub.notifications, s.shipment(shipment.Reference).State)
	}
}

// « stop when a page brought no progress » (hubee.md §7)
func TestAPageWithoutProgressEndsTheRun(t *testing.T) {
	s := setScene(t)
	for i := range 120 {
		s.hub.tell("foreign case", strconv.Itoa(i), "DONE")
		s.hub.stuck["event "+strconv.Itoa(i)] = true
	}
	done, err := s.followUp.ReadNotifications(context.Background())
	if done != 0 || err == nil || s.hub.pages != 1 || len(s.hub.notifications) != 120 {
		t.Errorf("ReadNotifications = %d, %v after %d pages", done, err, s.hub.pages)
	}
	s.hub.isDown = true
	if done, err := s.followUp.ReadNotifications(context.Background()); done != 0 || err == nil {
		t.Errorf("while HubEE is down: %d, %v", done, err)
	}
}

// refusing is a store whose database went away.
type refusing struct{ dossier.FollowUpStore }

func (refusing) RecordStatus(context.Context, dossier.StatusChange) (bool, error) {
	return false, errors.New("the database is away")
}

// « our state first, then HubEE's acknowledgement, so that nothing is lost in between »
func TestAnEventIsAcknowledgedOnceItIsWrittenDown(t *testing.T) {
	s := setScene(t)
	shipment, hubCase := s.transmitted()
	s.hub.tell(hubCase, "E1", "DONE")

	away := *s.followUp
	away.Records = refusing{s.followUp.Records}
	if _, err := away.ReadNotifications(context.Background()); err == nil || len(s.hub.acknowledged) != 0 || len(s.hub.notifications) != 1 {
		t.Errorf("not written down: %v, acknowledged %v", err, s.hub.acknowledged)
	}
	for _, stuck := range []string{"acknowledge E1", "discard notification of E1"} {
		s.hub.stuck = map[string]bool{stuck: true}
		if _, err := s.followUp.ReadNotifications(context.Background()); err == nil || len(s.hub.notifications) != 1 {
			t.Errorf("%s fails: %v", stuck, err)
		}
		if got := s.shipment(shipment.Reference).State; got != dossier.Processed {
			t.Errorf("%s fails: state %q", stuck, got)
		}
	}
	s.hub.stuck = map[string]bool{}
	s.read(1)
	if given := s.orders(); len(s.hub.notifications) != 0 || len(given["dossier.close"]) != 1 {
		t.Errorf("queue %v, orders %v", s.hub.notifications, given)
	}
}

// « On DONE/REFUSED close case → event → folder » (hubee.md §11), by the outbox.
func TestAFinalStateClosesTheCaseAtHubEE(t *testing.T) {
	for status, want := range map[string]string{"DONE": "DONE", "REFUSED": "REFUSED"} {
		t.Run(status, func(t *testing.T) {
			s, ctx := setScene(t), context.Background()
			shipment, hubCase := s.transmitted()
			s.hub.tell(hubCase, "E1", status)
			s.read(1)
			given := s.orders()["dossier.close"]
			if len(given) != 1 || given[0].Subject != strconv.FormatInt(shipment.ID, 10) {
				t.Fatalf("orders to close: %v", given)
			}
			s.hub.isDown = true
			wantCode(t, s.followUp.Close(ctx, shipment.ID), "hubee.unavailable")
			s.hub.isDown = false
			if err := s.followUp.Close(ctx, shipment.ID); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{s.hub.folders[0].ID + ", " + hubCase + ", " + want}, s.hub.closed); diff != "" {
				t.Error(diff)
			}
			s.hub.stuck["purged "+hubCase] = true
			if err := s.followUp.Close(ctx, shipment.ID); err != nil {
				t.Errorf("a case that HubEE has purged: %v", err)
			}
			if err := s.followUp.Close(ctx, 1<<40); err != nil {
				t.Errorf("a dossier erased since: %v", err)
			}
		})
	}
}

// « a status change reaches the depositor only through an event with notification:true …:
// plan a reconciliation » (hubee.md §0.7)
func TestASilentCaseIsReadAfterADay(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	var shipments []dossier.Shipment
	for i, status := range []string{"DONE", "HUBEE_NOTIFIED", "", ""} {
		shipment, hubCase := s.transmitted()
		shipments = append(shipments, shipment)
		if status != "" {
			s.hub.statuses[hubCase] = status
		}
		s.hub.stuck["case "+hubCase] = i == 3
	}
	s.advance(24*time.Hour - time.Second)
	if read, err := s.followUp.Reconcile(ctx); err != nil || read != 0 {
		t.Errorf("before a day: %d, %v", read, err)
	}
	s.advance(time.Second)
	// One moved, one has no news, one is gone from HubEE, one cannot be read.
	if read, err := s.followUp.Reconcile(ctx); read != 3 || err == nil {
		t.Errorf("after a day: %d, %v", read, err)
	}
	for i, want := range []dossier.State{dossier.Processed, dossier.Transmitted, dossier.Transmitted, dossier.Transmitted} {
		if got := s.shipment(shipments[i].Reference).State; got != want {
			t.Errorf("dossier %d is %q, want %q", i, got, want)
		}
	}
	if given := s.orders(); len(given["dossier.close"]) != 1 {
		t.Errorf("orders %v", given)
	}
	if read, err := s.followUp.Reconcile(ctx); err != nil || read != 0 {
		t.Errorf("again at once: %d, %v", read, err)
	}
	s.hub.stuck = map[string]bool{}
	s.advance(24 * time.Hour)
	if read, err := s.followUp.Reconcile(ctx); err != nil || read != 3 {
		t.Errorf("the day after: %d, %v; a final state is not looked at again", read, err)
	}
}

// « Transmitted and not received after 48 h: « pas encore relevé par votre collectivité » »
// (PRODUCT.md 3.8)
func TestADossierLeftAtHubEEIsToldAfterTwoDays(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	shipment, hubCase := s.transmitted()
	notFetched := func() bool {
		t.Helper()
		status, err := s.followUp.Status(ctx, shipment.Reference)
		if err != nil {
			t.Fatal(err)
		}
		return status.NotFetched(s.now())
	}
	s.advance(48 * time.Hour)
	if notFetched() {
		t.Error("told within two days")
	}
	s.advance(time.Second)
	if !notFetched() {
		t.Error("not told after two days")
	}
	s.hub.tell(hubCase, "E1", "SI_RECEIVED")
	s.read(1)
	if notFetched() {
		t.Error("still told once the town has it")
	}
}

// What Deliver refuses to take anywhere (dossier.held) is what the pages call held.
func TestADossierIsHeldWhileTheFormOfItsTownIsNotOpen(t *testing.T) {
	for _, state := range dossier.States {
		for _, form := range directory.FormStates {
			status := dossier.Status{State: state, Collectivity: directory.Collectivity{Form: form}}
			if got := status.Held(); got != (state == dossier.Recorded && form != directory.FormOpen) {
				t.Errorf("%s, form %s: held %v", state, form, got)
			}
		}
	}
}

// « Identifier + state kept 90 days, then erased; payload … 7 days at most » (PRODUCT.md §6)
func TestThePurgeKeepsTheLimitsOfTheRules(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	delivered, _ := s.transmitted()
	waiting := s.record()
	purge := func(want dossier.PurgeCount) {
		t.Helper()
		got, err := s.followUp.Purge(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("on %s: %s", s.now().Format(time.DateOnly), diff)
		}
	}
	purge(dossier.PurgeCount{})
	s.advance(time.Hour)
	purge(dossier.PurgeCount{Attempts: 2, Sessions: 2})
	s.advance(7*24*time.Hour - time.Hour)
	purge(dossier.PurgeCount{Payloads: 1})
	if got := s.shipment(waiting.Reference).State; got != dossier.Failed {
		t.Errorf("after seven days: %q", got)
	}
	// The worker, late, finds nothing to deliver.
	if err := s.deliver(waiting); err != nil || len(s.hub.folders) != 1 {
		t.Errorf("delivered after all: %v", err)
	}
	s.advance(83 * 24 * time.Hour)
	purge(dossier.PurgeCount{Dossiers: 2})
	_, err := s.followUp.Status(ctx, delivered.Reference)
	wantCode(t, err, "dossier.unknown")
}

// « anyone with the identifier sees state, dates, town and its contact »
func TestAStatusTellsNothingOfTheCitizen(t *testing.T) {
	s := setScene(t)
	shipment, _ := s.transmitted()
	status, err := s.followUp.Status(context.Background(), shipment.Reference)
	if err != nil {
		t.Fatal(err)
	}
	want := dossier.Status{
		Reference: shipment.Reference, State: dossier.Transmitted, RecordedAt: noon, TransmittedAt: noon, StateAt: noon,
		Collectivity: directory.Collectivity{Siret: majastres, Name: "Majastres", COG: "04107", Departement: "04", Form: directory.FormOpen},
	}
	if diff := cmp.Diff(want, status); diff != "" {
		t.Error(diff)
	}
}
