package postgres_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"testing"

	people "portail-qf/internal/domain/account"
	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/decision"
	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/renewal"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/postgres"
	"portail-qf/internal/seal"
)

// What a reminder says comes with the token that is due: whether the form is granted, and whether
// a modification is filed, which prolongs when it is approved.
func TestWhatAReminderSaysIsListedWithTheToken(t *testing.T) {
	c := setCalendar(t)
	c.forms()
	c.now = c.at(20, 9)
	listed := func() renewal.DueToken {
		t.Helper()
		due, _, err := c.reminders[0].Store.ListDue(context.Background(), c.now, renewal.Place{}, 10)
		if err != nil || len(due) != 1 {
			t.Fatalf("%d listed, %v", len(due), err)
		}
		return due[0]
	}
	for _, form := range []bool{false, true} {
		c.run(`UPDATE habilitations SET form = $1 WHERE request = 48231`, form)
		if got := listed(); got.Right.Form != form || got.AmendmentFiled {
			t.Errorf("form granted %t: listed as %t, modification filed %t", form, got.Right.Form, got.AmendmentFiled)
		}
	}
	for _, form := range directory.FormStates {
		c.run(`UPDATE collectivities SET form = $1 WHERE siret = $2`, string(form), majastres.String())
		if got := listed(); got.Right.FormBeside() != form {
			t.Errorf("the form of the town being %q, listed as %q", form, got.Right.FormBeside())
		}
	}
	begun := c.amends()
	if listed().AmendmentFiled {
		t.Error("what is only begun is not filed")
	}
	c.files(begun)
	if !listed().AmendmentFiled {
		t.Error("what is filed is not told")
	}
	c.run(`UPDATE applications SET phase = 'a_modifier'`)
	if listed().AmendmentFiled {
		t.Error("what is returned is the town's to mend")
	}
	c.run(`UPDATE applications SET phase = 'deposee'`)
	c.decides(habilitation.Refuse)
	if listed().AmendmentFiled {
		t.Error("what is refused prolongs nothing any more")
	}
}

// A mail names the software as its form does today. Where that was never published, or is the
// generic one, the editor alone is known.
func TestTheSoftwareOfATokenIsThatOfItsForm(t *testing.T) {
	c := setCalendar(t)
	c.forms()
	c.publish(noon, formOf(tilleulForm, tilleul, "Tilleul Enfance", "Demande"))
	c.now = c.at(90, 8)
	c.run(`UPDATE editors SET reminder_copies = 'semaine' WHERE siret = $1`, tilleul.String())
	for form, want := range map[string]string{tilleulForm: "Tilleul Enfance", "formulaire-qf": "", "ancien-formulaire": ""} {
		c.run(`UPDATE habilitations SET form_uid = $1 WHERE request = 48231`, form)
		due, _, err := c.reminders[0].Store.ListDue(context.Background(), c.now, renewal.Place{}, 10)
		if err != nil || len(due) != 1 || due[0].Software != want || due[0].Addressees.Editor == "" {
			t.Errorf("%s: due %+v, %v", form, due, err)
		}
		lists, err := c.reminders[0].Store.ListDigests(context.Background(), c.now, renewal.ManyClients)
		if err != nil || len(lists) != 1 || lists[0].Rows[0].Software != want {
			t.Errorf("%s: lists %+v, %v", form, lists, err)
		}
	}

	c.run(`UPDATE habilitations SET form_uid = $1 WHERE request = 48231`, tilleulForm)
	c.run(`UPDATE editors SET reminder_copies = 'chacun' WHERE siret = $1`, tilleul.String())
	c.remind()
	if told, ok := c.waiting(); !ok || told.Software != "Tilleul Enfance" {
		t.Errorf("a reminder waits: %t, of the software %q", ok, told.Software)
	}
	c.run(`UPDATE mail_recipients SET state = 'bounced', code = '550 5.1.1', told_at = $1 WHERE field = 'to' AND state = 'pending'`, c.now)
	bounced, err := c.reminders[0].Store.ListBounced(context.Background(), 10)
	if err != nil || len(bounced) != 1 || bounced[0].Software != "Tilleul Enfance" {
		t.Errorf("came back: %+v, %v", bounced, err)
	}
}

// What goes on is said of the form as it is when the reminder is written.
func TestAReminderKnowsWhetherTheFormIsOpen(t *testing.T) {
	for _, form := range directory.FormStates {
		c := setCalendar(t)
		c.run(`UPDATE collectivities SET form = $1 WHERE siret = $2`, string(form), majastres.String())
		c.run(`UPDATE habilitations SET form = true WHERE request = 48231`)
		c.now = c.at(90, 8)
		c.remind()
		if told, ok := c.waiting(); !ok || told.FormOpen != (form == directory.FormOpen) {
			t.Errorf("the form being %q: one waits %t, open %t", form, ok, told.FormOpen)
		}
	}
}

// waiting reads the reminder that waits for all its readers; ok is false for none.
func (c *calendar) waiting() (r renewal.Reminder, ok bool) {
	c.t.Helper()
	const sqlWaiting = `
		SELECT m.key, m.content FROM mails m WHERE m.key LIKE 'rappel %' AND m.finished_at IS NULL
			AND NOT EXISTS (SELECT FROM mail_recipients a WHERE a.mail_id = m.id AND a.state <> 'pending')`
	var key string
	var sealed []byte
	err := c.raw.QueryRow(sqlWaiting).Scan(&key, &sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return r, false
	}
	if err == nil {
		sealed, err = c.reminders[0].Sealer.(*seal.Ring).Open(sealed, notice.Place(key))
	}
	if err == nil {
		err = json.Unmarshal(sealed, &r)
	}
	if err != nil {
		c.t.Fatal(err)
	}
	return r, true
}

// A reminder that waits out an outage does not leave with what it said of a modification that was
// deposited, sent back, given up or decided since: the next run writes it anew. One that its
// requester has is a reminder; its copy says what he reads.
func TestAReminderThatWaitedSaysWhereTheModificationStands(t *testing.T) {
	begins := func(c *calendar) { c.files(c.amends()) }
	givesUp := func(c *calendar) {
		a := c.application(48231)
		a.Phase, a.Request.State = request.Closed, habilitation.Validated
		c.changes(request.Change{Application: a, Moves: true, At: c.now})
	}
	for name, row := range map[string]struct {
		before, after func(c *calendar)
		filed         bool
	}{
		"deposited":   {func(c *calendar) { c.amends() }, func(c *calendar) { c.files(c.application(48231)) }, true},
		"sent back":   {begins, func(c *calendar) { c.returns() }, false},
		"filed again": {func(c *calendar) { begins(c); c.returns() }, func(c *calendar) { c.files(c.application(48231)) }, true},
		"refused":     {begins, func(c *calendar) { c.decides(habilitation.Refuse) }, false},
		"given up":    {begins, givesUp, false},
		"deposited before it was to prolong": {func(c *calendar) {
			begins(c)
			givesUp(c)
			c.files(c.changes(reopened(c.application(48231), c.now)))
		}, func(c *calendar) { c.amends() }, true},
	} {
		c := setCalendar(t)
		c.forms()
		c.now = c.at(30, 7)
		row.before(c)
		c.now = c.at(30, 8)
		c.remind()
		if told, ok := c.waiting(); !ok || told.AmendmentFiled == row.filed {
			t.Fatalf("%s: before, one waits: %t, that says that it is filed: %t", name, ok, told.AmendmentFiled)
		}
		c.now = c.at(30, 20)
		row.after(c)
		c.said(name, "90 passe", "60 passe")
		c.now = c.at(29, 8)
		c.remind()
		if told, ok := c.waiting(); !ok || told.AmendmentFiled != row.filed || told.Stage != 30 {
			t.Errorf("%s: after, one waits: %t, that says that it is filed: %t", name, ok, told.AmendmentFiled)
		}
		c.said(name+", written anew", "90 passe", "60 passe", "30 ecrit")
	}

	for has, row := range map[string]struct {
		waiting int
		stages  []string
	}{
		"to": {1, []string{"90 passe", "60 passe", "30 ecrit"}},
		"cc": {0, []string{"90 passe", "60 passe"}},
	} {
		c := setCalendar(t)
		c.forms()
		c.now = c.at(30, 8)
		c.remind()
		c.leave(has)
		c.files(c.amends())
		if _, waiting := c.written(); waiting != row.waiting {
			t.Errorf("once it left %s: %d wait", has, waiting)
		}
		c.said("once it left "+has, row.stages...)
	}
}

// A reminder that lost its object before it left was not sent: the list of mails says so.
func TestAReminderOfWhatIsDoneIsWithdrawn(t *testing.T) {
	c := setCalendar(t)
	mails := postgres.Mails{DB: c.db}
	listed := func(state notice.State) []notice.Mail {
		t.Helper()
		found, _, err := mails.ListMails(context.Background(), notice.MailQuery{Kind: renewal.KindExpiring, State: state, Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	c.now = c.at(90, 8)
	c.remind()
	if waits := listed(notice.Pending); len(waits) != 1 || waits[0].Erased {
		t.Fatalf("%+v", waits)
	}
	if _, err := c.renewals.Confirm(context.Background(), c.anne, c.id, renewal.Asked{Expiry: c.expiry, Answers: allYes}); err != nil {
		t.Fatal(err)
	}
	withdrawn := listed(notice.Withdrawn)
	if len(withdrawn) != 1 || !withdrawn[0].Erased || withdrawn[0].State() != notice.Withdrawn || !withdrawn[0].FinishedAt.Equal(c.now) {
		t.Errorf("%+v", withdrawn)
	}
	if others := len(listed(notice.Pending)) + len(listed(notice.Sent)); others != 0 {
		t.Errorf("%d are said to wait, or sent", others)
	}
}

// « the expected mails exactly »: whatever the relay had taken when a token was suspended, its
// requester gets each stage once, and so does whoever has a copy.
func TestASuspensionWhileAReminderLeavesDoublesNothing(t *testing.T) {
	for name, row := range map[string]struct {
		before, during []string // fields that the relay takes before the suspension, and as it comes
		waits          string   // fields of those who wait once it is over
	}{
		"all, as it comes":      {nil, []string{"to", "cc"}, ""},
		"the requester":         {[]string{"to"}, nil, ""},
		"the copy alone":        {[]string{"cc"}, nil, "to"},
		"the copy, as it comes": {nil, []string{"cc"}, "to"},
		"nobody":                {nil, nil, "cc to"},
	} {
		c, ctx := setCalendar(t), context.Background()
		mails := postgres.Mails{DB: c.db}
		c.now = c.at(60, 8)
		c.remind()
		id := int64(c.count(`SELECT id FROM mails WHERE key LIKE 'rappel %'`))
		leaving, err := mails.FindOutgoing(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		takes := func(fields []string) {
			t.Helper()
			var told []notice.Told
			for _, r := range leaving.Recipients {
				if slices.Contains(fields, string(r.Field)) {
					told = append(told, notice.Told{Position: r.Position, Address: r.Address, State: notice.Sent})
				}
			}
			if err := mails.RecordTried(ctx, id, notice.Written{MessageID: "a@host"}, told, c.now); err != nil {
				t.Fatal(err)
			}
		}
		if row.before != nil {
			takes(row.before)
		}
		if err := c.service.Suspend(ctx, sofia, c.id, "Un doute."); err != nil {
			t.Fatal(err)
		}
		if row.during != nil {
			takes(row.during)
		}
		if err := c.service.Resume(ctx, sofia, c.id); err != nil {
			t.Fatal(err)
		}
		c.now = c.at(59, 8)
		c.remind()
		var waits sql.NullString
		if err := c.raw.QueryRow(`SELECT string_agg(r.field, ' ' ORDER BY r.field) FROM mail_recipients r JOIN mails m ON m.id = r.mail_id WHERE m.key LIKE 'rappel %' AND r.state = 'pending'`).Scan(&waits); err != nil {
			t.Fatal(err)
		}
		if waits.String != row.waits {
			t.Errorf("%s: %q wait, want %q", name, waits.String, row.waits)
		}
		c.said(name, "90 passe", "60 ecrit")
	}
}

// « none for revoked, archived or replaced tokens »: one that waits in the outbox when its token is
// closed does not leave any more, nor counts as written. Once the token is open again its
// requester is reminded, at the most urgent stage.
func TestAReminderOfWhatIsClosedDoesNotLeave(t *testing.T) {
	awa := people.Actor{AccountID: 7, Name: "Awa Traoré", Role: people.Instructor}
	for name, row := range map[string]struct{ closes, opens func(c *calendar) error }{
		"suspended by its editor": {
			func(c *calendar) error { return c.service.Suspend(context.Background(), sofia, c.id, "Un doute.") },
			func(c *calendar) error { return c.service.Resume(context.Background(), sofia, c.id) },
		},
		"its right is suspended": {
			func(c *calendar) error {
				return c.decisions().Suspend(context.Background(), awa, decision.Order{Number: 48231, Revision: c.file(48231).Request.Revision, Reason: "Fuite."})
			},
			func(c *calendar) error {
				return c.decisions().Restore(context.Background(), awa, decision.Order{Number: 48231, Revision: c.file(48231).Request.Revision})
			},
		},
		"revoked": {closes: func(c *calendar) error {
			return c.service.Revoke(context.Background(), sofia, c.id, "Publié par erreur.")
		}},
	} {
		c := setCalendar(t)
		waits := func(what string, all, waiting int, stages ...string) {
			t.Helper()
			if gotAll, gotWaiting := c.written(); gotAll != all || gotWaiting != waiting {
				t.Errorf("%s, %s: %d mails, %d wait", name, what, gotAll, gotWaiting)
			}
			c.said(name+", "+what, stages...)
		}
		c.now = c.at(60, 8)
		c.remind()
		waits("before", 1, 1, "90 passe", "60 ecrit")
		c.now = c.at(59, 12)
		if err := row.closes(c); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		waits("once closed", 1, 0, "90 passe")
		if row.opens == nil {
			continue
		}
		c.now = c.at(58, 12)
		if err := row.opens(c); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		c.now = c.at(57, 8)
		c.remind()
		waits("open again", 1, 1, "90 passe", "60 ecrit")
		if n := c.count(`SELECT count(*) FROM mails m JOIN mail_recipients r ON r.mail_id = m.id JOIN outbox o ON o.subject = m.id::text AND o.kind = 'mail.send'
			WHERE m.key LIKE 'rappel %' AND m.content IS NOT NULL AND m.finished_at IS NULL AND m.created_at = $1 AND o.due_at = $1 AND o.created_at = $1 AND o.done_at IS NULL`, c.now); n != 2 {
			t.Errorf("%s, open again: %d recipients are sent it", name, n)
		}
		// What somebody has got is written of, whatever happens to the copies.
		c.leave("to")
		for _, act := range []func(c *calendar) error{row.closes, row.opens} {
			if err := act(c); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		c.remind()
		waits("once it was sent", 1, 0, "90 passe", "60 ecrit")
	}
}

// A replacement takes over what did not leave about the token before: one mail waits, and is
// about the token that goes on.
func TestAReminderThatWaitsIsOfTheTokenThatGoesOn(t *testing.T) {
	c := setCalendar(t)
	c.now = c.at(60, 8)
	c.remind()
	first := c.id
	next, err := c.service.Replace(context.Background(), sofia, first, credential.Replacement{Overlap: credential.Overlap})
	if err != nil {
		t.Fatal(err)
	}
	c.id = next.ID
	for _, left := range []int{59, 30} {
		c.now = c.at(left, 8)
		c.remind()
		if n := c.count(`SELECT count(*) FROM reminders x JOIN mails m ON m.key = x.mail_key WHERE x.token = $1 AND m.finished_at IS NULL`, c.id); n != 1 {
			t.Errorf("%d days before: %d mails wait of the token that goes on", left, n)
		}
		if _, waiting := c.written(); waiting != 1 {
			t.Errorf("%d days before: %d wait in all", left, waiting)
		}
	}
	if got := c.stages(first, c.expiry); len(got) != 1 {
		t.Errorf("of the former one: %v", got)
	}
	c.said("of the new one", "90 passe", "60 passe", "30 ecrit")
}
