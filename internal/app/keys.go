package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"portail-qf/internal/config"
	"portail-qf/internal/domain/operation"
	"portail-qf/internal/postgres"
	"portail-qf/internal/seal"
)

// checkKeys refuses to start when a key is missing that something kept for long needs: what is
// sealed would not open, and what is hashed would be taken for a stranger's, one by one.
func checkKeys(ctx context.Context, db *postgres.DB, ring *seal.Ring, c config.Config) error {
	pepper, err := seal.ParsePepper(c.Pepper.Reveal())
	if err != nil {
		return fmt.Errorf("PEPPER: %w", err)
	}
	kept := postgres.Rotation{DB: db}
	sealing, err := kept.SealingKeys(ctx)
	if err != nil {
		return fmt.Errorf("read which keys seal: %w", err)
	}
	hashing, err := kept.HashingKeys(ctx)
	if err != nil {
		return fmt.Errorf("read which keys hash: %w", err)
	}
	return errors.Join(
		missing("KEYS", "is sealed by it", "put it back behind the others, and run portal admin reseal before taking it out", operation.Missing(sealing, ring.Knows)),
		missing("PEPPER", "is hashed by it", "put it back behind the others", operation.Missing(hashing, pepper.Knows)))
}

// missing says in a sentence which keys a variable lacks, and what for.
func missing(variable, why, remedy string, uses []operation.KeyUse) error {
	var sentences []error
	for len(uses) > 0 {
		key := uses[0].Key
		var needs []string
		for _, use := range uses {
			if use.Key == key {
				needs = append(needs, fmt.Sprintf("%d in %s", use.Texts, use.Kind))
			}
		}
		uses = slices.DeleteFunc(uses, func(u operation.KeyUse) bool { return u.Key == key })
		sentences = append(sentences, fmt.Errorf("%s: the key %q is missing, and what is kept %s (%s): %s", variable, key, why, strings.Join(needs, ", "), remedy))
	}
	return errors.Join(sentences...)
}
