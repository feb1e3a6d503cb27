package credential

// Phase is where a subscription stands as people are told: its State, or one of the phases
// below where the state alone would mislead.
type Phase string

// The phases that are no state.
const (
	// StoppingPhase: it is to be suspended, and HubEE has not done it yet. The form is closed
	// already.
	StoppingPhase Phase = "suspension_demandee"
	// ChangingPhase: HubEE takes the dossiers as before while a new version, or another
	// software, is being put in place.
	ChangingPhase Phase = "changement"
	// StoppedPhase: HubEE suspended what we want active.
	StoppedPhase Phase = Phase(StoppedByHub)
)

// Phases lists the phases that are no state.
var Phases = [...]Phase{StoppingPhase, ChangingPhase, StoppedPhase}

// Phase tells where the subscription stands. What failed says so whatever is wanted: nothing
// happens until somebody acts.
func (s Subscription) Phase() Phase {
	switch {
	case s.State == Failed:
	case s.Want == WantSuspended && s.State != Suspended:
		return StoppingPhase
	case s.Want == WantActive && (s.SuspendedAtHub || s.State == Suspended):
		return StoppedPhase
	case s.Want == WantActive && s.State != Active && s.AtHub == HubActive:
		return ChangingPhase
	}
	return Phase(s.State)
}
