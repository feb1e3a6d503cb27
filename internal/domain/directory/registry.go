package directory

import (
	"context"
	"fmt"
	"time"

	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/value"
)

// Registry is the company register: who stands behind a SIRET, and where.
type Registry interface {
	// Find gives the establishment of a SIRET. Codes: registry.unknown (fault.NotFound), the
	// register answers that it has none; registry.unavailable (fault.Unavailable), it gives
	// no answer that can be used.
	Find(ctx context.Context, siret value.Siret) (Establishment, error)
}

// Establishment is what the register says of a SIRET. A text is "" where it says nothing.
type Establishment struct {
	Name          string // of the legal unit, as the register writes it, often in capitals
	LegalCategory string // INSEE's "catégorie juridique", such as 7210, a commune
	COG           string // commune code
	Postcode      string
	Closed        bool
	ClosedOn      time.Time // the day, at midnight UTC; zero when open or not told
}

// patience is after how many failures in a row the register is left alone until the next
// import or daily round: it is down, and each further question would wait for nothing.
const patience = 5

// unlocated tells apart the entries that have no postcode, neither in the list nor from an
// earlier import. Without a register there is nobody to ask: all of them are ready.
func (s *Service) unlocated(ctx context.Context, entries []Entry) (waiting, ready []Entry, err error) {
	if s.Registry == nil {
		return nil, entries, nil
	}
	var asked []value.Siret
	for _, entry := range entries {
		if entry.Postcode == "" {
			asked = append(asked, entry.Siret)
		}
	}
	located, err := s.Store.ListLocated(ctx, asked)
	if err != nil {
		return nil, nil, fmt.Errorf("list located collectivities: %w", err)
	}
	for _, entry := range entries {
		if entry.Postcode == "" && !located[entry.Siret] {
			waiting = append(waiting, entry)
		} else {
			ready = append(ready, entry)
		}
	}
	return waiting, ready, nil
}

// locate asks the register about each entry in turn and records it with the answer, so that
// an import that is interrupted keeps what it learned. An establishment that is closed is
// left out. A register that fails is told in the report and blocks nothing.
func (s *Service) locate(ctx context.Context, waiting []Entry, report *Import) error {
	failures := 0
	for i, entry := range waiting {
		if failures == patience {
			report.Notes = append(report.Notes, fmt.Sprintf(
				"code postal inconnu pour les autres collectivités (%d)\u00a0: le registre ne répond pas et n’est plus interrogé\u202f; un prochain import de la liste les complétera",
				len(waiting)-i))
			return s.record(ctx, Import{Collectivities: waiting[i:]}, report)
		}
		found, err := s.Registry.Find(ctx, entry.Siret)
		if ctx.Err() != nil {
			return fmt.Errorf("ask the register: %w", ctx.Err())
		}
		if err == nil || fault.KindOf(err) == fault.NotFound {
			failures = 0
		} else {
			failures++
		}
		if found.Closed {
			report.Faults = append(report.Faults, entry.told("l’établissement est fermé dans le registre"))
			continue
		}
		if reason := whyUnlocated(found, err); reason != "" {
			report.Notes = append(report.Notes, entry.told("code postal inconnu\u00a0: "+reason))
		}
		entry.Postcode = found.Postcode
		if err := s.record(ctx, Import{Collectivities: []Entry{entry}}, report); err != nil {
			return err
		}
	}
	return nil
}

// whyUnlocated says why an answer of the register gives no postcode, or "" when it gives one.
func whyUnlocated(found Establishment, err error) string {
	switch {
	case err != nil && fault.KindOf(err) == fault.NotFound:
		return "le registre ne connaît pas ce SIRET"
	case err != nil:
		return "le registre ne répond pas"
	case found.Postcode == "":
		return "le registre ne le donne pas"
	}
	return ""
}

// told is a sentence about an entry.
func (e Entry) told(sentence string) string {
	return fmt.Sprintf("%s (%s)\u00a0: %s", e.Name, e.Siret, sentence)
}
