package credential

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/value"
)

// HubAccount is what is known here of the pair, client id and secret, by which the software of
// a town reads HubEE (hubee.md §10.3). It is the affair of the editor that receives the
// dossiers of the town, and of nobody else: it goes when they pass to another one.
type HubAccount struct {
	Siret  value.Siret
	Editor value.Siret
	HubDeposit
	// Next is the candidate: a pair that was deposited where HubEE has accepted the one above,
	// which stays in use until HubEE accepts this one. Its states are HubCandidateStates;
	// HubAccountNone for no candidate.
	Next     HubDeposit
	Revision int // 0 for nothing
}

// HubDeposit is a pair that somebody left here and what HubEE says of it, or the note that it is
// fetched.
type HubDeposit struct {
	State    HubAccountState // HubAccountNone for nothing
	StateAt  time.Time       // of a test, its time
	ClientID string
	Sealed   []byte // the secret, for HubAccountPlace; nil of one that was only fetched, or is a refused candidate
	ByID, By string // who deposited it, or said that it is fetched: id and name, as the journal has them
	At       time.Time
	Batch    int64 // of the list that it came with; 0 for none
}

// asked is the pair that a test is about: the candidate as long as HubEE has not refused it,
// else the one in use.
func (a HubAccount) asked() HubDeposit {
	if a.Next.State.Untold() {
		return a.Next
	}
	return a.HubDeposit
}

// HubAnswer is what came of a pair that was deposited or tested.
type HubAnswer struct {
	State HubAccountState
	// FormerKept: another pair, which HubEE has accepted, stays in use.
	FormerKept bool
}

// answer is what came of the pair that was deposited last.
func (a HubAccount) answer() HubAnswer {
	if a.Next.State != HubAccountNone {
		return HubAnswer{State: a.Next.State, FormerKept: true}
	}
	return HubAnswer{State: a.State}
}

// HubAccountState is where the pair of a town stands.
type HubAccountState string

// The states.
const (
	HubAccountNone       HubAccountState = ""
	HubAccountFetched    HubAccountState = "recupere"        // in HubEE, by the editor, which keeps it
	HubAccountDeposited  HubAccountState = "depose"          // here, and nobody knows yet whether HubEE takes it
	HubAccountTested     HubAccountState = "teste"           // HubEE gave a token for it
	HubAccountRefused    HubAccountState = "refuse"          // HubEE gave none
	HubAccountUntestable HubAccountState = "test_impossible" // HubEE did not answer
)

// HubAccountStates lists the states of what is kept, as the database's CHECK does.
var HubAccountStates = [...]HubAccountState{HubAccountFetched, HubAccountDeposited, HubAccountTested, HubAccountRefused, HubAccountUntestable}

// HubCandidateStates lists those of a candidate: one that HubEE accepts is none any more.
var HubCandidateStates = [...]HubAccountState{HubAccountDeposited, HubAccountRefused, HubAccountUntestable}

// What stands for HubAccountNone where the subscription is told too: there is something to
// fetch once it is active.
const (
	HubAccountToFetch HubAccountState = "a_recuperer"
	HubAccountNotYet  HubAccountState = "pas_encore"
)

// Kept tells whether the secret is here.
func (s HubAccountState) Kept() bool {
	switch s {
	case HubAccountDeposited, HubAccountTested, HubAccountRefused, HubAccountUntestable:
		return true
	case HubAccountNone, HubAccountFetched, HubAccountToFetch, HubAccountNotYet:
	}
	return false
}

// Untold tells that nobody knows whether HubEE takes the pair: a test is worth trying.
func (s HubAccountState) Untold() bool { return s == HubAccountDeposited || s == HubAccountUntestable }

// HubPair is what HubEE's portal shows for a subscription.
type HubPair struct {
	ClientID string
	Secret   value.Secret
}

// The limits of a pair, in characters. HubEE's are not documented: these are beyond what any
// identity server draws.
const (
	maxClientID     = 200
	maxClientSecret = 400
)

// ParseHubPair reads a pair as somebody pastes it. Codes, all Invalid, in this order:
// hub_account.id_missing, hub_account.id_malformed, hub_account.secret_missing,
// hub_account.secret_malformed. A ":" in the id would end it (RFC 7617).
func ParseHubPair(id string, secret value.Secret) (HubPair, error) {
	pair := HubPair{ClientID: strings.TrimSpace(id), Secret: value.Secret(strings.TrimSpace(secret.Reveal()))}
	code := ""
	switch {
	case pair.ClientID == "":
		code = "hub_account.id_missing"
	case !written(pair.ClientID, maxClientID) || strings.Contains(pair.ClientID, ":"):
		code = "hub_account.id_malformed"
	case pair.Secret == "":
		code = "hub_account.secret_missing"
	case !written(pair.Secret.Reveal(), maxClientSecret):
		code = "hub_account.secret_malformed"
	default:
		return pair, nil
	}
	return HubPair{}, fault.New(fault.Invalid, code)
}

// written tells whether a text is one word of characters that people see.
func written(text string, limit int) bool {
	odd := func(r rune) bool { return !unicode.IsGraphic(r) || unicode.IsSpace(r) }
	return utf8.ValidString(text) && utf8.RuneCountInString(text) <= limit && strings.IndexFunc(text, odd) < 0
}

// HubAccountPlace binds the secret of a town's pair to its row; a candidate's too, which becomes
// the pair in use where it is.
func HubAccountPlace(siret, editor value.Siret) string {
	return "hub account " + siret.String() + " " + editor.String()
}

// Hand is who acts for an editor: one of its people, or its software.
type Hand struct {
	Editor    value.Siret
	Author    audit.Author
	RequestID string
}

// HandOf is the hand of one of an editor's people.
func HandOf(actor account.Actor) Hand {
	return Hand{Editor: actor.Organisation.Siret, Author: actor.Author(), RequestID: actor.RequestID}
}

// HubAccess is the way of an editor to the dossiers of a town at HubEE: the subscription that
// the portal made there, and what is known of its pair.
type HubAccess struct {
	Siret  value.Siret
	Editor value.Siret // that receives the dossiers
	Town   string      // its name
	// Of the subscription, what is no identity.
	Want           Want
	State          State
	SuspendedAtHub bool
	AtHub          HubStatus
	COG            string
	HubID          string

	Account HubAccount
}

// Key is HubEE's key of the town; zero until it is located.
func (a HubAccess) Key() OrganisationKey {
	if a.COG == "" {
		return OrganisationKey{}
	}
	return OrganisationKey{Type: TypeTown, Siret: a.Siret, COG: a.COG}
}

// Phase tells where the subscription stands (Subscription.Phase).
func (a HubAccess) Phase() Phase {
	return Subscription{Want: a.Want, State: a.State, SuspendedAtHub: a.SuspendedAtHub, AtHub: a.AtHub}.Phase()
}

// AccountState is where the pair stands, seen with the subscription: HubEE shows one as soon as
// the subscription is active.
func (a HubAccess) AccountState() HubAccountState {
	switch {
	case a.Account.State != HubAccountNone:
		return a.Account.State
	case a.Want == WantActive && a.State == Active:
		return HubAccountToFetch
	}
	return HubAccountNotYet
}
