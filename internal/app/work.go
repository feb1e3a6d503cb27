package app

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"portail-qf/internal/domain/dossier"
	"portail-qf/internal/domain/outbox"
	"portail-qf/internal/jobs"
)

const (
	// mailPatience is longer than a relay may be down without somebody noticing, or a mailbox
	// be full over a holiday.
	mailPatience = 7 * 24 * time.Hour
	// demandPatience: whoever asks for a job wants it now, or will ask again.
	demandPatience = time.Hour
	// testHubPatience is longer than HubEE may be down without somebody noticing: whoever still
	// wants to know asks again.
	testHubPatience = 24 * time.Hour
	// scanPatience is longer than an antivirus may be down without somebody noticing.
	scanPatience = 7 * 24 * time.Hour
)

// kinds says who carries out each kind of order.
func (a *App) kinds() map[string]jobs.Kind {
	return map[string]jobs.Kind{
		outbox.DeliverDossier: {Deliver: ofDossier(a.Delivery.Deliver)},
		outbox.CloseDossier:   {Deliver: ofDossier(a.followUp.Close)},
		outbox.SendMail:       {Deliver: a.people.mail.Send, GiveUpAfter: mailPatience},
		outbox.RunJob:         {Deliver: a.Jobs.Begin, GiveUpAfter: demandPatience},
		outbox.Provision:      {Deliver: a.provision}, // the saga itself gives up
		outbox.TestHubAccount: {Deliver: a.testHubAccount, GiveUpAfter: testHubPatience},
		outbox.ScanDocument:   {Deliver: a.scan, GiveUpAfter: scanPatience},
	}
}

// ofDossier reads the dossier's id that an order is about.
func ofDossier(act func(ctx context.Context, id int64) error) jobs.Deliver {
	return func(ctx context.Context, subject string) error {
		id, err := strconv.ParseInt(subject, 10, 64)
		if err != nil {
			return outbox.Hopeless(fmt.Errorf("read the dossier of an order: %w", err))
		}
		return act(ctx, id)
	}
}

// recurring is the table of jobs (SETTLED.md, names).
func (a *App) recurring() []jobs.Job {
	return []jobs.Job{
		{Name: "hubee-notifications", Every: "*/2 * * * *", Timeout: 10 * time.Minute, Run: counted("notifications", a.followUp.ReadNotifications)},
		{Name: "hubee-reconcile", Every: "17 * * * *", Timeout: 20 * time.Minute, Run: counted("cases", a.followUp.Reconcile)},
		{Name: "hubee-subscriptions", Every: "*/15 * * * *", Timeout: 10 * time.Minute, Run: counted("subscriptions", a.habilitations.provisioning.Reconcile)},
		{Name: "purge", Every: "*/10 * * * *", Timeout: 10 * time.Minute, Run: inTurn(purgeOfDossiers(a.followUp), a.purgePeople, a.purgeEvents, a.purgeRequests, a.purgeMachines,
			counted("pairs", a.habilitations.hubAccounts.Purge))},
		{Name: "tokens", Every: "*/5 * * * *", Timeout: 4 * time.Minute, Run: a.tendTokens},
		// The first run of a day does its work; the others find what is left after an outage.
		{Name: remindersJob, Every: "0 8-19 * * *", Timeout: 50 * time.Minute, Run: a.remind},
		{Name: "seal-journal", Every: "*/15 * * * *", Timeout: 10 * time.Minute, Run: a.Journal.Seal},
		{Name: "drafts", Every: "40 6 * * *", Timeout: time.Hour, Run: a.watchDrafts},
		{Name: "organisations", Every: "10 4 * * *", Timeout: 6 * time.Hour, Run: counted("organisations", a.Organisations.RefreshAll)},
	}
}

func purgeOfDossiers(followUp *dossier.FollowUp) func(ctx context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		count, err := followUp.Purge(ctx)
		return fmt.Sprintf("erased: %d dossiers, %d payloads, %d attempts, %d sessions, %d orders",
			count.Dossiers, count.Payloads, count.Attempts, count.Sessions, count.Orders), err
	}
}

// inTurn does several works one after the other, each whatever became of the others.
func inTurn(works ...func(ctx context.Context) (string, error)) func(ctx context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		var reports []string
		var errs []error
		for _, work := range works {
			report, err := work(ctx)
			reports, errs = append(reports, report), append(errs, err)
		}
		return strings.Join(reports, "; "), errors.Join(errs...)
	}
}

func counted(what string, work func(ctx context.Context) (int, error)) func(ctx context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		count, err := work(ctx)
		return fmt.Sprintf("%d %s", count, what), err
	}
}
