package app

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"portail-qf/internal/config"
	"portail-qf/internal/domain/operation"
	"portail-qf/internal/postgres"
	"portail-qf/internal/seal"
)

// checkKeys refuses to start when a key is missing that something kept for long needs, or is
// another one of the same name: what is sealed would not open, and what is hashed would be taken
// for a stranger's, one by one. The first start with a key keeps what it is known again by.
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
	if err := errors.Join(
		missing("KEYS", "is sealed by it", "put it back behind the others, and run portal admin reseal before taking it out", operation.Missing(sealing, ring.Knows)),
		missing("PEPPER", "is hashed by it", "put it back behind the others", operation.Missing(hashing, pepper.Knows))); err != nil {
		return err
	}
	altered, err := kept.KeepKeys(ctx, append(checks("KEYS", ring.Checks()), checks("PEPPER", pepper.Checks())...))
	if err != nil {
		return err
	}
	var sentences []error
	for _, key := range altered {
		sentences = append(sentences, fmt.Errorf("%s: the key %q is not the one that the portal knows by this name: put its own value back, or give a new key a name of its own", key.Variable, key.Key))
	}
	return errors.Join(sentences...)
}

// checks are what the keys of a variable are known again by, by name.
func checks(variable string, digests map[string][]byte) []operation.KeyCheck {
	var listed []operation.KeyCheck
	for _, name := range slices.Sorted(maps.Keys(digests)) {
		listed = append(listed, operation.KeyCheck{Variable: variable, Key: name, Digest: digests[name]})
	}
	return listed
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
