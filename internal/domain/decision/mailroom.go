package decision

import (
	"context"
	"fmt"
	"slices"

	"portail-qf/internal/domain/habilitation"
)

// MailroomStore reads what DataPass sent.
type MailroomStore interface {
	// ListReceived lists the events that match, those in quarantine first, and tells how many
	// there are in all; 0 too when the offset lies beyond them.
	ListReceived(ctx context.Context, query ReceivedQuery) ([]Received, int, error)
	// FindReceived finds an event; fault.NotFound, code datapass.unknown.
	FindReceived(ctx context.Context, id int64) (Received, error)
}

// Events are those that DataPass tells of (datapass.md §5.6), for whoever chooses among
// them, in the order in which a request meets them.
var Events = [...]string{
	"create", "create_by_api", "update", "update_by_api", "submit", "request_changes", "approve", "refuse", "reopen", "cancel_reopening",
	"transfer", "revoke", "archive", "test",
}

// ReceivedSearch is what a person asks of the list of events. What is empty selects all.
type ReceivedSearch struct {
	Text          string // the number of a request; anything else is found nowhere
	State         InboxState
	Event         string
	Descending    bool // newest first
	Offset, Limit int
}

// ReceivedQuery is the search as understood.
type ReceivedQuery struct {
	Request       habilitation.RequestNumber
	State         InboxState
	Event         string
	Descending    bool
	Offset, Limit int
}

// maxReceived bounds a page of the list.
const maxReceived = 100

// Mailroom tells what DataPass sent and what became of it.
type Mailroom struct{ Store MailroomStore }

// List lists the events that match, those in quarantine first, and tells how many there are
// in all. A state or an event that does not exist does not restrict.
func (m *Mailroom) List(ctx context.Context, search ReceivedSearch) ([]Received, int, error) {
	query := ReceivedQuery{
		Descending: search.Descending, Offset: max(search.Offset, 0), Limit: min(max(search.Limit, 1), maxReceived),
	}
	if slices.Contains(InboxStates[:], search.State) {
		query.State = search.State
	}
	if slices.Contains(Events[:], search.Event) {
		query.Event = search.Event
	}
	named, mayMatch := habilitation.ReadNamed(search.Text)
	if !mayMatch || !named.IsZero() && named.Request == 0 {
		return nil, 0, nil
	}
	query.Request = named.Request
	found, total, err := m.Store.ListReceived(ctx, query)
	if err != nil {
		return nil, 0, fmt.Errorf("list the events of DataPass: %w", err)
	}
	return found, total, nil
}

// Find finds an event. Code: datapass.unknown (NotFound).
func (m *Mailroom) Find(ctx context.Context, id int64) (Received, error) {
	received, err := m.Store.FindReceived(ctx, id)
	if err != nil {
		return Received{}, fmt.Errorf("find event %d of DataPass: %w", id, err)
	}
	return received, nil
}

// CanReplay tells whether an event may be applied again: Inbox.Replay refuses any other.
func (r Received) CanReplay() bool { return r.State == Quarantined && !r.Erased }
