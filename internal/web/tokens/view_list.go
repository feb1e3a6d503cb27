package tokens

import (
	"slices"
	"time"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/renewal"
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
	List         web.List
	Rows         []tokenRow
	Counts       []stateCount
	Hidden       int    // those that Counts count and the list leaves out until a state is chosen: another one took their place
	OfOperator   bool   // the reader is of those who watch over the tokens of all
	Nudges       bool   // the reader asks requesters of them to prolong
	RemindersURL string // where it is said what the editor receives of the reminders; "" for nowhere
}

// tokenRow is a token in the list.
type tokenRow struct {
	web.TokenView
	Name, Siret, Habilitation string
	Editor                    string // "" without an editor
	Nudging                   web.Nudging
}

// stateCount is how many tokens are in a state, with where they are listed.
type stateCount struct {
	State credential.TokenState
	Count int
	URL   string
}

// listOf is what a list is made from.
type listOf struct {
	Address string // where it is
	Found   []credential.TokenFile
	Nudged  map[string]time.Time // when an editor asked that they be prolonged
	Refused []string             // those whose requester's address refuses mails
	Filed   map[string]time.Time // when the modifications that wait for their decision were deposited
	Counts  map[credential.TokenState]int
}

func newListPage(page web.ProPage, list web.List, of listOf, by reader, m moment) listPage {
	list.Posted = true
	p := listPage{ProPage: page, List: list, OfOperator: by.Side == credential.SideOperator, Counts: newStateCounts(by.Space, of.Counts)}
	if len(list.Tags) == 0 {
		for _, count := range of.Counts {
			p.Hidden += count
		}
		p.Hidden = max(p.Hidden-list.Total, 0)
	}
	if by.Side == credential.SideEditor {
		p.RemindersURL = by.Space.Path() + remindersPart
	}
	for _, f := range of.Found {
		s := newSubject(f, by, m)
		row := tokenRow{TokenView: s.Token, Name: s.Name, Siret: s.Siret, Habilitation: s.Habilitation, Editor: s.Editor}
		file := renewal.File{TokenFile: f, NudgedAt: of.Nudged[f.ID], MailRefused: slices.Contains(of.Refused, f.ID), Amendment: renewal.Amendment{FiledAt: of.Filed[f.ID]}}
		row.Nudging = web.NewNudging(file, by.Nudge, m.Now).In(s.Name, of.Address)
		p.Rows, p.Nudges = append(p.Rows, row), p.Nudges || row.Nudging.URL != ""
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
