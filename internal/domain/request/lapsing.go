package request

import (
	"context"
	"fmt"
	"time"

	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/notice"
)

// Lapsing is the token of a request that expires soon, or is cut, and that its holder may
// prolong; zero for none. Whoever comes to hold the request, deposits a modification of it or
// decides of either is told: it may be why somebody does so (guide, 6.b and 6.c).
type Lapsing struct {
	TokenID string
	Expiry  time.Time
	// Software is the name of the product, "" where only its Editor is known; that is "" without one.
	Software, Editor string
	// Amended: a modification is under way that was begun to prolong it; Filed: it waits for
	// the instructors; Overdue: their silence about it has become a refusal.
	Amended, Filed, Overdue bool
}

// IsZero tells that there is none.
func (l Lapsing) IsZero() bool { return l.TokenID == "" }

// Cut tells that the token is cut at a time.
func (l Lapsing) Cut(at time.Time) bool { return at.After(l.Expiry) }

// tidied keeps the names on a line.
func (l Lapsing) tidied() Lapsing {
	l.Software, l.Editor = notice.OneLine(l.Software, mailLine), notice.OneLine(l.Editor, mailLine)
	return l
}

// lapsing finds the token of a request that is to be prolonged; zero for none.
func lapsing(ctx context.Context, store Store, number habilitation.RequestNumber, now time.Time) (Lapsing, error) {
	found, err := store.FindLapsing(ctx, number, now)
	if err != nil {
		return Lapsing{}, fmt.Errorf("find the token to prolong of a request: %w", err)
	}
	return found, nil
}

// Lapsing finds the token of a request that is to be prolonged now; zero for none.
func (s *Service) Lapsing(ctx context.Context, number habilitation.RequestNumber) (Lapsing, error) {
	return lapsing(ctx, s.Store, number, s.Now())
}

// Lapsing is Service.Lapsing, of the request of any town.
func (i *Instruction) Lapsing(ctx context.Context, number habilitation.RequestNumber) (Lapsing, error) {
	return lapsing(ctx, i.Store, number, i.Now())
}
