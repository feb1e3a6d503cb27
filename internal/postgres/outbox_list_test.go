package postgres_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/operation"
	"portail-qf/internal/domain/outbox"
	"portail-qf/internal/postgres"
)

// orders watches over the outbox at a time.
func (s *scene) orders(now time.Time) *operation.Orders {
	return &operation.Orders{Store: s.outbox, Now: func() time.Time { return now }}
}

// everyState gives one order in each state at noon, its subject named after the state.
func (s *scene) everyState() {
	s.t.Helper()
	s.run(`INSERT INTO outbox (kind, subject, due_at, leased_until, attempts, last_error, created_at, done_at, abandoned_at)
		SELECT 'mail.send', subject, $1::timestamptz + due * interval '1 minute', now() + lease * interval '1 minute', 1, error,
			$1::timestamptz - age * interval '1 minute', $1::timestamptz + done * interval '1 minute', $1::timestamptz + gone * interval '1 minute'
		FROM (VALUES
			('done', 0, NULL::int, '', 60, -1, NULL::int),
			('abandoned', 0, NULL, 'down', 50, NULL, -1),
			('under_way', 0, 1, 'down', 40, NULL, NULL),
			('retrying', 5, NULL, 'down', 30, NULL, NULL),
			('waiting', 9, NULL, '', 20, NULL, NULL),
			('due', 0, -1, '', 10, NULL, NULL)) AS given (subject, due, lease, error, age, done, gone)`, noon)
}

func (s *scene) listed(query outbox.Query, search string) string {
	s.t.Helper()
	if query.Limit == 0 {
		query.Limit = 100
	}
	listed, total, err := s.orders(noon).List(context.Background(), search, query)
	if err != nil {
		s.t.Fatalf("%+v: %v", query, err)
	}
	if total != len(listed) {
		s.t.Errorf("%+v: %d orders of %d", query, len(listed), total)
	}
	var subjects []string
	for _, order := range listed {
		subjects = append(subjects, order.Subject)
	}
	return strings.Join(subjects, " ")
}

// orderStands « says in SQL what outbox.Listed.State says in Go »
func TestTheStateOfAnOrderIsTheSameInTheListAndInTheRules(t *testing.T) {
	s := setScene(t)
	s.everyState()
	all, total, err := s.orders(noon).List(context.Background(), "", outbox.Query{Limit: 100})
	if err != nil || total != len(outbox.States) {
		t.Fatalf("%d orders, %v", total, err)
	}
	var states []outbox.State
	for _, order := range all {
		state := order.State(noon)
		states = append(states, state)
		if order.Subject != string(state) {
			t.Errorf("%s is %s by the rules", order.Subject, state)
		}
		if found := s.listed(outbox.Query{State: state}, ""); found != string(state) {
			t.Errorf("the filter %s gives %q", state, found)
		}
	}
	if !slices.Equal(states, outbox.States[:]) {
		t.Errorf("sorted by state: %v, want %v: what asks for somebody first", states, outbox.States)
	}
}

func TestOrdersAreSortedFilteredAndCutInPages(t *testing.T) {
	s := setScene(t)
	s.everyState()
	shipment := s.record(noon.Add(-time.Hour))
	dossier := strconv.FormatInt(shipment.ID, 10)
	reference := shipment.Reference.String()
	s.run(`INSERT INTO outbox (kind, subject, due_at, created_at) VALUES ('mail.send', $1, $2, $2)`, dossier, noon.Add(-2*time.Hour))
	for name, row := range map[string]struct {
		search string
		query  outbox.Query
		want   string
	}{
		"by state, downwards": {"", outbox.Query{Kind: outbox.SendMail, Descending: true}, "done waiting " + dossier + " due under_way retrying abandoned"},
		"oldest first":        {"", outbox.Query{Sort: outbox.ByCreated, Kind: outbox.SendMail}, dossier + " done abandoned under_way retrying waiting due"},
		"newest first":        {"", outbox.Query{Sort: outbox.ByCreated, Kind: outbox.SendMail, Descending: true}, "due waiting retrying under_way abandoned done " + dossier},
		"last due first":      {"", outbox.Query{Sort: outbox.ByDue, Kind: outbox.SendMail, Descending: true, State: outbox.Waiting}, "waiting"},
		"of a kind":           {"", outbox.Query{Kind: outbox.DeliverDossier}, dossier},
		"of no kind":          {"", outbox.Query{Kind: "of tomorrow"}, ""},
		"a reference":         {reference, outbox.Query{}, dossier},
		"a reference, typed":  {" " + strings.ToLower(reference[:4]) + "-" + reference[4:8] + " " + reference[8:], outbox.Query{}, dossier},
		"a reference of none": {"ABCD-EFGH-JKLM", outbox.Query{}, ""},
		"a subject":           {"retrying", outbox.Query{}, "retrying"},
		"half a subject":      {"retry", outbox.Query{}, ""},
		"a number, of two":    {dossier, outbox.Query{Kind: outbox.SendMail}, dossier},
		"hostile":             {`' OR 1=1 --\%_`, outbox.Query{}, ""},
	} {
		if got := s.listed(row.query, row.search); got != row.want {
			t.Errorf("%s: %q, want %q", name, got, row.want)
		}
	}
	second, total, err := s.orders(noon).List(context.Background(), "", outbox.Query{Kind: outbox.SendMail, Sort: outbox.ByCreated, Limit: 2, Offset: 2})
	if err != nil || total != 7 || len(second) != 2 || second[0].Subject != "abandoned" {
		t.Errorf("the second page: %v of %d, %v", second, total, err)
	}
}

// « dossier reference rather than its internal number »
func TestAnOrderTellsTheReferenceOfItsDossier(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	shipment := s.record(noon)
	s.run(`INSERT INTO outbox (kind, subject, due_at, created_at) VALUES ('dossier.close', 'no number', $1, $1), ('mail.send', $2, $1, $1)`,
		noon, strconv.FormatInt(shipment.ID, 10))
	of := map[string]string{}
	listed, _, err := s.orders(noon).List(ctx, "", outbox.Query{Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	for _, order := range listed {
		of[order.Kind] = order.Reference
		same, err := s.orders(noon).Find(ctx, order.ID)
		if err != nil || same != order {
			t.Errorf("found %+v, %v, listed %+v", same, err, order)
		}
	}
	if of[outbox.DeliverDossier] != shipment.Reference.String() || of[outbox.CloseDossier] != "" || of[outbox.SendMail] != "" {
		t.Errorf("references: %v", of)
	}
	_, err = s.orders(noon).Find(ctx, 999)
	wantCode(t, err, "order.unknown")
	s.run(`DELETE FROM outbox WHERE kind <> 'dossier.deliver'`)
	s.run(`DELETE FROM dossiers`) // purged before its order
	if left := s.listed(outbox.Query{}, shipment.Reference.String()); left != "" {
		t.Errorf("%q still bears the reference of an erased dossier", left)
	}
	if latest, ok, err := s.orders(noon).Latest(ctx, outbox.DeliverDossier, strconv.FormatInt(shipment.ID, 10)); err != nil || !ok || latest.Reference != "" {
		t.Errorf("%+v, %v, %v", latest, ok, err)
	}
}

// « an order is abandoned, last_error kept »: no worker takes it until somebody acts.
func TestADeadLetterStaysUntilSomebodyTakesItUp(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	s.order("12", noon)
	first := s.claimOne(noon)
	s.loseLeases()
	present := s.claimOne(noon)
	if err := s.outbox.Abandon(ctx, first, noon, "late"); err != nil {
		t.Fatal(err)
	}
	if n := s.count(`SELECT count(*) FROM outbox WHERE abandoned_at IS NOT NULL`); n != 0 {
		t.Error("a worker whose lease passed to another gave the order up")
	}
	if err := s.outbox.Abandon(ctx, present, noon, "the relay is down"); err != nil {
		t.Fatal(err)
	}
	for _, late := range []func() error{
		func() error { return s.outbox.Finish(ctx, first, noon) },
		func() error { return s.outbox.Postpone(ctx, first, noon, "late") },
	} {
		if err := late(); err != nil {
			t.Error(err)
		}
	}
	if orders := s.claim(10, noon.Add(24*time.Hour)); len(orders) != 0 {
		t.Errorf("a dead letter came back: %v", orders)
	}
	dead, err := s.orders(noon).Find(ctx, present.ID)
	if err != nil || dead.State(noon) != outbox.Abandoned || dead.LastError != "the relay is down" || !dead.AbandonedAt.Equal(noon) {
		t.Errorf("%+v, %v", dead, err)
	}
	if err := s.orders(noon.Add(time.Hour)).Retry(ctx, camille, "r-1", present.ID); err != nil {
		t.Fatal(err)
	}
	if orders := s.claim(10, noon.Add(59*time.Minute)); len(orders) != 0 {
		t.Error("due before the time at which it was taken up")
	}
	if again := s.claimOne(noon.Add(time.Hour)); again.ID != present.ID || again.Attempt <= present.Attempt {
		t.Errorf("taken up as %+v", again)
	}
	page, err := s.journal(noon).Search(ctx, audit.Search{Act: audit.OrderRetried}, 0, 10)
	if err != nil || page.Total != 1 || page.Entries[0].Author != camille || page.Entries[0].RequestID != "r-1" ||
		page.Entries[0].Object.ID != fmt.Sprint(present.ID) {
		t.Errorf("the journal tells %+v, %v", page.Entries, err)
	}
}

func TestWhatMayNotBeTriedAgainIsRefusedAndNotJournaled(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	s.everyState()
	id := func(subject string) int64 {
		return int64(s.count(`SELECT id FROM outbox WHERE subject = $1 ORDER BY id LIMIT 1`, subject))
	}
	retry := func(subject string) error { return s.orders(noon).Retry(ctx, camille, "r-1", id(subject)) }
	for subject, code := range map[string]string{
		"done": "order.done", "under_way": "order.under_way", "due": "order.already_waiting", "waiting": "order.already_waiting",
	} {
		wantCode(t, retry(subject), code)
	}
	wantCode(t, s.orders(noon).Retry(ctx, camille, "r-1", 999), "order.unknown")

	// The same was ordered anew since it was given up.
	s.run(`INSERT INTO outbox (kind, subject, due_at, created_at) VALUES ('mail.send', 'abandoned', $1, $1)`, noon)
	wantCode(t, retry("abandoned"), "order.already_waiting")

	// It moved between the page and the click, or between two clicks.
	for _, moved := range []string{`done_at = due_at`, `done_at = NULL, leased_until = now() + interval '1 minute'`} {
		s.run(`UPDATE outbox SET ` + moved + ` WHERE subject = 'retrying'`)
		wantCode(t, s.outbox.RecordRetried(ctx, operation.Retried{OrderID: id("retrying"), Due: noon.Add(5 * time.Minute), Event: audit.Event{At: noon}}), "order.moved")
	}
	if n := s.count(`SELECT count(*) FROM audit_events`); n != 0 {
		t.Errorf("%d events of what did not happen", n)
	}
}

// « Keep attempts increasing so that a late worker cannot finish it »
func TestALateWorkerDoesNotEndWhatWasTakenUpAgain(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	s.order("12", noon)
	late := s.claimOne(noon)
	s.loseLeases()
	s.run(`UPDATE outbox SET last_error = 'down', due_at = due_at + interval '1 minute'`)
	if err := s.orders(noon).Retry(ctx, camille, "r-1", late.ID); err != nil {
		t.Fatal(err)
	}
	if err := s.outbox.Finish(ctx, late, noon); err != nil {
		t.Fatal(err)
	}
	if again := s.claimOne(noon); again.ID != late.ID {
		t.Errorf("claimed %+v", again)
	}
}

// Two who click at once take it up once.
func TestTwoClicksTakeAnOrderUpOnce(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	s.order("12", noon)
	if err := s.outbox.Abandon(ctx, s.claimOne(noon), noon, "down"); err != nil {
		t.Fatal(err)
	}
	id := int64(s.count(`SELECT id FROM outbox`))
	atOnce(6, func(int) { _ = s.orders(noon).Retry(ctx, camille, "r-1", id) })
	if n := s.count(`SELECT count(*) FROM audit_events`); n != 1 {
		t.Errorf("the journal tells it %d times", n)
	}
	if orders := s.claim(10, noon); len(orders) != 1 {
		t.Errorf("%d orders", len(orders))
	}
}

// AbandonedLife « is how long a dead letter is kept »; what is done, and the runs of jobs,
// go after a month, those that nothing ended too.
func TestDeadLettersAreKeptForAYear(t *testing.T) {
	s := setScene(t)
	s.everyState()
	s.run(`INSERT INTO job_runs (job, scheduled_for, started_at, finished_at) SELECT 'purge', at, at, CASE ended WHEN 1 THEN at END
		FROM (SELECT now() - days * interval '1 day' AS at, ended FROM (VALUES (29, 0), (29.5, 1), (31, 0), (31.5, 1)) AS run (days, ended)) AS runs`)
	s.purge(noon.Add(outbox.AbandonedLife - time.Hour))
	if left := s.count(`SELECT count(*) FROM outbox WHERE subject IN ('abandoned', 'done')`); left != 1 {
		t.Errorf("%d orders are left after less than a year, want the dead letter", left)
	}
	if left := s.count(`SELECT count(*) FROM job_runs`); left != 2 {
		t.Errorf("%d runs are left after a month, want 2", left)
	}
	// The mail that nobody could send, and nobody took up again, goes with its dead letter.
	mails := postgres.Mails{DB: s.db}
	if err := mails.Record(context.Background(), notice.Letter{Kind: "invitation", Key: "invitation 1", Recipients: notice.Recipients{To: []string{"lea@ville.fr"}}}, noon); err != nil {
		t.Fatal(err)
	}
	s.run(`DELETE FROM outbox WHERE kind = 'mail.send' AND subject = (SELECT id::text FROM mails)`)
	for _, step := range []struct {
		after time.Duration
		left  int
	}{{notice.MailLife - time.Hour, 1}, {notice.MailLife, 0}} {
		if _, _, err := mails.Purge(context.Background(), noon.Add(step.after)); err != nil {
			t.Fatal(err)
		}
		if left := s.count(`SELECT count(*) FROM mails`); left != step.left {
			t.Errorf("%d mails are left after %s, want %d", left, step.after, step.left)
		}
	}
	s.purge(noon.Add(outbox.AbandonedLife))
	if left := s.count(`SELECT count(*) FROM outbox`); left != len(outbox.States)-2 {
		t.Errorf("%d orders are left after a year, want those that still wait", left)
	}
}
