package postgres_test

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"testing"
	"time"

	people "portail-qf/internal/domain/account"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/renewal"
	"portail-qf/internal/postgres"
)

var leo = people.Actor{AccountID: 8, Name: "Léo", Role: people.EditorMember, Organisation: people.Organisation{Siret: tilleul}}

// asks has the editor ask for the prolongation, and wants the code of its refusal, "" for none.
func (c *calendar) asks(story, code string) {
	c.t.Helper()
	if err := c.renewals.Nudge(context.Background(), leo, c.id); fault.CodeOf(err) != code {
		c.t.Errorf("%s: %v, want %q", story, err, code)
	}
}

// nudged tells when the editor asked, as the page of the token and its list read it.
func (c *calendar) nudged() (shown time.Time, listed bool) {
	c.t.Helper()
	file, err := c.renewals.Find(context.Background(), leo, c.id)
	if err != nil {
		c.t.Fatal(err)
	}
	all, err := c.renewals.Nudged(context.Background(), []string{c.id})
	if err != nil || !all[c.id].Equal(file.NudgedAt) {
		c.t.Fatalf("listed at %s, shown at %s, %v", all[c.id], file.NudgedAt, err)
	}
	return file.NudgedAt, !file.NudgedAt.IsZero()
}

// reopens has the operator suspend the token, which withdraws what waits about it, then open it
// again.
func (c *calendar) reopens() {
	c.t.Helper()
	ctx := context.Background()
	if err := errors.Join(c.service.Suspend(ctx, sofia, c.id, "Un doute."), c.service.Resume(ctx, sofia, c.id)); err != nil {
		c.t.Fatal(err)
	}
}

// waitingNudges counts the demands that leave when a worker comes.
func (c *calendar) waitingNudges() int {
	return c.count(`SELECT count(DISTINCT m.id) FROM mails m JOIN mail_recipients r ON r.mail_id = m.id AND r.field = 'to' AND r.state = 'pending'
		WHERE m.kind = 'prolongation-demandee' AND m.finished_at IS NULL AND m.content IS NOT NULL`)
}

// « the technical contact can nudge once a week »: a demand that was withdrawn before the requester
// had it is none. One that he had is, whoever else waited for a copy.
func TestADemandThatNeverLeftIsNotTheOneOfTheWeek(t *testing.T) {
	for name, row := range map[string]struct {
		left  []string
		again string
	}{
		"nobody had it":        {nil, ""},
		"its copy alone left":  {[]string{"cc"}, ""},
		"the requester had it": {[]string{"to"}, "renewal.nudged"},
		"both of them had it":  {[]string{"to", "cc"}, "renewal.nudged"},
	} {
		c := setCalendar(t)
		c.now = c.at(59, 8).Add(time.Second / 3)
		c.asks(name, "")
		c.asks(name+", at once", "renewal.nudged")
		c.leave(row.left...)
		c.now = c.at(58, 8)
		c.asks(name+", the day after", "renewal.nudged")
		c.reopens()
		if _, listed := c.nudged(); listed != (row.again != "") {
			t.Errorf("%s: it is told that it was asked for: %t", name, listed)
		}
		c.asks(name+", once it is open again", row.again)
		if row.again != "" {
			continue
		}
		if at, _ := c.nudged(); !at.Equal(c.now) || c.waitingNudges() != 1 {
			t.Errorf("%s: asked at %s, %d wait", name, at, c.waitingNudges())
		}
		c.asks(name+", and again", "renewal.nudged")
		c.reopens() // in the second in which it was asked: the same mail is taken up again
		c.asks(name+", withdrawn twice", "")
		c.asks(name+", and again", "renewal.nudged")
		if n := c.waitingNudges(); n != 1 {
			t.Errorf("%s: %d wait", name, n)
		}
	}
}

// Two instances on which everybody clicks at once, in one second or not, ask once.
func TestADemandThatNeverLeftIsFollowedByOne(t *testing.T) {
	for name, between := range map[string]time.Duration{"in the second of the first": 0, "in one second": time.Minute, "each in its own": time.Minute} {
		c := setCalendar(t)
		other := *c.renewals
		other.Store = postgres.Renewals{DB: connect(t, c.addresses.App)}
		c.now = c.at(59, 8)
		c.asks(name, "")
		c.reopens()
		c.now = c.now.Add(between)
		var together sync.WaitGroup
		errs := make([]error, 12)
		for i := range errs {
			instance := []renewal.Service{*c.renewals, other}[i%2]
			at := c.now
			if name == "each in its own" {
				at = at.Add(time.Duration(i) * time.Second)
			}
			instance.Now = func() time.Time { return at }
			together.Go(func() { errs[i] = instance.Nudge(context.Background(), leo, c.id) })
		}
		together.Wait()
		asked := 0
		for _, err := range errs {
			if err == nil {
				asked++
			} else if !fault.Is(err, "renewal.nudged") {
				t.Errorf("%s: %v", name, err)
			}
		}
		if events := c.count(`SELECT count(*) FROM audit_events WHERE act = 'token.nudged'`); asked != 1 || c.waitingNudges() != 1 || events != 2 {
			t.Errorf("%s: asked %d times, %d wait, the journal has %d", name, asked, c.waitingNudges(), events)
		}
	}
}

// A worker that was handing the mail over when it was withdrawn may have sent it all the same: it is
// the one of the week as soon as that is known. A withdrawal that died before its end is none.
func TestADemandThatLeftAsItWasWithdrawnCounts(t *testing.T) {
	c, ctx := setCalendar(t), context.Background()
	c.now = c.at(59, 8)
	c.asks("first", "")

	dies, err := c.raw.BeginTx(ctx, &sql.TxOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := dies.Exec(`UPDATE mail_recipients SET state = 'withdrawn', told_at = now() WHERE state = 'pending'`); err != nil {
		t.Fatal(err)
	}
	c.asks("a withdrawal being under way", "renewal.nudged")
	if err := dies.Rollback(); err != nil {
		t.Fatal(err)
	}
	c.asks("it having died", "renewal.nudged")

	c.reopens()
	if _, listed := c.nudged(); listed {
		t.Error("what was withdrawn counts")
	}
	mails := postgres.Mails{DB: c.db}
	var id int64
	if err := c.raw.QueryRow(`SELECT id FROM mails WHERE kind = 'prolongation-demandee'`).Scan(&id); err != nil {
		t.Fatal(err)
	}
	outgoing, err := mails.FindOutgoing(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	told := []notice.Told{{Position: 1, Address: outgoing.Recipients[0].Address, State: notice.Sent}}
	if err := mails.RecordTried(ctx, id, notice.Written{Subject: "Objet"}, told, c.now); err != nil {
		t.Fatal(err)
	}
	c.asks("it left", "renewal.nudged")
	c.now = c.now.AddDate(0, 0, 7)
	c.asks("a week later", "")
}
