package habilitation

import "portail-qf/internal/domain/fault"

// State is where a request stands (PRODUCT.md 4).
type State string

// The states, as the database's CHECK lists them.
const (
	Draft            State = "brouillon"
	Submitted        State = "deposee"
	ChangesRequested State = "modifications_demandees"
	Validated        State = "validee"
	Refused          State = "refusee"
	Reopened         State = "reouverte" // a modification is under way: the habilitation stays valid
	Suspended        State = "suspendue"
	Revoked          State = "revoquee"
	Archived         State = "archivee" // withdrawn, or dropped at DataPass; there was no habilitation, or none is left
)

// States lists every state.
var States = [...]State{Draft, Submitted, ChangesRequested, Validated, Refused, Reopened, Suspended, Revoked, Archived}

// Habilitates tells whether the newest habilitation of a request in this state is valid.
func (s State) Habilitates() bool { return s == Validated || s == Reopened }

// Act is what somebody decides of a request.
type Act string

// The acts of the operator's people, and those of whoever holds the request.
const (
	Approve        Act = "approve"
	Refuse         Act = "refuse"
	RequestChanges Act = "request_changes"
	Suspend        Act = "suspend"
	Restore        Act = "restore"
	Revoke         Act = "revoke"

	Submit   Act = "submit"
	Withdraw Act = "withdraw"
	Reopen   Act = "reopen" // to modify what is granted
	Cancel   Act = "cancel" // the modification
)

// Acts lists every act.
var Acts = [...]Act{Approve, Refuse, RequestChanges, Suspend, Restore, Revoke, Submit, Withdraw, Reopen, Cancel}

// moves says what an act makes of a state; what is not in it is not possible. To refuse a
// modification leaves the habilitation as it was: how far the modification itself is, package
// request knows. A person revokes only what was suspended first (PRODUCT.md 3.3).
var moves = map[State]map[Act]State{
	Draft:            {Submit: Submitted, Withdraw: Archived},
	Submitted:        {Approve: Validated, Refuse: Refused, RequestChanges: ChangesRequested, Withdraw: Archived},
	ChangesRequested: {Approve: Validated, Refuse: Refused, Submit: Submitted, Withdraw: Archived},
	Validated:        {Suspend: Suspended, Reopen: Reopened},
	Reopened:         {Approve: Validated, Refuse: Validated, RequestChanges: Reopened, Suspend: Suspended, Submit: Reopened, Cancel: Validated},
	Suspended:        {Restore: Validated, Revoke: Revoked},
}

// After is the state that an act leads to. Code: habilitation.moved (fault.Conflict), the
// request is not where the act makes sense.
func (s State) After(act Act) (State, error) {
	if next, possible := moves[s][act]; possible {
		return next, nil
	}
	return "", fault.New(fault.Conflict, "habilitation.moved")
}

// Allows tells whether an act makes sense in this state.
func (s State) Allows(act Act) bool {
	_, possible := moves[s][act]
	return possible
}
