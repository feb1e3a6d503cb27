package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"portail-qf/internal/domain/outbox"
	"portail-qf/internal/jobs"
)

const week = 7 * 24 * time.Hour

// isAbandoned tells whether an order is a dead letter that says why.
func (s *scene) isAbandoned(subject, why string) bool {
	return s.count(`SELECT count(*) FROM outbox WHERE subject = $1 AND abandoned_at IS NOT NULL AND leased_until IS NULL AND last_error = $2`, subject, why) == 1
}

// « for what no retry can mend, such as a subject that cannot be read »
func TestAHopelessOrderIsGivenUpAtOnce(t *testing.T) {
	s := setScene(t)
	s.order("unreadable", "sound")
	stop := serve(t, s.workers(func(_ context.Context, subject string) error {
		if subject == "unreadable" {
			return fmt.Errorf("carry out: %w", outbox.Hopeless(errors.New("no number")))
		}
		return nil
	}))
	await(t, "the sound order done", func() bool { return s.done() == 1 })
	await(t, "the unreadable one given up", func() bool { return s.isAbandoned("unreadable", "carry out: no number") })
	stop()
	if logged := s.log.String(); !strings.Contains(logged, "level=ERROR") || !strings.Contains(logged, "order given up") {
		t.Errorf("logged %s", logged)
	}
}

// « or when it is still failing GiveUpAfter after its creation (business time; 7 days for
// mails; never for dossiers, whose own rules end them) »
func TestAnOrderThatFailsForTooLongIsGivenUp(t *testing.T) {
	s := setScene(t)
	var business clock
	down := errors.New("no answer")
	workers := s.workers(func(context.Context, string) error { return down })
	workers.Kinds["mortal"] = jobs.Kind{Deliver: workers.Kinds["trial"].Deliver, GiveUpAfter: week}
	workers.Now = business.now
	s.run(`INSERT INTO outbox (kind, subject, due_at, created_at) VALUES ('mortal', 'mail', $1, $1)`, noon)
	s.order("dossier")
	stop := serve(t, workers)
	for i, later := range []time.Duration{0, week - time.Second, time.Second} {
		business.advance(later)
		s.run(`UPDATE outbox SET due_at = $1 WHERE abandoned_at IS NULL`, noon)
		s.wake()
		if i < 2 {
			await(t, "both orders put off", func() bool {
				return s.count(`SELECT count(*) FROM outbox WHERE due_at > $1 AND abandoned_at IS NULL AND leased_until IS NULL`, business.now()) == 2
			})
		}
	}
	await(t, "the mail given up", func() bool { return s.isAbandoned("mail", "no answer") })
	await(t, "the dossier put off again", func() bool {
		return s.count(`SELECT count(*) FROM outbox WHERE subject = 'dossier' AND due_at > $1 AND leased_until IS NULL`, business.now()) == 1
	})

	// Somebody takes it up again, in vain: one try.
	s.run(`UPDATE outbox SET abandoned_at = NULL, last_error = '', due_at = $1 WHERE subject = 'mail'`, noon)
	s.wake()
	await(t, "the mail given up once more", func() bool { return s.isAbandoned("mail", "no answer") })
	stop()
}

// An order that is late, because nothing ran for two weeks, is carried out all the same.
func TestAnOldOrderIsTriedBeforeItIsGivenUp(t *testing.T) {
	s := setScene(t)
	workers := s.workers(nil)
	workers.Kinds["trial"] = jobs.Kind{Deliver: func(context.Context, string) error { return nil }, GiveUpAfter: week}
	s.run(`INSERT INTO outbox (kind, subject, due_at, created_at) VALUES ('trial', 'late', $1, $1)`, noon.Add(-2*week))
	stop := serve(t, workers)
	s.wake()
	await(t, "the late order done", func() bool { return s.done() == 1 })
	stop()
}
