package postgres_test

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	accounts "portail-qf/internal/domain/account"
	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/postgres"
)

func (s *scene) desk() postgres.Desk { return postgres.Desk{DB: s.db} }

func TestInstructorsAreThoseWhoseRoleLives(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	nadia := s.instructs("Nadia", "Roux", accounts.Instructor)
	both := s.instructs("Karim", "Blanc", accounts.Admin)
	s.run(`INSERT INTO memberships (account_id, role, organisation, signed_for, granted_by, granted_at)
		SELECT account_id, 'instructor', organisation, signed_for, granted_by, granted_at FROM memberships WHERE account_id = $1`, both.ID)
	s.instructs("Léo", "Petit", accounts.Reader)
	former, moved := s.instructs("Maud", "Henry", accounts.Instructor), s.instructs("Samir", "Morin", accounts.Instructor)
	s.run(`UPDATE memberships SET ended_at = $2 WHERE account_id = $1`, former.ID, noon)
	s.run(`UPDATE accounts SET siret = $2 WHERE id = $1`, moved.ID, majastres)
	listed, err := s.desk().ListInstructors(ctx)
	if diff := cmp.Diff([]request.Person{both, nadia}, listed); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

func TestWhoIsInChargeIsRecordedAndNothingElse(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	nadia, karim := s.day()
	desk := s.instruction()
	desk.Store = s.applications()
	before := s.application(dOld)
	for _, step := range []struct{ read, to int64 }{{0, karim.ID}, {karim.ID, nadia.ID}, {nadia.ID, 0}} {
		if err := desk.Assign(ctx, actorOf(nadia), dOld, step.to, step.read); err != nil {
			t.Fatal(err)
		}
		now := s.application(dOld)
		if now.Assignee.ID != step.to {
			t.Errorf("in charge: %+v, want %d", now.Assignee, step.to)
		}
		now.Assignee = request.Person{}
		if diff := cmp.Diff(before, now); diff != "" {
			t.Errorf("something else changed: %s", diff)
		}
	}
	if n := s.count(`SELECT count(*) FROM audit_events WHERE act = 'request.assigned' AND object_id = $1`, fmt.Sprint(dOld)); n != 3 {
		t.Errorf("%d lines in the journal", n)
	}
	wantCode(t, desk.Assign(ctx, actorOf(nadia), dOld, s.colleague("Inès", "Faure", majastres), 0), "request.instructor_unknown")
	wantCode(t, desk.Assign(ctx, actorOf(nadia), dOld, nadia.ID, karim.ID), "request.assigned_meanwhile")
	event := audit.Event{At: noon, Author: audit.System, Act: audit.RequestAssigned}
	wantCode(t, s.desk().RecordAssigned(ctx, dElsewhere, nadia, 0, event), "request.unknown")
	wantCode(t, s.desk().RecordAssigned(ctx, dOld, request.Person{ID: 1 << 40}, 0, event), "request.instructor_unknown")
	wantCode(t, s.desk().RecordAssigned(ctx, dOld, nadia, karim.ID, event), "request.assigned_meanwhile")
	if n := s.count(`SELECT count(*) FROM audit_events WHERE act = 'request.assigned'`); n != 3 {
		t.Errorf("%d lines in the journal after refusals", n)
	}
}

func TestANoteIsItsInstructorsAndItsActs(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	nadia, karim := s.day()
	desk := s.desk()
	refusal := request.Note{Request: dFresh, Account: nadia.ID, Act: habilitation.Refuse, Revision: 3, Text: "Hors du cadre de l’expérimentation."}
	returning := request.Note{
		Request: dFresh, Account: nadia.ID, Act: habilitation.RequestChanges, Revision: 3, Text: "Complétez « la délibération ».",
		Comments: []request.Comment{{Field: request.FieldDocument, Text: "Il manque la page 2."}, {Field: "dpd_mail", Text: "Adresse\nde qui ?"}},
	}
	approval := request.Note{Request: dFresh, Account: nadia.ID, Act: habilitation.Approve, Revision: 3, Editor: tilleul, Number: 10_000_077}
	numbered := request.Note{Request: dOld, Account: nadia.ID, Act: habilitation.Approve, Revision: 3, Number: 10_000_078}
	another := request.Note{Request: dFresh, Account: karim.ID, Act: habilitation.Refuse, Revision: 2, Text: "Autre avis"}
	for _, note := range []request.Note{{Request: dFresh, Account: nadia.ID, Act: habilitation.Refuse, Text: "Essai", Number: 3}, refusal, returning, approval, numbered, another} {
		if err := desk.RecordNote(ctx, note, noon); err != nil {
			t.Fatal(err)
		}
	}
	wantNote := func(want request.Note) {
		t.Helper()
		found, err := desk.FindNote(ctx, want.Request, want.Account, want.Act)
		if len(found.Comments) == 0 {
			found.Comments = nil
		}
		if diff := cmp.Diff(want, found); diff != "" || err != nil {
			t.Error(diff, err)
		}
	}
	for _, note := range []request.Note{refusal, returning, approval, numbered, another} {
		wantNote(note)
	}
	for _, nothing := range []request.Note{{Request: dOld, Account: nadia.ID, Act: habilitation.Refuse}, {Request: dFresh, Account: karim.ID, Act: habilitation.Approve}} {
		if found, err := desk.FindNote(ctx, nothing.Request, nothing.Account, nothing.Act); err != nil || found.Request != 0 {
			t.Errorf("a note that nobody wrote: %+v, %v", found, err)
		}
	}
	emptied := request.Note{Request: dFresh, Account: nadia.ID, Act: habilitation.Refuse, Revision: 3}
	for range 2 {
		if err := desk.RecordNote(ctx, emptied, noon); err != nil {
			t.Fatal(err)
		}
	}
	if found, err := desk.FindNote(ctx, dFresh, nadia.ID, habilitation.Refuse); err != nil || found.Request != 0 {
		t.Errorf("an empty note is kept: %+v, %v", found, err)
	}
	wantNote(another)
	refusal.Request = dElsewhere
	wantCode(t, desk.RecordNote(ctx, refusal, noon), "request.unknown")
}

// Two tabs of one instructor: one of the notes stays, whole.
func TestNotesWrittenAtOnceLeaveOne(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	nadia, _ := s.day()
	atOnce(12, func(i int) {
		text := fmt.Sprintf("Motif %d", i)
		note := request.Note{Request: dFresh, Account: nadia.ID, Act: habilitation.RequestChanges, Revision: i, Text: text, Comments: []request.Comment{{Field: "dpd_mail", Text: text}}}
		if err := s.desk().RecordNote(ctx, note, noon); err != nil {
			t.Error(err)
		}
	})
	kept, err := s.desk().FindNote(ctx, dFresh, nadia.ID, habilitation.RequestChanges)
	if err != nil || len(kept.Comments) != 1 || kept.Text != fmt.Sprintf("Motif %d", kept.Revision) || kept.Comments[0].Text != kept.Text {
		t.Errorf("%+v, %v", kept, err)
	}
}

func (s *scene) filtersOf(p request.Person) map[string]string {
	s.t.Helper()
	listed, err := s.desk().ListFilters(context.Background(), p.ID)
	if err != nil {
		s.t.Fatal(err)
	}
	filters := map[string]string{}
	for _, f := range listed {
		filters[f.Name] = f.Query
	}
	return filters
}

func TestAFilterIsItsInstructors(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	nadia, karim := s.instructs("Nadia", "Roux", accounts.Instructor), s.instructs("Karim", "Blanc", accounts.Instructor)
	desk := s.desk()
	for _, kept := range []struct {
		by   request.Person
		name string
		say  string
	}{{nadia, "paris", "departement=75"}, {nadia, "Les miennes", "assignee=moi"}, {karim, "paris", "departement=75&a=1"}, {nadia, "paris", "departement=75&etape=toutes"}} {
		if err := desk.RecordFilter(ctx, kept.by.ID, request.Filter{Name: kept.name, Query: kept.say}); err != nil {
			t.Fatal(err)
		}
	}
	listed, err := desk.ListFilters(ctx, nadia.ID)
	if err != nil || len(listed) != 2 || listed[0].Name != "Les miennes" || listed[1].Query != "departement=75&etape=toutes" {
		t.Fatalf("%+v, %v", listed, err)
	}
	for _, id := range []int64{listed[1].ID, 1 << 40} { // hers, and nobody's
		if err := desk.EraseFilter(ctx, karim.ID, id); err != nil {
			t.Error(err)
		}
	}
	if diff := cmp.Diff(map[string]string{"Les miennes": "assignee=moi", "paris": "departement=75&etape=toutes"}, s.filtersOf(nadia)); diff != "" {
		t.Errorf("somebody else erased one: %s", diff)
	}
	if err := desk.EraseFilter(ctx, nadia.ID, listed[1].ID); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(map[string]string{"Les miennes": "assignee=moi"}, s.filtersOf(nadia)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]string{"paris": "departement=75&a=1"}, s.filtersOf(karim)); diff != "" {
		t.Error(diff)
	}
}

// Twenty filters are kept for an account, however many are saved at once; one that is there
// already is replaced all the same.
func TestTwentyFiltersAreKept(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	nadia, karim := s.instructs("Nadia", "Roux", accounts.Instructor), s.instructs("Karim", "Blanc", accounts.Instructor)
	record := func(by request.Person, name, query string) error {
		return s.desk().RecordFilter(ctx, by.ID, request.Filter{Name: name, Query: query})
	}
	var refused atomic.Int64
	atOnce(30, func(i int) {
		if err := record(nadia, fmt.Sprintf("filtre %d", i), "q=a"); fault.Is(err, "filter.too_many") {
			refused.Add(1)
		} else if err != nil {
			t.Error(err)
		}
	})
	kept := s.filtersOf(nadia)
	if len(kept) != 20 || refused.Load() != 10 {
		t.Errorf("%d are kept and %d refused", len(kept), refused.Load())
	}
	for name := range kept {
		if err := record(nadia, name, "q=b"); err != nil {
			t.Error(err)
		}
		if s.filtersOf(nadia)[name] != "q=b" {
			t.Errorf("%q was not replaced", name)
		}
		break
	}
	if err := record(karim, "le sien", "q=c"); err != nil {
		t.Error(err)
	}
}

// One name saved by two tabs is one filter.
func TestOneNameSavedAtOnceIsOneFilter(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	nadia := s.instructs("Nadia", "Roux", accounts.Instructor)
	atOnce(12, func(i int) {
		if err := s.desk().RecordFilter(ctx, nadia.ID, request.Filter{Name: "paris", Query: fmt.Sprint(i)}); err != nil {
			t.Error(err)
		}
	})
	if kept := s.filtersOf(nadia); len(kept) != 1 {
		t.Errorf("%v", kept)
	}
}

func TestAModelIsAddedChangedAndTakenAway(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	nadia := actorOf(s.instructs("Nadia", "Roux", accounts.Instructor))
	desk := s.instruction()
	save := func(reason request.Reason) request.Reason {
		t.Helper()
		id, err := desk.SaveReason(ctx, nadia, reason)
		if err != nil {
			t.Fatal(err)
		}
		reason.ID = id
		return reason
	}
	outside := save(request.Reason{Act: habilitation.Refuse, Title: "Hors du cadre", Text: "La demande {numero} n’entre pas dans le cadre."})
	page := save(request.Reason{Act: habilitation.RequestChanges, Title: "page manquante", Text: "Il manque une page."})
	dpd := save(request.Reason{Act: habilitation.RequestChanges, Title: "DPD", Text: "Nommez une autre personne."})
	page.Title, page.Text = "Page à joindre", "Joignez toutes les pages."
	if changed := save(page); changed.ID != page.ID {
		t.Errorf("changed, it is %d and no more %d", changed.ID, page.ID)
	}
	listed, err := s.desk().ListReasons(ctx)
	if diff := cmp.Diff([]request.Reason{outside, dpd, page}, listed); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if found, err := s.desk().FindReason(ctx, page.ID); err != nil || found != page {
		t.Errorf("%+v, %v", found, err)
	}
	if err := desk.EraseReason(ctx, nadia, dpd.ID); err != nil {
		t.Error(err)
	}
	for what, err := range map[string]error{
		"found":                     errorOf(s.desk().FindReason(ctx, dpd.ID)),
		"changed":                   errorOf(desk.SaveReason(ctx, nadia, dpd)),
		"erased":                    desk.EraseReason(ctx, nadia, dpd.ID),
		"erased at the same moment": s.desk().EraseReason(ctx, dpd.ID, audit.Event{At: noon, Author: audit.System, Act: audit.ReasonTemplateChanged}),
	} {
		if !fault.Is(err, "reason_template.unknown") || fault.KindOf(err) != fault.NotFound {
			t.Errorf("one that was taken away is %s: %v", what, err)
		}
	}
	// What was refused is not told; what is new is told by its own number.
	for id, want := range map[int64]int{outside.ID: 1, page.ID: 2, dpd.ID: 2, 0: 0} {
		if n := s.count(`SELECT count(*) FROM audit_events WHERE act = 'reason_template.changed' AND object_id = $1`, fmt.Sprint(id)); n != want {
			t.Errorf("%d lines of the journal about model %d, want %d", n, id, want)
		}
	}
}

func errorOf[T any](_ T, err error) error { return err }

// Thirty models are kept for an act, however many are saved at once; one that is there already
// is changed all the same, but not into an act that is full.
func TestThirtyModelsAreKeptForAnAct(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	nadia := actorOf(s.instructs("Nadia", "Roux", accounts.Instructor))
	desk := s.instruction()
	var ids [40]int64
	atOnce(len(ids), func(i int) {
		id, err := desk.SaveReason(ctx, nadia, request.Reason{Act: habilitation.Refuse, Title: fmt.Sprintf("Motif %d", i), Text: "Texte"})
		if err != nil && !fault.Is(err, "reason_template.too_many") {
			t.Error(err)
		}
		ids[i] = id
	})
	slices.Sort(ids[:])
	if ids[9] != 0 || ids[10] == 0 || s.count(`SELECT count(*) FROM reason_templates`) != 30 {
		t.Fatalf("kept: %v", ids)
	}
	last := request.Reason{ID: ids[39], Act: habilitation.Refuse, Title: "Autre titre", Text: "Texte"}
	if _, err := desk.SaveReason(ctx, nadia, last); err != nil {
		t.Errorf("one that is there is not changed: %v", err)
	}
	other, err := desk.SaveReason(ctx, nadia, request.Reason{Act: habilitation.Approve, Title: "Bienvenue", Text: "Texte"})
	if err != nil {
		t.Fatalf("another act: %v", err)
	}
	_, err = desk.SaveReason(ctx, nadia, request.Reason{ID: other, Act: habilitation.Refuse, Title: "Bienvenue", Text: "Texte"})
	wantCode(t, err, "reason_template.too_many")
	if n := s.count(`SELECT count(*) FROM audit_events WHERE act = 'reason_template.changed'`); n != 32 {
		t.Errorf("%d lines in the journal", n)
	}
}
