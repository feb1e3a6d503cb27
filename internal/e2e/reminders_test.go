package e2e

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"portail-qf/internal/domain/renewal"
	"portail-qf/internal/postgres"
	"portail-qf/internal/postgres/pglocal"
	"portail-qf/internal/postgres/pgtest"
	"portail-qf/internal/sim/smtp"
)

// lived is the life of the token of a town in order, as its requester and its editor are told
// of it.
type lived struct {
	*scene
	id, siret          string
	expiry             time.Time
	requester, contact string
}

func (s *scene) tokenOf(situation string) *lived {
	s.t.Helper()
	return s.tokenAt(s.stage.Town(situation).Siret)
}

// tokenAt is the same of the town of a SIRET.
func (s *scene) tokenAt(siret string) *lived {
	s.t.Helper()
	l := &lived{scene: s, siret: siret}
	const query = `
		SELECT t.id, t.expires_at, r.requester ->> 'mail', COALESCE(e.technical_contact, '')
		FROM tokens t JOIN requests r ON r.number = t.request LEFT JOIN editors e ON e.siret = t.editor_siret WHERE t.siret = $1 AND t.revoked_at IS NULL`
	if err := s.tables.QueryRow(query, l.siret).Scan(&l.id, &l.expiry, &l.requester, &l.contact); err != nil {
		s.t.Fatal(err)
	}
	return l
}

// goesTo moves the business time to an hour, in Paris, of a day before the expiry.
func (l *lived) goesTo(daysBefore, hour int) {
	l.advance(renewal.DayIn(l.expiry, -daysBefore).Add(time.Duration(hour) * time.Hour).Sub(l.now()))
}

// reminders are those that the mailbox of the requester has, oldest first.
func (l *lived) reminders() []smtp.Message {
	return slices.DeleteFunc(l.copies(l.requester), func(m smtp.Message) bool {
		return !strings.Contains(m.Text, "/jetons/"+l.id+"/prolongation") || strings.Contains(m.Subject, "prolongé")
	})
}

// written is how many reminders of the token are recorded.
func (l *lived) written() int {
	l.t.Helper()
	return l.count(`SELECT count(*) FROM reminders WHERE token = $1 AND state = 'ecrit'`, l.id)
}

// are fails unless these reminders came, each to the requester with the technical contact in
// copy. Each says how many days are left.
func (l *lived) are(want ...int) {
	l.t.Helper()
	got := l.reminders()
	if len(got) != len(want) {
		var subjects []string
		for _, m := range got {
			subjects = append(subjects, m.Subject)
		}
		l.t.Fatalf("%d reminders, want %d:\n%s", len(got), len(want), strings.Join(subjects, "\n"))
	}
	for i, m := range got {
		id := messageID(m)
		if !slices.Equal(m.To, []string{l.requester}) || !slices.Equal(m.Cc, []string{l.contact}) {
			l.t.Errorf("%q goes to %v, copy to %v", m.Subject, m.To, m.Cc)
		}
		var stage int
		if err := l.tables.QueryRow(`SELECT x.stage FROM reminders x JOIN mails m ON m.key = x.mail_key WHERE m.message_id = $1`, id).Scan(&stage); err != nil || stage != want[i] {
			l.t.Errorf("%q is of stage %d, want %d, %v", m.Subject, stage, want[i], err)
		}
	}
}

// remind has several instances remind at once, and waits for the mails that may leave.
func (l *lived) remind(mayLeave bool, instances ...*portal) {
	l.t.Helper()
	before := l.count(`SELECT count(*) FROM mails`)
	var together sync.WaitGroup
	for _, instance := range instances {
		together.Go(func() {
			if _, err := instance.app.Jobs.Run(l.t.Context(), "reminders"); err != nil {
				l.t.Errorf("reminders: %v", err)
			}
		})
	}
	together.Wait()
	if mayLeave && l.count(`SELECT count(*) FROM mails`) != before {
		instances[0].drain()
	}
}

// « the life of a token from 100 days before to 40 days after expiry with the job run every 4 h by
// two instances at once […] SMTP down for 3 days […]: the expected mails exactly, recipients exact »
func TestTheLifeOfATokenIsToldInItsMails(t *testing.T) {
	t.Parallel()
	p := open(t)
	second := p.run(listen(t))
	l := p.tokenOf("en_ordre")
	const away, back = 1, -3 // the relay, in days before the expiry: what waits is of the last day
	instances := []*portal{p, second}
	for left, isAway := 100, false; left >= -40; left-- {
		for hour := 0; hour < 24; hour += 4 {
			if isAway != (left <= away && left > back) {
				if isAway = !isAway; isAway {
					p.relayFails(isDown()...)
				} else {
					p.stage.Mail.Control.Reset()
				}
			}
			l.goesTo(left, hour)
			// Both at once where something may come; elsewhere in turns, to save the time of their lock.
			if !slices.ContainsFunc(renewal.Stages[:], func(s renewal.Stage) bool { return left-int(s) <= 1 && int(s)-left <= 1 }) {
				slices.Reverse(instances)
				l.remind(!isAway, instances[0])
				continue
			}
			l.remind(!isAway, instances...)
		}
		if left == back {
			p.execute(`SELECT pg_notify('outbox', '')`)
			p.drain()
			l.are(90, 60, 30, 15, 7, 0)
			if m := l.reminders()[5]; !strings.HasPrefix(m.Subject, "Jeton coupé depuis le ") || strings.Contains(m.Text, "ce soir") {
				t.Errorf("once the token is cut, the last day is told of in the words %q:\n%s", m.Subject, m.Text)
			}
		}
	}
	l.are(90, 60, 30, 15, 7, 0, -7, -30)
	for i, m := range l.reminders() {
		for _, body := range []string{m.Text, m.HTML} {
			if !strings.Contains(plain(body), "formulaire") || !strings.Contains(plain(body), "habilitation") {
				t.Errorf("reminder %d does not say what goes on:\n%s", i, body)
			}
		}
		if from := strings.Join(m.Headers["From"], ""); !strings.Contains(from, "API Particulier") || !strings.Contains(from, "<support@particulier.api.gouv.fr>") {
			t.Errorf("from %q", from)
		}
		if reply := strings.Join(m.Headers["Reply-To"], ""); !strings.Contains(reply, "api-particulier@api.gouv.fr") {
			t.Errorf("answers go to %q", reply)
		}
	}
}

// reminderKills are the places at which a portal that reminds is killed.
var reminderKills = []string{"reminders: written, not committed", mailKill}

// « kill -9 between SMTP acceptance and commit […]: at most one duplicate per kill, none
// otherwise »
func TestAPortalKilledWhileItRemindsRemindsOnce(t *testing.T) {
	t.Parallel()
	needsFailpoints(t)
	for _, at := range reminderKills {
		t.Run(at, func(t *testing.T) {
			t.Parallel()
			s := setScene(t)
			first := s.launch("")
			first.does("job tokens") // it has enrolled the towns
			first.kill()
			l := s.tokenOf("en_ordre")
			l.stopsReminding()
			mortal := s.launch(at)
			l.goesTo(60, 9)
			mortal.later(0)
			mortal.tell("job reminders")
			mortal.dies()
			after := l.written()
			if killed := at == reminderKills[0]; killed == (after == 1) {
				t.Errorf("%d reminders are recorded when it dies", after)
			}
			s.leasesRunOut()
			mortal = s.launch("")
			for range 2 {
				mortal.does("job reminders")
				mortal.settles()
			}
			all := l.reminders()
			most := 1 + map[bool]int{true: 1}[at == mailKill]
			if len(all) == 0 || len(all) > most || l.written() != 1 {
				t.Fatalf("%d mails, %d recorded", len(all), l.written())
			}
			for _, m := range all {
				if messageID(m) != messageID(all[0]) {
					t.Errorf("the copies are not the same mail: %s, %s", messageID(m), messageID(all[0]))
				}
			}
		})
	}
}

// stopsReminding leaves the other tokens of the seed out.
func (l *lived) stopsReminding() {
	l.t.Helper()
	l.execute(`UPDATE requests SET mails_by = 'ancien' WHERE siret <> $1`, l.siret)
}

// « PostgreSQL restarted »: whatever the moment, no reminder is lost or doubled. The database has
// a server of its own, which stops while both instances remind, twice.
func TestRemindersOutliveARestartOfPostgreSQL(t *testing.T) {
	t.Parallel()
	s := setScene(t)
	restart := s.ownServer()
	p := s.run(s.listener)
	second := s.run(listen(t))
	l := s.tokenOf("en_ordre")
	restarts := 0
	for i, left := range []int{90, 60, 30, 15} {
		l.goesTo(left, 9)
		var together sync.WaitGroup
		for _, instance := range []*portal{p, second} {
			together.Go(func() { _, _ = instance.app.Jobs.Run(context.Background(), "reminders") }) // it may fail: the next one mends it
		}
		if i%2 == 1 {
			restart()
			restarts++
		}
		together.Wait()
		eventually(t, 30*time.Second, "the reminders are recorded", func() bool {
			_, err := p.app.Jobs.Run(context.Background(), "reminders")
			return err == nil && l.written() == i+1
		})
		s.execute(`UPDATE outbox SET leased_until = leased_until - interval '1 hour' WHERE leased_until IS NOT NULL`)
		p.catchesUp() // a mail that was put off is taken back once a later stage is due
	}
	all := map[string]int{}
	for _, m := range l.reminders() {
		all[messageID(m)]++
	}
	if len(all) != 4 {
		t.Errorf("%d reminders came, want 4", len(all))
	}
	// A restart may find one mail that the relay had accepted, and no more.
	if again := len(l.reminders()) - len(all); again > restarts {
		t.Errorf("%d came again, and the database went away %d times: %v", again, restarts, all)
	}
}

// ownServer gives the scene a server of PostgreSQL of its own, and tells how to restart it.
func (s *scene) ownServer() (restart func()) {
	s.t.Helper()
	folder, err := os.MkdirTemp("", "portail-qf-e2e-")
	if err != nil {
		s.t.Fatal(err)
	}
	if err := os.Chmod(folder, 0o755); err != nil { // the server's account goes through it
		s.t.Fatal(err)
	}
	ctx := context.Background()
	start := func() *pglocal.Cluster {
		cluster, err := pglocal.Start(ctx, pglocal.Options{Dir: folder, Durable: true})
		if err != nil {
			s.t.Fatal(err)
		}
		return cluster
	}
	cluster := start()
	atTheEnd(s.t, func() {
		_ = cluster.Stop(ctx)
		_ = pglocal.Reset(ctx, folder)
		_ = os.RemoveAll(folder)
	})
	const name = "portail"
	superuser := cluster.URL("postgres", cluster.Superuser())
	if err := cmp.Or(postgres.Prepare(ctx, superuser, name), postgres.Migrate(ctx, cluster.URL(name, postgres.OwnerRole))); err != nil {
		s.t.Fatal(err)
	}
	s.database = pgtest.Database{Owner: cluster.URL(name, postgres.OwnerRole), App: cluster.URL(name, postgres.ApplicationRole)}
	s.tables = openTables(s.t, s.database.Owner)
	return func() {
		s.t.Helper()
		if err := cluster.Stop(ctx); err != nil {
			s.t.Fatal(fmt.Errorf("stop PostgreSQL: %w", err))
		}
		cluster = start()
	}
}
