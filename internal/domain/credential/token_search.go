package credential

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/value"
)

// TokenSearch is what a person asks of the list of tokens. What is empty selects all.
type TokenSearch struct {
	// Text is the name of a town, a SIRET, the number of a habilitation, or what begins a
	// token. Of a whole token that somebody pastes, the part that opens nothing is read alone.
	Text          string
	State         TokenState
	All           bool // those that others replaced too
	Order         TokenOrder
	Offset, Limit int
}

// understood is false for a text that names nothing.
func (s TokenSearch) understood() (TokenQuery, bool) {
	query := TokenQuery{CurrentOnly: !s.All, Order: ByTokenUrgency, Offset: s.Offset, Limit: s.Limit}
	if slices.Contains(TokenStates[:], s.State) {
		query.State = s.State
		query.CurrentOnly = query.CurrentOnly && s.State != TokenReplaced && s.State != TokenRevoked && s.State != TokenOverlapped
	}
	if s.Order == ByTownName {
		query.Order = ByTownName
	}
	text := strings.TrimSpace(s.Text)
	for _, prefix := range []TokenPrefix{LivePrefix, TestPrefix} {
		if rest, found := strings.CutPrefix(text, string(prefix)); found && len(rest) >= publicLength && value.Drawn(rest[:publicLength]) {
			query.PublicID, query.CurrentOnly = rest[:publicLength], false
			return query, true
		}
	}
	named, mayMatch := habilitation.ReadNamed(text)
	named.MailStart = ""
	query.Named = named
	return query, mayMatch && !strings.Contains(text, "@")
}

// PublicPart is what of a typed search may be shown again: a whole token is cut down to the
// part that opens nothing.
func PublicPart(typed string) string {
	text := strings.TrimSpace(typed)
	for _, prefix := range []TokenPrefix{LivePrefix, TestPrefix} {
		if rest, found := strings.CutPrefix(text, string(prefix)); found && len(rest) > publicLength {
			return string(prefix) + rest[:publicLength]
		}
	}
	return typed
}

// Search lists tokens of the caller's reach, and tells how many there are in all. A criterion
// that does not exist does not restrict.
func (s *Tokens) Search(ctx context.Context, by Caller, search TokenSearch) ([]TokenFile, int, error) {
	query, mayMatch := search.understood()
	if !mayMatch {
		return nil, 0, nil
	}
	found, total, err := s.List(ctx, by, query)
	if err != nil {
		return nil, 0, fmt.Errorf("search tokens: %w", err)
	}
	return found, total, nil
}
