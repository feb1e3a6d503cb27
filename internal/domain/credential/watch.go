package credential

import (
	"context"
	"fmt"
	"slices"
	"time"

	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/value"
)

// WatchStore reads how far the subscriptions are.
type WatchStore interface {
	// ListSubscriptions lists the subscriptions that match, and tells how many there are in
	// all; 0 too when the offset lies beyond them.
	ListSubscriptions(ctx context.Context, query WatchQuery) ([]Watched, int, error)
	// CountSubscriptions counts them by state.
	CountSubscriptions(ctx context.Context) (map[State]int, error)
	// FindSubscription finds that of a town; fault.NotFound, code subscription.unknown.
	FindSubscription(ctx context.Context, siret value.Siret) (Watched, error)
	// ListCalls lists what was asked of the register and of HubEE for a town, newest first.
	ListCalls(ctx context.Context, siret value.Siret, limit int) ([]Call, error)
	// ListStandingsForEditor tells how far towns are with an editor.
	ListStandingsForEditor(ctx context.Context, editor value.Siret, towns []value.Siret) (map[value.Siret]Standing, error)
}

// Watched is a subscription as those who watch over it see it.
type Watched struct {
	Subscription
	Town       string              // its name
	TownForm   directory.FormState // "" for a town that has none yet
	EditorName string              // of who receives the dossiers; "" for the town itself
	Contending Contending
	// Account is where the pair of the receiving editor's software stands; HubAccountNone for
	// nothing known. The pair itself is the editor's alone.
	Account HubAccountState
}

// AccountState is where the pair stands, seen with the subscription; HubAccountNone where no
// software receives the dossiers.
func (w Watched) AccountState() HubAccountState {
	if w.Editor == "" {
		return HubAccountNone
	}
	return HubAccess{Want: w.Want, State: w.State, Account: HubAccount{HubDeposit: HubDeposit{State: w.Account}}}.AccountState()
}

// Contending is the editor of the request that contends.
type Contending struct {
	Siret value.Siret
	Name  string // "" for a request without editor
}

// Settled tells that the subscription is what the portal wants: there is nothing to start
// again.
func (s Subscription) Settled() bool {
	switch s.Want {
	case WantActive:
		return s.State == Active && !s.SuspendedAtHub && s.Failure.IsZero()
	case WantSuspended:
		return s.State == Suspended
	}
	return false
}

// Call is something that was asked of the register or of HubEE.
type Call struct {
	At      time.Time
	Step    string
	Outcome string // CallDone, CallFound, or the code of a failure
	Trace   string // the technical side, nothing personal
}

// The outcomes of calls that went well.
const (
	CallDone  = "done"
	CallFound = "found" // it was there already
)

// Selection narrows a list of subscriptions: to a State, or to one of these.
type Selection string

// The selections that are no state. Each calls for somebody.
const (
	AwaitedTooLong Selection = "en_retard" // active since AwaitingPatience ought it to be, and is awaited
	StoppedByHub   Selection = "suspendu_hubee"
	Contended      Selection = "dispute"
)

// Selections lists the selections that are no state.
var Selections = [...]Selection{AwaitedTooLong, StoppedByHub, Contended}

// AwaitingPatience is how long an activation may be awaited before somebody should ask: at
// HubEE one takes effect in the night that follows (hubee.md §10.1).
const AwaitingPatience = 24 * time.Hour

// WatchOrder sorts a list of subscriptions.
type WatchOrder string

// The orders: what asks for somebody first, by when the present want began, or by name.
const (
	ByUrgency WatchOrder = "etat"
	ByDate    WatchOrder = "date"
	ByName    WatchOrder = "nom"
)

// WatchSearch is what a person asks of the list of subscriptions. What is empty selects all.
type WatchSearch struct {
	Text          string // see habilitation.ReadNamed; a mail names nothing
	Selection     Selection
	Order         WatchOrder
	Descending    bool
	Offset, Limit int
}

// WatchQuery is the search as understood.
type WatchQuery struct {
	habilitation.Named
	Selection     Selection
	Order         WatchOrder
	Descending    bool
	AwaitedSince  time.Time // before it, for AwaitedTooLong
	Offset, Limit int
}

const (
	maxWatched = 100 // bounds a page of the list
	// CallsShown bounds the calls that are told of one town.
	CallsShown = 50
)

// understood is false for a text without letter or digit, which is in no name.
func (s WatchSearch) understood(now time.Time) (WatchQuery, bool) {
	named, mayMatch := habilitation.ReadNamed(s.Text)
	query := WatchQuery{
		Named: named, Order: ByUrgency, Descending: s.Descending, AwaitedSince: now.Add(-AwaitingPatience),
		Offset: max(s.Offset, 0), Limit: min(max(s.Limit, 1), maxWatched),
	}
	if slices.Contains(Selections[:], s.Selection) || slices.Contains(States[:], State(s.Selection)) {
		query.Selection = s.Selection
	}
	if s.Order == ByDate || s.Order == ByName {
		query.Order = s.Order
	}
	return query, mayMatch
}

// Watch tells how far the subscriptions are.
type Watch struct {
	Store WatchStore
	Now   func() time.Time // business time
}

// List lists the subscriptions that match, and tells how many there are in all. A criterion
// that does not exist does not restrict.
func (w *Watch) List(ctx context.Context, search WatchSearch) ([]Watched, int, error) {
	query, mayMatch := search.understood(w.Now())
	if !mayMatch {
		return nil, 0, nil
	}
	found, total, err := w.Store.ListSubscriptions(ctx, query)
	if err != nil {
		return nil, 0, fmt.Errorf("list subscriptions: %w", err)
	}
	return found, total, nil
}

// Counts counts the subscriptions by state.
func (w *Watch) Counts(ctx context.Context) (map[State]int, error) {
	counts, err := w.Store.CountSubscriptions(ctx)
	if err != nil {
		return nil, fmt.Errorf("count subscriptions: %w", err)
	}
	return counts, nil
}

// Find finds the subscription of a town. Code: subscription.unknown (NotFound).
func (w *Watch) Find(ctx context.Context, siret value.Siret) (Watched, error) {
	found, err := w.Store.FindSubscription(ctx, siret)
	if err != nil {
		return Watched{}, fmt.Errorf("find the subscription of %s: %w", siret, err)
	}
	return found, nil
}

// Calls lists what was asked for a town, newest first, at most CallsShown.
func (w *Watch) Calls(ctx context.Context, siret value.Siret) ([]Call, error) {
	calls, err := w.Store.ListCalls(ctx, siret, CallsShown)
	if err != nil {
		return nil, fmt.Errorf("list the calls of %s: %w", siret, err)
	}
	return calls, nil
}

// Standing is how far a town is with an editor: what its editor may know of it, which is no
// identity (PRODUCT.md §1).
type Standing struct {
	Request      habilitation.RequestNumber // 0 for none with this editor
	Habilitation habilitation.Number
	State        habilitation.State
	StateAt      time.Time
	ApprovedAt   time.Time
	Modalities   habilitation.Modalities
	// Subscription is "" where there is none, or where another receives the dossiers.
	Subscription   State
	SuspendedAtHub bool
}

// Standings tells how far towns are with an editor. A town of which there is nothing to say
// is left out.
func (w *Watch) Standings(ctx context.Context, editor value.Siret, towns []value.Siret) (map[value.Siret]Standing, error) {
	if len(towns) == 0 {
		return nil, nil
	}
	found, err := w.Store.ListStandingsForEditor(ctx, editor, towns)
	if err != nil {
		return nil, fmt.Errorf("tell how far the towns of an editor are: %w", err)
	}
	return found, nil
}
