package postgres_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	people "portail-qf/internal/domain/account"
	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/decision"
	templates "portail-qf/internal/domain/editor"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/renewal"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/postgres"
	"portail-qf/internal/seal"
)

// amends has the requester answer that a contact has changed, and gives the modification that
// begins.
func (c *calendar) amends() request.Application {
	c.t.Helper()
	c.renewals.Requests = &request.Service{
		Store: c.applications(), Templates: &templates.Templates{Store: postgres.Templates{DB: c.db}, Now: c.renewals.Now}, Now: c.renewals.Now,
	}
	done, err := c.renewals.Confirm(context.Background(), c.anne, c.id, renewal.Asked{
		Expiry: c.token(c.id).ExpiresAt, Answers: renewal.Answers{InCharge: true, SamePurpose: true},
	})
	if err != nil || !done.Amended || !done.Prolongation.At.IsZero() {
		c.t.Fatalf("%+v, %v", done, err)
	}
	return c.application(48231)
}

// files deposits a modification, which leaves what is granted as it is.
func (c *calendar) files(a request.Application) {
	c.t.Helper()
	change := deposit(a, c.now)
	change.Application.Request.State = habilitation.Reopened
	c.changes(change)
}

// returns has an instructor ask for changes of what is filed.
func (c *calendar) returns() request.Application {
	c.t.Helper()
	a := c.application(48231)
	a.Phase, a.Asked = request.Returned, request.Asked{Act: habilitation.RequestChanges, Reason: "Le DPD n’est pas le bon.", By: "Awa Traoré", At: c.now}
	return c.changes(request.Change{Application: a, Moves: true, At: c.now})
}

// decides has an instructor decide of what is filed.
func (c *calendar) decides(act habilitation.Act) decision.Outcome {
	c.t.Helper()
	awa := people.Actor{AccountID: 7, Name: "Awa Traoré", Role: people.Instructor}
	service, file := c.decisions(), c.file(48231)
	note := request.Note{Act: act, Number: 10_000_070, Revision: file.Request.Revision, Text: "Le DPD n’est pas celui de la commune."}
	outcome, err := decision.DecideNoted(file, note, file.CurrentEditor, decision.Moment{At: c.now, Author: awa.Author(), Sealer: service.Sealer, Mint: service.Mint})
	if err != nil {
		c.t.Fatal(err)
	}
	if err := (postgres.Decisions{DB: c.db}).Record(context.Background(), outcome); err != nil {
		c.t.Fatal(err)
	}
	return outcome
}

// outcome is what became of the newest modification for a prolongation.
func (c *calendar) outcome() (told string, filed bool) {
	c.t.Helper()
	if err := c.raw.QueryRow(`SELECT outcome, filed_at IS NOT NULL FROM amendments ORDER BY id DESC LIMIT 1`).Scan(&told, &filed); err != nil {
		c.t.Fatal(err)
	}
	return told, filed
}

// « Si des changements sont intervenus, ce formulaire invite la collectivité à déposer rapidement
// une demande de modification de son habilitation. […] Après validation, le jeton API Particulier est
// automatiquement prolongé de 18 mois. »
func TestAnApprovedModificationProlongs(t *testing.T) {
	c := setCalendar(t)
	c.forms()
	c.now = c.at(20, 9)
	c.remind()
	begun := c.amends()
	if begun.Request.State != habilitation.Reopened || begun.Phase != request.Writing {
		t.Fatalf("%s %s", begun.Request.State, begun.Phase)
	}
	again := c.amends() // the same answers sent twice
	if told, filed := c.outcome(); told != "" || filed || c.count(`SELECT count(*) FROM amendments`) != 1 || again.Edition != begun.Edition {
		t.Errorf("sent twice: %q, %t", told, filed)
	}
	if n := c.count(`SELECT count(*) FROM audit_events WHERE act = 'token.amended'`); n != 1 {
		t.Errorf("sent twice, it is %d times in the journal", n)
	}
	c.files(again)
	if _, filed := c.outcome(); !filed {
		t.Error("its deposit is not noted")
	}
	if _, err := c.renewals.Confirm(context.Background(), c.anne, c.id, renewal.Asked{Expiry: c.expiry, Answers: allYes}); !fault.Is(err, "renewal.amended") {
		t.Errorf("while it is instructed: %v", err)
	}
	// « alert at 7 days »: once, to the operator.
	for _, left := range []int{8, 7, 6} {
		c.now = c.at(left, 9)
		if n, want := c.pressing(), map[bool]int{true: 1}[left <= 7]; n != want {
			t.Errorf("%d days before, the operator is told %d times", left, n)
		}
	}
	c.now = c.at(-3, 9) // the instruction was late
	before := c.token(c.id)
	if before.State(c.now) != credential.TokenExpired {
		t.Fatalf("it is %s", before.State(c.now))
	}
	outcome := c.decides(habilitation.Approve)
	after, until := c.token(c.id), renewal.Until(c.expiry, c.now, credential.TokenLife)
	if !after.ExpiresAt.Equal(until) || after.PublicID != before.PublicID || after.Habilitation != 10_000_070 {
		t.Errorf("it expires on %s, want %s: %+v", after.ExpiresAt, until, after)
	}
	if told, _ := c.outcome(); told != "validee" || c.count(`SELECT count(*) FROM prolongations WHERE way = 'modification'`) != 1 {
		t.Errorf("the modification is %q", told)
	}
	kinds := map[string]int{}
	for _, n := range outcome.Notices {
		kinds[string(n.Kind())]++
	}
	if kinds["jeton-prolonge"] != 1 || c.count(`SELECT count(*) FROM editor_events WHERE kind = 'jeton.prolonge'`) != 1 {
		t.Errorf("told: %v", kinds)
	}
}

// The mail of what an approval prolongs names the software as the reminders of the same token do: as
// its form has it today, be it written otherwise on the request.
func TestAnApprovalNamesTheSoftwareAsRemindersDo(t *testing.T) {
	c := setCalendar(t)
	c.forms()
	c.now = c.at(20, 9)
	c.files(c.amends())
	c.publish(noon, formOf(tilleulForm, tilleul, "Tilleul Enfance", "Demande"))
	c.remind()
	reminder, ok := c.waiting()
	var prolonged renewal.ProlongedNotice
	for _, n := range c.decides(habilitation.Approve).Notices {
		if told, is := n.(renewal.ProlongedNotice); is {
			prolonged = told
		}
	}
	if !ok || reminder.Software != "Tilleul Enfance" || prolonged.Software != reminder.Software {
		t.Errorf("a reminder waits: %t, of %q; what is prolonged is of %q", ok, reminder.Software, prolonged.Software)
	}
}

// « refused → told, the token keeps its date »; then nothing prevents another answer. One that the
// town gives up is over too, and a modification that was begun by itself prolongs nothing.
func TestARefusedModificationLeavesTheDate(t *testing.T) {
	c := setCalendar(t)
	c.forms()
	c.now = c.at(20, 9)
	c.files(c.amends())
	outcome := c.decides(habilitation.Refuse)
	if after := c.token(c.id); !after.ExpiresAt.Equal(c.expiry) {
		t.Errorf("it expires on %s", after.ExpiresAt)
	}
	if told, _ := c.outcome(); told != "refusee" {
		t.Errorf("the modification is %q", told)
	}
	said := false
	for _, n := range outcome.Notices {
		if changed, ok := n.(decision.Changed); ok {
			said = changed.TokenID == c.id && changed.TokenUntil.Equal(c.expiry)
		}
	}
	if !said {
		t.Error("the mail does not say what becomes of the token")
	}
	given := c.amends()
	given.Phase, given.Request.State = request.Closed, habilitation.Validated
	c.changes(request.Change{Application: given, Moves: true, At: c.now})
	if told, _ := c.outcome(); told != "abandonnee" {
		t.Errorf("given up, it is %q", told)
	}
	c.now = c.now.Add(time.Hour)
	c.files(c.changes(reopened(c.application(48231), c.now)))
	c.decides(habilitation.Approve)
	if after := c.token(c.id); !after.ExpiresAt.Equal(c.expiry) || c.count(`SELECT count(*) FROM prolongations`) != 0 {
		t.Errorf("a modification of before prolongs: until %s", after.ExpiresAt)
	}
	if done, err := c.renewals.Confirm(context.Background(), c.anne, c.id, renewal.Asked{Expiry: c.expiry, Answers: allYes}); err != nil || done.Prolongation.Until.IsZero() {
		t.Errorf("then nothing has changed: %+v, %v", done, err)
	}
}

// « suspended or revoked tokens are never prolonged », by an approval either.
func TestAnApprovalDoesNotProlongWhatIsSuspended(t *testing.T) {
	c := setCalendar(t)
	c.forms()
	c.now = c.at(20, 9)
	c.files(c.amends())
	if err := c.service.Suspend(context.Background(), staff, c.id, "Publié par erreur."); err != nil {
		t.Fatal(err)
	}
	c.decides(habilitation.Approve)
	if after := c.token(c.id); !after.ExpiresAt.Equal(c.expiry) || c.count(`SELECT count(*) FROM prolongations`) != 0 {
		t.Errorf("until %s", after.ExpiresAt)
	}
}

// Nobody is asked to prolong what a modification prolongs: a suspension that ends on a token that has
// expired meanwhile is told with it, as long as it waits for its decision.
func TestARestoredTokenIsToldOfWithItsModification(t *testing.T) {
	for name, row := range map[string]struct {
		happens func(c *calendar)
		amended bool
	}{
		"deposited":     {func(c *calendar) { c.files(c.amends()) }, true},
		"begun":         {func(c *calendar) { c.amends() }, false},
		"sent back":     {func(c *calendar) { c.files(c.amends()); c.returns() }, false},
		"refused":       {func(c *calendar) { c.files(c.amends()); c.decides(habilitation.Refuse) }, false},
		"never thought": {func(*calendar) {}, false},
	} {
		c := setCalendar(t)
		c.forms()
		c.now = c.at(6, 9)
		row.happens(c)
		if err := c.service.Suspend(context.Background(), sofia, c.id, "Un doute."); err != nil {
			t.Fatal(err)
		}
		c.now = c.at(-2, 9)
		if err := c.service.Resume(context.Background(), sofia, c.id); err != nil {
			t.Fatal(err)
		}
		var key string
		var sealed []byte
		if err := c.raw.QueryRow(`SELECT key, content FROM mails WHERE kind = 'jeton-retabli'`).Scan(&key, &sealed); err != nil {
			t.Fatal(err)
		}
		plain, err := c.service.Sealer.(*seal.Ring).Open(sealed, notice.Place(key))
		if err != nil {
			t.Fatal(err)
		}
		var told credential.TokenTold
		if err := json.Unmarshal(plain, &told); err != nil || told.Amended != row.amended || told.ToProlong() == row.amended {
			t.Errorf("%s: to prolong: %t, a modification does: %t, %v", name, told.ToProlong(), told.Amended, err)
		}
	}
}

// A modification that gives the token up ends it: there is nothing left to prolong, and nobody is
// told that it is.
func TestAModificationThatGivesTheTokenUpIsApproved(t *testing.T) {
	c := setCalendar(t)
	c.forms()
	c.now = c.at(20, 9)
	begun := c.amends()
	begun.Answers.Form, begun.Answers.Token = true, false
	c.files(begun)
	outcome := c.decides(habilitation.Approve)
	if after := c.token(c.id); after.State(c.now) != credential.TokenRevoked || !after.ExpiresAt.Equal(c.expiry) || c.count(`SELECT count(*) FROM prolongations`) != 0 {
		t.Errorf("it is %s until %s", after.State(c.now), after.ExpiresAt)
	}
	for _, n := range outcome.Notices {
		if n.Kind() == renewal.KindProlonged {
			t.Error("a mail says that it is prolonged")
		}
	}
	if told, _ := c.outcome(); told != "validee" {
		t.Errorf("the modification is %q", told)
	}
}

// A modification that was begun and never deposited is not what DataPass decides of: nothing is
// prolonged, however often it approves, and the modification is over.
func TestADecisionOfDataPassProlongsNothing(t *testing.T) {
	for _, events := range [][]string{{"approve", "approve"}, {"submit", "refuse"}} {
		c := setCalendar(t)
		c.run(`SELECT setval('habilitation_numbers', 10000200)`)
		c.run(`INSERT INTO editor_forms (form_uid, editor_siret) VALUES ($1, $2)`, tilleulForm, tilleul)
		c.now = c.at(20, 9)
		c.renewals.Requests = deaf{}
		asked := renewal.Asked{Expiry: c.expiry, Answers: renewal.Answers{InCharge: true, SamePurpose: true}}
		if _, err := c.renewals.Confirm(context.Background(), c.anne, c.id, asked); fault.KindOf(err) != fault.Unavailable {
			t.Fatalf("the modification begins: %v", err)
		}
		inbox := c.inbox(&c.now)
		for at, name := range events {
			body := strings.Replace(string(event(name, "48231", tilleulForm)), "1782300000", fmt.Sprint(c.now.Unix()+int64(at)), 1)
			if got := c.receives(inbox, []byte(body)); got.State != decision.Applied {
				t.Fatalf("%s: %+v", name, got)
			}
		}
		if after := c.token(c.id); !after.ExpiresAt.Equal(c.expiry) || c.count(`SELECT count(*) FROM prolongations`) != 0 {
			t.Errorf("%v: until %s", events, after.ExpiresAt)
		}
		if told, _ := c.outcome(); told != "abandonnee" {
			t.Errorf("%v: the modification is %q", events, told)
		}
	}
}

// deaf begins no modification: the database went away meanwhile.
type deaf struct{}

func (deaf) Reopen(context.Context, people.Actor, habilitation.RequestNumber) error {
	return fault.New(fault.Unavailable, "database.unavailable")
}

// prolongedMeanwhile has another tab answer between what is read and what is recorded.
type prolongedMeanwhile struct {
	renewal.Store
	answer func()
}

func (s prolongedMeanwhile) RecordAmendment(ctx context.Context, begun renewal.Amendment, event audit.Event) error {
	s.answer()
	return s.Store.RecordAmendment(ctx, begun, event)
}

// Of two tabs, one says that nothing has changed and the other that a contact has: the token is
// prolonged once, and nothing waits that would do so again.
func TestAModificationDoesNotBeginForAnExpiryThatWasMoved(t *testing.T) {
	c := setCalendar(t)
	c.now = c.at(20, 9)
	c.renewals.Requests = deaf{}
	other, ctx := *c.renewals, context.Background()
	c.renewals.Store = prolongedMeanwhile{c.renewals.Store, func() {
		if _, err := other.Confirm(ctx, c.anne, c.id, renewal.Asked{Expiry: c.expiry, Answers: allYes}); err != nil {
			t.Fatal(err)
		}
	}}
	_, err := c.renewals.Confirm(ctx, c.anne, c.id, renewal.Asked{Expiry: c.expiry, Answers: renewal.Answers{InCharge: true, SamePurpose: true}})
	if !fault.Is(err, "renewal.moved") {
		t.Errorf("the second tab: %v", err)
	}
	if n := c.count(`SELECT count(*) FROM amendments`); n != 0 || c.count(`SELECT count(*) FROM audit_events WHERE act = 'token.amended'`) != 0 {
		t.Errorf("%d modifications", n)
	}
}

// A modification that is sent back waits for the town: it is reminded in the ordinary words, the
// operator is not pressed, and nothing counts as late.
func TestAModificationThatIsSentBackWaitsForTheTown(t *testing.T) {
	c, ctx := setCalendar(t), context.Background()
	c.forms()
	c.now = c.at(20, 9)
	c.files(c.amends())
	waits := func() (filed, pressing, late, queued int) {
		c.t.Helper()
		due, _, err := c.reminders[0].Store.ListDue(ctx, c.now, renewal.Place{}, 10)
		if err != nil || len(due) != 1 {
			t.Fatalf("%d are due, %v", len(due), err)
		}
		if due[0].AmendmentFiled {
			filed = 1
		}
		pressed, err := c.reminders[0].Store.ListPressing(ctx, c.expiry.Add(time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		undecided, err := postgres.RenewalWatch{DB: c.db}.ListUndecided(ctx, c.expiry, c.expiry.Add(time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		counts, err := postgres.Desk{DB: c.db}.CountQueue(ctx, 0)
		if err != nil {
			t.Fatal(err)
		}
		return filed, len(pressed), len(undecided), counts.Renewals
	}
	if filed, pressing, late, queued := waits(); filed != 1 || pressing != 1 || late != 1 || queued != 1 {
		t.Errorf("filed: %d %d %d %d", filed, pressing, late, queued)
	}
	returned := c.returns()
	if filed, pressing, late, queued := waits(); filed != 0 || pressing != 0 || late != 0 || queued != 0 {
		t.Errorf("sent back: %d %d %d %d", filed, pressing, late, queued)
	}
	c.now = c.now.Add(time.Hour)
	c.files(returned)
	if filed, pressing, late, queued := waits(); filed != 1 || pressing != 1 || late != 1 || queued != 1 {
		t.Errorf("filed again: %d %d %d %d", filed, pressing, late, queued)
	}
	c.decides(habilitation.Approve)
	if n := c.count(`SELECT count(*) FROM prolongations WHERE way = 'modification'`); n != 1 {
		t.Errorf("approved at last, it prolongs %d times", n)
	}
}

// The requester whose modification is sent back may change his mind: nothing has changed, the token
// is prolonged, and the modification goes on as any other.
func TestAModificationThatIsSentBackDoesNotHoldAProlongationUp(t *testing.T) {
	c := setCalendar(t)
	c.forms()
	c.now = c.at(20, 9)
	c.files(c.amends())
	c.returns()
	c.amends() // still: the same answers begin nothing new
	if told, filed := c.outcome(); told != "" || !filed || c.count(`SELECT count(*) FROM amendments`) != 1 {
		t.Errorf("answered again: %q, %t", told, filed)
	}
	done, err := c.renewals.Confirm(context.Background(), c.anne, c.id, renewal.Asked{Expiry: c.expiry, Answers: allYes})
	if err != nil || done.Prolongation.Way != renewal.Confirmed {
		t.Fatalf("%+v, %v", done, err)
	}
	if told, _ := c.outcome(); told != "abandonnee" {
		t.Errorf("the modification is %q", told)
	}
	c.now = c.now.Add(time.Hour)
	c.files(c.application(48231))
	c.decides(habilitation.Approve)
	if after := c.token(c.id); !after.ExpiresAt.Equal(done.Prolongation.Until) || c.count(`SELECT count(*) FROM prolongations`) != 1 {
		t.Errorf("once approved, until %s, want %s", after.ExpiresAt, done.Prolongation.Until)
	}
}

// pressing is how often the operator is told that a modification presses.
func (c *calendar) pressing() int {
	c.t.Helper()
	c.remind()
	return c.count(`SELECT count(*) FROM mails WHERE kind = 'prolongation-a-instruire'`)
}

// « alert at 7 days »: of each modification, be it the second one before the same expiry.
func TestASecondModificationPressesToo(t *testing.T) {
	c := setCalendar(t)
	c.forms()
	c.now = c.at(6, 9)
	c.files(c.amends())
	if n := c.pressing(); n != 1 {
		t.Errorf("the first one: told %d times", n)
	}
	c.decides(habilitation.Refuse)
	c.now = c.at(5, 9)
	c.files(c.amends())
	for range 2 {
		if n := c.pressing(); n != 2 {
			t.Errorf("the second one: told %d times in all", n)
		}
	}
}

// What prolongs nothing does not press: the mail says that the token is prolonged once it is
// approved. A token that another one replaces has left that to it.
func TestOnlyWhatProlongsPresses(t *testing.T) {
	c := setCalendar(t)
	c.forms()
	c.now = c.at(6, 9)
	c.files(c.amends())
	for name, change := range map[string][2]string{
		"revoked":                {`UPDATE tokens SET revoked_at = now()`, `UPDATE tokens SET revoked_at = NULL`},
		"suspended":              {`UPDATE tokens SET suspended_at = now()`, `UPDATE tokens SET suspended_at = NULL`},
		"its right is suspended": {`UPDATE requests SET state = 'suspendue' WHERE number = 48231`, `UPDATE requests SET state = 'reouverte' WHERE number = 48231`},
	} {
		c.run(change[0])
		if n := c.pressing(); n != 0 {
			t.Errorf("%s: told %d times", name, n)
		}
		c.run(change[1])
	}
	next, err := c.service.Replace(context.Background(), sofia, c.id, credential.Replacement{Overlap: credential.Overlap})
	if err != nil {
		t.Fatal(err)
	}
	pressing, err := c.reminders[0].Store.ListPressing(context.Background(), c.expiry.Add(time.Hour))
	if err != nil || len(pressing) != 1 || pressing[0].TokenID != next.ID || c.pressing() != 1 {
		t.Errorf("of the one that replaces it: %+v, %v", pressing, err)
	}
	// So do the lists of an editor, which asks nothing of a town whose modification waits.
	filed, err := c.renewals.Filed(context.Background(), []string{next.ID})
	if err != nil || filed[next.ID].IsZero() {
		t.Errorf("filed: %v, %v", filed, err)
	}
	risks, _, err := postgres.RenewalWatch{DB: c.db}.ListRisks(context.Background(), renewal.RiskQuery{Before: c.expiry.Add(time.Hour), Now: c.now, Limit: 10})
	if err != nil || len(risks) != 1 || risks[0].ID != next.ID || !risks[0].Amendment.Filed() {
		t.Errorf("at risk: %+v, %v", risks, err)
	}
}
