package directory

import (
	"context"
	"fmt"

	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/value"
)

// Published is what the public directory says of a collectivity whose form is open
// (formulaire-qf.md §3.6).
type Published struct {
	Name        string
	Siret       value.Siret
	COG         string
	Departement string
}

// Edition names what the public list says at a moment: two lists that say the same have the
// same, whichever instance is asked.
type Edition string

// PublicStore reads what is published.
type PublicStore interface {
	// CurrentEdition names the public list of now, without reading it out.
	CurrentEdition(ctx context.Context) (Edition, error)
	// ListPublished lists the collectivities whose form is open, by name, with the edition
	// of exactly that list.
	ListPublished(ctx context.Context) ([]Published, Edition, error)
	// FindPublished finds one whose form is open; fault.NotFound, code collectivity.unknown.
	FindPublished(ctx context.Context, siret value.Siret) (Published, error)
	// FindPublishedByCOG finds the commune of a COG code when its form is open, else another
	// collectivity of that commune, always the same; fault.NotFound, code
	// collectivity.unknown.
	FindPublishedByCOG(ctx context.Context, cog string) (Published, error)
}

// CurrentEdition names the public list of now.
func (s *Service) CurrentEdition(ctx context.Context) (Edition, error) {
	edition, err := s.Store.CurrentEdition(ctx)
	if err != nil {
		return "", fmt.Errorf("name the edition of the public list: %w", err)
	}
	return edition, nil
}

// ListPublished gives the public list, with its edition.
func (s *Service) ListPublished(ctx context.Context) ([]Published, Edition, error) {
	published, edition, err := s.Store.ListPublished(ctx)
	if err != nil {
		return nil, "", fmt.Errorf("list what is published: %w", err)
	}
	return published, edition, nil
}

// FindPublished finds a collectivity whose form is open by the COG code of its commune or by
// its SIRET: only the SIRET reaches the welfare centre of a commune that is open too. Code:
// collectivity.unknown (fault.NotFound).
func (s *Service) FindPublished(ctx context.Context, code string) (found Published, err error) {
	siret, notSiret := value.ParseExactSiret(code)
	switch {
	case notSiret == nil:
		found, err = s.Store.FindPublished(ctx, siret)
	case cogFormat.MatchString(code):
		found, err = s.Store.FindPublishedByCOG(ctx, code)
	default:
		err = fault.New(fault.NotFound, "collectivity.unknown")
	}
	if err != nil {
		return Published{}, fmt.Errorf("find what is published: %w", err)
	}
	return found, nil
}
