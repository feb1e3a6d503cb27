package dossier

import (
	"context"
	"errors"
	"fmt"
	"time"

	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/failpoint"
)

// notificationPage is how many notifications are read at once, and reconcileBatch how many
// cases one run looks at.
const (
	notificationPage = 100
	notificationRuns = 200 // pages of one run, should HubEE list the same ones for ever
	reconcileBatch   = 500
	// reconcileAfter is how long a transmitted dossier goes without news before its case is
	// read: a town that changes a case without an event tells nobody (hubee.md §0.7).
	reconcileAfter = 24 * time.Hour
)

// FollowUp moves the state of dossiers once HubEE has them, and tells it.
type FollowUp struct {
	Hub     Correspondence
	Records FollowUpStore
	Now     func() time.Time // business time
}

// FollowUpStore keeps what becomes of transmitted dossiers.
type FollowUpStore interface {
	// FindStatus finds what may be told of a dossier; fault.NotFound, code
	// dossier.unknown, when it never was or is erased.
	FindStatus(ctx context.Context, reference value.Reference) (Status, error)
	// RecordStatus applies a status of HubEE to the dossier of a case, once per event,
	// never backwards, and orders the closing of a case that became final, in one
	// transaction. Known is false when no dossier has this case.
	RecordStatus(ctx context.Context, change StatusChange) (known bool, err error)
	// ListSilent lists transmitted dossiers without news since a time, oldest first, and
	// notes that they were looked at.
	ListSilent(ctx context.Context, since, now time.Time, limit int) ([]Tracked, error)
	// FindTracked finds the HubEE ids of a dossier; fault.NotFound once purged.
	FindTracked(ctx context.Context, id int64) (Tracked, error)
	// Purge erases dossiers beyond their retention and payloads beyond their limit, and
	// returns how many of each.
	Purge(ctx context.Context, retained, deliverable, now time.Time) (PurgeCount, error)
}

// StatusChange is a status that HubEE reports for a case.
type StatusChange struct {
	CaseID  string
	EventID string // "" when the case itself was read
	Status  string
	At      time.Time
}

// Tracked is a dossier seen from HubEE.
type Tracked struct {
	ID               int64
	FolderID, CaseID string
	State            State
}

// PurgeCount counts what a purge erased.
type PurgeCount struct{ Dossiers, Payloads, Attempts, Sessions, Orders, Runs int }

// Status is all that anyone may learn from a reference.
type Status struct {
	Reference     value.Reference
	State         State
	RecordedAt    time.Time
	TransmittedAt time.Time // zero until then, like the following
	ReceivedAt    time.Time
	StateAt       time.Time
	Collectivity  directory.Collectivity
}

// NotFetched reports whether the town left a transmitted dossier at HubEE for more than
// two days (PRODUCT.md 3.8).
func (s Status) NotFetched(now time.Time) bool {
	return s.State == Transmitted && now.Sub(s.TransmittedAt) > FetchDelay
}

// Held reports whether the dossier waits for the form of its town to open again: until then
// Deliver takes it nowhere.
func (s Status) Held() bool {
	return s.State == Recorded && s.Collectivity.Form != directory.FormOpen
}

// Status finds what may be told of a dossier to anyone who has its reference.
func (f *FollowUp) Status(ctx context.Context, reference value.Reference) (Status, error) {
	status, err := f.Records.FindStatus(ctx, reference)
	if err != nil {
		return Status{}, fmt.Errorf("find status: %w", err)
	}
	return status, nil
}

// ReadNotifications empties HubEE's queue into our states and returns how many
// notifications were dealt with. One that cannot be dealt with stays in the queue and does
// not hold up the others; a page without progress ends the run (hubee.md §7).
func (f *FollowUp) ReadNotifications(ctx context.Context) (int, error) {
	done := 0
	var failures []error
	for range notificationRuns {
		page, err := f.Hub.Notifications(ctx, notificationPage)
		if err != nil {
			return done, errors.Join(append(failures, fmt.Errorf("read notifications: %w", err))...)
		}
		progress := 0
		failures = failures[:0]
		for _, n := range page {
			if err := f.receive(ctx, n); err != nil {
				failures = append(failures, fmt.Errorf("notification %s: %w", n.ID, err))
				continue
			}
			progress++
		}
		done += progress
		if progress == 0 || len(page) < notificationPage {
			break
		}
	}
	return done, errors.Join(failures...)
}

// receive deals with one notification: our state first, then HubEE's acknowledgement, so
// that nothing is lost in between.
func (f *FollowUp) receive(ctx context.Context, n Notification) error {
	// Without an event it announces a new case, and one already received is the receipt of
	// an event of ours: nothing to learn from either.
	if n.EventID == "" || n.EventStatus == "RECEIVED" {
		return f.Hub.Discard(ctx, n.ID)
	}
	event, err := f.Hub.Event(ctx, n.CaseID, n.EventID)
	if fault.Is(err, "hubee.event_missing") {
		return f.Hub.Discard(ctx, n.ID)
	}
	if err != nil {
		return fmt.Errorf("read event: %w", err)
	}
	if event.Status != "RECEIVED" {
		if event.NewStatus != "" {
			if _, err := f.Records.RecordStatus(ctx, StatusChange{CaseID: n.CaseID, EventID: event.ID, Status: event.NewStatus, At: f.Now()}); err != nil {
				return fmt.Errorf("record status: %w", err)
			}
		}
		if err := f.Hub.Acknowledge(ctx, n.CaseID, n.EventID); err != nil {
			return fmt.Errorf("acknowledge event: %w", err)
		}
		failpoint.Hit("follow up: event acknowledged")
	}
	return f.Hub.Discard(ctx, n.ID)
}

// Reconcile reads the case of transmitted dossiers without news and returns how many it
// read. A case that cannot be read does not hold up the others.
func (f *FollowUp) Reconcile(ctx context.Context) (int, error) {
	now := f.Now()
	silent, err := f.Records.ListSilent(ctx, now.Add(-reconcileAfter), now, reconcileBatch)
	if err != nil {
		return 0, fmt.Errorf("list silent dossiers: %w", err)
	}
	read := 0
	var failures []error
	for _, tracked := range silent {
		status, err := f.Hub.CaseStatus(ctx, tracked.CaseID)
		if err == nil {
			_, err = f.Records.RecordStatus(ctx, StatusChange{CaseID: tracked.CaseID, Status: status, At: now})
		}
		if err != nil && !fault.Is(err, "hubee.case_missing") {
			failures = append(failures, fmt.Errorf("case %s: %w", tracked.CaseID, err))
			continue
		}
		read++
	}
	return read, errors.Join(failures...)
}

// Close ends at HubEE a case that the town has dealt with.
func (f *FollowUp) Close(ctx context.Context, id int64) error {
	tracked, err := f.Records.FindTracked(ctx, id)
	if fault.KindOf(err) == fault.NotFound {
		return nil
	}
	if err != nil {
		return fmt.Errorf("find dossier: %w", err)
	}
	err = f.Hub.Close(ctx, tracked.FolderID, tracked.CaseID, statusOfFinal(tracked.State))
	if fault.Is(err, "hubee.case_missing") || fault.Is(err, "hubee.folder_missing") {
		return nil // HubEE purged it: closed enough
	}
	return err
}

// Purge erases what may no longer be kept (PRODUCT.md §6).
func (f *FollowUp) Purge(ctx context.Context) (PurgeCount, error) {
	now := f.Now()
	count, err := f.Records.Purge(ctx, now.Add(-Retention), now.Add(-DeliveryLimit), now)
	if err != nil {
		return PurgeCount{}, fmt.Errorf("purge: %w", err)
	}
	return count, nil
}
