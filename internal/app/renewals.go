package app

import (
	"context"
	"fmt"
	"time"

	"portail-qf/internal/domain/renewal"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/postgres"
	"portail-qf/internal/seal"
	tokenpages "portail-qf/internal/web/tokens"
)

// renewals are the prolongations of tokens and what reminds of them.
type renewals struct {
	service   *renewal.Service
	reminders *renewal.Reminders
	watch     *renewal.Watch
}

func (a *App) newRenewals(ring *seal.Ring) *renewals {
	prefix := a.tokens.service.Mint.Prefix
	return &renewals{
		service: &renewal.Service{
			Store: postgres.Renewals{DB: a.db}, Requests: a.requests.town, Sealer: ring, Prefix: prefix, Now: a.now,
		},
		reminders: &renewal.Reminders{
			Store: postgres.Reminders{DB: a.db}, Sealer: ring, Prefix: prefix, Operator: a.config.ContactEmail, Now: a.now,
		},
		watch: &renewal.Watch{Store: postgres.RenewalWatch{DB: a.db}, Now: a.now},
	}
}

// noteArrival notes that the requester of a token signed in to prolong it: what a reminder is
// for.
func (a *App) noteArrival(ctx context.Context, session value.Token, to string) error {
	id, prolongs := tokenpages.RenewedBy(to)
	if !prolongs {
		return nil
	}
	actor, err := a.people.sessions.Actor(ctx, session)
	if err != nil {
		return fmt.Errorf("find who arrives: %w", err)
	}
	return postgres.Renewals{DB: a.db}.RecordArrival(ctx, actor, id, a.now())
}

const (
	remindersJob = "reminders"
	// remindersHour is when they are due, in Paris, and remindersGrace how long they may take.
	remindersHour  = 8
	remindersGrace = time.Hour
)

// remindersMissed tells that the reminders of the last day on which they were due were not
// recorded: somebody has to look (by the clock on the wall, like the jobs).
func (a *App) remindersMissed(ctx context.Context) (bool, error) {
	last, err := postgres.JobRuns{DB: a.db}.LastSuccess(ctx, remindersJob)
	if err != nil {
		return false, err
	}
	return last.Before(lastDue(time.Now())), nil
}

// lastDue is when the last run that should be over by now was due.
func lastDue(now time.Time) time.Time {
	today := value.MomentOf(now.Add(-remindersGrace))
	hour := time.Date(today.Year, time.Month(today.Month), today.Day, remindersHour, 0, 0, 0, value.InParis(now).Location())
	if now.Before(hour.Add(remindersGrace)) {
		hour = hour.AddDate(0, 0, -1)
	}
	return hour
}

// remind is the job of the reminders.
func (a *App) remind(ctx context.Context) (string, error) {
	report, err := a.renewals.reminders.Remind(ctx)
	return report.String(), err
}
