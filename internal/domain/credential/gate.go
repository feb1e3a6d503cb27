package credential

import (
	"context"
	"fmt"
	"time"

	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/value"
)

// CallsPerSecond is how often the software of a habilitation may call, its tokens taken
// together (api-particulier.md §7.6).
const CallsPerSecond = 20

// Admission is what a token opens.
type Admission struct {
	TokenID      string
	Request      habilitation.RequestNumber
	Habilitation habilitation.Number
	Siret        value.Siret // the one recipient
	Organisation string
	Editor       value.Siret
	Scopes       []string
	IssuedAt     time.Time
	ExpiresAt    time.Time // when it opens nothing any more, whatever ends it
	Allowance    Allowance // zero where no call was counted
}

// Allowance is what is left of the calls of the present second.
type Allowance struct {
	Limit, Remaining int
	Reset            time.Time // end of the second, real time
	Exceeded         bool
}

// Gate tells what a token opens, at each call: nothing is remembered from one call to the
// next, so that whatever cuts a token cuts it everywhere at once.
type Gate struct {
	Store  GateStore
	Pepper Pepper
	// Foreign reads the tokens that another system signed; nil when there are none.
	Foreign ForeignReader
	Now     func() time.Time // business time
	Clock   func() time.Time // real time: a second of calls is a second for the software

	pace pace
}

// Pepper makes keyed hashes of secrets (package seal).
type Pepper interface {
	// Digest is the hash by the present key, with the name of the key.
	Digest(secret value.Secret) (digest []byte, key string)
	// Digests are the hashes by every key.
	Digests(secret value.Secret) [][]byte
}

// ForeignReader reads a token that another system signed (api-particulier.md §2.1).
type ForeignReader interface {
	// ID is the identifier of a token whose signature holds. ok is false for any other text.
	ID(text value.Secret) (id string, ok bool)
}

// Shown is a token as the store looks it up: ours by its public id and hashes, another
// system's by its identifier.
type Shown struct {
	PublicID string
	Digests  [][]byte
	ID       string
}

// GateStore looks tokens up.
type GateStore interface {
	// FindShown finds a token. fault.NotFound, code token.unknown.
	FindShown(ctx context.Context, shown Shown) (Token, error)
	// CountShown finds a token and counts a call of its request's software in the present second
	// of the database, up to CountedPerSecond. A token that is revoked, replaced or suspended at
	// now uses nothing up: its allowance is zero. Errors as FindShown.
	CountShown(ctx context.Context, shown Shown, now time.Time) (Token, Allowance, error)
}

// Admit tells what a token opens for a call, which it counts. Codes, in the order of the
// checks (api-particulier.md §7.5): token.malformed (Invalid), token.unknown (NotFound),
// token.revoked, for a suspended or a replaced one too (Forbidden), token.too_many_calls,
// token.expired (Forbidden). The admission is filled in with every error of a token that is
// known.
func (g *Gate) Admit(ctx context.Context, text value.Secret) (Admission, error) {
	return g.open(ctx, text, true)
}

// Look tells what a token opens, without counting a call. Codes as Admit.
func (g *Gate) Look(ctx context.Context, text value.Secret) (Admission, error) {
	return g.open(ctx, text, false)
}

func (g *Gate) open(ctx context.Context, text value.Secret, counts bool) (Admission, error) {
	shown, err := g.shown(text)
	if err != nil {
		return Admission{}, err
	}
	now := g.Now()
	var token Token
	var left Allowance
	if counts {
		token, left, err = g.count(ctx, shown, now)
	} else {
		token, err = g.Store.FindShown(ctx, shown)
	}
	if err != nil {
		return Admission{}, fmt.Errorf("find the token of a call: %w", err)
	}
	admission := Admission{
		TokenID: token.ID, Request: token.Request, Habilitation: token.Habilitation, Siret: token.Siret, Organisation: token.Organisation,
		Editor: token.Editor, Scopes: token.Scopes, IssuedAt: token.IssuedAt, ExpiresAt: token.Closes(), Allowance: left,
	}
	switch state := token.State(now); {
	case state == TokenRevoked || state == TokenSuspended || state == TokenReplaced:
		return admission, fault.New(fault.Forbidden, "token.revoked")
	case left.Exceeded:
		return admission, fault.New(fault.Forbidden, "token.too_many_calls")
	case state == TokenExpired:
		return admission, fault.New(fault.Forbidden, "token.expired")
	}
	return admission, nil
}

// count finds a token, and counts the call: the first one of a second here, the others in
// the store.
func (g *Gate) count(ctx context.Context, shown Shown, now time.Time) (Token, Allowance, error) {
	second := g.Clock().Unix()
	if g.pace.knows(shown, second) {
		return g.Store.CountShown(ctx, shown, now)
	}
	token, err := g.Store.FindShown(ctx, shown)
	switch {
	case err != nil || !token.State(now).Counts():
		return token, Allowance{}, err
	case g.pace.first(shown, token.Request, second):
		return token, afterFirst(second), nil
	}
	return g.Store.CountShown(ctx, shown, now)
}

// maxShown is longer than any token of another system.
const maxShown = 4096

func (g *Gate) shown(text value.Secret) (Shown, error) {
	if ours, err := ParseTokenText(text); err == nil {
		return Shown{PublicID: ours.PublicID, Digests: g.Pepper.Digests(ours.Secret)}, nil
	}
	if g.Foreign != nil && len(text) <= maxShown {
		if id, ok := g.Foreign.ID(text); ok {
			return Shown{ID: id}, nil
		}
	}
	return Shown{}, fault.New(fault.Invalid, "token.malformed")
}
