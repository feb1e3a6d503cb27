package request

import (
	"context"
	"time"

	"portail-qf/internal/domain/habilitation"
)

// ClaimState is where a claim stands.
type ClaimState string

// The states, as the database's CHECK lists them.
const (
	ClaimWaiting   ClaimState = "en_attente"
	ClaimAccepted  ClaimState = "acceptee"
	ClaimRefused   ClaimState = "refusee"
	ClaimWithdrawn ClaimState = "retiree"
)

// ClaimStates lists every state.
var ClaimStates = [...]ClaimState{ClaimWaiting, ClaimAccepted, ClaimRefused, ClaimWithdrawn}

// Claim is a colleague who asks to hold a request in the place of its holder.
type Claim struct {
	ID       int64
	Request  habilitation.RequestNumber
	Claimant Colleague
	State    ClaimState
	At       time.Time
	Answered time.Time // zero while it waits
	By       string    // who answered, as displayed then
}

// ClaimPatience is how long the holder may answer before an instructor decides (PRODUCT.md
// 3.10; users-reliability-security.md A.8).
const ClaimPatience = 72 * time.Hour

// Ripe tells whether an instructor may decide.
func (c Claim) Ripe(now time.Time) bool {
	return c.State == ClaimWaiting && !now.Before(c.At.Add(ClaimPatience))
}

// ClaimStore finds claims.
type ClaimStore interface {
	// FindClaim finds the claim that waits for a request; zero when none does.
	FindClaim(ctx context.Context, number habilitation.RequestNumber) (Claim, error)
	// CountRipe counts the claims that wait since before a time.
	CountRipe(ctx context.Context, before time.Time) (int, error)
}
