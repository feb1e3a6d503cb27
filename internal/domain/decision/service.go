package decision

import (
	"context"
	"errors"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/value"
)

var errUnwritten = errors.New("not written yet")

// Order is a decision that somebody asks for.
type Order struct {
	Number   habilitation.RequestNumber
	Revision int    // of the request as the person read it
	Reason   string // sent whole to the requester
}

// Service decides what people ask for.
type Service struct{}

// Suspend suspends a habilitation at once. Codes: habilitation.unknown (NotFound),
// habilitation.moved (Conflict), reason.required, reason.too_long (Invalid).
func (s *Service) Suspend(ctx context.Context, by account.Actor, order Order) error {
	return errUnwritten
}

// Restore undoes a suspension; the reason may be empty. Codes as Suspend.
func (s *Service) Restore(ctx context.Context, by account.Actor, order Order) error {
	return errUnwritten
}

// Revoke revokes for ever what another person suspended. Codes as Suspend, and
// habilitation.same_person (Forbidden).
func (s *Service) Revoke(ctx context.Context, by account.Actor, order Order) error {
	return errUnwritten
}

// HandOver has the dossiers of a town go to the editor of the contending request. Codes:
// subscription.unknown (NotFound), subscription.uncontended (Conflict).
func (s *Service) HandOver(ctx context.Context, by account.Actor, siret value.Siret) error {
	return errUnwritten
}
