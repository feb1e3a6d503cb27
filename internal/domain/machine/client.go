package machine

import (
	"net/netip"
	"slices"
	"time"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/audit"
)

const (
	// MostClients is how many clients of an editor hold at a time.
	MostClients = 20
	// MostSecrets is how many secrets of a client hold at a time: the one in use and the one
	// that replaces it.
	MostSecrets = 2
	// AccessLife is how long an access token lasts, in business time (SETTLED.md, time).
	AccessLife = time.Hour
	// MostAccesses is how many access tokens of a client last at a time: the oldest gives way,
	// so that a program which asks for one at each call does no harm.
	MostAccesses = 100
	// GrantsPerMinute is how often a client may ask for an access token with its secret: one
	// lasts an hour, and each costs several writes.
	GrantsPerMinute = 60
	// CallsPerSecond is how often a client may call the API of editors.
	CallsPerSecond = 50
	// FailuresPerMinute is how often a client may fail to show its secret from one address. Its
	// secret has 256 bits: this is against load and mistakes, not against guesses. It counts by
	// address, so that nobody locks an editor out from elsewhere.
	FailuresPerMinute = 10
	// usedEvery is how exactly the last use of a client is known.
	usedEvery = time.Minute
	// toldEvery is how often the journal tells that a client called from where it may not.
	toldEvery = 24 * time.Hour
)

// Scope is what a client may do.
type Scope string

// The scopes.
const (
	ScopeClients     Scope = "clients"         // read the collectivities of the editor
	ScopeTokens      Scope = "jetons"          // read about their tokens
	ScopeTokensWrite Scope = "jetons:ecriture" // collect and replace them
	ScopeDossiers    Scope = "dossiers"        // read the states of their dossiers
	ScopeHubWrite    Scope = "hubee:ecriture"  // deposit their credentials of HubEE
)

// Scopes lists every scope, in the order of the pages.
var Scopes = [...]Scope{ScopeClients, ScopeTokens, ScopeTokensWrite, ScopeDossiers, ScopeHubWrite}

// Client is a program of an editor.
type Client struct {
	ID        string // public: "qf_client_…"
	Editor    account.Organisation
	Name      string // as the editor's people call it
	Scopes    []Scope
	Networks  []netip.Prefix // from where it calls; none: from anywhere
	CreatedAt time.Time
	CreatedBy string // as displayed then
	RevokedAt time.Time
	RevokedBy string
	LastUse   time.Time // to the minute
	Secrets   []Secret  // those that hold, the oldest first
	Revision  int
}

// Secret is what is known of a secret of a client: all but its text.
type Secret struct {
	ID        int64
	Rank      int // among all that the client had, from 1: it never changes
	CreatedAt time.Time
	CreatedBy string
	LastUse   time.Time
}

// Revoked tells that the client is cut for ever.
func (c Client) Revoked() bool { return !c.RevokedAt.IsZero() }

// Holds tells whether the client has a scope.
func (c Client) Holds(scope Scope) bool { return slices.Contains(c.Scopes, scope) }

// Calls tells whether the client may call from an address. One that is not known is in no
// network.
func (c Client) Calls(from netip.Addr) bool {
	return len(c.Networks) == 0 || slices.ContainsFunc(c.Networks, func(n netip.Prefix) bool { return n.Contains(from) })
}

// Actor is the client as those see it who act for it: it acts for its editor.
func (c Client) Actor() account.Actor {
	return account.Actor{ClientID: c.ID, Name: c.Name, Role: account.APIClient, Organisation: c.Editor}
}

func (c Client) object() audit.Object {
	return audit.Object{Kind: "api_client", ID: c.ID, Display: c.Name}
}

func (c Client) secret(id int64) (Secret, bool) {
	i := slices.IndexFunc(c.Secrets, func(s Secret) bool { return s.ID == id })
	if i < 0 {
		return Secret{}, false
	}
	return c.Secrets[i], true
}

// Usual are the scopes with which a form begins: reading.
func Usual() []Scope { return []Scope{ScopeClients, ScopeTokens, ScopeDossiers} }
