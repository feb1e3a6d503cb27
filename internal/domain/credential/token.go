package credential

import (
	"time"

	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/value"
)

// TokenLife is how long a token lasts, in calendar months (editors' guide, 6.a): to the end,
// in Paris, of the day that they lead to.
const TokenLife = 18

const (
	// ShownAgain is how long whoever collected a token may have it shown again
	// (PRODUCT.md 3.4).
	ShownAgain = 7 * 24 * time.Hour
	// Overlap is how long a token that was replaced goes on, unless somebody says less: the
	// time to change it in the software of every town.
	Overlap = 30 * 24 * time.Hour
	// SoonExpired is how long before its end a token is said to expire soon.
	SoonExpired = 90 * 24 * time.Hour
	// clickedTwice is the time in which the same session that asks twice asked once.
	clickedTwice = 2 * time.Minute
)

// Token is the token of API Particulier of a habilitation, without its secret.
type Token struct {
	ID string // a UUID
	// PublicID names it in lists, behind the prefix; "" for one that another system issued.
	PublicID     string
	Request      habilitation.RequestNumber
	Habilitation habilitation.Number // the newest that it follows
	Siret        value.Siret         // the one recipient of what it opens
	Organisation string
	Editor       value.Siret // "" without an editor
	Scopes       []string
	// Barred: since when the habilitation does not hold; zero while it does.
	Barred    time.Time
	IssuedAt  time.Time
	ExpiresAt time.Time // the last second
	// Replaces is the id of the token that it replaces. ReplacedAt is when another one
	// replaced this one, which goes on until EndsAt.
	Replaces           string
	ReplacedAt, EndsAt time.Time
	Collection         Collection
	Kept               bool // its text is still kept, sealed
	ConfirmedAt        time.Time
	FirstUse, LastUse  time.Time
	Suspension         TokenSuspension
	Revocation         TokenRevocation
	Revision           int
	// Untouched: another system issued it, and nobody has acted on it here yet.
	Untouched bool
}

// Collection is who collected a token; zero before.
type Collection struct {
	Side Side
	ByID string // of the author
	By   string // as displayed then
	At   time.Time
	// Session is that of the person; 0 for a program.
	Session int64
	Key     Key // of the call that collected it; zero from a page
}

// ByProgram tells that a program of an editor collected the token, and nobody of its people.
func (c Collection) ByProgram() bool { return audit.Author{ID: c.ByID}.Program() }

// TokenSuspension is who suspended a token, and why; zero where nobody did.
type TokenSuspension struct {
	Side       Side
	By, Reason string
	At         time.Time
}

// TokenRevocation ends a token for ever; zero where nobody did.
type TokenRevocation struct {
	By, Reason string
	At         time.Time
}

// Side is one of those who may act on a token.
type Side string

// The sides.
const (
	SideEditor   Side = "editeur"
	SideTown     Side = "collectivite"
	SideOperator Side = "operateur"
)

// Key is what a program repeats with a call that it makes again, hashed (Idempotency-Key).
type Key [32]byte

// TokenState is where a token stands (PRODUCT.md 4). It is never stored: time alone moves it.
type TokenState string

// The states.
const (
	TokenToCollect  TokenState = "a_recuperer"
	TokenCollected  TokenState = "recupere"
	TokenInUse      TokenState = "en_service"
	TokenExpiring   TokenState = "expire_bientot"
	TokenExpired    TokenState = "expire"
	TokenOverlapped TokenState = "remplacement_en_cours" // another one replaces it, both open
	TokenReplaced   TokenState = "remplace"
	TokenSuspended  TokenState = "suspendu"
	TokenRevoked    TokenState = "revoque"
)

// TokenStates lists every state, in the order of the road.
var TokenStates = [...]TokenState{
	TokenToCollect, TokenCollected, TokenInUse, TokenExpiring, TokenExpired, TokenOverlapped, TokenReplaced, TokenSuspended, TokenRevoked,
}

// State is where the token stands at a time. What closes it comes first.
func (t Token) State(now time.Time) TokenState {
	switch {
	case !t.Revocation.At.IsZero():
		return TokenRevoked
	case t.EndsAt.Before(t.ExpiresAt) && !t.EndsAt.IsZero() && !now.Before(t.EndsAt): // one that lasts as long as itself expires
		return TokenReplaced
	case !t.Suspension.At.IsZero() || !t.Barred.IsZero():
		return TokenSuspended
	case now.After(t.ExpiresAt):
		return TokenExpired
	case !t.ReplacedAt.IsZero():
		return TokenOverlapped
	case t.Collection.Side == "":
		return TokenToCollect
	case now.Add(SoonExpired).After(t.ExpiresAt):
		return TokenExpiring
	case !t.FirstUse.IsZero():
		return TokenInUse
	}
	return TokenCollected
}

// Counts tells whether the calls of a token in a state take a place among those of a second:
// what is closed takes nobody's.
func (s TokenState) Counts() bool { return s.Opens() || s == TokenExpired }

// Opens tells whether a state lets calls through.
func (s TokenState) Opens() bool {
	switch s {
	case TokenToCollect, TokenCollected, TokenInUse, TokenExpiring, TokenOverlapped:
		return true
	case TokenExpired, TokenReplaced, TokenSuspended, TokenRevoked:
	}
	return false
}

// Closes is when the token stops by itself: at its expiry, or at the end of its overlap.
func (t Token) Closes() time.Time {
	if !t.EndsAt.IsZero() && t.EndsAt.Before(t.ExpiresAt) {
		return t.EndsAt
	}
	return t.ExpiresAt
}

// Display names the token without opening anything: its prefix and public id. A token of
// another system has but its identifier.
func (t Token) Display(prefix TokenPrefix) string {
	if t.PublicID == "" {
		return t.ID
	}
	return string(prefix) + t.PublicID
}

// Current tells the token of a habilitation that goes on from one that was replaced or
// revoked.
func (t Token) Current() bool { return t.ReplacedAt.IsZero() && t.Revocation.At.IsZero() }
