package dossier_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/dossier"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/postgres"
)

// agent is somebody of the support.
var agent = account.Actor{AccountID: 12, Name: "Dominique Talbot", Role: account.Support, RequestID: "request 1"}

func (s *scene) lookup() *dossier.Lookup {
	return &dossier.Lookup{Records: postgres.FollowUp{DB: s.db}, Journal: postgres.Journal{DB: s.db}, Now: s.now}
}

// journalled lists the lookups of the journal, oldest first.
func (s *scene) journalled() (events []audit.Event) {
	s.t.Helper()
	page, err := postgres.Journal{DB: s.db}.SearchEvents(context.Background(), audit.Search{Act: audit.DossierLookedUp}, 0, 100)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, entry := range page.Entries {
		events = append([]audit.Event{entry.Event}, events...)
	}
	return events
}

// « support sees the technical trace too »; « Lookups are recorded by themselves » (PRODUCT.md
// 3.8): who, which dossier and when, once for each.
func TestALookupTellsTheTraceAndIsJournalled(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	shipment, hubCase := s.transmitted()
	s.advance(time.Hour)
	s.hub.tell(hubCase, "E1", "SI_RECEIVED")
	s.read(1)

	lookup := s.lookup()
	trace, err := lookup.Find(ctx, agent, shipment.Reference)
	if err != nil {
		t.Fatal(err)
	}
	status, err := s.followUp.Status(ctx, shipment.Reference)
	if err != nil {
		t.Fatal(err)
	}
	want := dossier.Trace{
		Status: status, FolderID: s.hub.folders[0].ID,
		Lines: []dossier.TraceLine{
			{At: noon, Kind: dossier.TraceRecorded},
			{At: noon, Kind: dossier.TracePrepared},
			{At: noon, Kind: dossier.TraceFolderCreated},
			{At: noon, Kind: dossier.TraceTransmitted},
			{At: noon.Add(time.Hour), Kind: dossier.TraceStatus, Status: "SI_RECEIVED"},
		},
	}
	if diff := cmp.Diff(want, trace, cmp.Comparer(time.Time.Equal)); diff != "" {
		t.Error(diff)
	}
	event := audit.Event{
		At: noon.Add(time.Hour), Author: audit.Author{ID: "12", Display: "Dominique Talbot", Role: "support"}, Act: audit.DossierLookedUp,
		Object:       audit.Object{Kind: "dossier", ID: shipment.Reference.String(), Display: shipment.Reference.Display()},
		Organisation: majastres.String(), RequestID: "request 1",
	}
	if diff := cmp.Diff([]audit.Event{event}, s.journalled(), cmp.Comparer(time.Time.Equal)); diff != "" {
		t.Error(diff)
	}
	if _, err := lookup.Find(ctx, agent, shipment.Reference); err != nil || len(s.journalled()) != 2 {
		t.Errorf("a second lookup: %v, %d lines", err, len(s.journalled()))
	}
}

// Unknown and erased look the same, and leave nothing in the journal.
func TestALookupThatFindsNothing(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	shipment := s.record()
	s.advance(dossier.Retention)
	if _, err := s.followUp.Purge(ctx); err != nil {
		t.Fatal(err)
	}
	for _, reference := range []value.Reference{shipment.Reference, "2222222222222"} {
		_, err := s.lookup().Find(ctx, agent, reference)
		wantCode(t, err, "dossier.unknown")
		if fault.KindOf(err) != fault.NotFound {
			t.Errorf("error = %v", err)
		}
	}
	if left := s.journalled(); left != nil {
		t.Errorf("journalled: %+v", left)
	}
}

// silentJournal is a journal whose database went away.
type silentJournal struct{ audit.Recorder }

func (silentJournal) Record(context.Context, audit.Event) error {
	return errors.New("the database is away")
}

// « what cannot be journalled is not told »
func TestWhatCannotBeJournalledIsNotTold(t *testing.T) {
	s := setScene(t)
	shipment := s.record()
	lookup := s.lookup()
	lookup.Journal = silentJournal{}
	if trace, err := lookup.Find(context.Background(), agent, shipment.Reference); err == nil || trace.Reference != "" {
		t.Errorf("told: %+v, %v", trace, err)
	}
}

// « 90 days » (PRODUCT.md §6), and no town learns of another’s.
func TestATownCountsItsOwnDossiers(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	s.record()
	s.advance(24 * time.Hour)
	s.transmitted()
	s.record()
	lookup := s.lookup()
	for _, step := range []struct {
		after time.Duration
		want  map[dossier.State]int
	}{
		{0, map[dossier.State]int{dossier.Recorded: 2, dossier.Transmitted: 1}},
		{dossier.Retention - 24*time.Hour, map[dossier.State]int{dossier.Recorded: 1, dossier.Transmitted: 1}},
		{24 * time.Hour, map[dossier.State]int{}},
	} {
		s.advance(step.after)
		got, err := lookup.Counts(ctx, majastres)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(step.want, got); diff != "" {
			t.Errorf("%s later: %s", step.after, diff)
		}
		if other, err := lookup.Counts(ctx, paris); err != nil || len(other) != 0 {
			t.Errorf("of the other town: %v, %v", other, err)
		}
	}
}
