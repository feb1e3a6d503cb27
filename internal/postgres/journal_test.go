package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/lib/pq"

	"portail-qf/internal/domain/audit"
	"portail-qf/internal/postgres"
)

// Two authors of these tests.
var (
	camille = audit.Author{ID: "12", Display: "Camille Ferrand", Role: "instructor"}
	helene  = audit.Author{ID: "7", Display: "Hélène d’Orvault", Role: "admin"}
)

// journal is the journal of a scene, whose business time is at.
func (s *scene) journal(at time.Time) *audit.Journal {
	return &audit.Journal{Store: postgres.Journal{DB: s.db}, Now: func() time.Time { return at }}
}

// did is an event of a request.
func did(author audit.Author, act audit.Act, object audit.Object, at time.Time) audit.Event {
	return audit.Event{At: at, Author: author, Act: act, Object: object, RequestID: "request"}
}

func account(id string) audit.Object {
	return audit.Object{Kind: "account", ID: id, Display: "Compte " + id}
}

// tell records events.
func (s *scene) tell(events ...audit.Event) {
	s.t.Helper()
	for _, event := range events {
		if err := (postgres.Journal{DB: s.db}).Record(context.Background(), event); err != nil {
			s.t.Fatal(err)
		}
	}
}

// What was recorded is read as it was, to the microsecond.
func TestAnEventIsReadAsItWasRecorded(t *testing.T) {
	s := setScene(t)
	event := audit.Event{
		At: noon.Add(123456 * time.Microsecond), Author: helene, Act: audit.RoleGranted,
		Object:       audit.Object{Kind: "membership", ID: "31", Display: "Camille Ferrand, instruction"},
		Organisation: "13002526500013", Detail: "instructor", RequestID: "018f",
	}
	s.tell(event)
	page, err := s.journal(noon).Search(context.Background(), audit.Search{}, 0, 10)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(audit.Page{Entries: []audit.Entry{{ID: 1, Event: event}}, Total: 1}, page); diff != "" {
		t.Error(diff)
	}
}

// « it is cut and cleaned rather than refused, since a refusal would undo the change »: in
// every text, and within what an index takes.
func TestTheJournalTakesHostileText(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	journal := postgres.Journal{DB: s.db}
	widest := make([]rune, 2*audit.TextLimit) // four bytes each, and nothing to compress
	for i := range widest {
		widest[i] = rune(0x20000 + rand.IntN(0xa000))
	}
	texts := []string{"", "\x00", "\xff\xfe", "a\nb", `\`, "'; DROP TABLE audit_events; --", string(make([]byte, 70_000)), string(widest)}
	for _, text := range texts {
		event := audit.Event{
			At: noon, Author: audit.Author{ID: text, Display: text, Role: text}, Act: audit.Act(text),
			Object: audit.Object{Kind: text, ID: text, Display: text}, Organisation: text, Detail: text, RequestID: text,
		}
		if err := journal.Record(ctx, event); err != nil {
			t.Errorf("%.40q: %v", text, err)
		}
		if err := journal.RecordOnce(ctx, event, time.Minute); err != nil {
			t.Errorf("%.40q: %v", text, err)
		}
	}
	if n := s.count(`SELECT count(*) FROM audit_events`); n != len(texts) {
		t.Errorf("%d events, want each of %d once", n, len(texts))
	}
	if _, err := s.journal(noon).Seal(ctx); err != nil {
		t.Error(err)
	}
	s.wantIntact()
}

// « whoever knocks a thousand times on a closed door fills one line »
func TestTheSameRefusalIsWrittenOnceInAWhile(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	journal := postgres.Journal{DB: s.db}
	door := audit.Object{Kind: "route", ID: "GET /administration/journal"}
	first := did(camille, audit.AccessRefused, door, noon)
	for _, step := range []struct {
		says  string
		event audit.Event
		lines int
	}{
		{"the first time", first, 1},
		{"at the same moment", first, 1},
		{"in the same hour", did(camille, audit.AccessRefused, door, noon.Add(time.Hour-time.Second)), 1},
		{"an hour later", did(camille, audit.AccessRefused, door, noon.Add(time.Hour)), 2},
		{"somebody else", did(helene, audit.AccessRefused, door, noon), 3},
		{"another door", did(camille, audit.AccessRefused, audit.Object{Kind: "route", ID: "GET /"}, noon), 4},
		{"the same id of another kind", did(camille, audit.AccessRefused, audit.Object{Kind: "account", ID: door.ID}, noon), 5},
		{"another act", did(camille, audit.SignInRefused, door, noon), 6},
	} {
		if err := journal.RecordOnce(ctx, step.event, time.Hour); err != nil {
			t.Fatal(err)
		}
		if n := s.count(`SELECT count(*) FROM audit_events`); n != step.lines {
			t.Errorf("%s: %d lines, want %d", step.says, n, step.lines)
		}
	}
}

// « Audit: INSERT and SELECT only » (SETTLED.md, database roles): the portal, were it
// taken over, cannot unwrite what it wrote, nor choose where an event stands.
func TestTheApplicationCannotUnwriteTheJournal(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	s.tell(did(camille, audit.RoleGranted, account("3"), noon), did(helene, audit.RoleWithdrawn, account("3"), noon))
	if _, err := s.journal(noon).Seal(ctx); err != nil {
		t.Fatal(err)
	}
	const given = `at, author_id, author, role, act, object_kind, object_id, object`
	const values = `now(), '', '', '', '', '', '', ''`
	const seal = `(batch, first_id, last_id, events, lines_digest, digest, previous, sealed_at)
		VALUES (2, 1, 1, 1, sha256(''), sha256(''), sha256(''), now())`
	app := s.asApplication()
	for _, statement := range []string{
		`UPDATE audit_events SET detail = ''`,
		`UPDATE audit_events SET batch = NULL`,
		`DELETE FROM audit_events`,
		`TRUNCATE audit_events`,
		`SELECT FROM audit_events FOR UPDATE`,
		`INSERT INTO audit_events (id, ` + given + `) OVERRIDING SYSTEM VALUE VALUES (99, ` + values + `)`,
		`INSERT INTO audit_events (tx, ` + given + `) VALUES ('1', ` + values + `)`,
		`INSERT INTO audit_events (batch, ` + given + `) VALUES (1, ` + values + `)`,
		`INSERT INTO audit_events (` + given + `) VALUES (` + values + `) ON CONFLICT (id) DO UPDATE SET detail = ''`,
		`SELECT setval('audit_events_id_seq', 1)`,
		`SELECT nextval('audit_events_id_seq')`,
		`INSERT INTO audit_seals ` + seal,
		`UPDATE audit_seals SET digest = sha256('')`,
		`UPDATE audit_seals SET events_purged_at = now()`,
		`DELETE FROM audit_seals`,
		`TRUNCATE audit_seals`,
		`DO 'BEGIN LOCK TABLE audit_seals IN SHARE ROW EXCLUSIVE MODE; END'`,
		`ALTER TABLE audit_events DISABLE TRIGGER ALL`,
		`ALTER TABLE audit_events ALTER COLUMN tx SET DEFAULT '1'`,
		`ALTER TABLE audit_events OWNER TO portal_app`,
		`DROP TABLE audit_events`,
		`DROP TABLE audit_seals`,
		`CREATE TRIGGER mine BEFORE INSERT ON audit_events EXECUTE FUNCTION suppress_redundant_updates_trigger()`,
		`CREATE RULE mine AS ON INSERT TO audit_events DO INSTEAD NOTHING`,
		`SET session_replication_role = replica`,
		`DROP FUNCTION seal_journal()`,
		`ALTER FUNCTION seal_journal() SECURITY INVOKER`,
		`CREATE OR REPLACE FUNCTION audit_line(e audit_events) RETURNS text LANGUAGE sql RETURN ''`,
		`UPDATE audit_seals SET sealed_at = now() - interval '6 years'`,
		`SELECT audit_lines_digest(1)`,
		`SELECT audit_digest(s) FROM audit_seals s`,
	} {
		_, err := app.ExecContext(ctx, statement)
		var refused *pq.Error
		if !errors.As(err, &refused) || refused.Code != "42501" { // insufficient_privilege
			t.Errorf("%s: %v", statement, err)
		}
	}
	if n := s.count(`SELECT count(*) FROM audit_events`); n != 2 {
		t.Errorf("%d events", n)
	}
	s.wantIntact()
}

// What acts with the owner's rights is for the portal alone, and cannot be led astray.
func TestThePowersOfTheOwnerAreLentNarrowly(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	for _, function := range []string{"seal_journal()", "purge_journal(timestamptz)", "audit_lines_digest(bigint)", "audit_digest(audit_seals)"} {
		if n := s.count(`SELECT has_function_privilege('public', $1, 'EXECUTE')::int`, function); n != 0 {
			t.Errorf("everybody may call %s", function)
		}
	}
	s.tell(did(camille, audit.RoleGranted, account("3"), noon))
	// A temporary table of the same name comes first in the path of whoever names it.
	app, err := s.asApplication().Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = app.Close() }()
	for _, statement := range []string{
		`CREATE TEMP TABLE audit_events (LIKE public.audit_events)`,
		`CREATE TEMP TABLE audit_seals (LIKE public.audit_seals)`,
		`SET search_path = pg_temp, public`,
		`SELECT public.seal_journal()`,
		`SELECT public.purge_journal(now() - interval '6 years')`,
	} {
		if _, err := app.ExecContext(ctx, statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	if n := s.count(`SELECT count(*) FROM audit_seals`); n != 1 {
		t.Errorf("%d seals: the temporary tables were used", n)
	}
	s.wantIntact()
}

// « what a seal seals »: every column that says something is under the seal, and the text
// never changes for events that are there.
func TestTheCanonicalTextOfAnEvent(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	s.tell(audit.Event{
		At: noon.Add(time.Microsecond), Author: audit.Author{ID: "7", Display: `L'équipe "\`, Role: "admin"}, Act: audit.RoleGranted,
		Object: audit.Object{Kind: "account", ID: "3", Display: "' '"}, Organisation: "13002526500013", Detail: "", RequestID: "018f",
	})
	var text string
	if err := s.raw.QueryRowContext(ctx, `SELECT audit_line(e) FROM audit_events e`).Scan(&text); err != nil {
		t.Fatal(err)
	}
	const want = `1 1772452800000001 '7' E'L''équipe "\\' 'admin' 'role.granted' 'account' '3' ''' ''' '13002526500013' '' '018f'`
	if text != want {
		t.Errorf("\n got %s\nwant %s", text, want)
	}
	columns := s.columns("audit_events")
	sealed := []string{"id", "at", "author_id", "author", "role", "act", "object_kind", "object_id", "object", "organisation", "detail", "request_id"}
	if !slices.Equal(columns, append(sealed, "tx", "batch", "object_words")) {
		t.Errorf("columns %v: add the new one to audit_line, for new events only", columns)
	}
}

// columns are those of a table, in its order.
func (s *scene) columns(table string) (names []string) {
	s.t.Helper()
	const sqlColumns = `
		SELECT array_agg(attname::text ORDER BY attnum) FROM pg_attribute
		WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped`
	if err := s.raw.QueryRowContext(context.Background(), sqlColumns, table).Scan(pq.Array(&names)); err != nil {
		s.t.Fatal(err)
	}
	return names
}

// The schema keeps as much of a text as the rules say.
func TestTheSchemaKeepsTextsAsLongAsTheRules(t *testing.T) {
	s := setScene(t)
	limited := fmt.Sprintf("<= %d", audit.TextLimit)
	n := s.count(`SELECT count(*) FROM pg_constraint WHERE conrelid = 'audit_events'::regclass AND contype = 'c' AND pg_get_constraintdef(oid) LIKE '%' || $1 || '%'`, limited)
	if n != 10 {
		t.Errorf("%d texts are limited to %d characters, want 10", n, audit.TextLimit)
	}
}
