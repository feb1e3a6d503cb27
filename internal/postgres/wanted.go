package postgres

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/decision"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/outbox"
)

// recordBothWanted writes what a decision wants of the subscriptions of one town or two, in the
// order of their SIRET: a list of pairs that holds both waits, and never both.
func recordBothWanted(ctx context.Context, tx *sqlx.Tx, o decision.Outcome) error {
	type wanted struct {
		credential.Subscription
		provision bool
	}
	var both []wanted
	if o.Subscription != nil {
		both = append(both, wanted{*o.Subscription, o.Provision})
	}
	if o.Left != nil {
		both = append(both, wanted{*o.Left, o.Left.Request != o.ReadFormer.Before.Request || o.Left.Want != o.ReadFormer.Before.Want})
	}
	slices.SortFunc(both, func(a, b wanted) int { return cmp.Compare(a.Siret, b.Siret) })
	for _, one := range both {
		if err := recordWanted(ctx, tx, one.Subscription, one.provision, o.At); err != nil {
			return err
		}
	}
	return nil
}

// recordWanted writes what a decision wants of a subscription, and orders the saga. Code:
// habilitation.moved, when the subscription changed since it was read: the decision is made
// anew.
func recordWanted(ctx context.Context, tx *sqlx.Tx, s credential.Subscription, provision bool, at time.Time) error {
	err := writeSubscription(ctx, tx, s, at)
	if fault.Is(err, "subscription.moved") {
		return fault.New(fault.Conflict, "habilitation.moved")
	}
	if err != nil {
		return err
	}
	if err := followSubscription(ctx, tx, s, at); err != nil || !provision {
		return err
	}
	return enqueue(ctx, tx, outbox.Provision, s.Siret.String(), at)
}
