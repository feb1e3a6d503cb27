package credential

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"portail-qf/internal/domain/value"
)

// Use is how often a token had an outcome in a day, and when last.
type Use struct {
	TokenID string
	Day     string // in Paris: "2026-11-26"
	Outcome string // status of the answer, and the code of a refusal: "200", "401 00103"
	Count   int64
	First   time.Time
	Last    time.Time
	// Accepted: the token opened (Gate.Admit), whatever was answered then: the data, a family
	// that nobody knows, wrong parameters, data that it does not open, a provider that is down,
	// nothing to a caller who left. It counts as a use of the token: a software has it, which
	// stops working when the token does. What does not is a call that the token itself had
	// refused: one that was closed or had expired, or that came too often.
	Accepted bool
}

// Served tells that the data were given.
func (u Use) Served() bool { return u.Outcome == outcomeServed }

const outcomeServed = "200"

// TallyStore keeps the counts.
type TallyStore interface {
	// AddUses adds to the counts, and moves the first and the last use of the tokens, and when
	// they first gave data.
	AddUses(ctx context.Context, uses []Use) error
}

// Tally counts calls, and writes the counts down now and then: a call waits for no write.
// What an instance counted since it last wrote is lost when it is killed. It is safe for
// concurrent use.
type Tally struct {
	Store TallyStore

	mu     sync.Mutex
	counts map[tallied]*Use
	day    day // of the last call
	// known are the tokens of which a use was written already, fresh what is counted of others.
	known map[string]struct{}
	fresh []tallied
}

// maxKnown bounds what a Tally knows: more than all the towns of France have.
const maxKnown = 100_000

// day is a day in Paris, as the table writes it.
type day struct {
	from, to time.Time
	name     string
}

// dayOf is the day of an instant in Paris, as the table writes it.
func dayOf(at time.Time) string { return value.InParis(at).Format(time.DateOnly) }

// dayOf is the same: for most calls that of the call before.
func (t *Tally) dayOf(at time.Time) string {
	if t.day.name == "" || at.Before(t.day.from) || !at.Before(t.day.to) {
		year, month, number := value.InParis(at).Date()
		t.day = day{value.DayBegins(year, month, number), value.DayBegins(year, month, number+1), dayOf(at)}
	}
	return t.day.name
}

type tallied struct{ token, day, outcome string }

// Note counts a call of a token.
func (t *Tally) Note(tokenID, outcome string, accepted bool, at time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	key := tallied{tokenID, t.dayOf(at), outcome}
	if t.counts == nil {
		t.counts = map[tallied]*Use{}
	}
	use, counted := t.counts[key]
	if !counted {
		use = &Use{TokenID: tokenID, Day: key.day, Outcome: outcome, First: at, Accepted: accepted}
		t.counts[key] = use
		if _, known := t.known[tokenID]; accepted && !known {
			t.fresh = append(t.fresh, key)
		}
	}
	use.Count, use.Last = use.Count+1, at
}

// Write writes the counts down. What could not be written is counted still.
func (t *Tally) Write(ctx context.Context) error {
	return t.write(ctx, func() []tallied { return slices.Collect(maps.Keys(t.counts)) })
}

// WriteFirst does so for the uses of tokens of which none was written here yet: that a token is
// used at all is known at once, and one that is used again and again costs no more writes.
func (t *Tally) WriteFirst(ctx context.Context) error {
	return t.write(ctx, func() []tallied { return t.fresh })
}

// WriteOf does so for the calls of a token, before somebody reads of them.
func (t *Tally) WriteOf(ctx context.Context, tokenID string) error {
	return t.write(ctx, func() (of []tallied) {
		for key := range t.counts {
			if key.token == tokenID {
				of = append(of, key)
			}
		}
		return of
	})
}

// take takes the counts that are chosen.
func (t *Tally) take(chosen func() []tallied) map[tallied]*Use {
	taken := map[tallied]*Use{}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, key := range chosen() {
		use, counted := t.counts[key]
		if !counted {
			continue
		}
		taken[key] = use
		delete(t.counts, key)
		if use.Accepted {
			if t.known == nil || len(t.known) >= maxKnown {
				t.known = map[string]struct{}{}
			}
			t.known[key.token] = struct{}{}
		}
	}
	t.fresh = slices.DeleteFunc(t.fresh, func(key tallied) bool { _, waits := t.counts[key]; return !waits })
	return taken
}

func (t *Tally) write(ctx context.Context, chosen func() []tallied) error {
	taken := t.take(chosen)
	if len(taken) == 0 {
		return nil
	}
	uses := make([]Use, 0, len(taken))
	for _, use := range taken {
		uses = append(uses, *use)
	}
	slices.SortFunc(uses, func(a, b Use) int { // two instances take the rows in one order
		return cmp.Or(cmp.Compare(a.TokenID, b.TokenID), cmp.Compare(a.Day, b.Day), cmp.Compare(a.Outcome, b.Outcome))
	})
	if err := t.Store.AddUses(ctx, uses); err != nil {
		t.giveBack(taken)
		return fmt.Errorf("write the uses of tokens: %w", err)
	}
	return nil
}

func (t *Tally) giveBack(taken map[tallied]*Use) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for key, use := range t.counts {
		if earlier, known := taken[key]; known {
			use.Count, use.First = use.Count+earlier.Count, earlier.First
		}
		taken[key] = use
	}
	t.counts = taken
}
