package credential

import (
	"cmp"
	"slices"
	"time"
)

// Inherited is a token that another system issued, as its list tells it (PRODUCT.md 3.13). A
// revocation to come is an earlier expiry.
type Inherited struct {
	ID        string
	Scopes    []string // none where the list does not tell, or tells of another approval
	IssuedAt  time.Time
	ExpiresAt time.Time // the last second
	RevokedAt time.Time // zero for none
}

// formerCollector is who has the text of a token that came with a list.
const formerCollector = "l’ancien système"

// Inherit makes of what is known of a request's tokens what a list tells of them. The list
// counts as long as nobody acted on a token here; from then on our row decides. A request has
// one token that goes on: the newest; the others go on until their own end, as they did in the
// other system, which let several live. Whatever a list tells, no token opens more than is granted
// now, nor goes round what the operator suspended. barred is since when the habilitation does not hold,
// zero while it does.
func Inherit(known []Token, told []Inherited, to Grantee, barred, now time.Time) TokenChange {
	told = slices.SortedFunc(slices.Values(told), func(a, b Inherited) int {
		return cmp.Or(b.IssuedAt.Compare(a.IssuedAt), cmp.Compare(b.ID, a.ID))
	})
	current, held := ownCurrent(known, told), Withheld(to.Editor, known)
	change := TokenChange{At: now}
	for _, one := range told { // the newest first: the first that goes on is the current one
		before, isKnown := findInherited(known, one.ID)
		if isKnown && !before.Untouched {
			continue
		}
		if !isKnown {
			before = before.Following(to)
		}
		after := one.following(before, to, now)
		switch {
		case !after.Revocation.At.IsZero():
		case current.IsZero():
			current = after.IssuedAt
		default:
			after.ReplacedAt, after.EndsAt = current, after.ExpiresAt
		}
		switch {
		case !isKnown:
			after.Barred, after.Suspension = barred, held
			after.Collection = Collection{Side: collectingSide(to), By: formerCollector, At: after.IssuedAt}
			change.New = append(change.New, Drawn{Token: after})
		case !sameInheritance(before, after):
			change.Corrected = append(change.Corrected, after)
		}
	}
	slices.SortStableFunc(change.Corrected, func(a, b Token) int { return boolRank(a.Current()) - boolRank(b.Current()) })
	return change
}

// ownCurrent is when the token was issued that goes on whatever a list tells; zero for none.
func ownCurrent(known []Token, told []Inherited) time.Time {
	for _, t := range known {
		isTold := slices.ContainsFunc(told, func(i Inherited) bool { return i.ID == t.ID })
		if t.Current() && !(t.Untouched && isTold) {
			return t.IssuedAt
		}
	}
	return time.Time{}
}

func findInherited(known []Token, id string) (Token, bool) {
	at := slices.IndexFunc(known, func(t Token) bool { return t.ID == id })
	if at < 0 {
		return Token{ID: id}, false
	}
	return known[at], true
}

// following is a token as the list tells it now. What another approval granted than the one that
// the list knows of is not undone.
func (i Inherited) following(t Token, to Grantee, now time.Time) Token {
	if t.IssuedAt.IsZero() {
		t.IssuedAt = i.IssuedAt
	}
	if len(i.Scopes) > 0 {
		t.Scopes = i.Scopes
	}
	t.Scopes = granted(t.Scopes, to)
	t.ExpiresAt, t.ReplacedAt, t.EndsAt, t.Revocation = i.ExpiresAt, time.Time{}, time.Time{}, TokenRevocation{}
	switch {
	case i.RevokedAt.IsZero():
	case i.RevokedAt.After(now):
		if i.RevokedAt.Before(t.ExpiresAt) {
			t.ExpiresAt = i.RevokedAt
		}
	default:
		t.Revocation = TokenRevocation{By: formerCollector, At: i.RevokedAt}
	}
	return t
}

func collectingSide(to Grantee) Side {
	if to.Editor == "" {
		return SideTown
	}
	return SideEditor
}

func sameInheritance(a, b Token) bool {
	return slices.Equal(a.Scopes, b.Scopes) && a.ExpiresAt.Equal(b.ExpiresAt) && a.ReplacedAt.Equal(b.ReplacedAt) && a.EndsAt.Equal(b.EndsAt) &&
		a.Revocation.At.Equal(b.Revocation.At)
}

func boolRank(is bool) int {
	if is {
		return 1
	}
	return 0
}
