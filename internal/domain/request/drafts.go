package request

import (
	"context"
	"errors"
	"fmt"
	"time"

	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/value"
)

// How long a draft is kept without edit, and how many days before its erasure its holder is
// told (PRODUCT.md 6; users-reliability-security.md D.2).
const draftMonths = 6

var draftStages = [...]int{30, 7}

// DraftStore keeps the drafts that nobody writes in any more.
type DraftStore interface {
	// ListIdle lists the drafts that were not written in since a time, oldest first, then by
	// number; those that come after another one, the zero Idle for all of them.
	ListIdle(ctx context.Context, editedBefore time.Time, after Idle, limit int) ([]Idle, error)
	// RecordWarned keeps that the holder of a draft was told, with the mail. It does nothing
	// when somebody wrote in it meanwhile.
	RecordWarned(ctx context.Context, idle Idle, letters []notice.Letter, at time.Time) error
	// EraseDraft erases what a draft says, its documents and its holder; the request is
	// archived. It does nothing, and tells so, when somebody wrote in it meanwhile.
	EraseDraft(ctx context.Context, idle Idle, event audit.Event) (bool, error)
	// EraseWithdrawn erases what the requests said that were never approved, and whose last
	// move is older than a time: withdrawn or refused.
	EraseWithdrawn(ctx context.Context, movedBefore time.Time) (int, error)
	// EraseOrphans erases the files that no answer, deposit nor habilitation names, added
	// before a time.
	EraseOrphans(ctx context.Context, addedBefore time.Time) (int, error)
}

// Idle is a draft in which nobody writes.
type Idle struct {
	Number       habilitation.RequestNumber
	Siret        value.Siret
	Organisation string
	Software     string
	Mail         string // of its holder; "" where nobody is known
	EditedAt     time.Time
	WarnedStage  int       // days of notice of the last warning; 0 for none
	WarnedAt     time.Time // zero for none
}

// Drafts warns the holders of drafts, then erases them.
type Drafts struct {
	Store  DraftStore
	Sealer notice.Sealer
	Now    func() time.Time // business time
}

const idleBatch = 500

// erasedOn is when a draft is erased, at the earliest: the last notice of the stages must have
// been given, and its days have passed, however long the job did not run.
func (i Idle) erasedOn(now time.Time) time.Time {
	due := value.MomentOf(i.EditedAt)
	day := value.DayBegins(due.Year, time.Month(due.Month+draftMonths), due.Day)
	last := draftStages[len(draftStages)-1]
	if i.Mail == "" { // nobody to tell
		return day
	}
	told := now
	if i.WarnedStage == last {
		told = i.WarnedAt
	}
	if earliest := told.AddDate(0, 0, last); day.Before(earliest) {
		return earliest
	}
	return day
}

// stage is the notice that is due, in days; 0 for none. Of several that are, the most urgent.
func (i Idle) stage(now time.Time) int {
	due, found := i.erasedOn(now), 0
	for _, days := range draftStages {
		if !now.Before(due.AddDate(0, 0, -days)) && (i.WarnedStage == 0 || i.WarnedStage > days) {
			found = days
		}
	}
	return found
}

// Run warns and erases. One draft that fails does not hold the others back.
func (d *Drafts) Run(ctx context.Context) (warned, erased int, err error) {
	now := d.Now()
	var after Idle
	for {
		listed, errList := d.Store.ListIdle(ctx, now.AddDate(0, -draftMonths, draftStages[0]+1), after, idleBatch)
		if errList != nil {
			return warned, erased, errors.Join(err, fmt.Errorf("list idle drafts: %w", errList))
		}
		for _, idle := range listed {
			didWarn, didErase, errOne := d.treat(ctx, idle, now)
			if err = errors.Join(err, errOne); didWarn {
				warned++
			}
			if didErase {
				erased++
			}
			after = idle
		}
		if len(listed) < idleBatch {
			return warned, erased, err
		}
	}
}

func (d *Drafts) treat(ctx context.Context, idle Idle, now time.Time) (warned, erased bool, err error) {
	last := draftStages[len(draftStages)-1]
	if (idle.WarnedStage == last || idle.Mail == "") && !now.Before(idle.erasedOn(now)) {
		told := audit.Event{
			At: now, Author: audit.System, Act: audit.DraftErased, Organisation: idle.Siret.String(),
			Object: audit.Object{Kind: "habilitation", ID: fmt.Sprint(int64(idle.Number)), Display: idle.Number.String()},
		}
		if erased, err = d.Store.EraseDraft(ctx, idle, told); err != nil {
			return false, false, fmt.Errorf("erase draft %s: %w", idle.Number, err)
		}
		return false, erased, nil
	}
	stage := idle.stage(now)
	if stage == 0 || idle.Mail == "" {
		return false, false, nil
	}
	composed, err := NewDraftExpires(DraftExpires{
		About:    About{Request: idle.Number, Siret: idle.Siret, Organisation: idle.Organisation, Software: idle.Software, To: idle.Mail}.tidied(),
		EditedAt: idle.EditedAt, ErasedOn: idle.erasedOn(now), Stage: stage,
	})
	if err != nil {
		return false, false, err
	}
	letter, err := notice.Prepare(d.Sealer, composed)
	if err != nil {
		return false, false, err
	}
	idle.WarnedStage = stage
	if err := d.Store.RecordWarned(ctx, idle, []notice.Letter{letter}, now); err != nil {
		return false, false, fmt.Errorf("record the warning of %s: %w", idle.Number, err)
	}
	return true, false, nil
}

// unapprovedLife is how long the portal keeps what a request said that came to nothing.
const (
	unapprovedMonths = 6
	orphanLife       = 24 * time.Hour
)

// Purge erases what came to nothing: requests withdrawn or refused, and files that nobody
// names any more.
func (d *Drafts) Purge(ctx context.Context) (requests, files int, err error) {
	now := d.Now()
	if requests, err = d.Store.EraseWithdrawn(ctx, now.AddDate(0, -unapprovedMonths, 0)); err != nil {
		return 0, 0, fmt.Errorf("erase withdrawn requests: %w", err)
	}
	if files, err = d.Store.EraseOrphans(ctx, now.Add(-orphanLife)); err != nil {
		return requests, 0, fmt.Errorf("erase files: %w", err)
	}
	return requests, files, nil
}
