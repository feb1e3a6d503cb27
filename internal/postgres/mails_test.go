package postgres_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/postgres"
)

// post is the database of one test, seen by those who send and watch mails.
type post struct {
	*scene
	mails postgres.Mails
	drawn int
}

func setPost(t testing.TB) *post {
	s := setScene(t)
	return &post{scene: s, mails: postgres.Mails{DB: s.db}}
}

func letterOf(key string, to, cc []string) notice.Letter {
	return notice.Letter{Kind: "essai", Key: key, Recipients: notice.Recipients{To: to, CC: cc}, Content: []byte("sealed")}
}

// record records a mail of its own key and returns its id.
func (p *post) recordMail(at time.Time, to ...string) int64 {
	p.t.Helper()
	p.drawn++
	key := fmt.Sprintf("essai %d", p.drawn)
	if err := p.mails.Record(context.Background(), letterOf(key, to, nil), at); err != nil {
		p.t.Fatal(err)
	}
	return int64(p.count(`SELECT id FROM mails WHERE key = $1`, key))
}

func (p *post) tell(id int64, now time.Time, told ...notice.Told) {
	p.t.Helper()
	if err := p.mails.RecordTried(context.Background(), id, notice.Written{MessageID: fmt.Sprintf("%d@host", id)}, told, now); err != nil {
		p.t.Fatal(err)
	}
}

func (p *post) mail(id int64) notice.Mail {
	p.t.Helper()
	mail, err := p.mails.FindMail(context.Background(), id)
	if err != nil {
		p.t.Fatal(err)
	}
	return mail
}

// orders counts the orders that wait for a mail.
func (p *post) orders(id int64) int {
	return p.count(`SELECT count(*) FROM outbox WHERE kind = 'mail.send' AND subject = $1::text AND done_at IS NULL`, fmt.Sprint(id))
}

func sent(position int, address string) notice.Told {
	return notice.Told{Position: position, Address: address, State: notice.Sent}
}

func bounced(position int, address string) notice.Told {
	return notice.Told{Position: position, Address: address, State: notice.Bounced, Code: "550 5.1.1"}
}

// « A mail is recorded once, whoever decides it and however often »: eight instances decide
// the same mail at the same moment.
func TestOneKeyIsOneMailAndOneOrder(t *testing.T) {
	p := setPost(t)
	second := postgres.Mails{DB: connect(t, p.addresses.App)}
	atOnce(8, func(i int) {
		store := p.mails
		if i%2 == 0 {
			store = second
		}
		letter := letterOf("invitation 12", []string{"Maire@ville.fr", "maire@VILLE.fr"}, []string{"maire@ville.fr", "support@editeur.fr"})
		if err := store.Record(context.Background(), letter, noon); err != nil {
			t.Error(err)
		}
	})
	if mails := p.count(`SELECT count(*) FROM mails`); mails != 1 {
		t.Fatalf("%d mails", mails)
	}
	id := int64(p.count(`SELECT id FROM mails`))
	if orders := p.orders(id); orders != 1 {
		t.Errorf("%d orders", orders)
	}
	want := notice.Mail{
		ID: id, Kind: "essai", Key: "invitation 12", CreatedAt: noon,
		Recipients: []notice.Recipient{
			{Position: 1, Field: notice.FieldTo, Address: "Maire@ville.fr", State: notice.Pending},
			{Position: 2, Field: notice.FieldCC, Address: "support@editeur.fr", State: notice.Pending},
		},
	}
	if diff := cmp.Diff(want, p.mail(id)); diff != "" {
		t.Errorf("deduplicated, case-insensitive, a Cc that is also in To dropped:\n%s", diff)
	}
}

func TestTheFirstMessageIDIsKept(t *testing.T) {
	p, ctx := setPost(t), context.Background()
	id := p.recordMail(noon, "maire@ville.fr")
	for _, offered := range []string{"first@host", "second@host"} {
		if err := p.mails.RecordTried(ctx, id, notice.Written{Subject: "Objet de " + offered, MessageID: offered}, nil, noon); err != nil {
			t.Error(err)
		}
	}
	if mail := p.mail(id); mail.MessageID != "first@host" || mail.Subject != "Objet de second@host" {
		t.Errorf("%q, %q", mail.MessageID, mail.Subject)
	}
	_, err := p.mails.FindOutgoing(ctx, id+1)
	wantCode(t, err, "mail.unknown")
	wantCode(t, p.mails.RecordTried(ctx, id+1, notice.Written{}, nil, noon), "mail.unknown")
}

// « Content erased (NULL) once every recipient has it; a bounced one keeps it until
// corrected »
func TestTheContentGoesWhenEverybodyHasIt(t *testing.T) {
	p, ctx := setPost(t), context.Background()
	id := p.recordMail(noon, "a@ville.fr", "b@vile.fr", "c@ville.fr")
	check := func(after string, state notice.State, finished, erased bool) {
		t.Helper()
		mail := p.mail(id)
		if mail.State() != state || mail.FinishedAt.IsZero() == finished || mail.Erased != erased {
			t.Errorf("%s: %s, finished %v, erased %v", after, mail.State(), mail.FinishedAt, mail.Erased)
		}
	}
	check("nobody was told", notice.Pending, false, false)
	p.tell(id, noon, sent(1, "a@ville.fr"), bounced(2, "b@vile.fr"))
	check("one waits", notice.Bounced, false, false)
	p.tell(id, noon.Add(time.Minute), sent(3, "c@ville.fr"))
	check("one is to be corrected", notice.Bounced, true, false)

	outgoing, err := p.mails.FindOutgoing(ctx, id)
	if err != nil || string(outgoing.Content) != "sealed" {
		t.Fatalf("the content waits for the correction: %q, %v", outgoing.Content, err)
	}
	p.readdress(id, 2, "b@ville.fr", noon.Add(time.Hour))
	check("corrected", notice.Pending, false, false)
	p.tell(id, noon.Add(2*time.Hour), sent(2, "b@ville.fr"))
	check("everybody has it", notice.Sent, true, true)
	if outgoing, err := p.mails.FindOutgoing(ctx, id); err != nil || outgoing.Content != nil {
		t.Errorf("left of the content: %q, %v", outgoing.Content, err)
	}
}

func (p *post) readdress(id int64, position int, address string, at time.Time) {
	p.t.Helper()
	if err := p.mails.RecordReaddressed(context.Background(), readdressed(id, position, address, at)); err != nil {
		p.t.Fatal(err)
	}
}

func readdressed(id int64, position int, address string, at time.Time) notice.Readdressed {
	return notice.Readdressed{MailID: id, Position: position, Address: address, Event: audit.Event{
		At: at, Act: audit.MailReaddressed, Author: audit.Author{ID: "1", Display: "Camille Ferrand", Role: "admin"},
		Object: audit.Object{Kind: "mail", ID: fmt.Sprint(id)},
	}}
}

// « the corrected address becomes pending, the old one is kept, the outbox order is given
// again, an event is recorded in the same transaction »
func TestACorrectedAddressWaitsAgain(t *testing.T) {
	p, ctx := setPost(t), context.Background()
	id := p.recordMail(noon, "maire@vile.fr", "dgs@ville.fr")
	p.tell(id, noon, bounced(1, "maire@vile.fr"), sent(2, "dgs@ville.fr"))
	p.run(`UPDATE outbox SET done_at = now()`)

	p.readdress(id, 1, "maire@ville.fr", noon.Add(time.Hour))
	want := []notice.Recipient{
		{Position: 1, Field: notice.FieldTo, Address: "maire@ville.fr", State: notice.Pending, CorrectedFrom: "maire@vile.fr"},
		{Position: 2, Field: notice.FieldTo, Address: "dgs@ville.fr", State: notice.Sent, ToldAt: noon},
	}
	if diff := cmp.Diff(want, p.mail(id).Recipients); diff != "" {
		t.Error(diff)
	}
	if orders := p.orders(id); orders != 1 {
		t.Errorf("%d orders", orders)
	}
	if events := p.count(`SELECT count(*) FROM audit_events WHERE act = 'mail.readdressed' AND object_id = $1`, fmt.Sprint(id)); events != 1 {
		t.Errorf("%d events", events)
	}

	// A worker that tried the old address comes late.
	p.tell(id, noon.Add(2*time.Hour), bounced(1, "maire@vile.fr"))
	if state := p.mail(id).Recipients[0].State; state != notice.Pending {
		t.Errorf("what was told of the old address counts for the new one: %s", state)
	}
	wantCode(t, p.mails.RecordReaddressed(ctx, readdressed(id, 1, "x@ville.fr", noon)), "mail.not_bounced")
	wantCode(t, p.mails.RecordReaddressed(ctx, readdressed(id, 2, "x@ville.fr", noon)), "mail.not_bounced")
	wantCode(t, p.mails.RecordReaddressed(ctx, readdressed(id, 9, "x@ville.fr", noon)), "mail.not_bounced")
	if events := p.count(`SELECT count(*) FROM audit_events WHERE act = 'mail.readdressed'`); events != 1 {
		t.Errorf("%d events: a refused correction was written down", events)
	}
}

// Two people see the same address to correct, and press at the same moment.
func TestAnAddressIsCorrectedOnce(t *testing.T) {
	p := setPost(t)
	id := p.recordMail(noon, "maire@vile.fr")
	p.tell(id, noon, bounced(1, "maire@vile.fr"))
	var done, refused atomic.Int64
	atOnce(6, func(i int) {
		err := p.mails.RecordReaddressed(context.Background(), readdressed(id, 1, fmt.Sprintf("maire%d@ville.fr", i), noon))
		switch {
		case err == nil:
			done.Add(1)
		case fault.Is(err, "mail.not_bounced"):
			refused.Add(1)
		default:
			t.Error(err)
		}
	})
	if done.Load() != 1 || refused.Load() != 5 {
		t.Errorf("%d corrected, %d refused", done.Load(), refused.Load())
	}
}

// The list's filter is SQL, the state that people read is notice.Mail.State: the same.
func TestTheFilterIsTheStateThatIsShown(t *testing.T) {
	p, ctx := setPost(t), context.Background()
	shown := map[notice.State][]int64{}
	for _, first := range notice.States {
		for _, second := range notice.States {
			id := p.recordMail(noon, "a@ville.fr", "b@ville.fr")
			for position, state := range []notice.State{first, second} {
				if state != notice.Pending {
					told := notice.Told{Position: position + 1, Address: []string{"a@ville.fr", "b@ville.fr"}[position], State: state}
					if state == notice.Bounced {
						told.Code = "550"
					}
					p.tell(id, noon, told)
				}
			}
			state := p.mail(id).State()
			shown[state] = append(shown[state], id)
		}
	}
	for _, state := range notice.States {
		listed, total, err := p.mails.ListMails(ctx, notice.MailQuery{State: state, Limit: 50})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(shown[state], idsOf(listed)); diff != "" || total != len(shown[state]) {
			t.Errorf("%s: total %d\n%s", state, total, diff)
		}
	}
}

func idsOf(mails []notice.Mail) (ids []int64) {
	for _, mail := range mails {
		ids = append(ids, mail.ID)
	}
	return ids
}

func TestMailsAreFoundByAddressKindAndAge(t *testing.T) {
	p, ctx := setPost(t), context.Background()
	ville := p.recordMail(noon, "Maire@Ville.fr", "dgs@bourg.fr")
	percent := p.recordMail(noon.Add(time.Hour), "100%_sur@bourg.fr")
	if err := p.mails.Record(ctx, notice.Letter{Kind: "autre", Key: "autre 1", Recipients: notice.Recipients{To: []string{"maire@villefranche.fr"}}, Content: []byte("s")}, noon.Add(2*time.Hour)); err != nil {
		t.Fatal(err)
	}
	other := int64(p.count(`SELECT id FROM mails WHERE kind = 'autre'`))
	for name, row := range map[string]struct {
		query notice.MailQuery
		want  []int64
		total int
	}{
		"everything, oldest first":  {notice.MailQuery{Limit: 9}, []int64{ville, percent, other}, 3},
		"everything, newest first":  {notice.MailQuery{Limit: 9, Descending: true}, []int64{other, percent, ville}, 3},
		"the second page":           {notice.MailQuery{Limit: 2, Offset: 2}, []int64{other}, 3},
		"beyond the last page":      {notice.MailQuery{Limit: 2, Offset: 4}, nil, 3},
		"an address, capitals":      {notice.MailQuery{Limit: 9, Search: "maire@ville.fr"}, []int64{ville}, 1},
		"the beginning of one":      {notice.MailQuery{Limit: 9, Search: "mai"}, []int64{ville, other}, 2},
		"a domain":                  {notice.MailQuery{Limit: 9, Search: "bourg"}, []int64{ville, percent}, 2},
		"the end of one":            {notice.MailQuery{Limit: 9, Search: "ourg.fr"}, nil, 0},
		"a pattern is text":         {notice.MailQuery{Limit: 9, Search: "100%_"}, []int64{percent}, 1},
		"a pattern finds nothing":   {notice.MailQuery{Limit: 9, Search: "%"}, nil, 0},
		"a kind":                    {notice.MailQuery{Limit: 9, Kind: "autre"}, []int64{other}, 1},
		"a kind and an address":     {notice.MailQuery{Limit: 9, Kind: "essai", Search: "maire@"}, []int64{ville}, 1},
		"a state that nobody is in": {notice.MailQuery{Limit: 9, State: notice.Sent}, nil, 0},
	} {
		listed, total, err := p.mails.ListMails(ctx, row.query)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(row.want, idsOf(listed)); diff != "" || total != row.total {
			t.Errorf("%s: total %d\n%s", name, total, diff)
		}
	}
}

func TestOneWorkerAtATimeSendsAMail(t *testing.T) {
	p, ctx := setPost(t), context.Background()
	second := postgres.Mails{DB: connect(t, p.addresses.App)}
	broken := errors.New("broken")
	err := p.mails.Alone(ctx, 7, func(ctx context.Context) error {
		for _, other := range []postgres.Mails{p.mails, second} { // of this instance, and of another
			wantCode(t, other.Alone(ctx, 7, func(context.Context) error { t.Error("a second worker came in"); return nil }), "mail.busy")
		}
		if err := second.Alone(ctx, 8, func(context.Context) error { return nil }); err != nil {
			t.Errorf("another mail has to wait: %v", err)
		}
		return broken
	})
	if !errors.Is(err, broken) {
		t.Errorf("what went wrong is lost: %v", err)
	}
	if err := second.Alone(ctx, 7, func(context.Context) error { return nil }); err != nil {
		t.Errorf("the lock outlives its work: %v", err)
	}
}

// Locks are asked for together: of two instances with eight workers each, one sends a mail at a time,
// and finds the mail that it looks for, others being looked for at that moment.
func TestOfManyWorkersOneAtATimeSendsAMail(t *testing.T) {
	p, ctx := setPost(t), context.Background()
	instances := []postgres.Mails{p.mails, {DB: connect(t, p.addresses.App)}}
	ids := []int64{p.recordMail(noon, "a@ville.fr"), p.recordMail(noon, "b@ville.fr"), p.recordMail(noon, "c@ville.fr")}
	var at [3]atomic.Int32
	var sent [3]atomic.Int32
	var workers sync.WaitGroup
	for worker := range 16 {
		workers.Go(func() {
			for round := range 60 {
				which := (worker + round) % len(ids)
				err := instances[worker%2].Alone(ctx, ids[which], func(ctx context.Context) error {
					if at[which].Add(1) != 1 {
						t.Error("two workers have one mail")
					}
					defer at[which].Add(-1)
					sent[which].Add(1)
					found, err := instances[worker%2].FindOutgoing(ctx, ids[which])
					if err == nil && (found.ID != ids[which] || len(found.Recipients) != 1) {
						t.Errorf("looked for %d, found %+v", ids[which], found)
					}
					return err
				})
				if err != nil && fault.CodeOf(err) != "mail.busy" {
					t.Error(err)
				}
			}
		})
	}
	workers.Wait()
	for which, id := range ids {
		if sent[which].Load() == 0 {
			t.Errorf("nobody had mail %d", id)
		}
		if err := p.mails.Alone(ctx, id, func(context.Context) error { return nil }); err != nil {
			t.Errorf("the lock outlives its work: %v", err)
		}
	}
}

// The connection that holds the locks may be lost: what is under way stays alone here, and the next
// mails find another one.
func TestTheLocksOfMailsOutliveTheirConnection(t *testing.T) {
	p, ctx := setPost(t), context.Background()
	nothing := func(context.Context) error { return nil }
	app, err := sql.Open("postgres", p.addresses.App) // whose connections they are
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = app.Close() }()
	err = p.mails.Alone(ctx, 7, func(ctx context.Context) error {
		const sqlCut = `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`
		if _, err := app.Exec(sqlCut); err != nil {
			t.Fatal(err)
		}
		if err := p.mails.Alone(ctx, 8, nothing); err == nil {
			t.Error("the lock was taken on a connection that is lost")
		}
		if err := p.mails.Alone(ctx, 8, nothing); err != nil {
			t.Errorf("on a new connection: %v", err)
		}
		wantCode(t, p.mails.Alone(ctx, 7, nothing), "mail.busy")
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	if err := p.mails.Alone(ctx, 7, nothing); err != nil {
		t.Errorf("the lock outlives its work: %v", err)
	}
}

// « a bounced one keeps it until corrected (or 30 days) »; what a mail said and to whom is
// forgotten after a year.
func TestMailsArePurged(t *testing.T) {
	p, ctx := setPost(t), context.Background()
	lost, read, waiting := p.recordMail(noon, "a@vile.fr"), p.recordMail(noon, "b@ville.fr"), p.recordMail(noon, "c@ville.fr")
	p.tell(lost, noon, bounced(1, "a@vile.fr"))
	p.tell(read, noon, sent(1, "b@ville.fr"))
	const day = 24 * time.Hour
	for _, row := range []struct {
		after           time.Duration
		contents, mails int64
	}{
		{30*day - time.Second, 0, 0}, {30 * day, 1, 0}, {31 * day, 0, 0}, {365*day - time.Second, 0, 0}, {365 * day, 0, 2},
	} {
		contents, mails, err := p.mails.Purge(ctx, noon.Add(row.after))
		if err != nil || contents != row.contents || mails != row.mails {
			t.Errorf("after %s: %d contents, %d mails, %v", row.after, contents, mails, err)
		}
		if row.after == 30*day {
			if mail := p.mail(lost); !mail.Erased || mail.State() != notice.Bounced {
				t.Errorf("%+v", mail)
			}
			wantCode(t, p.mails.RecordReaddressed(ctx, readdressed(lost, 1, "a@ville.fr", noon)), "mail.erased")
		}
	}
	if mail := p.mail(waiting); mail.Erased {
		t.Error("a mail that somebody waits for was purged")
	}
}
