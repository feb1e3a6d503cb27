package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jmoiron/sqlx"

	"portail-qf/internal/domain/audit"
	"portail-qf/internal/postgres"
)

// seal seals whatever may be.
func (s *scene) seal() (report string) {
	s.t.Helper()
	report, err := s.journal(noon).Seal(context.Background())
	if err != nil {
		s.t.Fatal(err)
	}
	return report
}

func (s *scene) verify(known ...audit.Anchor) audit.Verdict {
	s.t.Helper()
	return s.verifyAt(noon, known...)
}

func (s *scene) verifyAt(at time.Time, known ...audit.Anchor) audit.Verdict {
	s.t.Helper()
	verdict, err := s.journal(at).Verify(context.Background(), known...)
	if err != nil {
		s.t.Fatal(err)
	}
	return verdict
}

func (s *scene) wantIntact() audit.Verdict {
	s.t.Helper()
	verdict := s.verify()
	if verdict.Broken != nil {
		s.t.Errorf("the chain is broken: %+v", *verdict.Broken)
	}
	return verdict
}

// batches tells which events each batch holds, and which wait.
func (s *scene) batches() string {
	s.t.Helper()
	var text string
	err := s.raw.QueryRowContext(context.Background(), `
		SELECT COALESCE(string_agg(COALESCE(batch::text, 'waiting') || ': ' || objects, '; ' ORDER BY batch), '')
		FROM (SELECT batch, string_agg(object_id, ' ' ORDER BY id) AS objects FROM audit_events GROUP BY batch) b`).Scan(&text)
	if err != nil {
		s.t.Fatal(err)
	}
	return text
}

// fill records n events of nobody in one statement.
func (s *scene) fill(n int) {
	s.t.Helper()
	s.run(`INSERT INTO audit_events (at, author_id, author, role, act, object_kind, object_id, object)
		SELECT $2::timestamptz + i * interval '1 second', 'system', 'Le portail', 'system', 'job.started', 'job', 'purge', 'Job ' || i FROM generate_series(1, $1::int) i`, n, noon)
}

// « a batch closing below pg_snapshot_xmin »: an event whose transaction ends late is in
// a later batch, never lost, and batches follow the order of what was done.
func TestAnEventCommittedLateIsInALaterBatch(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	s.tell(did(camille, audit.RoleGranted, account("before"), noon))
	slow, err := s.asApplication().BeginTx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = slow.Rollback() }()
	const sqlLate = `INSERT INTO audit_events (at, author_id, author, role, act, object_kind, object_id, object)
		VALUES ($1, '12', 'Camille Ferrand', '', 'role.granted', 'account', 'late', '')`
	if _, err := slow.ExecContext(ctx, sqlLate, noon); err != nil {
		t.Fatal(err)
	}
	s.tell(did(camille, audit.RoleGranted, account("meanwhile"), noon))
	s.seal()
	if got := s.batches(); got != "1: before; waiting: meanwhile" {
		t.Errorf("while a transaction is open: %s", got)
	}
	if err := slow.Commit(); err != nil {
		t.Fatal(err)
	}
	s.tell(did(camille, audit.RoleGranted, account("after"), noon))
	s.seal()
	if got := s.batches(); got != "1: before; 2: late meanwhile after" {
		t.Errorf("once it has ended: %s", got)
	}
	if verdict := s.wantIntact(); verdict.Events != 4 || verdict.Waiting != 0 {
		t.Errorf("%+v", verdict)
	}
}

// Events restored from another cluster carry transaction numbers that ours has not
// reached: they do not wait for it to.
func TestEventsRestoredFromAnotherClusterAreSealed(t *testing.T) {
	s := setScene(t)
	s.run(`INSERT INTO audit_events (at, author_id, author, role, act, object_kind, object_id, object, tx)
		VALUES ($1, '', '', '', '', '', 'restored', '', '900000000000'), ($1, '', '', '', '', '', 'old', '', '3')`, noon)
	s.seal()
	if got := s.batches(); got != "1: restored old" {
		t.Error(got)
	}
	s.wantIntact()
}

// The report « holds batch number, count and digest »: the log keeps the end of the chain
// elsewhere than the database, in the form that a verification takes.
func TestTheReportHoldsTheEndOfTheChain(t *testing.T) {
	s := setScene(t)
	if report := s.seal(); report != "sealed: 0 batches, 0 events" {
		t.Errorf("nothing to seal: %q", report)
	}
	if n := s.count(`SELECT count(*) FROM audit_seals`); n != 0 {
		t.Errorf("%d seals of nothing", n)
	}
	s.fill(25_000)
	before, anchor, found := strings.Cut(s.seal(), ", up to ")
	if !found || before != "sealed: 3 batches, 25000 events" {
		t.Errorf("report: %q", before)
	}
	end, err := audit.ParseAnchor(anchor)
	if err != nil {
		t.Fatal(err)
	}
	want := audit.Verdict{Batches: 3, Events: 25_000, End: end}
	if diff := cmp.Diff(want, s.verify(end)); diff != "" {
		t.Error(diff)
	}
}

// « two runs never overlap »: whatever runs at once, each event is in one batch and each
// batch follows the one before.
func TestSealersWritersAndVerifiersAtOnce(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	s.fill(11_000)
	second := &audit.Journal{Store: postgres.Journal{DB: connect(t, s.addresses.App)}, Now: func() time.Time { return noon }}
	atOnce(8, func(i int) {
		for step := range 8 {
			var err error
			switch i {
			case 0:
				_, err = s.journal(noon).Seal(ctx)
			case 1:
				_, err = second.Seal(ctx)
			case 2:
				var verdict audit.Verdict
				if verdict, err = second.Verify(ctx); verdict.Broken != nil {
					t.Errorf("meanwhile: %+v", *verdict.Broken)
				}
			default:
				err = s.tellSlowly(ctx, fmt.Sprintf("%d-%d", i, step), step%4 == 3)
			}
			if err != nil {
				t.Error(err)
			}
		}
	})
	s.seal()
	committed := 11_000 + 5*6
	if verdict := s.wantIntact(); verdict.Events != committed || verdict.Waiting != 0 {
		t.Errorf("%+v, want %d events", verdict, committed)
	}
}

// tellSlowly records an event in a transaction that lasts, and may be undone.
func (s *scene) tellSlowly(ctx context.Context, object string, undone bool) error {
	undo := errors.New("undone")
	err := s.db.InTx(ctx, func(tx *sqlx.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO audit_events (at, author_id, author, role, act, object_kind, object_id, object)
			VALUES ($1, '', '', '', '', '', $2, '')`, noon, object)
		time.Sleep(time.Duration(rand.IntN(30)) * time.Millisecond)
		if err == nil && undone {
			err = undo
		}
		return err
	})
	if errors.Is(err, undo) {
		return nil
	}
	return err
}

// A sealer that looks at an old state of the journal fails, and spoils nothing.
func TestASealerThatSeesThePastFails(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	s.fill(1)
	past, err := s.asApplication().BeginTx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = past.Rollback() }()
	for _, statement := range []string{`SET TRANSACTION ISOLATION LEVEL REPEATABLE READ`, `SELECT count(*) FROM audit_seals`} {
		if _, err := past.ExecContext(ctx, statement); err != nil {
			t.Fatal(err)
		}
	}
	s.seal()
	if _, err := past.ExecContext(ctx, `SELECT seal_journal()`); err == nil {
		t.Error("the batch was sealed twice")
	}
	s.wantIntact()
}

// ago makes some seals as old as given, and every digest again: as if time had passed.
func (s *scene) ago(age string, batches ...int) {
	s.t.Helper()
	for _, batch := range batches {
		s.run(`UPDATE audit_seals SET sealed_at = now() - $2::interval WHERE batch = $1`, batch, age)
	}
	for i := range s.count(`SELECT count(*) FROM audit_seals`) {
		s.reseal(i + 1)
	}
}

// purgeJournal erases what may go, as far as the real time says, which should come to want.
func (s *scene) purgeJournal(want audit.PurgeCount) {
	s.t.Helper()
	count, err := s.journal(time.Now()).Purge(context.Background())
	if err != nil || count != want {
		s.t.Errorf("purged %+v, %v, want %+v", count, err, want)
	}
}

// « purge by a SECURITY DEFINER function that refuses rows younger than the retention …
// purged batches keep their seal » (SETTLED.md, database roles)
func TestOnlyWholeBatchesThatPassedTheRetentionAreErased(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	now := time.Now()
	old, young := now.AddDate(-audit.RetentionYears, 0, -3), now.AddDate(-audit.RetentionYears, 0, 3)
	for _, batch := range [][]time.Time{{old, old}, {old, young}, {old}, {old, old}, {old}, {young}} {
		for _, at := range batch {
			s.tell(did(camille, audit.RoleGranted, account("3"), at))
		}
		s.seal()
	}
	s.ago("5 years 2 days", 1, 2, 4, 5)            // the third one is of old events sealed lately
	s.run(`DELETE FROM audit_events WHERE id = 6`) // of the fourth one
	s.run(`UPDATE audit_events SET detail = 'other' WHERE batch = 5`)
	journal := s.journal(now)
	for range 2 {
		if _, err := journal.Purge(ctx); err != nil {
			t.Fatal(err)
		}
		// What is not as it was sealed stays, as a proof.
		if got := s.batches(); got != "2: 3 3; 3: 3; 4: 3; 5: 3; 6: 3" {
			t.Errorf("left: %s", got)
		}
	}
	if n := s.count(`SELECT count(*) FROM audit_seals WHERE events_purged_at IS NOT NULL`); n != 1 || s.count(`SELECT count(*) FROM audit_seals`) != 6 {
		t.Errorf("%d seals are marked as purged", n)
	}
	verdict, err := journal.Verify(ctx)
	if err != nil || verdict.Purged != 1 || verdict.Broken == nil || verdict.Broken.Batch != 4 || verdict.Broken.Breach != audit.EventsMissing {
		t.Errorf("verdict: %+v, %v", verdict, err)
	}
}

// « their seals stay: each is still under its digest »: a batch that went in its time is
// verified, by itself and against what the log kept of it.
func TestABatchThatWentInItsTimeIsStillVerified(t *testing.T) {
	s := threeBatchesOf(t, noon.AddDate(-10, 0, 0))
	s.ago("6 years", 1, 2)
	known := s.anchors()
	s.purgeJournal(audit.PurgeCount{Batches: 2, Events: 8})
	want := audit.Verdict{Batches: 3, Purged: 2, Events: 4, End: known[2]}
	if diff := cmp.Diff(want, s.verifyAt(time.Now(), known...)); diff != "" {
		t.Error(diff)
	}
	s.tell(did(camille, audit.RoleGranted, account("e"), noon))
	s.seal()
	if verdict := s.verifyAt(time.Now(), known...); verdict.Broken != nil || verdict.Batches != 4 {
		t.Errorf("%+v", verdict)
	}
}

// anchors are what the log kept of every batch.
func (s *scene) anchors() (kept []audit.Anchor) {
	s.t.Helper()
	err := postgres.Journal{DB: s.db}.ReadChain(context.Background(), func(chain audit.Chain) error {
		for _, seal := range chain.Seals {
			kept = append(kept, audit.Anchor{Batch: seal.Batch, Digest: seal.Digest})
		}
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return kept
}

// « A batch that is not as it was sealed stays: it is a proof. » Nor does the purge lend a
// hand to whoever ages a seal.
func TestABatchWhoseSealWasTouchedStays(t *testing.T) {
	for name, spoil := range map[string]func(s *scene){
		"aged": func(s *scene) { s.run(age, 2) },
		"made to count less": func(s *scene) {
			s.ago("6 years", 2)
			s.run(`UPDATE audit_seals SET events = 1 WHERE batch = 2`)
		},
		"made to match another event": func(s *scene) {
			s.ago("6 years", 2)
			s.run(`UPDATE audit_events SET author = 'Personne' WHERE id = 6`)
			s.run(recount, 2)
		},
	} {
		s := threeBatchesOf(t, noon.AddDate(-10, 0, 0))
		spoil(s)
		s.purgeJournal(audit.PurgeCount{})
		if broken := s.verifyAt(time.Now()).Broken; broken == nil || broken.Batch != 2 || broken.Breach != audit.SealAltered {
			t.Errorf("%s: %+v", name, broken)
		}
	}
}

// The retention is held to by the database's clock, whatever the portal says the time is,
// and wherever it says it is.
func TestTheDatabaseHoldsToTheRetention(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	s.tell(did(camille, audit.RoleGranted, account("3"), noon))
	s.seal()
	const sqlPurge = `SELECT purge_journal((now() AT TIME ZONE 'UTC' - make_interval(years => $1)) AT TIME ZONE 'UTC' + make_interval(secs => $2))`
	app := s.asApplication()
	for late, allowed := range map[int]bool{-1: true, 0: true, 1: false} {
		_, err := app.ExecContext(ctx, sqlPurge, audit.RetentionYears, late)
		if allowed != (err == nil) {
			t.Errorf("%d s after %d years ago: %v", late, audit.RetentionYears, err)
		}
	}
	if _, err := app.ExecContext(ctx, `SELECT purge_journal(NULL)`); err == nil {
		t.Error("purged up to an unknown moment")
	}
	for _, zone := range []string{"UTC", "Europe/Paris", "Pacific/Noumea"} {
		there := &audit.Journal{
			Store: postgres.Journal{DB: connect(t, s.addresses.App+"&timezone="+zone)},
			Now:   func() time.Time { return time.Now().AddDate(10, 0, 0) },
		}
		if count, err := there.Purge(ctx); err != nil || count != (audit.PurgeCount{}) {
			t.Errorf("ten years ahead, %s: %+v, %v", zone, count, err)
		}
	}
	if n := s.count(`SELECT count(*) FROM audit_events`); n != 1 {
		t.Error("a young event was erased")
	}
}
