package postgres_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/lib/pq"

	people "portail-qf/internal/domain/account"
	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/renewal"
	"portail-qf/internal/postgres"
	"portail-qf/internal/seal"
)

// calendar is a token of Majastres whose software is Tilleul's and whose requester is Anne, with
// two instances that remind of it.
type calendar struct {
	*vault
	expiry    time.Time
	reminders []*renewal.Reminders
	renewals  *renewal.Service
	anne      people.Actor
}

func setCalendar(t testing.TB) *calendar {
	t.Helper()
	v := setVault(t)
	c := &calendar{vault: v, expiry: v.token(v.id).ExpiresAt}
	id := v.colleague("Anne", "Morel", majastres)
	v.run(`UPDATE requests SET holder = $2, mails_by = 'portail' WHERE number = $1`, 48231, id)
	c.anne = people.Actor{AccountID: id, Name: "Anne Morel", Role: people.Town, Organisation: people.Organisation{Siret: majastres}}
	ring, err := seal.Parse(seal.NewKey("test"))
	if err != nil {
		t.Fatal(err)
	}
	now := func() time.Time { return v.now }
	for _, db := range []*postgres.DB{v.db, connect(t, v.addresses.App)} {
		c.reminders = append(c.reminders, &renewal.Reminders{
			Store: postgres.Reminders{DB: db}, Sealer: ring, Prefix: credential.TestPrefix, Operator: "api-particulier@example.fr", Now: now,
		})
	}
	c.renewals = &renewal.Service{Store: postgres.Renewals{DB: v.db}, Sealer: ring, Prefix: credential.TestPrefix, Now: now}
	v.run(`UPDATE outbox SET done_at = now()`)
	c.leave("to", "cc")
	return c
}

// at is the business time some days before the expiry, at an hour in Paris.
func (c *calendar) at(daysBefore, hour int) time.Time {
	return renewal.DayIn(c.expiry, -daysBefore).Add(time.Duration(hour) * time.Hour)
}

// remind has both instances remind at once.
func (c *calendar) remind() (total renewal.Report) {
	c.t.Helper()
	var together sync.WaitGroup
	reports, errs := make([]renewal.Report, len(c.reminders)), make([]error, len(c.reminders))
	for i, reminders := range c.reminders {
		together.Go(func() { reports[i], errs[i] = reminders.Remind(context.Background()) })
	}
	together.Wait()
	for i, err := range errs {
		if err != nil {
			c.t.Fatalf("instance %d: %v", i, err)
		}
		total.Reminded += reports[i].Reminded
		total.Skipped += reports[i].Skipped
		total.NoAddress += reports[i].NoAddress
		total.Bounced += reports[i].Bounced
		total.Digests += reports[i].Digests
		total.Pressing += reports[i].Pressing
	}
	return total
}

// stages are the reminders of a token and an expiry: "90 ecrit, 60 passe".
func (c *calendar) stages(token string, expiry time.Time) (told []string) {
	c.t.Helper()
	rows, err := c.raw.Query(`SELECT stage, state FROM reminders WHERE token = $1 AND expires_at = $2 ORDER BY stage DESC`, token, expiry)
	if err != nil {
		c.t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var stage int
		var state string
		if err := rows.Scan(&stage, &state); err != nil {
			c.t.Fatal(err)
		}
		told = append(told, fmt.Sprintf("%d %s", stage, state))
	}
	return told
}

func (c *calendar) said(what string, want ...string) {
	c.t.Helper()
	if diff := cmp.Diff(want, c.stages(c.id, c.token(c.id).ExpiresAt)); diff != "" {
		c.t.Errorf("%s: %s", what, diff)
	}
}

// written is how many mails of reminders there are, and how many wait.
func (c *calendar) written() (all, waiting int) {
	return c.count(`SELECT count(*) FROM mails WHERE key LIKE 'rappel %'`),
		c.count(`SELECT count(DISTINCT m.id) FROM mails m JOIN mail_recipients r ON r.mail_id = m.id WHERE m.key LIKE 'rappel %' AND r.state = 'pending'`)
}

// leave sends what waits for the recipients of some fields.
func (s *scene) leave(fields ...string) {
	s.t.Helper()
	s.run(`UPDATE mail_recipients SET state = 'sent', told_at = $1 WHERE state = 'pending' AND field = ANY ($2)`, noon, pq.StringArray(fields))
}

// « once per (token, stage, expiry), whatever the number of instances »: every four hours, by
// two instances at once, from 100 days before to 40 days after.
func TestEachStageIsWrittenOfOnce(t *testing.T) {
	c := setCalendar(t)
	var days []int
	for at := c.at(100, 0); at.Before(c.at(-40, 0)); at = at.Add(4 * time.Hour) {
		c.now = at
		before, _ := c.written()
		c.remind()
		c.leave("to", "cc")
		if after, _ := c.written(); after != before {
			days = append(days, renewal.DaysLeft(c.expiry, at))
			if after != before+1 {
				t.Errorf("%d mails at %s", after-before, at)
			}
		}
	}
	if diff := cmp.Diff([]int{90, 60, 30, 15, 7, 0, -7, -30}, days); diff != "" {
		t.Errorf("days left when a mail was written: %s", diff)
	}
	c.said("all is written", "90 ecrit", "60 ecrit", "30 ecrit", "15 ecrit", "7 ecrit", "0 ecrit", "-7 ecrit", "-30 ecrit")
	if n := c.count(`SELECT count(*) FROM mails m WHERE m.key LIKE 'rappel %' AND NOT EXISTS (
		SELECT FROM mail_recipients r WHERE r.mail_id = m.id AND r.field = 'to' AND r.address = 'anne.morel@' || $1 || '.example.fr')`, majastres); n != 0 {
		t.Errorf("%d mails are not to the requester", n)
	}
	if n := c.count(`SELECT count(*) FROM mails m WHERE m.key LIKE 'rappel %' AND NOT EXISTS (
		SELECT FROM mail_recipients r WHERE r.mail_id = m.id AND r.field = 'cc' AND r.address = 'integration@tilleul.example.fr')`); n != 0 {
		t.Errorf("%d mails have no copy to the technical contact", n)
	}
	if n := c.count(`SELECT count(*) FROM editor_events WHERE kind = 'jeton.expire_bientot'`); n != 6 {
		t.Errorf("the editor's programs learn it %d times", n)
	}
}

// « after an outage only the most urgent due stage, the passed ones marked skipped »
func TestAfterAnOutageOneMailIsEnough(t *testing.T) {
	c := setCalendar(t)
	c.now = c.at(12, 9)
	if report := c.remind(); report.Reminded != 1 || report.Skipped != 3 {
		t.Errorf("%+v", report)
	}
	c.said("twelve days before", "90 passe", "60 passe", "30 passe", "15 ecrit")
	c.now = c.at(-10, 9)
	c.remind()
	c.said("ten days after", "90 passe", "60 passe", "30 passe", "15 passe", "7 passe", "0 passe", "-7 ecrit")
	if all, waiting := c.written(); all != 2 || waiting != 1 {
		t.Errorf("%d mails, %d wait: the earlier one has lost its object", all, waiting)
	}
	c.now = c.at(-61, 9)
	if report := c.remind(); report != (renewal.Report{}) {
		t.Errorf("two months after: %+v", report)
	}
}

// The stage that a list selects by is that of the rules, whatever the day and the hour.
func TestTheDueStageIsThatOfTheDomain(t *testing.T) {
	c := setCalendar(t)
	for left := 95; left >= -65; left-- {
		for _, hour := range []int{left & 1 * 23} { // the first minute of the day, or its last hour
			c.now = c.at(left, hour)
			stage, ok := renewal.Due(left)
			for _, recorded := range append(renewal.Stages[:], 100) { // 100: none
				c.run(`DELETE FROM reminders`)
				if recorded != 100 {
					c.run(`INSERT INTO reminders (token, expires_at, stage, state, recorded_at) VALUES ($1, $2, $3, 'passe', $4)`, c.id, c.expiry, int(recorded), noon)
				}
				due, _, err := c.reminders[0].Store.ListDue(context.Background(), c.now, renewal.Place{}, 10)
				want := ok && (recorded == 100 || recorded > stage)
				if err != nil || (len(due) == 1) != want {
					t.Fatalf("%d days left at %d h, stage %d is recorded: %d listed, want %t, %v", left, hour, recorded, len(due), want, err)
				}
			}
		}
	}
}

// However many tokens expire on one day, the pages of the list leave none out and tell none twice.
func TestThePagesOfWhatIsDueAreWhole(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	s.editors()
	ring, err := seal.Parse(seal.NewKey("test"))
	if err != nil {
		t.Fatal(err)
	}
	if err := postgres.FillClients(ctx, s.db, mintOf(t, ring), postgres.Clientele{PerEditor: 5, Expiring: 5}, noon); err != nil {
		t.Fatal(err)
	}
	all := s.count(`SELECT count(*) FROM tokens`)
	s.run(`UPDATE tokens SET expires_at = $1`, renewal.DayIn(noon, 20))
	s.run(`UPDATE tokens SET suspended_at = now() WHERE id IN (SELECT id FROM tokens ORDER BY id OFFSET 3 LIMIT 3)`)
	for _, read := range []int{1, 2, 3, all - 1, all, all + 1} {
		told := map[string]int{}
		after := renewal.Place{}
		for pages := 1; ; pages++ {
			due, next, err := postgres.Reminders{DB: s.db}.ListDue(ctx, noon, after, read)
			if err != nil || len(due) > read || pages > all+1 {
				t.Fatalf("page %d of %d: %d listed, %v", pages, read, len(due), err)
			}
			for _, token := range due {
				told[token.ID]++
			}
			if after = next; next == (renewal.Place{}) {
				break
			}
		}
		if len(told) != all-3 {
			t.Errorf("by %d: %d tokens of %d", read, len(told), all-3)
		}
		for id, times := range told {
			if times != 1 {
				t.Errorf("by %d: %s is told %d times", read, id, times)
			}
		}
	}
}

// « Imported habilitations whose mails the old system still sends get none »: the mails are its
// affair, until they are ours. What the editor's programs learn leaves from here, once a stage.
func TestWhatTheOtherSystemWritesOfIsToldToProgramsAlone(t *testing.T) {
	c, ctx := setCalendar(t), context.Background()
	told := func() int { return c.count(`SELECT count(*) FROM editor_events WHERE kind = 'jeton.expire_bientot'`) }
	c.run(`UPDATE requests SET mails_by = 'ancien'`)
	c.run(`UPDATE editors SET reminder_copies = 'semaine'`)
	for i, left := range []int{90, 89, 60, 59} {
		c.now = c.at(left, 9)
		report := c.remind()
		if report.Skipped = 0; report != (renewal.Report{}) {
			t.Errorf("%d days before: %+v", left, report)
		}
		if want := i/2 + 1; told() != want {
			t.Errorf("%d days before, the programs learned it %d times, want %d", left, told(), want)
		}
	}
	c.said("while the other system writes", "90 passe", "60 passe")
	if n := c.count(`SELECT count(*) FROM mails`); n != c.count(`SELECT count(*) FROM mails WHERE created_at < $1`, c.at(91, 0)) {
		t.Error("a mail was written")
	}
	// Who writes changed since the token was listed: it is listed again.
	recorded := renewal.Recorded{TokenID: c.id, Expiry: c.expiry, Stage: 30}
	if got, _, err := c.reminders[0].Store.RecordReminders(ctx, []renewal.Recorded{recorded}, c.now); err != nil || len(got) != 0 {
		t.Errorf("listed while we wrote: %v recorded, %v", got, err)
	}
	c.run(`UPDATE requests SET mails_by = 'portail'`)
	recorded.Elsewhere = true
	if got, _, err := c.reminders[0].Store.RecordReminders(ctx, []renewal.Recorded{recorded}, c.now); err != nil || len(got) != 0 {
		t.Errorf("listed while it wrote: %v recorded, %v", got, err)
	}
	c.now = c.at(58, 9)
	if report := c.remind(); report.Reminded != 0 {
		t.Errorf("a stage that the other system had: %+v", report)
	}
	c.now = c.at(30, 9)
	if report := c.remind(); report.Reminded != 1 || told() != 3 {
		t.Errorf("the next stage: %+v, %d", report, told())
	}
}

// A prolongation is made here: the other system knows nothing of it, and its requester is told,
// whether he confirmed it or a modification was approved.
func TestAProlongationIsConfirmedWhoeverWritesTheOtherMails(t *testing.T) {
	for _, amended := range []bool{false, true} {
		c := setCalendar(t)
		c.forms()
		c.run(`UPDATE requests SET mails_by = 'ancien'`)
		c.now = c.at(20, 9)
		if amended {
			c.files(c.amends())
			c.decides(habilitation.Approve)
		} else if _, err := c.renewals.Confirm(context.Background(), c.anne, c.id, renewal.Asked{Expiry: c.expiry, Answers: allYes}); err != nil {
			t.Fatal(err)
		}
		for address, field := range map[string]string{"anne.morel@" + majastres.String() + ".example.fr": "to", "integration@tilleul.example.fr": "cc"} {
			if n := c.count(`SELECT count(*) FROM mails m JOIN mail_recipients r ON r.mail_id = m.id WHERE m.kind = 'jeton-prolonge' AND r.address = $1 AND r.field = $2`, address, field); n != 1 {
				t.Errorf("by a modification %t: %d mails to %s", amended, n, address)
			}
		}
	}
}

// « none for revoked, archived or replaced tokens »; « none while suspended »
func TestWhatIsClosedIsNotRemindedOf(t *testing.T) {
	c := setCalendar(t)
	c.now = c.at(20, 9)
	for name, change := range map[string][2]string{
		"revoked":                      {`UPDATE tokens SET revoked_at = now()`, `UPDATE tokens SET revoked_at = NULL`},
		"suspended":                    {`UPDATE tokens SET suspended_at = now()`, `UPDATE tokens SET suspended_at = NULL`},
		"its right is suspended":       {`UPDATE tokens SET barred_at = now()`, `UPDATE tokens SET barred_at = NULL`},
		"replaced":                     {`UPDATE tokens SET replaced_at = now()`, `UPDATE tokens SET replaced_at = NULL`},
		"the request is archived":      {`UPDATE requests SET state = 'archivee' WHERE number = 48231`, `UPDATE requests SET state = 'validee' WHERE number = 48231`},
		"the right is another's":       {`UPDATE tokens SET editor_siret = '` + string(brume) + `'`, `UPDATE tokens SET editor_siret = '` + string(tilleul) + `'`},
		"the expiry was moved already": {`UPDATE tokens SET expires_at = expires_at + interval '1 year'`, `UPDATE tokens SET expires_at = expires_at - interval '1 year'`},
	} {
		listed, _, err := c.reminders[0].Store.ListDue(context.Background(), c.now, renewal.Place{}, 10)
		if err != nil || len(listed) != 1 {
			t.Fatalf("before it is %s: %d, %v", name, len(listed), err)
		}
		c.run(change[0])
		if report := c.remind(); report != (renewal.Report{}) {
			t.Errorf("%s: %+v", name, report)
		}
		// The same, had it become so since it was listed.
		recorded := renewal.Recorded{TokenID: c.id, Expiry: c.expiry, Stage: 30}
		if name != "the right is another's" {
			if got, _, err := c.reminders[0].Store.RecordReminders(context.Background(), []renewal.Recorded{recorded}, c.now); err != nil || len(got) != 0 {
				t.Errorf("%s since it was listed: %v recorded, %v", name, got, err)
			}
		}
		c.run(change[1])
		if n := c.count(`SELECT count(*) FROM reminders`); n != 0 {
			t.Fatalf("%s: %d rows", name, n)
		}
	}
	if report := c.remind(); report.Reminded != 1 {
		t.Errorf("once it is open again: %+v", report)
	}
}

// « a new expiry starts a new cycle »; what did not leave about the former one does not leave any
// more. « same token »: whoever shows it goes on.
func TestAProlongationBeginsANewCycle(t *testing.T) {
	c := setCalendar(t)
	text, _, err := c.service.Collect(context.Background(), sofia, c.id, noKey)
	if err != nil {
		t.Fatal(err)
	}
	c.now = c.at(90, 8)
	c.remind()
	done, err := c.renewals.Confirm(context.Background(), c.anne, c.id, renewal.Asked{Expiry: c.expiry, Answers: allYes})
	if err != nil {
		t.Fatal(err)
	}
	until := renewal.Until(c.expiry, c.now, credential.TokenLife)
	if after := c.token(c.id); !after.ExpiresAt.Equal(until) || !done.Prolongation.Until.Equal(until) {
		t.Errorf("it expires on %s, said %s, want %s", after.ExpiresAt, done.Prolongation.Until, until)
	}
	if all, waiting := c.written(); all != 1 || waiting != 0 {
		t.Errorf("%d reminders, %d still wait", all, waiting)
	}
	for _, left := range []int{60, 30, 15, 7, 0, -7, -30} {
		c.now = c.at(left, 9)
		if report := c.remind(); report.Reminded != 0 {
			t.Errorf("%d days before the former expiry: %+v", left, report)
		}
		if _, err := c.gate.Admit(context.Background(), text); err != nil {
			t.Errorf("%d days before the former expiry the token is told %v", left, err)
		}
	}
	c.expiry = until
	c.now = c.at(90, 9)
	c.remind()
	c.said("in the new cycle", "90 ecrit")
	if got := c.count(`SELECT count(*) FROM mails WHERE kind = 'jeton-prolonge'`); got != 1 {
		t.Errorf("%d confirmations", got)
	}
}

// An expiry that another system corrects within one day is another expiry: it is reminded of once,
// like any other.
func TestAnExpiryCorrectedWithinADayIsRemindedOf(t *testing.T) {
	c := setCalendar(t)
	c.now = c.at(60, 9)
	c.remind()
	c.leave("to")
	c.run(`UPDATE tokens SET imported_revision = revision WHERE id = $1`, c.id)
	corrected := c.token(c.id).Token
	corrected.ExpiresAt = corrected.ExpiresAt.Add(-9 * time.Hour)
	if err := (postgres.Tokens{DB: c.db}).RecordTokens(context.Background(), credential.TokenChange{Corrected: []credential.Token{corrected}, At: c.now}); err != nil {
		t.Fatal(err)
	}
	if _, waiting := c.written(); waiting != 0 {
		t.Error("a copy still waits that tells of the former expiry")
	}
	c.now = c.at(59, 9)
	c.remind()
	c.said("corrected", "90 passe", "60 ecrit")
	if all, waiting := c.written(); all != 2 || waiting != 1 {
		t.Errorf("%d mails, %d wait", all, waiting)
	}
}

// « Idempotent »: fifty clicks at once, in two instances, prolong once.
func TestFiftyClicksProlongOnce(t *testing.T) {
	c := setCalendar(t)
	c.now = c.at(10, 9)
	other := *c.renewals
	other.Store = postgres.Renewals{DB: connect(t, c.addresses.App)}
	until := renewal.Until(c.expiry, c.now, credential.TokenLife)
	var together sync.WaitGroup
	for i := range 50 {
		service := c.renewals
		if i%2 == 1 {
			service = &other
		}
		together.Go(func() {
			done, err := service.Confirm(context.Background(), c.anne, c.id, renewal.Asked{Expiry: c.expiry, Answers: allYes})
			if err != nil || !done.Prolongation.Until.Equal(until) {
				t.Errorf("%+v, %v", done, err)
			}
		})
	}
	together.Wait()
	if n := c.count(`SELECT count(*) FROM prolongations`); n != 1 || !c.token(c.id).ExpiresAt.Equal(until) {
		t.Errorf("%d prolongations, until %s", n, c.token(c.id).ExpiresAt)
	}
	for what, n := range map[string]int{
		"mails":  c.count(`SELECT count(*) FROM mails WHERE kind = 'jeton-prolonge'`),
		"events": c.count(`SELECT count(*) FROM editor_events WHERE kind = 'jeton.prolonge'`),
		"lines":  c.count(`SELECT count(*) FROM audit_events WHERE act = 'token.prolonged'`),
	} {
		if n != 1 {
			t.Errorf("%d %s", n, what)
		}
	}
	// Later, the same form sent again, from another tab: nothing more.
	c.now = c.now.Add(3 * time.Hour)
	if done, err := c.renewals.Confirm(context.Background(), c.anne, c.id, renewal.Asked{Expiry: c.expiry, Answers: allYes}); err != nil || !done.Prolongation.Until.Equal(until) {
		t.Errorf("the form sent again: %+v, %v", done, err)
	}
	if _, err := c.renewals.Confirm(context.Background(), c.anne, c.id, renewal.Asked{Expiry: until, Answers: allYes}); !fault.Is(err, "renewal.too_early") {
		t.Errorf("the new expiry is moved at once: %v", err)
	}
}

// A token that replaces another one keeps its date: its requester is not reminded anew of a stage
// that was written about.
func TestAReplacementDoesNotRemindTwice(t *testing.T) {
	c := setCalendar(t)
	c.now = c.at(30, 9)
	c.remind()
	c.leave("to", "cc")
	first := c.id
	next, err := c.service.Replace(context.Background(), sofia, first, credential.Replacement{Overlap: credential.Overlap})
	if err != nil {
		t.Fatal(err)
	}
	c.id = next.ID
	if report := c.remind(); report.Reminded != 0 {
		t.Errorf("%+v", report)
	}
	c.said("of the new one", "90 passe", "60 passe", "30 passe")
	c.now = c.at(15, 9)
	if report := c.remind(); report.Reminded != 1 {
		t.Errorf("at its next stage: %+v", report)
	}
	if got := c.stages(first, c.expiry); len(got) != 3 {
		t.Errorf("of the former one: %v", got)
	}
}

// « an address that bounced is shown to support and told to the technical contact »
func TestAnAddressThatBouncedIsToldOnce(t *testing.T) {
	c := setCalendar(t)
	c.now = c.at(60, 9)
	c.remind()
	c.run(`UPDATE mail_recipients SET state = 'bounced', code = '550 5.1.1', told_at = $1 WHERE field = 'to' AND mail_id IN (SELECT id FROM mails WHERE key LIKE 'rappel %')`, c.now)
	for range 3 {
		c.remind()
	}
	if n := c.count(`SELECT count(*) FROM mails m JOIN mail_recipients r ON r.mail_id = m.id
		WHERE m.kind = 'rappel-non-remis' AND r.address = 'integration@tilleul.example.fr' AND r.field = 'to'`); n != 1 {
		t.Errorf("the technical contact is told %d times", n)
	}
}

// « an address that bounced is shown to support »: once it is corrected, whatever is written next goes
// to the right one.
func TestACorrectedAddressIsThatOfTheNextReminders(t *testing.T) {
	c := setCalendar(t)
	c.now = c.at(90, 9)
	c.remind()
	c.run(`UPDATE mail_recipients SET state = 'bounced', code = '550', told_at = $1 WHERE field = 'to' AND state = 'pending'`, c.now)
	mails := notice.Mails{Store: postgres.Mails{DB: c.db}, Now: func() time.Time { return c.now }}
	correction := notice.Correction{MailID: int64(c.count(`SELECT id FROM mails WHERE key LIKE 'rappel %'`)), Position: 1, Address: "accueil@majastres.example.fr"}
	if err := mails.Readdress(context.Background(), audit.Author{ID: "1", Display: "Yann Tanguy"}, correction); err != nil {
		t.Fatal(err)
	}
	c.now = c.at(60, 9)
	c.remind()
	if n := c.count(`SELECT count(*) FROM mail_recipients a JOIN mails m ON m.id = a.mail_id WHERE m.key LIKE 'rappel % 60' AND a.field = 'to' AND a.address = 'accueil@majastres.example.fr'`); n != 1 {
		t.Error("the next reminder goes to the address that was refused")
	}
}

// A reminder that came back asks nothing of anybody once the token is prolonged, or closed: it
// bounces, the town prolongs on its own that evening, and in the morning nobody is told to reach it.
func TestAnAddressThatBouncedOfWhatIsSettledIsNotTold(t *testing.T) {
	for name, settles := range map[string]func(c *calendar) error{
		"prolonged": func(c *calendar) error {
			_, err := c.renewals.Confirm(context.Background(), c.anne, c.id, renewal.Asked{Expiry: c.expiry, Answers: allYes})
			return err
		},
		"revoked": func(c *calendar) error {
			return c.service.Revoke(context.Background(), sofia, c.id, "Publié par erreur.")
		},
	} {
		c := setCalendar(t)
		c.now = c.at(60, 8)
		c.remind()
		c.run(`UPDATE mail_recipients SET state = 'bounced', code = '550 5.1.1', told_at = $1 WHERE field = 'to' AND state = 'pending'`, c.now)
		c.now = c.at(60, 20)
		if err := settles(c); err != nil {
			t.Fatal(err)
		}
		c.now = c.at(59, 8)
		if report := c.remind(); report.Bounced != 0 {
			t.Errorf("%s: the technical contact is told %d times", name, report.Bounced)
		}
	}
}

// What waits in the outbox of a token does not leave once it is prolonged, or closed: neither an
// editor's demand to prolong it, nor that its requester is not reached. Once it is open again, the
// technical contact is told.
func TestADemandToProlongWhatIsSettledDoesNotLeave(t *testing.T) {
	for name, row := range map[string]struct {
		settles func(c *calendar) error
		opens   bool
	}{
		"prolonged": {settles: func(c *calendar) error {
			_, err := c.renewals.Confirm(context.Background(), c.anne, c.id, renewal.Asked{Expiry: c.expiry, Answers: allYes})
			return err
		}},
		"suspended": {func(c *calendar) error { return c.service.Suspend(context.Background(), sofia, c.id, "Un doute.") }, true},
		"revoked": {settles: func(c *calendar) error {
			return c.service.Revoke(context.Background(), sofia, c.id, "Publié par erreur.")
		}},
	} {
		c := setCalendar(t)
		waiting := func(kind notice.Kind) int {
			return c.count(`SELECT count(DISTINCT m.id) FROM mails m JOIN mail_recipients r ON r.mail_id = m.id AND r.state = 'pending'
				WHERE m.kind = $1 AND m.finished_at IS NULL AND m.content IS NOT NULL`, string(kind))
		}
		c.now = c.at(60, 8)
		c.remind()
		c.run(`UPDATE mail_recipients SET state = 'bounced', code = '550 5.1.1', told_at = $1 WHERE field = 'to' AND state = 'pending'`, c.now)
		c.leave("cc")
		c.now = c.at(59, 8).Add(time.Second / 3)
		c.remind()
		if err := c.renewals.Nudge(context.Background(), leo, c.id); err != nil {
			t.Fatal(err)
		}
		if nudges, bounces := waiting(renewal.KindNudge), waiting(renewal.KindBounced); nudges != 1 || bounces != 1 {
			t.Fatalf("%s: before, %d demands and %d bounces wait", name, nudges, bounces)
		}
		c.now = c.at(59, 20)
		if err := row.settles(c); err != nil {
			t.Fatal(err)
		}
		if nudges, bounces := waiting(renewal.KindNudge), waiting(renewal.KindBounced); nudges != 0 || bounces != 0 {
			t.Errorf("%s: %d demands and %d bounces still leave", name, nudges, bounces)
		}
		if !row.opens {
			continue
		}
		c.now = c.at(58, 8)
		if c.remind(); waiting(renewal.KindBounced) != 0 {
			t.Errorf("%s: the technical contact is told", name)
		}
		if err := c.service.Resume(context.Background(), sofia, c.id); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			c.remind()
		}
		if n := waiting(renewal.KindBounced); n != 1 {
			t.Errorf("%s, then open again: the technical contact is told %d times", name, n)
		}
	}
}
