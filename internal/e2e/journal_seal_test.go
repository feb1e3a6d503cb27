package e2e

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"portail-qf/internal/domain/audit"
	"portail-qf/internal/jobs"
)

// seals waits until no transaction of before is open, of any test, and has the job seal all
// that waits.
func (p *portal) seals() {
	p.t.Helper()
	p.sealable()
	p.job("seal-journal")
}

func (p *portal) sealable() {
	p.t.Helper()
	eventually(p.t, 30*time.Second, "what waits for its seal is older than every open transaction", func() bool {
		return p.count(`SELECT count(*) FROM audit_events WHERE batch IS NULL AND tx >= pg_snapshot_xmin(pg_current_snapshot())`) == 0
	})
}

// « batches sealed by a job »: asked for in the back-office, and by itself at its times.
func TestTheJournalIsSealed(t *testing.T) { // alone: a transaction under way in the cluster puts sealing off
	p := open(t)
	p.inTheMorning()
	admin := p.professional("administratrice")
	admin.get(journalPath).says("Pas encore scellé")
	p.sealable()
	asked := admin.get("/administration/taches/seal-journal").says("Toutes les 15 minutes")
	asked.submit("/lancement").at("/administration/taches/seal-journal").says("La tâche est demandée")
	p.drain()
	sealed := func(batches int) func() bool {
		return func() bool { return p.count(`SELECT count(*) FROM audit_seals`) >= batches }
	}
	eventually(t, 10*time.Second, "a batch is sealed on demand", sealed(1))
	eventually(t, 10*time.Second, "the run has ended", func() bool { return p.count(`SELECT count(*) FROM job_runs WHERE finished_at IS NULL`) == 0 })
	admin.get("/administration/taches/seal-journal").says("Réussie", "Lots scellés : 1", "Actes scellés")
	admin.get(journalPath).says("Scellé Lot nº 1")

	p.professional("lectrice")
	p.sealable()
	// Two more instances whose times have come, with the job of this one: one of them has the
	// tick of the minute.
	seal := slices.IndexFunc(p.app.Jobs.Jobs, func(job jobs.Job) bool { return job.Name == "seal-journal" })
	often := p.app.Jobs.Jobs[seal]
	often.Every = "@every 1s"
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 2)
	for range cap(ended) {
		instance := &jobs.Table{Jobs: []jobs.Job{often}, Runs: p.app.Jobs.Runs, Log: slog.New(slog.DiscardHandler), Zone: p.app.Jobs.Zone}
		go func() { ended <- instance.Serve(ctx) }()
	}
	// A tick of the app itself may have taken this minute.
	eventually(t, 75*time.Second, "a batch is sealed by itself", sealed(2))
	stop()
	for range cap(ended) {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	if n := p.count(`SELECT count(*) - count(DISTINCT scheduled_for) FROM job_runs WHERE job = 'seal-journal'`); n != 0 {
		t.Errorf("%d ticks ran twice", n)
	}
	verdict, err := p.app.Journal.Verify(t.Context())
	if err != nil || verdict.Broken != nil || verdict.Batches < 2 {
		t.Errorf("%+v, %v", verdict, err)
	}
}

// « append-only for the application's database role »: with the password of the portal, one
// adds a line and changes none.
func TestThePortalItselfCannotUnwriteTheJournal(t *testing.T) { // alone: a transaction under way in the cluster puts sealing off
	p := open(t)
	p.inTheMorning()
	p.professional("lectrice").get("/instruction").answers(403)
	p.seals()
	p.professional("administratrice") // some events wait for their seal
	before := p.contents()
	asApp := openTables(t, p.database.App)
	for _, statement := range []string{
		`UPDATE audit_events SET author = 'Personne'`, `UPDATE audit_events SET batch = NULL`, `DELETE FROM audit_events`, `TRUNCATE audit_events`,
		`TRUNCATE audit_events, audit_seals CASCADE`, `SELECT FROM audit_events FOR UPDATE`,
		`UPDATE audit_seals SET events_purged_at = now()`, `DELETE FROM audit_seals`, `TRUNCATE audit_seals`,
		`INSERT INTO audit_seals (batch, first_id, last_id, events, digest, previous) VALUES (2, 1, 1, 1, sha256(''), sha256(''))`,
		`INSERT INTO audit_events (id, at, author_id, author, role, act, object_kind, object_id, object) OVERRIDING SYSTEM VALUE VALUES (0, now(), '', '', '', '', '', '', '')`,
		`INSERT INTO audit_events (at, author_id, author, role, act, object_kind, object_id, object, batch) VALUES (now(), '', '', '', '', '', '', '', 1)`,
		`INSERT INTO audit_events (at, author_id, author, role, act, object_kind, object_id, object, tx) VALUES (now(), '', '', '', '', '', '', '', '0')`,
		`MERGE INTO audit_events e USING audit_seals s ON e.batch = s.batch WHEN MATCHED THEN DELETE`,
		`ALTER TABLE audit_events ADD COLUMN note text`, `ALTER TABLE audit_events RENAME TO old_events`, `DROP TABLE audit_events CASCADE`,
		`CREATE RULE quiet AS ON INSERT TO audit_events DO INSTEAD NOTHING`, `ALTER TABLE audit_events OWNER TO portal_app`,
		`CREATE FUNCTION audit_line(text) RETURNS text LANGUAGE sql AS 'SELECT $1'`, `DROP FUNCTION seal_journal()`,
		`SELECT purge_journal(now())`, `SELECT purge_journal(now() - interval '4 years')`, `SELECT purge_journal('infinity')`, `SELECT purge_journal(NULL)`,
		`SELECT audit_digest(1, '')`, `LOCK TABLE audit_seals IN ACCESS EXCLUSIVE MODE`, `LOCK TABLE audit_events IN ACCESS EXCLUSIVE MODE`,
		`SELECT setval(pg_get_serial_sequence('audit_events', 'id'), 1)`,
		`SET ROLE portal_owner`, `SET SESSION AUTHORIZATION portal_owner`, `SET session_replication_role = replica`, `CREATE SCHEMA mine`,
	} {
		if _, err := asApp.ExecContext(t.Context(), statement); err == nil {
			t.Errorf("the portal's role may %s", statement)
		}
	}
	after := p.contents()
	for _, table := range []string{"audit_events", "audit_seals"} {
		if !slices.Equal(before[table], after[table]) {
			t.Errorf("%s was %s\nand is %s", table, strings.Join(before[table], "\n"), strings.Join(after[table], "\n"))
		}
	}
	const add = `INSERT INTO audit_events (at, author_id, author, role, act, object_kind, object_id, object) VALUES ($1, '', 'Essai', '', '', '', '', '')`
	if _, err := asApp.ExecContext(t.Context(), add, p.now()); err != nil {
		t.Errorf("the portal's role may not add: %v", err)
	}
	p.seals()
	if verdict, err := p.app.Journal.Verify(t.Context()); err != nil || verdict.Broken != nil {
		t.Errorf("%+v, %v", verdict, err)
	}
}

// The business clock of the demo moves; the seals, and the age of what may be erased, are
// of the database's.
func TestTheJournalOutlivesTheMovesOfTheClock(t *testing.T) { // alone: a transaction under way in the cluster puts sealing off
	p := open(t)
	day := p.inTheMorning()
	refuse := func() { p.professional("lectrice").get("/instruction").answers(403) }
	at := func(day time.Time) []string {
		date := day.Format(time.DateOnly)
		return []string{"acte", "access.refused", "du", date, "au", date}
	}
	refuse()
	p.advance(-10 * 24 * time.Hour)
	refuse()
	p.advance(20 * 24 * time.Hour)
	refuse()
	admin := p.professional("administratrice")
	for _, moved := range []int{0, -10, 10} {
		if told := admin.journal(at(day.AddDate(0, 0, moved))...); len(told) != 1 {
			t.Errorf("%d days from the first: %q", moved, told)
		}
	}
	if told := admin.journal("acte", "access.refused"); len(told) != 3 {
		t.Errorf("%d refusals, want 3", len(told))
	}
	// What waits for its seal since days is told as a job that does not run.
	if verdict, err := p.app.Journal.Verify(t.Context()); err != nil || verdict.Broken == nil || verdict.Broken.Breach != audit.Unsealed {
		t.Errorf("%+v, %v", verdict, err)
	}
	p.seals()
	events := p.contents()["audit_events"]
	p.advance((audit.RetentionYears + 1) * 366 * 24 * time.Hour)
	p.job("purge")
	p.job("seal-journal") // nothing waits
	if kept := p.contents()["audit_events"]; fmt.Sprint(kept) != fmt.Sprint(events) {
		t.Errorf("%d events of %d are kept years ahead of the database's clock", len(kept), len(events))
	}
	if verdict, err := p.app.Journal.Verify(t.Context()); err != nil || verdict.Broken != nil || verdict.Batches < 1 {
		t.Errorf("%+v, %v", verdict, err)
	}
	p.professional("administratrice").get(journalPath).says("Scellé", "Jeanne Colin")
}
