package credential

import (
	"time"

	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/value"
)

// HubAccountLeft is how long a pair is kept once the portal has stopped the subscription: the
// time for a suspended habilitation to be restored.
const HubAccountLeft = 30 * 24 * time.Hour

// HubAccountChange is what becomes of the pair of a town, and what the journal says of it.
type HubAccountChange struct {
	After  HubAccount // State is HubAccountNone for one that is erased; Revision is the one before
	Events []audit.Event
	// Told: only the state and its time change, which leaves the secret alone: it may be sealed
	// anew meanwhile.
	Told bool
	// TestAt is when HubEE is to be asked by an order; zero for never.
	TestAt time.Time
	At     time.Time
}

// The details of events, which the journal says in words.
const (
	detailReplaced = "hub_account.replaced" // of a deposit
	detailLeft     = "hub_account.left"     // the dossiers have passed to another editor
	detailStopped  = "hub_account.stopped"  // the subscription has been stopped for long
)

// deposited puts a pair in the place of what was known. sealed is its secret.
func (a HubAccess) deposited(pair HubPair, sealed []byte, by Hand, batch int64, now time.Time) HubAccountChange {
	detail := ""
	if a.Account.State.Kept() {
		detail = detailReplaced
	}
	after := a.kept(HubAccountDeposited, by, now)
	after.ClientID, after.Sealed, after.Batch = pair.ClientID, sealed, batch
	return HubAccountChange{After: after, At: now, Events: []audit.Event{a.event(by, audit.HubAccountDeposited, detail, now)}}
}

// fetched notes that the editor has the pair from HubEE itself. ok is false where that is known
// already, where the pair is here, which says more, or where HubEE shows none yet.
func (a HubAccess) fetched(by Hand, now time.Time) (change HubAccountChange, ok bool) {
	if a.AccountState() != HubAccountToFetch {
		return HubAccountChange{}, false
	}
	return HubAccountChange{
		After: a.kept(HubAccountFetched, by, now), At: now,
		Events: []audit.Event{a.event(by, audit.HubAccountFetched, "", now)},
	}, true
}

// tested notes what HubEE said of the pair. A try that says what was known already moves its
// time and is no event: HubEE may be silent for hours.
func (a HubAccess) tested(told HubAccountState, by Hand, now time.Time) HubAccountChange {
	change := HubAccountChange{After: a.Account, Told: true, At: now}
	change.After.State, change.After.StateAt = told, now
	if told != a.Account.State {
		change.Events = []audit.Event{a.event(by, audit.HubAccountTested, "hub_account."+string(told), now)}
	}
	return change
}

// erased forgets what is known.
func (a HubAccess) erased(by Hand, detail string, now time.Time) HubAccountChange {
	after := HubAccount{Siret: a.Siret, Editor: a.Editor, Revision: a.Account.Revision}
	return HubAccountChange{After: after, At: now, Events: []audit.Event{a.event(by, audit.HubAccountErased, detail, now)}}
}

func (a HubAccess) kept(state HubAccountState, by Hand, now time.Time) HubAccount {
	return HubAccount{
		Siret: a.Siret, Editor: a.Editor, State: state, StateAt: now, ByID: by.Author.ID, By: by.Author.Display, At: now, Revision: a.Account.Revision,
	}
}

func (a HubAccess) event(by Hand, act audit.Act, detail string, at time.Time) audit.Event {
	return audit.Event{
		At: at, Author: by.Author, Act: act, Organisation: a.Editor.String(), Detail: detail, RequestID: by.RequestID,
		Object: audit.Object{Kind: "hub_account", ID: a.Siret.String(), Display: a.Town},
	}
}

// HubAccountPassed is what the journal says when the dossiers of a town pass to another editor:
// what the former one left here is erased.
func HubAccountPassed(s Subscription, former value.Siret, at time.Time) audit.Event {
	access := HubAccess{Siret: s.Siret, Editor: former, Town: s.Organisation}
	return access.event(portalHand, audit.HubAccountErased, detailLeft, at)
}

// portalHand is the portal's own.
var portalHand = Hand{Author: audit.System}
