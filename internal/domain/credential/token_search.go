package credential

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/value"
)

// TokenSearch is what a person asks of the list of tokens. What is empty selects all.
type TokenSearch struct {
	// Text is the name of a town, a SIRET, the number of a habilitation or of its request, what
	// begins a token, or the id of one. Of a whole token that somebody pastes, the part that
	// opens nothing is read alone.
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
	text := strings.TrimSpace(PublicPart(s.Text))
	if id := strings.ToLower(text); value.IsUUID(id) {
		query.ID, query.CurrentOnly = id, false
		return query, true
	}
	for _, prefix := range tokenPrefixes {
		if public, found := strings.CutPrefix(text, string(prefix)); found {
			query.PublicID, query.CurrentOnly = public, false
			return query, len(public) == publicLength
		}
	}
	named, mayMatch := habilitation.ReadNamed(text)
	named.MailStart = ""
	query.Named = named
	return query, mayMatch && !strings.Contains(text, "@")
}

var tokenPrefixes = [...]TokenPrefix{LivePrefix, TestPrefix}

const (
	// withheld stands for what nobody should read again. No token has that name.
	withheld = "…"
	// longestWord is more letters and digits in a row than any name of a town has, and fewer
	// than what opens something.
	longestWord = 32
)

// PublicPart is what of a typed search may be shown again and kept: of a token that somebody
// pastes, whole, cut or among other words, the part that opens nothing.
func PublicPart(typed string) string {
	joined := strings.Join(strings.Fields(typed), "") // a mail cuts long lines
	for _, prefix := range tokenPrefixes {
		if _, rest, found := strings.Cut(joined, string(prefix)); found {
			public := rest[:min(len(rest), publicLength)]
			return string(prefix) + public[:len(public)-len(strings.TrimLeft(public, value.Base62))]
		}
	}
	if _, rest, found := strings.Cut(joined, jwtStart); found && len(rest) > longestWord {
		return idOfForeign(rest)
	}
	words := strings.FieldsFunc(typed, func(r rune) bool { return r > unicode.MaxASCII || !strings.ContainsRune(value.Base62, r) })
	for _, word := range append(words, joined) {
		if display, ours := displayOf(word); ours {
			return display
		}
	}
	for _, word := range words {
		if len(word) > longestWord {
			return withheld
		}
	}
	return typed
}

// displayOf names the token of which a word is what follows the prefix, whole: its checksum
// tells so, and which prefix it had.
func displayOf(word string) (string, bool) {
	for _, prefix := range tokenPrefixes {
		if text, err := ParseTokenText(value.Secret(string(prefix) + word)); err == nil {
			return string(prefix) + text.PublicID, true
		}
	}
	return "", false
}

// jwtStart begins the text of the tokens of another system: JSON in base 64.
const jwtStart = "eyJ"

// idOfForeign reads the identifier in the second part of a token of another system, whose
// signature is not looked at: to be found opens nothing.
func idOfForeign(text string) string {
	parts := strings.Split(text, ".")
	if len(parts) < 2 {
		return withheld
	}
	var claims struct {
		ID string `json:"jti"`
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || json.Unmarshal(payload, &claims) != nil || !value.IsUUID(strings.ToLower(claims.ID)) {
		return withheld
	}
	return claims.ID
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
