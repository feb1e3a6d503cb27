package tokens

import (
	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/credential"
	"portail-qf/internal/web"
)

// urgency lists the states, what asks for somebody first.
var urgency = [...]credential.TokenState{
	credential.TokenToCollect, credential.TokenExpired, credential.TokenExpiring, credential.TokenOverlapped, credential.TokenSuspended,
	credential.TokenCollected, credential.TokenInUse, credential.TokenRevoked, credential.TokenReplaced,
}

// listPage lists tokens, never their texts.
type listPage struct {
	web.ProPage
	List       web.List
	Rows       []tokenRow
	Counts     []stateCount
	OfOperator bool // the reader is of those who watch over the tokens of all
}

// tokenRow is a token in the list.
type tokenRow struct {
	web.TokenView
	Name, Siret, Habilitation string
	Editor                    string // "" without an editor
}

// stateCount is how many tokens are in a state, with where they are listed.
type stateCount struct {
	State credential.TokenState
	Count int
	URL   string
}

func newListPage(page web.ProPage, list web.List, found []credential.TokenFile, counts map[credential.TokenState]int, by reader, m moment) listPage {
	list.Posted = true
	p := listPage{ProPage: page, List: list, OfOperator: by.Side == credential.SideOperator, Counts: newStateCounts(by.Space, counts)}
	for _, f := range found {
		s := newSubject(f, by, m)
		p.Rows = append(p.Rows, tokenRow{TokenView: s.Token, Name: s.Name, Siret: s.Siret, Habilitation: s.Habilitation, Editor: s.Editor})
	}
	return p
}

func newStateCounts(space account.Space, counts map[credential.TokenState]int) []stateCount {
	var listed []stateCount
	for _, state := range urgency {
		if count := counts[state]; count > 0 {
			listed = append(listed, stateCount{state, count, space.Path() + listPart + "?" + filterState + "=" + string(state)})
		}
	}
	return listed
}
