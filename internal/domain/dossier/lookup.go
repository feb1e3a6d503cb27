package dossier

import (
	"context"
	"fmt"
	"time"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/value"
)

// Lookup tells professionals what may be known of dossiers: states and dates, never an
// identity nor a quotient (PRODUCT.md §1).
type Lookup struct {
	Records LookupStore
	Journal audit.Recorder
	Now     func() time.Time // business time
}

// LookupStore reads what may be known.
type LookupStore interface {
	// FindTrace finds a dossier of any collectivity: it is for support alone.
	// fault.NotFound, code dossier.unknown, when it never was or is erased.
	FindTrace(ctx context.Context, reference value.Reference) (Trace, error)
	// CountDossiersForCollectivity counts the dossiers of a collectivity recorded since a
	// time, by state.
	CountDossiersForCollectivity(ctx context.Context, siret value.Siret, since time.Time) (map[State]int, error)
	// ListProgressForEditor lists dossiers of the collectivities that an editor equips, those
	// recorded since a time, the one whose state is oldest first.
	ListProgressForEditor(ctx context.Context, editor value.Siret, query ProgressQuery, recorded time.Time) ([]Progress, error)
	// FindProgressForEditor finds one of them. fault.NotFound, code dossier.unknown.
	FindProgressForEditor(ctx context.Context, editor value.Siret, reference value.Reference, recorded time.Time) (Progress, error)
}

// Trace is what support learns of a dossier: its status, and what was done with it.
type Trace struct {
	Status
	Editor   string // whose software receives it; "" without editor
	FolderID string // at HubEE; "" while there is none
	// IntegrationErrorAt is when the town's software said that it could not take the
	// dossier in; zero when it did not.
	IntegrationErrorAt time.Time
	Lines              []TraceLine // in order
}

// TraceLine is one thing that was done.
type TraceLine struct {
	At   time.Time
	Kind TraceKind
	// Status is what HubEE said, in its own words, of a TraceStatus; "" else.
	Status string
}

// TraceKind is what was done, as the trace of the database names it.
type TraceKind string

// The kinds of lines.
const (
	TraceRecorded      TraceKind = "recorded"
	TracePrepared      TraceKind = "prepared"       // the files are made
	TraceFolderCreated TraceKind = "folder_created" // at HubEE
	TraceFolderGone    TraceKind = "folder_gone"    // from HubEE: another is made
	TraceTransmitted   TraceKind = "transmitted"
	TraceStatus        TraceKind = "status" // HubEE told one
	TraceQuarantined   TraceKind = "quarantined"
	TraceResumed       TraceKind = "resumed" // from the quarantine, by staff
	TraceFailed        TraceKind = "failed"
)

// TraceKinds lists every kind.
var TraceKinds = [...]TraceKind{
	TraceRecorded, TracePrepared, TraceFolderCreated, TraceFolderGone, TraceTransmitted,
	TraceStatus, TraceQuarantined, TraceResumed, TraceFailed,
}

// Find looks a dossier up for support. « Lookups are recorded by themselves » (PRODUCT.md
// 3.8): what cannot be journalled is not told. Code: dossier.unknown.
func (l *Lookup) Find(ctx context.Context, actor account.Actor, reference value.Reference) (Trace, error) {
	trace, err := l.Records.FindTrace(ctx, reference)
	if err != nil {
		return Trace{}, fmt.Errorf("find trace: %w", err)
	}
	err = l.Journal.Record(ctx, audit.Event{
		At: l.Now(), Author: actor.Author(), Act: audit.DossierLookedUp, RequestID: actor.RequestID,
		Object:       audit.Object{Kind: "dossier", ID: reference.String(), Display: reference.Display()},
		Organisation: trace.Collectivity.Siret.String(),
	})
	if err != nil {
		return Trace{}, fmt.Errorf("journal a lookup: %w", err)
	}
	return trace, nil
}

// Counts counts the dossiers of a collectivity that are kept, by state.
func (l *Lookup) Counts(ctx context.Context, siret value.Siret) (map[State]int, error) {
	counts, err := l.Records.CountDossiersForCollectivity(ctx, siret, l.Now().Add(-Retention))
	if err != nil {
		return nil, fmt.Errorf("count dossiers: %w", err)
	}
	return counts, nil
}
