package credential

import (
	"context"
	"errors"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/value"
)

var errUnwritten = errors.New("not written yet")

// Provisioning brings the subscriptions of towns about.
type Provisioning struct{}

// Relaunch has the saga of a town start again at once. Codes: subscription.unknown
// (NotFound).
func (p *Provisioning) Relaunch(ctx context.Context, by account.Actor, siret value.Siret) error {
	return errUnwritten
}

// Correct changes the local administrator that HubEE is told of, and relaunches. What is
// wrong is a Fields error.
func (p *Provisioning) Correct(ctx context.Context, by account.Actor, siret value.Siret, administrator habilitation.Contact) error {
	return errUnwritten
}
