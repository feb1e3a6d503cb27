package credential

import (
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"slices"
	"time"

	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/value"
)

// Drawn is a token with what is kept of its text. It is written once.
type Drawn struct {
	Token
	Digest []byte // keyed hash of the secret
	Pepper string // name of the key of the digest
	Sealed []byte // the text
	Asked  Key    // of the call that asked for the replacement; zero for none
}

// Mint draws the tokens that are issued here.
type Mint struct {
	Sealer notice.Sealer
	Pepper Pepper
	Prefix TokenPrefix
}

// Draw draws a token with its text, hashed and sealed. The id of the one that an approval
// issues is made of the number of its habilitation, so that the mail which is shown before the
// decision has the link of the one that leaves; 0 draws an id.
func (m *Mint) Draw(of habilitation.Number) (Drawn, error) {
	drawn, _, err := m.DrawText(of)
	return drawn, err
}

// DrawText is Draw, with the text, for whoever has to show it.
func (m *Mint) DrawText(of habilitation.Number) (Drawn, value.Secret, error) {
	drawn, err := DrawToken(rand.Reader, m.Prefix)
	if err != nil {
		return Drawn{}, "", err
	}
	text, kept := drawn.Reveal(), Drawn{Token: Token{ID: tokenID(of), PublicID: drawn.PublicID}}
	kept.Digest, kept.Pepper = m.Pepper.Digest(drawn.Secret)
	kept.Sealed = m.Sealer.Seal([]byte(text.Reveal()), TextPlace(kept.ID))
	return kept, text, nil
}

// tokenID is a UUID (RFC 9562): made of the number of a habilitation (version 8), or drawn
// (version 4) for 0. It opens nothing.
func tokenID(of habilitation.Number) string {
	var octets [16]byte
	version := byte(8)
	if digest := sha256.Sum256([]byte("token of " + of.String())); of != 0 {
		copy(octets[:], digest[:])
	} else {
		version = 4
		rand.Read(octets[:]) // never fails since Go 1.24
	}
	octets[6], octets[8] = octets[6]&0x0f|version<<4, octets[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", octets[:4], octets[4:6], octets[6:8], octets[8:10], octets[10:])
}

// Grantee is whom a token is issued for: what follows its habilitation.
type Grantee struct {
	Request      habilitation.RequestNumber
	Habilitation habilitation.Number
	Siret        value.Siret
	Organisation string
	Editor       value.Siret
	Scopes       []string
}

// GranteeOf is whom the newest habilitation of a request is for.
func GranteeOf(r habilitation.Request) Grantee {
	h := r.Current
	return Grantee{r.Number, h.Number, h.Siret, h.Organisation, h.Editor.Siret, h.Scopes}
}

// Issued is a drawn token, issued at a time for 18 months (editors' guide, 6.a).
func Issued(drawn Drawn, to Grantee, at time.Time) Drawn {
	drawn.Token = drawn.Following(to)
	drawn.IssuedAt, drawn.ExpiresAt, drawn.Kept = at, value.MonthsLater(at, TokenLife), true
	return drawn
}

// Following is the token as it follows a habilitation.
func (t Token) Following(to Grantee) Token {
	t.Request, t.Habilitation, t.Siret, t.Organisation = to.Request, to.Habilitation, to.Siret, to.Organisation
	t.Editor, t.Scopes = to.Editor, slices.Clone(to.Scopes)
	return t
}

// Collected is the token once a side has collected it. Codes: token.collected (Conflict),
// token.closed (Conflict: what was revoked, replaced, suspended or expired is not worth
// having).
func (t Token) Collected(by Collection) (Token, error) {
	switch {
	case t.Collection.Side != "":
		return t, fault.New(fault.Conflict, "token.collected")
	case !t.Kept || !t.State(by.At).Opens():
		return t, fault.New(fault.Conflict, "token.closed")
	}
	t.Collection = by
	return t, nil
}

// Uncollected tells that nobody has the text of the token, which is kept until somebody does.
func (t Token) Uncollected() bool { return t.Kept && t.Collection.Side == "" }

// MayShow tells whether the text may be shown again to a side: that which collected it, until
// it says that it has it safe, or for ShownAgain (PRODUCT.md 3.4). Codes: token.collected,
// token.closed (Conflict).
func (t Token) MayShow(side Side, now time.Time) error {
	switch {
	case t.Collection.Side != side:
		return fault.New(fault.Conflict, "token.collected")
	case !t.Kept || now.Sub(t.Collection.At) > ShownAgain || !t.State(now).Opens():
		return fault.New(fault.Conflict, "token.closed")
	}
	return nil
}

// SameClick tells the second click of one session from somebody's second look, be it the same
// person's on another device: a second look asks for the second factor (PRODUCT.md 3.4).
func (t Token) SameClick(by Collection) bool {
	c := t.Collection
	return c.Side == by.Side && c.ByID == by.ByID && c.Session == by.Session && c.Key == by.Key && by.At.Sub(c.At) <= clickedTwice && !by.At.Before(c.At)
}

// Safe is the token once the side that collected it has it safe: its text is erased. Codes:
// token.collected (Conflict: by the other side), token.uncollected (Conflict).
func (t Token) Safe(side Side, at time.Time) (Token, error) {
	switch {
	case t.Collection.Side == "":
		return t, fault.New(fault.Conflict, "token.uncollected")
	case t.Collection.Side != side:
		return t, fault.New(fault.Conflict, "token.collected")
	case t.ConfirmedAt.IsZero():
		t.ConfirmedAt = at
	}
	t.Kept = false
	return t, nil
}

// Replaced replaces a token by another one, for what is granted now, that ends the same day:
// only a prolongation gives more time. The former goes on for an overlap, never longer than
// itself. One that was revoked may be replaced still, as long as its request got no later one.
// Codes: token.replaced (Conflict), token.expired (Conflict), token.barred
// (Conflict: the habilitation does not hold, or is another software's),
// token.suspended_by_operator (Forbidden).
func (f TokenFile) Replaced(by Drawn, side Side, overlap time.Duration, at time.Time) (former Token, next Drawn, err error) {
	t := f.Token
	switch {
	case !t.ReplacedAt.IsZero() || f.Followed:
		return t, by, fault.New(fault.Conflict, "token.replaced")
	case !t.Barred.IsZero() || !f.Right.Holds:
		return t, by, fault.New(fault.Conflict, "token.barred")
	case at.After(t.ExpiresAt):
		return t, by, fault.New(fault.Conflict, "token.expired")
	case t.heldByOperator(side):
		return t, by, fault.New(fault.Forbidden, "token.suspended_by_operator")
	}
	next = by
	next.Token = by.Following(f.Right.Grantee)
	next.IssuedAt, next.ExpiresAt, next.Kept, next.Replaces = at, t.ExpiresAt, true, t.ID
	return t.givingWay(overlap, at), next, nil
}

// Narrowed is the token of a former software once something else is granted: it opens no more
// than before, for the same town, and nothing when the town is another one.
func (t Token) Narrowed(to Grantee, at time.Time) Token {
	t.Scopes = granted(t.Scopes, to)
	if t.Siret != to.Siret {
		if t.ReplacedAt.IsZero() {
			t.ReplacedAt = at
		}
		t.EndsAt, t.Kept = at, false
	}
	return t
}

// granted are the scopes that a habilitation grants too.
func granted(scopes []string, to Grantee) []string {
	return slices.DeleteFunc(slices.Clone(scopes), func(scope string) bool { return !slices.Contains(to.Scopes, scope) })
}

// GivingWay is a token that another software's replaces, with the whole overlap: one that was
// replaced already goes on no longer than that.
func (t Token) GivingWay(at time.Time) Token { return t.givingWay(Overlap, at) }

// givingWay is a token that another one replaces: it goes on for a while, and nobody has to
// collect it any more.
func (t Token) givingWay(overlap time.Duration, at time.Time) Token {
	overlap = min(max(overlap, 0), Overlap)
	if t.Collection.Side == "" { // in nobody's software
		overlap, t.Kept = 0, false
	}
	if ends := at.Add(overlap); t.EndsAt.IsZero() || ends.Before(t.EndsAt) {
		t.EndsAt = ends
	}
	if t.EndsAt.After(t.ExpiresAt) {
		t.EndsAt = t.ExpiresAt
	}
	if t.ReplacedAt.IsZero() {
		t.ReplacedAt = at
	}
	return t
}

// Ended ends an overlap at once. Code: token.no_overlap (Conflict).
func (t Token) Ended(at time.Time) (Token, error) {
	if t.State(at) != TokenOverlapped {
		return t, fault.New(fault.Conflict, "token.no_overlap")
	}
	t.EndsAt, t.Kept = at, false
	return t, nil
}

// Suspended closes a token until somebody opens it again. The operator's takes the place
// of another side's, which ends with it: only the operator opens it then. Codes: token.over (Conflict: it is closed for good, or
// suspended already).
func (t Token) Suspended(by TokenSuspension) (Token, error) {
	state := t.State(by.At)
	suspended := !t.Suspension.At.IsZero() && (by.Side != SideOperator || t.Suspension.Side == SideOperator)
	if state == TokenRevoked || state == TokenReplaced || state == TokenExpired || suspended {
		return t, fault.New(fault.Conflict, "token.over")
	}
	t.Suspension = by
	return t, nil
}

// Resumed opens a suspended token again. Codes: token.not_suspended (Conflict),
// token.suspended_by_operator (Forbidden: only the operator undoes what it did).
func (t Token) Resumed(side Side) (Token, error) {
	switch {
	case t.Suspension.At.IsZero() || !t.Revocation.At.IsZero():
		return t, fault.New(fault.Conflict, "token.not_suspended")
	case t.heldByOperator(side):
		return t, fault.New(fault.Forbidden, "token.suspended_by_operator")
	}
	t.Suspension = TokenSuspension{}
	return t, nil
}

func (t Token) heldByOperator(side Side) bool {
	return t.Suspension.Side == SideOperator && side != SideOperator
}

// Withheld is the suspension that another token of a software would go round, of the tokens of a
// request: the operator's, of the last one that the software had, whatever became of it since
// (PRODUCT.md 3.4: only the operator undoes what it did). It holds until the operator lifts it, or
// revokes the token, which it gives a reason for; what is granted no more is revoked without. Zero for
// none. Another request is another right, which somebody grants: nothing of this one holds it back.
func Withheld(software value.Siret, tokens []Token) TokenSuspension {
	var last Token
	for _, t := range tokens {
		if t.Editor == software && !t.IssuedAt.Before(last.IssuedAt) {
			last = t
		}
	}
	if last.Suspension.Side != SideOperator || last.Revocation.Reason != "" {
		return TokenSuspension{}
	}
	return last.Suspension
}

// Revoked closes a token for ever. Codes: token.over (Conflict: it is closed for good already),
// token.suspended_by_operator (Forbidden: another token would open what the operator closed).
func (t Token) Revoked(side Side, by TokenRevocation) (Token, error) {
	switch state := t.State(by.At); {
	case state == TokenRevoked || state == TokenReplaced:
		return t, fault.New(fault.Conflict, "token.over")
	case t.heldByOperator(side):
		return t, fault.New(fault.Forbidden, "token.suspended_by_operator")
	}
	t.Revocation, t.Kept = by, false
	return t, nil
}
