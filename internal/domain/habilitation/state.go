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
	Archived         State = "archivee" // dropped at DataPass; there was no habilitation, or none is left
)

// States lists every state.
var States = [...]State{Draft, Submitted, ChangesRequested, Validated, Refused, Reopened, Suspended, Revoked, Archived}

// Habilitates tells whether the newest habilitation of a request in this state is valid.
func (s State) Habilitates() bool { return s == Validated || s == Reopened }

// Act is what somebody decides of a request.
type Act string

// The acts.
const (
	Approve Act = "approve"
	Refuse  Act = "refuse"
	Suspend Act = "suspend"
	Restore Act = "restore"
	Revoke  Act = "revoke"
)

// Acts lists every act.
var Acts = [...]Act{Approve, Refuse, Suspend, Restore, Revoke}

// moves says what an act makes of a state; what is not in it is not possible. To refuse a
// modification leaves the habilitation as it was. A person revokes only what was suspended
// first (PRODUCT.md 3.3).
var moves = map[State]map[Act]State{
	Submitted:        {Approve: Validated, Refuse: Refused},
	ChangesRequested: {Approve: Validated, Refuse: Refused},
	Validated:        {Suspend: Suspended},
	Reopened:         {Approve: Validated, Refuse: Validated, Suspend: Suspended},
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
