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
	Part   HubPart
	// TestAt is when HubEE is to be asked by an order; zero for never.
	TestAt time.Time
	At     time.Time
}

// HubPart is what of an account a change writes. It leaves the secrets of the rest alone: they may
// be sealed anew meanwhile.
type HubPart int

// The parts.
const (
	HubWhole     HubPart = iota // everything
	HubTold                     // the state of the pair in use; what was said of a refused candidate ends
	HubNext                     // the candidate
	HubNextTold                 // the state of the candidate
	HubNextTaken                // the candidate takes the place of the pair in use
)

// The details of events, which the journal says in words.
const (
	detailCandidate = "hub_account.candidate"          // of a deposit: the former pair stays in use until the test
	detailTaken     = "hub_account.candidate_accepted" // and takes the place of the former pair
	detailSpared    = "hub_account.candidate_refused"  // and the former pair stays in use
	detailReplaced  = "hub_account.replaced"           // of a deposit
	detailLeft      = "hub_account.left"               // the dossiers have passed to another editor
	detailStopped   = "hub_account.stopped"            // the subscription has been stopped for long
)

// deposited puts a pair in the place of what was known; beside a pair that HubEE has accepted,
// which a slip of the hand must not cost. sealed is its secret.
func (a HubAccess) deposited(pair HubPair, sealed []byte, by Hand, batch int64, now time.Time) HubAccountChange {
	given := deposit(HubAccountDeposited, by, now)
	given.ClientID, given.Sealed, given.Batch = pair.ClientID, sealed, batch
	change, detail := HubAccountChange{After: a.Account, At: now}, ""
	switch {
	case a.Account.State == HubAccountTested:
		change.After.Next, change.Part, detail = given, HubNext, detailCandidate
	case a.Account.State.Kept():
		change.After.HubDeposit, detail = given, detailReplaced
	default:
		change.After.HubDeposit = given
	}
	change.Events = []audit.Event{a.event(by, audit.HubAccountDeposited, detail, now)}
	return change
}

// fetched notes that the editor has the pair from HubEE itself. ok is false where that is known
// already, where the pair is here, which says more, or where HubEE shows none yet.
func (a HubAccess) fetched(by Hand, now time.Time) (change HubAccountChange, ok bool) {
	if a.AccountState() != HubAccountToFetch {
		return HubAccountChange{}, false
	}
	change = HubAccountChange{After: a.Account, At: now, Events: []audit.Event{a.event(by, audit.HubAccountFetched, "", now)}}
	change.After.HubDeposit = deposit(HubAccountFetched, by, now)
	return change, true
}

// tested notes what HubEE said of the pair that it was asked about. A try that says what was known
// already moves its time and is no event: HubEE may be silent for hours. ok is false where there
// is nothing to note: silence takes nothing away from a pair that was accepted.
func (a HubAccess) tested(told HubAccountState, by Hand, now time.Time) (change HubAccountChange, ok bool) {
	if a.Account.Next.State.Untold() {
		return a.candidateTested(told, by, now), true
	}
	if told == HubAccountUntestable && a.Account.State == HubAccountTested {
		return HubAccountChange{}, false
	}
	change = HubAccountChange{After: a.Account, Part: HubTold, At: now}
	change.After.State, change.After.StateAt, change.After.Next = told, now, HubDeposit{}
	if told != a.Account.State {
		change.Events = []audit.Event{a.event(by, audit.HubAccountTested, "hub_account."+string(told), now)}
	}
	return change, true
}

// candidateTested notes what HubEE said of a candidate. The secret of one that it refuses goes:
// nothing will be done with it.
func (a HubAccess) candidateTested(told HubAccountState, by Hand, now time.Time) HubAccountChange {
	change, next := HubAccountChange{After: a.Account, Part: HubNextTold, At: now}, a.Account.Next
	detail := "hub_account." + string(told)
	next.State, next.StateAt = told, now
	switch told {
	case HubAccountTested:
		change.After.HubDeposit, change.After.Next, change.Part, detail = next, HubDeposit{}, HubNextTaken, detailTaken
	case HubAccountRefused:
		next.Sealed, detail = nil, detailSpared
		change.After.Next = next
	default:
		change.After.Next = next
	}
	if told != a.Account.Next.State {
		change.Events = []audit.Event{a.event(by, audit.HubAccountTested, detail, now)}
	}
	return change
}

// erased forgets what is known.
func (a HubAccess) erased(by Hand, detail string, now time.Time) HubAccountChange {
	after := HubAccount{Siret: a.Siret, Editor: a.Editor, Revision: a.Account.Revision}
	return HubAccountChange{After: after, At: now, Events: []audit.Event{a.event(by, audit.HubAccountErased, detail, now)}}
}

func deposit(state HubAccountState, by Hand, now time.Time) HubDeposit {
	return HubDeposit{State: state, StateAt: now, ByID: by.Author.ID, By: by.Author.Display, At: now}
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
