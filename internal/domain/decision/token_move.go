package decision

import (
	"slices"
	"time"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/value"
)

// tokenMove is the token that went on, as a decision found it and as it leaves it; zero where
// the decision does not touch it.
type tokenMove struct{ before, after credential.Token }

// formerToken is the token that gives way because the habilitation is for another software now.
func (o *Outcome) formerToken(tokens []credential.Token) tokenMove {
	return o.moved(tokens, func(of value.Siret) bool { return of != o.Request.Current.Editor.Siret })
}

// keptToken is the token that stays with the software of the habilitation.
func (o *Outcome) keptToken(tokens []credential.Token) tokenMove {
	return o.moved(tokens, func(of value.Siret) bool { return of == o.Request.Current.Editor.Siret })
}

func (o *Outcome) moved(tokens []credential.Token, isOf func(editor value.Siret) bool) tokenMove {
	for _, before := range tokens {
		at := slices.IndexFunc(o.Tokens.Changed, func(t credential.Token) bool { return t.ID == before.ID })
		if at >= 0 && before.Current() && isOf(before.Editor) {
			return tokenMove{before, o.Tokens.Changed[at]}
		}
	}
	return tokenMove{}
}

// stops is when the token stops for good; zero for none.
func (m tokenMove) stops() time.Time {
	if !m.after.Revocation.At.IsZero() {
		return m.after.Revocation.At
	}
	return m.after.Closes()
}

// goesOn tells that the token still opens after the decision: what is suspended, or has expired, opens
// nothing until then either.
func (m tokenMove) goesOn(at time.Time) bool { return m.after.State(at).Opens() }

// lost are the scopes that it opens no more, gained those that it opens besides.
func (m tokenMove) lost() []string   { return without(m.before.Scopes, m.after.Scopes) }
func (m tokenMove) gained() []string { return without(m.after.Scopes, m.before.Scopes) }

func without(scopes, others []string) (left []string) {
	for _, scope := range scopes {
		if !slices.Contains(others, scope) {
			left = append(left, scope)
		}
	}
	return left
}
