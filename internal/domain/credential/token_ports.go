package credential

import (
	"context"
	"time"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/value"
)

// Caller is who acts on a token: a person, or a program of an editor.
type Caller struct {
	Author       audit.Author
	Side         Side
	Organisation value.Siret // the editor, or the town
	AccountID    int64       // of a person; 0 for a program
	SessionID    int64       // in which the person acts; 0 for a program
	RequestID    string
}

// CallerOf is a person who acts in a role.
func CallerOf(by account.Actor) Caller {
	c := Caller{Author: by.Author(), Side: SideOperator, AccountID: by.AccountID, SessionID: by.SessionID, RequestID: by.RequestID}
	switch {
	case by.Role.Editor(), by.Role == account.APIClient:
		c.Side, c.Organisation = SideEditor, by.Organisation.Siret
	case by.Role == account.Town:
		c.Side, c.Organisation = SideTown, by.Organisation.Siret
	case !by.Role.Staff():
		c.Side = "" // reaches nothing
	}
	return c
}

// ReachOf is whose tokens a person may see.
func ReachOf(by account.Actor) TokenReach { return CallerOf(by).reach() }

// reach is what a caller may see.
func (c Caller) reach() TokenReach {
	switch c.Side {
	case SideEditor:
		return TokenReach{Editor: c.Organisation}
	case SideTown:
		return TokenReach{Town: c.Organisation}
	case SideOperator:
		return TokenReach{All: true}
	}
	return TokenReach{}
}

// TokenReach says whose tokens are looked for: an editor's, a town's, or all.
type TokenReach struct {
	Editor, Town value.Siret
	All          bool
}

// TokenFile is a token with those whom it concerns.
type TokenFile struct {
	Token
	Title         string // of the project
	Software      string // name of the product, as its form has it today; "" where only its editor is known
	Holder        int64  // account of the requester; 0 where nobody linked one
	RequesterName string // as displayed
	// Followed: it is revoked, and its request got a later token, which did not take its place.
	Followed bool
	// Addressees are written to, with the name of the editor as it is today.
	Addressees Addressees
	// Right is what is granted now.
	Right Right
	// Successor is the token that replaced this one, Predecessor the one that it replaced; "" for
	// none within the caller's reach: what another software has is nobody else's to see.
	Successor, Predecessor string
}

// Right is what is granted now for a token: Holds where it is valid, comprises a token, and is
// for the same software.
type Right struct {
	Grantee
	Holds bool
	Form  bool // the form is granted too
	// TownForm is where the form of the town stands, by this habilitation or another one; "" where
	// the directory does not know the town yet.
	TownForm directory.FormState
}

// FormBeside is where the form stands that the habilitation gives beside the token, and which goes on
// without it where it is open; "" where it gives none.
func (r Right) FormBeside() directory.FormState {
	switch {
	case !r.Form:
		return ""
	case r.TownForm == "":
		return directory.FormSoon
	}
	return r.TownForm
}

// Moved tells that another software is granted the token now: this one is of before.
func (f TokenFile) Moved() bool { return f.Right.Editor != f.Editor }

// TokenChange is what is recorded of tokens in one transaction, or not at all.
type TokenChange struct {
	Changed []Token // each with the revision that was read
	New     []Drawn
	// Corrected are those of another system, untouched, of which a newer list tells more: what
	// is no longer the current one of a request first.
	Corrected []Token
	Events    []audit.Event
	Letters   []notice.Letter
	Told      []notice.EditorEvent
	At        time.Time
}

// IsZero tells that nothing changes.
func (c TokenChange) IsZero() bool {
	return len(c.Changed)+len(c.New)+len(c.Corrected)+len(c.Events) == 0
}

// TokenStore keeps tokens.
type TokenStore interface {
	// FindToken finds a token within reach. fault.NotFound, code token.unknown.
	FindToken(ctx context.Context, reach TokenReach, id string) (TokenFile, error)
	// FindSuccessor finds the token that replaced one, with the key of the call that asked for
	// it. fault.NotFound, code token.unknown.
	FindSuccessor(ctx context.Context, id string) (Token, Key, error)
	// FindCurrent finds the token of a request that goes on. fault.NotFound, code token.unknown.
	FindCurrent(ctx context.Context, request habilitation.RequestNumber) (Token, error)
	// ListBeside lists the other tokens of the request of one that its software may still use at a
	// time, newest first.
	ListBeside(ctx context.Context, of Token, now time.Time) ([]Token, error)
	// IsAmended tells whether a modification of a request waits for its decision, which prolongs
	// its token.
	IsAmended(ctx context.Context, request habilitation.RequestNumber) (bool, error)
	// FindText finds the sealed text of a token; nil once erased.
	FindText(ctx context.Context, id string) ([]byte, error)
	// RecordTokens records a change. fault.Conflict, code token.moved, when somebody else
	// changed one of them meanwhile, or put another one in its place.
	RecordTokens(ctx context.Context, change TokenChange) error

	// ListTokens lists the tokens that match, and tells how many there are in all.
	ListTokens(ctx context.Context, query TokenQuery) ([]TokenFile, int, error)
	// CountTokens counts the tokens within reach, by state: those that a search of the state
	// finds.
	CountTokens(ctx context.Context, reach TokenReach, now time.Time) (map[TokenState]int, error)
	// ListUses lists how often a token was shown since a day, newest first.
	ListUses(ctx context.Context, id, since string) ([]Use, error)

	// ListUnissued lists valid requests with the modality that have no token that goes on and are
	// owed one (Tokens.IssueMissing), by the numbers of their habilitations, those after one. Its
	// tokens have what they follow, and the one whose place they take.
	ListUnissued(ctx context.Context, after habilitation.Number, limit int) ([]TokenFile, error)
	// EraseUses erases the counts of days before one.
	EraseUses(ctx context.Context, before string) (int, error)
	// EraseTexts erases the texts that were collected before a time, and those of tokens that
	// are closed for good. It counts them.
	EraseTexts(ctx context.Context, collectedBefore, now time.Time) (int, error)
}

// TokenQuery selects tokens. What is empty selects all.
type TokenQuery struct {
	TokenReach
	habilitation.Named             // of the town
	PublicID           string      // exactly
	ID                 string      // exactly
	Siret              value.Siret // of the town
	State              TokenState
	CurrentOnly        bool // not those that were replaced or revoked, whose habilitation has another one
	Order              TokenOrder
	AfterID            string // in ByTokenID
	Now                time.Time
	Offset, Limit      int
}

// TokenOrder sorts a list of tokens.
type TokenOrder string

// The orders: what asks for somebody first, by the name of the town, or by the id, which
// programs follow.
const (
	ByTokenUrgency TokenOrder = "etat"
	ByTownName     TokenOrder = "nom"
	ByTokenID      TokenOrder = "id"
)
