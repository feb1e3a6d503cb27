package launch

import (
	"context"
	"fmt"
	"maps"

	"portail-qf/internal/domain/value"
)

// Source knows the facts of some steps.
type Source interface {
	// FindFacts tells them, done or not, of an editor; of one that is not known, none is done.
	FindFacts(ctx context.Context, editor value.Siret) (Facts, error)
}

// Checklist tells how far editors are.
type Checklist struct {
	Sources []Source
}

// Of tells the facts of an editor, those of all the sources together.
func (c *Checklist) Of(ctx context.Context, editor value.Siret) (Facts, error) {
	together := Facts{}
	for _, source := range c.Sources {
		facts, err := source.FindFacts(ctx, editor)
		if err != nil {
			return nil, fmt.Errorf("find how far an editor is: %w", err)
		}
		maps.Copy(together, facts)
	}
	return together, nil
}
