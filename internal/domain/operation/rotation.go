package operation

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
)

// SealedKind is a kind of text that is kept sealed for longer than a day. What lives less, such
// as a session or a citizen's attempt, is left to die under the key that sealed it.
type SealedKind string

// The kinds, as the tables are called.
const (
	SealedCandidates  SealedKind = "hub_candidates" // in the table hub_accounts
	SealedHubAccounts SealedKind = "hub_accounts"
	SealedTokens      SealedKind = "tokens"
	SealedMails       SealedKind = "mails"
	SealedEvents      SealedKind = "datapass_events"
	SealedPayloads    SealedKind = "dossier_payloads" // the keys of their rows
)

// SealedKinds lists every kind. Candidates come before the accounts, whose place they take
// meanwhile.
var SealedKinds = [...]SealedKind{SealedCandidates, SealedHubAccounts, SealedTokens, SealedMails, SealedEvents, SealedPayloads}

// SealedText is one of them.
type SealedText struct {
	ID     string // in its table
	Place  string // that it is bound to
	Sealed []byte
}

// RotationStore keeps the sealed texts.
type RotationStore interface {
	// ListSealedByOthers lists texts of a kind that another key than this one sealed, by id, after
	// an id; "" for the beginning. What names no key at all is one of them, to be told.
	ListSealedByOthers(ctx context.Context, kind SealedKind, key, after string, limit int) ([]SealedText, error)
	// ReplaceSealed puts a text in the place of one that is still as it was read. False when it is
	// not: somebody else has changed it, or erased it.
	ReplaceSealed(ctx context.Context, kind SealedKind, before SealedText, sealed []byte) (bool, error)
	// CountSealedByOthers counts those texts.
	CountSealedByOthers(ctx context.Context, kind SealedKind, key string) (int, error)
}

// Ring is the set of keys (package seal).
type Ring interface {
	Current() string
	Seal(plain []byte, place string) []byte
	Open(sealed []byte, place string) ([]byte, error)
}

// Rotation brings whatever is kept sealed for long under the current key, while the portal is
// served: each text is opened by its key, sealed by the current one, and put back unless it has
// changed in between. It may be stopped anywhere: what is done stays done, and the next run
// takes up the rest.
type Rotation struct {
	Store RotationStore
	Ring  Ring
}

// Rotated is what a run did with the texts of a kind.
type Rotated struct {
	Kind       SealedKind
	Resealed   int
	Moved      int      // changed by somebody else meanwhile
	Unreadable []string // ids of those that no key of the ring opens
	Left       int      // under another key than the current one, at the end
}

// sealedBatch is how many texts are in memory at once.
const sealedBatch = 200

// Reseal brings everything under the current key, and tells what it did, kind by kind. A kind
// that fails keeps none of the others from being done.
func (r *Rotation) Reseal(ctx context.Context) ([]Rotated, error) {
	var done []Rotated
	var failures []error
	for _, kind := range SealedKinds {
		rotated, err := r.reseal(ctx, kind)
		if err != nil {
			failures = append(failures, fmt.Errorf("seal %s anew: %w", kind, err))
		}
		done = append(done, rotated)
	}
	return done, errors.Join(failures...)
}

func (r *Rotation) reseal(ctx context.Context, kind SealedKind) (Rotated, error) {
	rotated, key := Rotated{Kind: kind}, r.Ring.Current()
	for after := ""; ; {
		texts, err := r.Store.ListSealedByOthers(ctx, kind, key, after, sealedBatch)
		if err != nil {
			return rotated, fmt.Errorf("list sealed texts: %w", err)
		}
		if len(texts) == 0 {
			rotated.Left, err = r.Store.CountSealedByOthers(ctx, kind, key)
			return rotated, err
		}
		for _, text := range texts {
			if err := r.replace(ctx, kind, text, &rotated); err != nil {
				return rotated, err
			}
		}
		after = texts[len(texts)-1].ID
	}
}

func (r *Rotation) replace(ctx context.Context, kind SealedKind, text SealedText, rotated *Rotated) error {
	plain, err := r.Ring.Open(text.Sealed, text.Place)
	if err != nil {
		rotated.Unreadable = append(rotated.Unreadable, text.ID)
		return nil
	}
	replaced, err := r.Store.ReplaceSealed(ctx, kind, text, r.Ring.Seal(plain, text.Place))
	switch {
	case err != nil:
		return fmt.Errorf("replace a sealed text: %w", err)
	case replaced:
		rotated.Resealed++
	default:
		rotated.Moved++
	}
	return nil
}

// KeyUse is how many texts of a kind need a key.
type KeyUse struct {
	Key   string
	Kind  string
	Texts int
}

// Missing are the uses of keys that are not known, by key.
func Missing(uses []KeyUse, knows func(key string) bool) []KeyUse {
	return slices.DeleteFunc(slices.Clone(uses), func(u KeyUse) bool { return knows(u.Key) })
}

// KeyCheck is what a key of a variable is known again by.
type KeyCheck struct {
	Variable, Key string
	Digest        []byte
}

// Altered are the checks of keys that were another one of the same name when they were kept.
func Altered(kept, shown []KeyCheck) []KeyCheck {
	return slices.DeleteFunc(slices.Clone(shown), func(s KeyCheck) bool {
		return !slices.ContainsFunc(kept, func(k KeyCheck) bool {
			return k.Variable == s.Variable && k.Key == s.Key && !bytes.Equal(k.Digest, s.Digest)
		})
	})
}
