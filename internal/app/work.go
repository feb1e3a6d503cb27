package app

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"portail-qf/internal/domain/dossier"
	"portail-qf/internal/domain/outbox"
	"portail-qf/internal/jobs"
)

// kinds says who carries out each kind of order.
func kinds(delivery *dossier.Delivery, followUp *dossier.FollowUp) map[string]jobs.Deliver {
	return map[string]jobs.Deliver{
		outbox.DeliverDossier: ofDossier(delivery.Deliver),
		outbox.CloseDossier:   ofDossier(followUp.Close),
	}
}

// ofDossier reads the dossier's id that an order is about.
func ofDossier(act func(ctx context.Context, id int64) error) jobs.Deliver {
	return func(ctx context.Context, subject string) error {
		id, err := strconv.ParseInt(subject, 10, 64)
		if err != nil {
			return fmt.Errorf("read the dossier of an order: %w", err)
		}
		return act(ctx, id)
	}
}

// recurring is the table of jobs (SETTLED.md, names).
func recurring(followUp *dossier.FollowUp) []jobs.Job {
	return []jobs.Job{
		{Name: "hubee-notifications", Every: "*/2 * * * *", Timeout: 10 * time.Minute, Run: counted("notifications", followUp.ReadNotifications)},
		{Name: "hubee-reconcile", Every: "17 * * * *", Timeout: 20 * time.Minute, Run: counted("cases", followUp.Reconcile)},
		{Name: "purge", Every: "*/10 * * * *", Timeout: 10 * time.Minute, Run: func(ctx context.Context) (string, error) {
			count, err := followUp.Purge(ctx)
			return fmt.Sprintf("erased: %d dossiers, %d payloads, %d attempts, %d sessions, %d orders",
				count.Dossiers, count.Payloads, count.Attempts, count.Sessions, count.Orders), err
		}},
	}
}

func counted(what string, work func(ctx context.Context) (int, error)) func(ctx context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		count, err := work(ctx)
		return fmt.Sprintf("%d %s", count, what), err
	}
}
