package audit

import (
	"context"
	"fmt"
	"time"
)

// RetentionYears is how long an event is kept (PRODUCT.md §6): as long as whoever did it,
// or suffered from it, may be taken to court or go there (Code civil, article 2224). The
// schema refuses to erase sooner (purge_journal), by the database's own clock.
const RetentionYears = 5

// Recorder writes events that belong to the transaction of no store.
type Recorder interface {
	Record(ctx context.Context, event Event) error
	// RecordOnce writes an event unless its author did the same to the same object within
	// that time before: whoever knocks a thousand times on a closed door fills one line.
	RecordOnce(ctx context.Context, event Event, within time.Duration) error
}

// Store reads and keeps the journal.
type Store interface {
	// SearchEvents finds at most SearchLimit events, and gives the part that was asked for;
	// beyond their end, an empty page.
	SearchEvents(ctx context.Context, search Search, offset, limit int) (Page, error)
	// SealBatch closes the next batch and returns its seal. False when nothing waits.
	SealBatch(ctx context.Context) (Seal, bool, error)
	// PurgeEvents erases the batches whose events are all from before; the database keeps
	// those that it holds to be too young.
	PurgeEvents(ctx context.Context, before time.Time) (PurgeCount, error)
	// ReadChain hands over the whole journal as it is at one moment.
	ReadChain(ctx context.Context, read func(chain Chain) error) error
}

// PurgeCount is what a purge of the journal erased.
type PurgeCount struct{ Batches, Events int }

// Journal is read by those who watch over the portal, sealed and purged by jobs.
type Journal struct {
	Store Store
	Now   func() time.Time // business time
}

// Search finds events, newest first.
func (j *Journal) Search(ctx context.Context, search Search, offset, limit int) (Page, error) {
	return j.Store.SearchEvents(ctx, search.typed(), offset, limit)
}

// Seal closes batches until nothing waits, and reports the end of the chain for the log,
// which keeps it elsewhere than the database: ParseAnchor reads it there.
func (j *Journal) Seal(ctx context.Context) (report string, err error) {
	var batches, events int
	var end Anchor
	for {
		seal, sealed, err := j.Store.SealBatch(ctx)
		if err == nil && sealed {
			batches, events, end = batches+1, events+seal.Events, seal.anchor()
			continue
		}
		report := fmt.Sprintf("sealed: %d batches, %d events", batches, events)
		if batches > 0 {
			report += ", up to " + end.String()
		}
		return report, err
	}
}

// Verify follows the whole chain and names its first broken link. known are ends of the
// chain as the log kept them.
func (j *Journal) Verify(ctx context.Context, known ...Anchor) (verdict Verdict, err error) {
	err = j.Store.ReadChain(ctx, func(chain Chain) error {
		verdict, err = Verify(chain, j.Now(), known...)
		return err
	})
	return verdict, err
}

// Purge erases the events that have passed the retention, by whole batches.
func (j *Journal) Purge(ctx context.Context) (PurgeCount, error) {
	return j.Store.PurgeEvents(ctx, j.Now().AddDate(-RetentionYears, 0, 0))
}
