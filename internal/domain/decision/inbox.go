package decision

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"time"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/editor"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/failpoint"
)

// InboxState is what became of an event of DataPass.
type InboxState string

// The states, as the database's CHECK lists them.
const (
	Applied     InboxState = "appliquee"
	WithoutUse  InboxState = "sans_effet" // late, a repetition, or not our affair: Reason says
	Quarantined InboxState = "quarantaine"
	Trial       InboxState = "essai" // DataPass's test button
)

// InboxStates lists every state, what asks for somebody first.
var InboxStates = [...]InboxState{Quarantined, Applied, WithoutUse, Trial}

// Received is an event as it is kept. What it said is sealed, and not here.
type Received struct {
	ID         int64
	Event      string // "approve"; "" when it could not be read
	ModelType  string // "authorization_request/api_particulier"
	Request    habilitation.RequestNumber
	FiredAt    time.Time // DataPass's clock
	ReceivedAt time.Time
	LastAt     time.Time // of its last arrival
	Arrivals   int
	State      InboxState
	Reason     string // code of a sentence; "" for none
	AppliedAt  time.Time
	Erased     bool // what it said is gone: it cannot be played again
}

// IsApproval tells an approval from the other events.
func (r Received) IsApproval() bool { return r.Event == eventApprove }

// Inbox takes what DataPass sends.
type Inbox struct {
	Store   Store
	Events  InboxStore
	Editors editor.Finder
	// Organisations names an editor that nobody declared.
	Organisations account.Organisations
	Vault         Vault
	Mint          *credential.Mint // of the tokens that approvals issue
	Now           func() time.Time // business time
	Wall          func() time.Time // real time, which DataPass's clock follows
	// Observe, when set, is told what became of each event that arrived.
	Observe func(state InboxState)
}

// Vault seals what an event said, until it is of no use any more.
type Vault interface {
	notice.Sealer
	notice.Opener
}

// How long what an event said is kept, in business time: an event that was applied is in the
// habilitation, and one in quarantine waits for somebody.
const (
	AppliedLife     = 30 * 24 * time.Hour
	QuarantinedLife = 180 * 24 * time.Hour
	// UnapprovedLife is how long the portal remembers who made a request that DataPass told of
	// and never approved (PRODUCT.md 6, drafts).
	UnapprovedLife = 180 * 24 * time.Hour
)

// A decision is made anew, a little later each time, when something moved meanwhile: another
// decision, or the saga, which moves the subscription a few times in a row.
const (
	conflictsLived = 12
	conflictPause  = 5 * time.Millisecond
)

// Receive keeps an event, whose signature was verified, and applies it. The error is one of
// ours (the database is away): nothing is kept, and DataPass sends the event again.
func (i *Inbox) Receive(ctx context.Context, body []byte) (Received, error) {
	digest := sha256.Sum256(body)
	received, err := i.receive(ctx, digest, body)
	if err == nil && i.Observe != nil {
		i.Observe(received.State)
	}
	return received, err
}

func (i *Inbox) receive(ctx context.Context, digest [32]byte, body []byte) (Received, error) {
	return again(func() (Received, error) {
		kept, err := i.Events.FindReceived(ctx, digest)
		switch {
		case err == nil && kept.State != Quarantined:
			return kept, i.arrived(ctx, kept)
		case err != nil && fault.KindOf(err) != fault.NotFound:
			return Received{}, fmt.Errorf("find event: %w", err)
		case err == nil: // what was missing then may be known now
			if err := i.arrived(ctx, kept); err != nil {
				return Received{}, err
			}
		}
		now := i.Now()
		if kept.ID == 0 {
			kept = Received{ReceivedAt: now, LastAt: now, Arrivals: 1}
		}
		return i.apply(ctx, Kept{Received: kept, Digest: digest, Content: i.Vault.Seal(body, PlaceOf(digest))}, body)
	})
}

func (i *Inbox) arrived(ctx context.Context, kept Received) error {
	if err := i.Events.RecordArrival(ctx, kept.ID, i.Now()); err != nil {
		return fmt.Errorf("record arrival: %w", err)
	}
	return nil
}

// again makes a decision anew when somebody decided meanwhile.
func again(decide func() (Received, error)) (received Received, err error) {
	for attempt := range conflictsLived {
		received, err = decide()
		if !fault.Is(err, "habilitation.moved") && !fault.Is(err, "datapass.moved") {
			return received, err
		}
		time.Sleep(time.Duration(attempt) * conflictPause)
	}
	return Received{}, fault.Because(fault.Unavailable, "datapass.busy", err)
}

// PlaceOf binds what DataPass sent to its digest.
func PlaceOf(digest [32]byte) string { return "datapass event " + hex.EncodeToString(digest[:]) }

// Replay applies again an event that could not be used. Codes: datapass.unknown (NotFound),
// datapass.not_quarantined, datapass.erased (Conflict). An event that still cannot be used
// is returned in quarantine, with the reason of now.
func (i *Inbox) Replay(ctx context.Context, by account.Actor, id int64) (Received, error) {
	return again(func() (Received, error) {
		kept, err := i.Events.FindKept(ctx, id)
		switch {
		case err != nil:
			return Received{}, fmt.Errorf("find event: %w", err)
		case kept.State != Quarantined:
			return kept.Received, fault.New(fault.Conflict, "datapass.not_quarantined")
		case kept.Content == nil:
			return kept.Received, fault.New(fault.Conflict, "datapass.erased")
		}
		body, err := i.Vault.Open(kept.Content, PlaceOf(kept.Digest))
		if err != nil {
			return Received{}, fmt.Errorf("open event: %w", err)
		}
		kept.Events = []audit.Event{inboxEvent(kept.Received, by, audit.DatapassReplayed, i.Now())}
		return i.apply(ctx, kept, body)
	})
}

// Dismiss takes an event that cannot be used out of the quarantine, for good. Codes:
// datapass.unknown (NotFound), datapass.not_quarantined (Conflict).
func (i *Inbox) Dismiss(ctx context.Context, by account.Actor, id int64) error {
	kept, err := i.Events.FindKept(ctx, id)
	switch {
	case err != nil:
		return fmt.Errorf("find event: %w", err)
	case kept.State != Quarantined:
		return fault.New(fault.Conflict, "datapass.not_quarantined")
	}
	kept.State, kept.Reason = WithoutUse, "datapass.dismissed"
	kept.Events = []audit.Event{inboxEvent(kept.Received, by, audit.DatapassDismissed, i.Now())}
	_, err = i.Events.RecordReceived(ctx, kept)
	if fault.Is(err, "datapass.moved") {
		return fault.New(fault.Conflict, "datapass.not_quarantined")
	}
	return err
}

// inboxEvent is a line of the journal about an event of DataPass.
func inboxEvent(r Received, by account.Actor, act audit.Act, at time.Time) audit.Event {
	id := strconv.FormatInt(r.ID, 10)
	return audit.Event{
		At: at, Author: by.Author(), Act: act, RequestID: by.RequestID, Detail: r.Event,
		Object: audit.Object{Kind: "datapass", ID: id, Display: "DataPass " + id},
	}
}

// apply decides what becomes of an event and records it, whole.
func (i *Inbox) apply(ctx context.Context, kept Kept, body []byte) (Received, error) {
	event, err := ReadEvent(body)
	kept.Event, kept.ModelType, kept.Request, kept.FiredAt = event.Name, event.Model, event.Request, event.Moment()
	kept.Reason, kept.AppliedAt = "", i.Now()
	switch {
	case fault.KindOf(err) == fault.Invalid:
		kept.quarantine(fault.CodeOf(err))
	case i.isOfTheFuture(event):
		kept.quarantine("datapass.future")
	case err != nil:
		return Received{}, err
	case event.Trial:
		kept.State, kept.Event = Trial, "test"
	case !event.ours():
		kept.State, kept.Reason, kept.Content = WithoutUse, "datapass.foreign_model", nil // not ours to keep
	default:
		if err := i.decide(ctx, &kept, event); err != nil {
			return Received{}, err
		}
	}
	failpoint.Hit("datapass: decided, not recorded")
	if kept.ID, err = i.Events.RecordReceived(ctx, kept); err != nil {
		return Received{}, fmt.Errorf("record event: %w", err)
	}
	failpoint.Hit("datapass: recorded, not answered")
	return kept.Received, nil
}

// quarantine sets an event aside, with the reason.
func (k *Kept) quarantine(code string) {
	k.State, k.Reason, k.AppliedAt = Quarantined, code, time.Time{}
}

// clockDrift is how far DataPass's clock may be ahead of ours. An event of later would come
// before every other one for ever: nothing could be revoked any more.
const clockDrift = 24 * time.Hour

func (i *Inbox) isOfTheFuture(e Event) bool {
	now := i.Now()
	if wall := i.Wall(); wall.After(now) { // a demo's clock may be set back
		now = wall
	}
	return e.Moment().After(now.Add(clockDrift))
}

// decide fills in the outcome of an event of ours.
func (i *Inbox) decide(ctx context.Context, kept *Kept, event Event) error {
	kept.State = WithoutUse
	repeated, err := i.Events.HasApplied(ctx, event)
	if err != nil {
		return fmt.Errorf("look for the event: %w", err)
	}
	if repeated {
		kept.Reason = "datapass.repeated"
		return nil
	}
	file, err := i.fileOf(ctx, event)
	if err != nil {
		return fmt.Errorf("find request: %w", err)
	}
	if file.Request.Number == 0 && event.Siret == "" { // a revocation of what nobody knows here
		kept.quarantine("datapass.siret_invalid")
		return nil
	}
	if file.revives(event) {
		kept.quarantine("datapass.revoked")
		return nil
	}
	of, err := i.editorOf(ctx, event)
	if fault.Is(err, "datapass.editor_invalid") {
		kept.quarantine(fault.CodeOf(err))
		return nil
	}
	if err != nil {
		return err
	}
	var next habilitation.Number
	if event.Name == eventApprove {
		if next, err = i.Store.NextHabilitation(ctx); err != nil {
			return fmt.Errorf("draw the number of a habilitation: %w", err)
		}
	}
	outcome, err := DecideEvent(file, event, of, next, Moment{At: kept.AppliedAt, Author: audit.Datapass, Sealer: i.Vault, Mint: i.Mint})
	switch {
	case err != nil:
		return fmt.Errorf("decide %s: %w", event.Name, err)
	case outcome == nil && file.revokedHere():
		kept.Reason = "datapass.revoked_here"
		return nil
	case outcome == nil && file.takenOver() && event.Name == eventApprove:
		kept.quarantine("datapass.taken_over")
		return nil
	case outcome == nil && file.takenOver():
		kept.Reason = "datapass.taken_over"
		return nil
	case outcome == nil && event.Name == eventRevoke && file.Track.Decided.Rank == ranks[eventApprove]:
		kept.quarantine("datapass.revoked_before")
		return nil
	case outcome == nil:
		kept.Reason = "datapass.late"
		return nil
	}
	kept.State, kept.Outcome = Applied, outcome
	return nil
}

// fileOf reads the file of the town that an event is about: an approval names the one that
// is granted, the others are about the one that was.
func (i *Inbox) fileOf(ctx context.Context, event Event) (File, error) {
	if event.Name != eventApprove {
		if file, err := i.Store.FindFile(ctx, event.Request, ""); err != nil || file.Request.Number != 0 {
			return file, err
		}
	}
	return i.Store.FindFile(ctx, event.Request, event.Siret)
}

// editorOf finds whose form was used: the editor that declared it, else the one that
// DataPass names, known or not (SETTLED.md, rules).
func (i *Inbox) editorOf(ctx context.Context, event Event) (editor.Editor, error) {
	if event.FormUID != "" {
		found, err := i.Editors.FindEditorByForm(ctx, event.FormUID)
		if err == nil || fault.KindOf(err) != fault.NotFound {
			return found, err
		}
	}
	if !event.Provider.Known {
		if event.Provider.IsEditor && event.Name == eventApprove { // without it the town would be told that it has none
			return editor.Editor{}, invalid("datapass.editor_invalid")
		}
		return editor.Editor{}, nil
	}
	found, err := i.Editors.FindEditor(ctx, event.Provider.Siret)
	if fault.KindOf(err) == fault.NotFound {
		return editor.Editor{Siret: event.Provider.Siret, Name: i.nameOf(ctx, event.Provider)}, nil
	}
	return found, err
}

// nameOf is what an editor is called until it is declared: as the register has it, else as
// DataPass does. That nobody answers must not hold an approval back.
func (i *Inbox) nameOf(ctx context.Context, p Provider) string {
	if known, err := i.Organisations.Know(ctx, p.Siret); err == nil && known.Name != "" {
		return known.Name
	}
	if p.ID != "" {
		return line(p.ID, nameLimit)
	}
	return p.Siret.Display()
}

// Purge erases what events said once it is of no use, and who made requests that came to
// nothing.
func (i *Inbox) Purge(ctx context.Context) (contents, requesters int, err error) {
	now := i.Now()
	if contents, err = i.Events.EraseContents(ctx, now.Add(-AppliedLife), now.Add(-QuarantinedLife)); err != nil {
		return 0, 0, fmt.Errorf("erase events: %w", err)
	}
	if requesters, err = i.Events.ForgetRequesters(ctx, now.Add(-UnapprovedLife)); err != nil {
		return contents, 0, fmt.Errorf("forget requesters: %w", err)
	}
	return contents, requesters, nil
}
