package decision

import (
	"context"
	"time"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/habilitation"
)

// InboxState is what became of an event of DataPass.
type InboxState string

// The states, as the database's CHECK lists them.
const (
	Applied     InboxState = "appliquee"
	WithoutUse  InboxState = "sans_effet" // late, a repetition, or not our affair: Reason says
	Quarantined InboxState = "quarantaine"
	Trial       InboxState = "essai" // DataPass's test button
)

// InboxStates lists every state, what asks for somebody first.
var InboxStates = [...]InboxState{Quarantined, Applied, WithoutUse, Trial}

// Received is an event as it is kept. What it said is sealed, and not here.
type Received struct {
	ID         int64
	Event      string // "approve"; "" when it could not be read
	ModelType  string // "authorization_request/api_particulier"
	Request    habilitation.RequestNumber
	FiredAt    time.Time // DataPass's clock
	ReceivedAt time.Time
	LastAt     time.Time // of its last arrival
	Arrivals   int
	State      InboxState
	Reason     string // code of a sentence; "" for none
	AppliedAt  time.Time
	Erased     bool // what it said is gone: it cannot be played again
}

// Inbox takes what DataPass sends.
type Inbox struct{}

// Receive keeps an event, whose signature was verified, and applies it. The error is one of
// ours (the database is away): DataPass sends the event again.
func (i *Inbox) Receive(ctx context.Context, body []byte) (Received, error) {
	return Received{}, errUnwritten
}

// Replay applies again an event that could not be used. Codes: datapass.unknown (NotFound),
// datapass.not_quarantined, datapass.erased (Conflict). An event that still cannot be used
// is returned in quarantine, with the reason of now.
func (i *Inbox) Replay(ctx context.Context, by account.Actor, id int64) (Received, error) {
	return Received{}, errUnwritten
}
