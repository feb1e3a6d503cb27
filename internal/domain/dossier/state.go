package dossier

import "time"

// State is where a dossier stands. The database's CHECK lists the same values.
type State string

// The states of PRODUCT.md §4, named as the editor API names them (SETTLED.md).
const (
	Recorded    State = "enregistre"  // ours, not yet at HubEE
	Transmitted State = "transmis"    // HubEE accepted everything
	Received    State = "recu"        // the town fetched it
	InProgress  State = "en_cours"    // the town works on it
	Processed   State = "traite"      // the town is done
	Refused     State = "refuse"      // the town refused it
	Failed      State = "echec"       // not delivered in time; the payload is erased
	Quarantined State = "quarantaine" // HubEE knows the reference and we do not know its folder
)

// States lists every state.
var States = [...]State{Recorded, Transmitted, Received, InProgress, Processed, Refused, Failed, Quarantined}

const (
	// DeliveryLimit is how long a payload waits for HubEE before the dossier fails and
	// the payload is erased (PRODUCT.md §6).
	DeliveryLimit = 7 * 24 * time.Hour
	// GraceTime is how much longer the delivery may ask HubEE what became of a folder before
	// it calls the dossier failed; it needs no payload for that.
	GraceTime = 24 * time.Hour
	// Retention is how long the reference and the state are kept (editors' guide 7).
	Retention = 90 * 24 * time.Hour
	// FetchDelay is how long a town may take to fetch a dossier before everyone is told
	// that it has not (PRODUCT.md 3.8).
	FetchDelay = 48 * time.Hour
)

// rank orders the states that HubEE reports. A dossier never goes back to a lower rank,
// whatever the order in which notifications arrive (SETTLED.md, rules).
var rank = map[State]int{Recorded: 0, Quarantined: 0, Transmitted: 1, Received: 2, InProgress: 3, Processed: 4, Refused: 4, Failed: 5}

// Final reports whether nothing more can happen to the dossier.
func (s State) Final() bool { return s == Processed || s == Refused || s == Failed }

// AfterStatus returns the state of a dossier once HubEE reports status for its case, and
// whether that changes anything. Statuses that say nothing to the citizen change nothing.
func AfterStatus(current State, status string) (State, bool) {
	next, known := stateOfStatus(status)
	if !known || rank[next] <= rank[current] {
		return current, false
	}
	return next, true
}

// IntegrationError is the status by which the town's software says that it could not take
// a case in: no state of the dossier, a flag for support and editor.
const IntegrationError = "SI_INTG_ERROR"

func stateOfStatus(status string) (State, bool) {
	switch status {
	case "SI_RECEIVED":
		return Received, true
	case "IN_PROGRESS", "ADD_AWAITING":
		return InProgress, true
	case "DONE":
		return Processed, true
	case "REFUSED":
		return Refused, true
	}
	return "", false
}

// statusOfFinal is the HubEE status that a final state came from.
func statusOfFinal(s State) string {
	if s == Refused {
		return "REFUSED"
	}
	return "DONE"
}
