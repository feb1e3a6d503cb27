package postgres_test

import (
	"context"
	"testing"

	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/renewal"
	"portail-qf/internal/postgres"
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
