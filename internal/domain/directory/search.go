package directory

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"portail-qf/internal/domain/place"
	"portail-qf/internal/domain/value"
)

// Store keeps collectivities and editors.
type Store interface {
	PublicStore
	RegistrationStore
	// FindCollectivity finds one by SIRET, with its return addresses; fault.NotFound, code
	// collectivity.unknown.
	FindCollectivity(ctx context.Context, siret value.Siret) (Collectivity, error)
	// SearchCollectivities lists those that are open or soon open and match the query,
	// after the first offset, and tells how many there are in all.
	SearchCollectivities(ctx context.Context, query Query, offset, limit int) ([]Collectivity, int, error)
	// CountByDepartement counts those that are listed, by département code.
	CountByDepartement(ctx context.Context) (map[string]int, error)
	// ListLocated says which of these collectivities have a postcode.
	ListLocated(ctx context.Context, sirets []value.Siret) (map[value.Siret]bool, error)
	// RecordImport adds or updates what an import brings, all of it or nothing.
	RecordImport(ctx context.Context, batch Import, now time.Time) error
}

// Query is a search as understood. Empty fields match everything.
type Query struct {
	Siret       value.Siret
	Postcode    string   // its first digits
	Words       []string // folded; each is somewhere in the name
	Folded      string   // the folded text: names that start with it come first
	Departement string
}

// maxQuery is more than any name of a collectivity.
const maxQuery = 200

// ParseQuery understands what a person typed: a SIRET, a postcode or the beginning of one,
// else words of a name.
func ParseQuery(typed string) Query {
	typed = shortened(typed)
	if siret, err := value.ParseSiret(typed); err == nil {
		return Query{Siret: siret}
	}
	if digits := strings.ReplaceAll(typed, " ", ""); len(digits) >= 2 && len(digits) <= 5 && strings.Trim(digits, "0123456789") == "" {
		return Query{Postcode: digits}
	}
	words := wordsOf(typed)
	var query Query
	// « Majastres (04) » is how we print a name; « 2A » alone is a département.
	if last := len(words) - 1; last >= 0 && isDepartement(words[last]) {
		query.Departement = strings.ToUpper(words[last])
		words = words[:last]
	}
	query.Folded = strings.Join(words, " ")
	query.Words = discriminating(words)
	return query
}

// shortened is what is read of a search, whatever was sent.
func shortened(typed string) string {
	typed = strings.TrimSpace(typed)
	if len(typed) > maxQuery {
		typed = strings.ToValidUTF8(typed[:maxQuery], "")
	}
	return typed
}

// wordsOf gives the words of a text, folded.
func wordsOf(text string) []string {
	return strings.FieldsFunc(place.Fold(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

func isDepartement(word string) bool {
	return slices.ContainsFunc(place.Departements(), func(d place.Division) bool { return strings.EqualFold(d.Code, word) })
}

// maxWords is how many words a search looks for: the longest say the most.
const maxWords = 6

func discriminating(words []string) []string {
	var distinct []string
	for _, word := range words {
		if !slices.Contains(distinct, word) {
			distinct = append(distinct, word)
		}
	}
	if len(distinct) > maxWords {
		slices.SortStableFunc(distinct, func(a, b string) int { return len(b) - len(a) })
		distinct = distinct[:maxWords]
	}
	return distinct
}

// IsEmpty reports whether the query would list everything.
func (q Query) IsEmpty() bool {
	return q.Siret == "" && q.Postcode == "" && len(q.Words) == 0 && q.Departement == ""
}

// Service answers questions about collectivities.
type Service struct {
	Store    Store
	Registry Registry         // nil: imports ask nobody for postcodes
	Now      func() time.Time // business time
}

// Find finds a collectivity by its SIRET.
func (s *Service) Find(ctx context.Context, siret value.Siret) (Collectivity, error) {
	c, err := s.Store.FindCollectivity(ctx, siret)
	if err != nil {
		return Collectivity{}, fmt.Errorf("find collectivity: %w", err)
	}
	return c, nil
}

// Search lists the collectivities that match, after the first offset, and tells how many
// there are in all.
func (s *Service) Search(ctx context.Context, query Query, offset, limit int) ([]Collectivity, int, error) {
	found, total, err := s.Store.SearchCollectivities(ctx, query, offset, limit)
	if err != nil {
		return nil, 0, fmt.Errorf("search collectivities: %w", err)
	}
	return found, total, nil
}

// Departements lists every département with how many collectivities it has here.
func (s *Service) Departements(ctx context.Context) ([]DepartementCount, error) {
	counts, err := s.Store.CountByDepartement(ctx)
	if err != nil {
		return nil, fmt.Errorf("count collectivities: %w", err)
	}
	var listed []DepartementCount
	for _, d := range place.Departements() {
		if counts[d.Code] > 0 {
			listed = append(listed, DepartementCount{Code: d.Code, Name: d.Name, Open: counts[d.Code]})
		}
	}
	return listed, nil
}
