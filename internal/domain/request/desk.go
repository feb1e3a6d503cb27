package request

import (
	"context"
	"fmt"

	"portail-qf/internal/domain/account"
)

// Earlier gives the answers of the deposit before the last one, in the exchange under way; nil
// where the last one is the first.
func (i *Instruction) Earlier(ctx context.Context, a Application) (*Answers, error) {
	if a.Sent == nil || !a.FirstFiledAt.Before(a.FiledAt) {
		return nil, nil
	}
	earlier, found, err := i.Store.FindDeposit(ctx, a.Request.Number, 1)
	if err != nil {
		return nil, fmt.Errorf("find the deposit before: %w", err)
	}
	if !found {
		return nil, nil
	}
	return &earlier, nil
}

// Elsewhere tells which other software receives the dossiers of the town of an application;
// zero where none does (Service.Elsewhere).
func (i *Instruction) Elsewhere(ctx context.Context, a Application) (Receiver, error) {
	return (&Service{Store: i.Store}).Elsewhere(ctx, a)
}

// Instructors lists who may be in charge of a request.
func (i *Instruction) Instructors(ctx context.Context) ([]Person, error) {
	listed, err := i.Desk.ListInstructors(ctx)
	if err != nil {
		return nil, fmt.Errorf("list instructors: %w", err)
	}
	return listed, nil
}

// Filters lists the searches that the actor keeps.
func (i *Instruction) Filters(ctx context.Context, by account.Actor) ([]Filter, error) {
	kept, err := i.Desk.ListFilters(ctx, by.AccountID)
	if err != nil {
		return nil, fmt.Errorf("list filters: %w", err)
	}
	return kept, nil
}

// EraseFilter forgets a search of the actor's; what is not there, or is another's, is left
// alone.
func (i *Instruction) EraseFilter(ctx context.Context, by account.Actor, id int64) error {
	if err := i.Desk.EraseFilter(ctx, by.AccountID, id); err != nil {
		return fmt.Errorf("erase filter: %w", err)
	}
	return nil
}

// Reasons lists the models of texts.
func (i *Instruction) Reasons(ctx context.Context) ([]Reason, error) {
	listed, err := i.Desk.ListReasons(ctx)
	if err != nil {
		return nil, fmt.Errorf("list models: %w", err)
	}
	return listed, nil
}

// Reason finds a model. Code: reason_template.unknown (NotFound).
func (i *Instruction) Reason(ctx context.Context, id int64) (Reason, error) {
	found, err := i.Desk.FindReason(ctx, id)
	if err != nil {
		return Reason{}, fmt.Errorf("find model: %w", err)
	}
	return found, nil
}
