package renewal

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/notice"
)

// Reminders is the daily work: it records what is due, and the outbox sends it.
type Reminders struct {
	Store  Reminding
	Sealer notice.Sealer
	Prefix credential.TokenPrefix
	// Operator is the mailbox of the instructors.
	Operator string
	Now      func() time.Time // business time
}

const (
	// remindedAtOnce is how many tokens are read at once, and how many reminders one transaction
	// records at most.
	remindedAtOnce = 500
	// pressingDays is how many days before an expiry the operator is told that a modification
	// waits for it.
	pressingDays = 7
	// ManyClients is from how many clients at risk on an editor gets the weekly list.
	ManyClients = 5
	// digestRows bounds the list of a mail.
	digestRows = 50
)

// Report counts what a run did.
type Report struct {
	Reminded, Skipped, NoAddress, Bounced, Pressing, Digests int
}

// String is the line of the log.
func (r Report) String() string {
	return fmt.Sprintf("%d reminders, %d passed, %d unaddressed, %d bounces, %d pressing, %d lists",
		r.Reminded, r.Skipped, r.NoAddress, r.Bounced, r.Pressing, r.Digests)
}

// Remind records every reminder that is due and was not recorded, whatever days were missed: of
// the stages that have passed the most urgent one is written about. However often it runs, and
// wherever, a reminder of a token, an expiry and a stage is one (PRODUCT.md 3.10).
func (r *Reminders) Remind(ctx context.Context) (Report, error) {
	var report Report
	err := r.remind(ctx, &report)
	for _, work := range []func(context.Context, *Report) error{r.tellBounced, r.tellPressing, r.tellDigests} {
		err = errors.Join(err, work(ctx, &report))
	}
	return report, err
}

func (r *Reminders) remind(ctx context.Context, report *Report) error {
	now, after := r.Now(), Place{}
	var failures []error
	for {
		due, next, err := r.Store.ListDue(ctx, now, after, remindedAtOnce)
		if err != nil {
			return errors.Join(append(failures, fmt.Errorf("list the tokens to remind of: %w", err))...)
		}
		if err := r.record(ctx, due, now, report); err != nil {
			failures = append(failures, err)
		}
		if next == (Place{}) {
			return errors.Join(failures...)
		}
		after = next
	}
}

// record records a lot of reminders, one by one where the lot is refused: one that fails does
// not hold the others back.
func (r *Reminders) record(ctx context.Context, due []DueToken, now time.Time, report *Report) error {
	var reminders []Recorded
	var failures []error
	for _, token := range due {
		reminder, err := r.compose(token, now)
		if err != nil {
			failures = append(failures, err)
			continue
		}
		reminders = append(reminders, reminder)
	}
	if len(reminders) == 0 {
		return errors.Join(failures...)
	}
	if err := r.keep(ctx, reminders, now, report); err == nil || len(reminders) < 2 {
		return errors.Join(append(failures, err)...)
	}
	for i := range reminders {
		failures = append(failures, r.keep(ctx, reminders[i:i+1], now, report))
	}
	return errors.Join(failures...)
}

func (r *Reminders) keep(ctx context.Context, reminders []Recorded, now time.Time, report *Report) error {
	recorded, skipped, err := r.Store.RecordReminders(ctx, reminders, now)
	if err != nil {
		return fmt.Errorf("record reminders, the first of them of %s: %w", reminders[0].TokenID, err)
	}
	report.Skipped += skipped
	for _, one := range reminders {
		switch {
		case !recorded[one.TokenID]:
		case one.Letter != nil:
			report.Reminded++
		case !one.Silent && !one.Elsewhere:
			report.NoAddress++
		}
	}
	return nil
}

// compose makes the reminder of a token.
func (r *Reminders) compose(token DueToken, now time.Time) (Recorded, error) {
	stage, ok := Due(DaysLeft(token.ExpiresAt, now))
	if !ok {
		return Recorded{}, fmt.Errorf("remind of %s: %w", token.ID, fault.New(fault.Conflict, "renewal.not_due"))
	}
	reminder := Recorded{TokenID: token.ID, Expiry: token.ExpiresAt, Stage: stage, Skipped: stage.Before(), Elsewhere: token.Elsewhere}
	if reminder.Silent = slices.Contains(token.Covered, stage); reminder.Silent {
		return reminder, nil
	}
	if token.Editor != "" && !now.After(token.ExpiresAt) {
		reminder.Told = []notice.EditorEvent{{Kind: EventExpiring, Editor: token.Editor, Siret: token.Siret, Subject: token.ID}}
	}
	if token.Elsewhere {
		return reminder, nil
	}
	about := aboutFile(token.TokenFile, r.Prefix)
	if !token.CopyTechnical && about.To != "" {
		about.CC = ""
	}
	if about.To == "" && about.CC == "" {
		return reminder, nil
	}
	composed, err := NewReminder(Reminder{About: about, Stage: stage, At: now, AmendmentFiled: token.AmendmentFiled})
	if err != nil {
		return Recorded{}, err
	}
	letter, err := notice.Prepare(r.Sealer, composed)
	reminder.Letter = &letter
	return reminder, err
}

// tellBounced tells technical contacts that a requester's address is refused.
func (r *Reminders) tellBounced(ctx context.Context, report *Report) error {
	found, err := r.Store.ListBounced(ctx, remindedAtOnce)
	if err != nil {
		return fmt.Errorf("list the reminders that came back: %w", err)
	}
	var composed []notice.Notice
	for _, b := range found {
		n, err := NewBounced(BouncedNotice{
			About: About{
				ID: b.Token.ID, Token: b.Token.Display(r.Prefix), Habilitation: b.Habilitation, Siret: b.Siret, Organisation: b.Organisation,
				Software: b.Software, Editor: b.Editor, Expiry: b.Expiry, To: b.Technical,
			},
			MailID: b.MailID, Address: b.Address, At: r.Now(),
		})
		if err != nil {
			return err
		}
		composed = append(composed, n)
	}
	report.Bounced, err = r.write(ctx, composed)
	return err
}

// tellPressing tells the operator which modifications must be decided before a token expires.
func (r *Reminders) tellPressing(ctx context.Context, report *Report) error {
	now := r.Now()
	found, err := r.Store.ListPressing(ctx, DayIn(now, pressingDays+1))
	if err != nil {
		return fmt.Errorf("list the modifications that press: %w", err)
	}
	var composed []notice.Notice
	for _, p := range found {
		n, err := NewPressing(PressingNotice{
			Amendment: p.Amendment, Request: p.Request, Siret: p.Siret, Organisation: p.Organisation, TokenID: p.TokenID, Expiry: p.Expiry, To: r.Operator, At: now,
		})
		if err != nil {
			return err
		}
		composed = append(composed, n)
	}
	report.Pressing, err = r.write(ctx, composed)
	return err
}

// tellDigests writes the list of the week to the editors with many clients at risk: on Monday,
// or later where nothing ran that day.
func (r *Reminders) tellDigests(ctx context.Context, report *Report) error {
	now := r.Now()
	found, err := r.Store.ListDigests(ctx, now, ManyClients)
	if err != nil {
		return fmt.Errorf("list what editors are told: %w", err)
	}
	var composed []notice.Notice
	for _, d := range found {
		rows := d.Rows[:min(len(d.Rows), digestRows)]
		n, err := NewDigest(DigestNotice{Editor: d.Name, Siret: d.Editor, Week: now, Rows: rows, Total: len(d.Rows), LongCut: d.LongCut, To: d.Technical})
		if err != nil {
			return err
		}
		composed = append(composed, n)
	}
	report.Digests, err = r.write(ctx, composed)
	return err
}

func (r *Reminders) write(ctx context.Context, composed []notice.Notice) (int, error) {
	if len(composed) == 0 {
		return 0, nil
	}
	letters := make([]notice.Letter, len(composed))
	for i, n := range composed {
		var err error
		if letters[i], err = notice.Prepare(r.Sealer, n); err != nil {
			return 0, err
		}
	}
	count, err := r.Store.RecordLetters(ctx, letters, r.Now())
	if err != nil {
		return 0, fmt.Errorf("record mails: %w", err)
	}
	return count, nil
}
