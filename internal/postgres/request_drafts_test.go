package postgres_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/postgres"
	"portail-qf/internal/seal"
)

func (s *scene) drafts() postgres.Drafts { return postgres.Drafts{DB: s.db} }

// draftJob is the service that warns and erases, at a time.
func (s *scene) draftJob(now time.Time) *request.Drafts {
	s.t.Helper()
	ring, err := seal.Parse(seal.NewKey("test"))
	if err != nil {
		s.t.Fatal(err)
	}
	return &request.Drafts{Store: s.drafts(), Sealer: ring, Now: func() time.Time { return now }}
}

// abandoned is a draft of somebody, as the job reads it, with a document.
func (s *scene) abandoned() (request.Application, request.Idle) {
	s.t.Helper()
	s.editors()
	s.forms()
	a := s.begins(s.colleague("Anne", "Morel", majastres), majastres)
	s.handsIn(a, request.Clean)
	a = s.application(a.Request.Number)
	idle, err := s.drafts().ListIdle(context.Background(), noon.AddDate(0, 5, 0), request.Idle{}, 10)
	if err != nil || len(idle) != 1 {
		s.t.Fatalf("%+v, %v", idle, err)
	}
	return a, idle[0]
}

func erasedEvent(idle request.Idle, at time.Time) audit.Event {
	return audit.Event{At: at, Author: audit.System, Act: audit.DraftErased, Object: audit.Object{Kind: "habilitation", ID: idle.Number.String()}}
}

func TestIdleDraftsAreListedTheOldestFirst(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	s.editors()
	s.forms()
	s.lineUp(
		lined{number: 1, state: habilitation.Draft, phase: request.Writing, edited: 100},
		lined{number: 2, state: habilitation.Draft, phase: request.Writing, edited: 300, form: "formulaire-qf"},
		lined{number: 3, state: habilitation.Draft, phase: request.Writing, edited: 200},
		lined{number: 4, state: habilitation.Draft, phase: request.Writing, edited: 10},
		lined{number: 5, state: habilitation.Reopened, phase: request.Writing, edited: 400},
		lined{number: 6, state: habilitation.ChangesRequested, phase: request.Returned, filed: 400},
		lined{number: 7, state: habilitation.Archived, phase: request.Closed, edited: 400},
	)
	s.run(`UPDATE requests SET requester = '{}' WHERE number = 2`)
	s.run(`UPDATE applications SET warned_stage = 30, warned_at = $1 WHERE request IN (1, 3)`, hoursAgo(150)) // one wrote again since
	listed, err := s.drafts().ListIdle(ctx, hoursAgo(50), request.Idle{}, 10)
	if err != nil {
		t.Fatal(err)
	}
	for i := range listed {
		listed[i].EditedAt, listed[i].WarnedAt = listed[i].EditedAt.UTC(), listed[i].WarnedAt.UTC()
	}
	mail := "anne.morel@" + string(majastres) + ".example.fr"
	want := []request.Idle{
		{Number: 2, Siret: majastres, Organisation: "COMMUNE DE MAJASTRES", EditedAt: hoursAgo(300)},
		{Number: 3, Siret: majastres, Organisation: "COMMUNE DE MAJASTRES", Software: "Tilleul", Mail: mail, EditedAt: hoursAgo(200), WarnedStage: 30, WarnedAt: hoursAgo(150)},
		{Number: 1, Siret: majastres, Organisation: "COMMUNE DE MAJASTRES", Software: "Tilleul", Mail: mail, EditedAt: hoursAgo(100)},
	}
	if diff := cmp.Diff(want, listed); diff != "" {
		t.Error(diff)
	}
	if first, err := s.drafts().ListIdle(ctx, hoursAgo(50), request.Idle{}, 1); err != nil || len(first) != 1 || first[0].Number != 2 {
		t.Errorf("%+v, %v", first, err)
	}
}

// « reminders of drafts before their erasure »: 30 days and 7 days before, one mail each,
// whatever the number of instances; then nothing of the draft is left.
func TestADraftIsErasedAfterItsHolderWasToldTwice(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	a, _ := s.abandoned()
	end := noon.AddDate(0, 6, 0)
	for _, day := range []struct {
		before, mails int
		erased        bool
	}{{31, 0, false}, {29, 1, false}, {20, 1, false}, {6, 2, false}, {0, 2, false}, {-1, 2, true}, {-2, 2, true}} {
		var erased atomic.Int64
		atOnce(3, func(int) {
			_, n, err := s.draftJob(end.AddDate(0, 0, -day.before)).Run(ctx)
			if err != nil {
				t.Error(err)
			}
			erased.Add(int64(n))
		})
		if n := s.count(`SELECT count(*) FROM mails WHERE kind = 'brouillon-bientot-efface'`); n != day.mails {
			t.Errorf("%d days before: %d mails, want %d", day.before, n, day.mails)
		}
		if gone := s.application(a.Request.Number).Request.State == habilitation.Archived; gone != day.erased || erased.Load() > 1 {
			t.Errorf("%d days before: erased %v, by %d", day.before, gone, erased.Load())
		}
	}
	if n := s.count(`SELECT count(*) FROM audit_events WHERE act = 'request.erased'`); n != 1 {
		t.Errorf("%d lines in the journal", n)
	}
}

func TestNothingOfADraftIsLeftButWhoAskedAndWhen(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	a, idle := s.abandoned()
	s.says(int64(idle.Number), request.SideTown, false)
	s.claims(int64(idle.Number), s.colleague("Paul", "Garnier", majastres), time.Hour)
	s.run(`UPDATE applications SET asked = '{"motif":"Rien"}'`)
	at := noon.AddDate(0, 7, 0)
	if erased, err := s.drafts().EraseDraft(ctx, idle, erasedEvent(idle, at)); !erased || err != nil {
		t.Fatalf("erased: %v, %v", erased, err)
	}
	left := s.application(a.Request.Number)
	left.Request.StateAt, left.Request.CreatedAt, left.EditedAt = left.Request.StateAt.UTC(), left.Request.CreatedAt.UTC(), left.EditedAt.UTC()
	want := request.Application{
		Request: habilitation.Request{
			Number: a.Request.Number, Source: habilitation.FromPortal, Siret: majastres, Organisation: "Majastres", FormUID: tilleulForm,
			State: habilitation.Archived, StateAt: at, CreatedAt: noon, Revision: a.Request.Revision + 1,
		},
		Template: a.Template, Phase: request.Closed, Edition: a.Edition + 1, EditedAt: a.EditedAt.UTC(),
	}
	if diff := cmp.Diff(want, left); diff != "" {
		t.Error(diff)
	}
	for _, table := range []string{"documents", "document_contents", "request_messages", "request_claims"} {
		if n := s.count(`SELECT count(*) FROM ` + table); n != 0 {
			t.Errorf("%d lines of %s are left", n, table)
		}
	}
	if n := s.count(`SELECT count(*) FROM requests WHERE holder IS NULL AND requester = '{}'`); n != 1 {
		t.Error("the holder is left")
	}
	if again, err := s.drafts().EraseDraft(ctx, idle, erasedEvent(idle, at)); again || err != nil {
		t.Errorf("erased again: %v, %v", again, err)
	}
}

// A draft is erased, and its holder warned, only as it was read: what happens in between wins.
func TestADraftThatMovedIsNeitherErasedNorWarnedOf(t *testing.T) {
	for name, move := range map[string]func(s *scene, a request.Application){
		"somebody wrote": func(s *scene, a request.Application) {
			if err := s.applications().RecordWritten(context.Background(), request.Written{Application: a, At: noon.Add(time.Hour)}); err != nil {
				s.t.Fatal(err)
			}
		},
		"it was deposited": func(s *scene, a request.Application) { s.changes(deposit(a, noon.Add(time.Hour))) },
		"it was withdrawn": func(s *scene, a request.Application) {
			a.Request.State, a.Phase = habilitation.Archived, request.Closed
			s.changes(request.Change{Application: a, Moves: true, At: noon.Add(time.Hour)})
		},
		"a colleague holds it": func(s *scene, a request.Application) {
			paul, err := s.applications().FindColleague(context.Background(), s.colleague("Paul", "Garnier", majastres), majastres)
			if err != nil {
				s.t.Fatal(err)
			}
			a.Request.Requester, a.Request.Holder = paul.Contact, paul.ID
			s.changes(request.Change{Application: a, Moves: true, At: noon.Add(time.Hour)})
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, ctx := setScene(t), context.Background()
			a, idle := s.abandoned()
			move(s, a)
			moved := s.application(a.Request.Number)
			idle.WarnedStage = 7
			if err := s.drafts().RecordWarned(ctx, idle, []notice.Letter{letterOf("x", []string{"a@example.fr"}, nil)}, noon.Add(2*time.Hour)); err != nil {
				t.Error(err)
			}
			if erased, err := s.drafts().EraseDraft(ctx, idle, erasedEvent(idle, noon)); erased || err != nil {
				t.Errorf("erased: %v, %v", erased, err)
			}
			if diff := cmp.Diff(moved, s.application(a.Request.Number)); diff != "" {
				t.Error(diff)
			}
			if n := s.count(`SELECT (SELECT count(*) FROM mails) + (SELECT count(*) FROM applications WHERE warned_stage <> 0) + (SELECT count(*) FROM audit_events WHERE act = 'request.erased')`); n != 0 {
				t.Error("something is told all the same")
			}
			if n := s.count(`SELECT count(*) FROM document_contents`); n != 1 {
				t.Error("the document went")
			}
		})
	}
}

// Somebody is writing while the job erases: the job waits, then leaves the draft alone.
func TestADraftInWhichSomebodyIsWritingIsLeft(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	a, idle := s.abandoned()
	hold, err := s.raw.BeginTx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = hold.Rollback() }()
	if _, err := hold.ExecContext(ctx, `UPDATE applications SET edited_at = $1, edition = edition + 1`, noon.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	done := make(chan bool)
	go func() {
		erased, err := s.drafts().EraseDraft(ctx, idle, erasedEvent(idle, noon))
		if err != nil {
			t.Error(err)
		}
		done <- erased
	}()
	s.awaitWaiting(1)
	if err := hold.Commit(); err != nil {
		t.Fatal(err)
	}
	if <-done {
		t.Error("it is erased under the hands of its holder")
	}
	if now := s.application(a.Request.Number); now.Request.State != habilitation.Draft || now.Answers.Title != "Cantine" {
		t.Errorf("%+v", now)
	}
}

// One stage is told once; a more urgent one later.
func TestAWarningIsKeptOnce(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	_, idle := s.abandoned()
	warn := func(stage int, key string) {
		t.Helper()
		idle.WarnedStage = stage
		if err := s.drafts().RecordWarned(ctx, idle, []notice.Letter{letterOf(key, []string{"a@example.fr"}, nil)}, noon.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	warn(30, "a")
	warn(30, "b")
	warn(7, "c")
	warn(30, "d")
	warn(7, "e")
	if n := s.count(`SELECT count(*) FROM mails`); n != 2 {
		t.Errorf("%d mails", n)
	}
	listed, err := s.drafts().ListIdle(ctx, noon.Add(time.Hour), request.Idle{}, 1)
	if err != nil || len(listed) != 1 || listed[0].WarnedStage != 7 || !listed[0].WarnedAt.Equal(noon.Add(time.Hour)) {
		t.Errorf("%+v, %v", listed, err)
	}
}

// What was never approved is erased six months after its last move, once, by one of those who
// do it at the same moment.
func TestWhatCameToNothingIsErasedOnce(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	s.editors()
	s.forms()
	holder := s.colleague("Anne", "Morel", majastres)
	const came, moved, many = 400, 100, 450
	s.lineUp(
		lined{number: 1, state: habilitation.Archived, phase: request.Closed, filed: 500},
		lined{number: 2, state: habilitation.Refused, phase: request.Closed, filed: 500},
		lined{number: 3, state: habilitation.Refused, phase: request.Closed, filed: 500}, // not long ago
		lined{number: 4, state: habilitation.Validated, phase: request.Closed, filed: 500},
		lined{number: 5, state: habilitation.Archived, phase: request.Closed, filed: 500}, // it was approved
		lined{number: 6, state: habilitation.Submitted, phase: request.Filed, filed: 500},
		lined{number: 7, state: habilitation.Refused, phase: request.Closed, filed: 500}, // DataPass has it
	)
	s.run(`UPDATE requests SET state_at = $1, holder = $2`, hoursAgo(came), holder)
	s.run(`UPDATE requests SET state_at = $1 WHERE number = 3`, hoursAgo(moved))
	s.run(`UPDATE requests SET source = 'datapass' WHERE number = 7`)
	s.granted(10_000_001, 5, tilleul, true, true)
	s.run(`UPDATE applications SET answers = '{"intitule":"Cantine"}', asked = '{"motif":"Rien"}'`)
	for _, number := range []int64{1, 2, 3} {
		s.says(number, request.SideTown, false)
		s.run(`INSERT INTO deposits (request, rank, answers, terms, author, at) VALUES ($1, 1, '{"document":1}', '2026-09', 'Anne Morel', $2)`, number, noon)
		s.run(`WITH d AS (INSERT INTO documents (request, name, size, pages, state, added_at, added_by) VALUES ($1, 'a.pdf', 1, 1, 'saine', $2, 'Anne Morel') RETURNING id)
			INSERT INTO document_contents SELECT id, 'x' FROM d`, number, noon)
		s.run(`INSERT INTO instruction_notes (request, account_id, act, revision, body, updated_at) VALUES ($1, $2, 'refuse', 1, 'Motif', $3)`, number, holder, noon)
	}
	// More than one transaction takes.
	s.run(`INSERT INTO requests (number, source, siret, state, state_at, created_at, requester)
		SELECT 1000 + i, 'portail', $1, 'archivee', $2, $2, '{"mail":"a@example.fr"}' FROM generate_series(1, $3) i`, majastres, hoursAgo(came), many)
	s.run(`INSERT INTO applications (request, form_uid, form_version, phase, answers, edited_at) SELECT number, $1, 1, 'close', '{}', $2 FROM requests WHERE number > 1000`,
		tilleulForm, noon)

	var erased atomic.Int64
	atOnce(3, func(int) {
		n, err := s.drafts().EraseWithdrawn(ctx, hoursAgo(300))
		if err != nil {
			t.Error(err)
		}
		erased.Add(int64(n))
	})
	last, err := s.drafts().EraseWithdrawn(ctx, hoursAgo(300)) // what one held is left to the next time
	if total := erased.Load() + int64(last); total != many+2 || err != nil {
		t.Errorf("%d are erased, %v", total, err)
	}
	if again, err := s.drafts().EraseWithdrawn(ctx, hoursAgo(300)); again != 0 || err != nil {
		t.Errorf("%d are erased again, %v", again, err)
	}
	const sqlSaid = `SELECT count(*) FROM requests r JOIN applications a ON a.request = r.number
		WHERE r.requester <> '{}' AND r.holder IS NOT NULL AND r.revision = 3 AND a.answers <> '{}' AND a.asked <> '{}' AND r.number = $1`
	for number, want := range map[int64]int{1: 0, 2: 0, 3: 1, 4: 1, 5: 1, 6: 1, 7: 1} {
		if n := s.count(sqlSaid, number); n != want {
			t.Errorf("what request %d says: %d, want %d", number, n, want)
		}
	}
	if n := s.count(`SELECT count(*) FROM requests WHERE requester = '{}' AND holder IS NULL AND revision = 4 AND organisation <> '' AND state_at = $1 AND state IN ('archivee', 'refusee') AND number < 3`, hoursAgo(came)); n != 2 {
		t.Error("an erased request lost its name or its state")
	}
	for _, table := range []string{"documents", "document_contents", "deposits", "request_messages", "instruction_notes"} {
		if n := s.count(`SELECT count(*) FROM ` + table); n != 1 {
			t.Errorf("%d lines of %s are left, want that of what came to nothing of late", n, table)
		}
	}
}

// « cancel and refuse restore everything, documents included »: a file stays as long as
// anything that may come back names it.
func TestAFileThatNothingNamesIsErased(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	s.editors()
	s.forms()
	s.lineUp(lined{number: 1, state: habilitation.Reopened, phase: request.Writing, filed: 500}, lined{number: 2, state: habilitation.Draft, phase: request.Writing, edited: 1})
	s.granted(10_000_001, 1, tilleul, true, true)
	s.granted(10_000_002, 1, tilleul, true, true)
	add := func(request int64, hours int) (id int64) {
		t.Helper()
		err := s.raw.QueryRowContext(ctx, `INSERT INTO documents (request, name, size, pages, state, added_at, added_by)
			VALUES ($1, 'a.pdf', 1, 1, 'saine', $2, 'Anne Morel') RETURNING id`, request, hoursAgo(hours)).Scan(&id)
		if err != nil {
			t.Fatal(err)
		}
		s.run(`INSERT INTO document_contents (document, content) VALUES ($1, 'x')`, id)
		return id
	}
	names := func(statement string, document int64) {
		s.run(statement, `{"intitule":"Cantine","document":`+fmt.Sprint(document)+`}`)
	}
	written, granted, deposited, orphan, young := add(1, 100), add(1, 100), add(1, 100), add(1, 100), add(1, 24)
	draftOrphan := add(2, 100)
	names(`UPDATE applications SET answers = $1 WHERE request = 1`, written)
	names(`UPDATE habilitations SET answers = $1 WHERE number = 10000001`, granted)
	names(`INSERT INTO deposits (request, rank, answers, terms, author, at) VALUES (1, 1, $1, '2026-09', 'Anne Morel', now())`, deposited)
	erased, err := s.drafts().EraseOrphans(ctx, hoursAgo(24))
	if erased != 2 || err != nil {
		t.Errorf("%d files are erased, %v", erased, err)
	}
	for id, want := range map[int64]int{written: 1, granted: 1, deposited: 1, young: 1, orphan: 0, draftOrphan: 0} {
		if n := s.count(`SELECT count(*) FROM documents d JOIN document_contents c ON c.document = d.id WHERE d.id = $1`, id); n != want {
			t.Errorf("file %d: %d, want %d", id, n, want)
		}
	}
	if erased, err = s.drafts().EraseOrphans(ctx, hoursAgo(24)); erased != 0 || err != nil {
		t.Errorf("%d files are erased again, %v", erased, err)
	}
}

// The purge of what DataPass told leaves the portal's own requests: a draft that somebody writes
// in keeps its holder, and what was withdrawn is erased whole by the purge of its own.
func TestThePurgeOfDataPassLeavesOurRequests(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	s.editors()
	s.forms()
	s.lineUp(
		lined{number: 1, state: habilitation.Draft, phase: request.Writing},
		lined{number: 2, state: habilitation.Archived, phase: request.Closed, filed: 500},
		lined{number: 3, state: habilitation.Refused, phase: request.Closed, filed: 500}, // DataPass has it
	)
	s.run(`UPDATE requests SET state_at = $1, requester = '{"mail":"anne.morel@mairie.example.fr"}'`, hoursAgo(400))
	s.run(`UPDATE requests SET source = 'datapass' WHERE number = 3`)
	forgotten, err := postgres.Inbox{DB: s.db}.ForgetRequesters(ctx, hoursAgo(300))
	if err != nil || forgotten != 1 {
		t.Errorf("%d requesters are forgotten, %v", forgotten, err)
	}
	if n := s.count(`SELECT count(*) FROM requests WHERE requester <> '{}'`); n != 2 {
		t.Errorf("%d requesters are left", n)
	}
	for _, want := range []int{1, 0} { // once
		if erased, err := s.drafts().EraseWithdrawn(ctx, hoursAgo(300)); err != nil || erased != want {
			t.Errorf("%d requests are erased, want %d, %v", erased, want, err)
		}
	}
}
