package renewal

import (
	"fmt"
	"time"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/value"
)

// The mails about prolongations.
const (
	KindExpiring  notice.Kind = "jeton-expire-bientot"
	KindLastDay   notice.Kind = "jeton-expire-ce-soir"
	KindCut       notice.Kind = "jeton-coupe"
	KindProlonged notice.Kind = "jeton-prolonge"
	KindNudge     notice.Kind = "prolongation-demandee"
	KindBounced   notice.Kind = "rappel-non-remis"
	KindPressing  notice.Kind = "prolongation-a-instruire"
	KindDigest    notice.Kind = "jetons-de-la-semaine"
)

// About is what every mail about the prolongation of a token says of it.
type About struct {
	ID           string // of the page
	Token        string // as lists name it
	Habilitation habilitation.Number
	Siret        value.Siret
	Organisation string
	Title        string
	Software     string // name of the product; "" where only its editor is known
	Editor       string // name; "" without an editor
	// FormOpen: the form is granted too, and citizens may use it. Of one that is not open when a mail
	// is written nothing is said: it may be when the mail leaves.
	FormOpen bool
	// Uncollected: nobody has the text of the token, no software uses it.
	Uncollected bool
	Expiry      time.Time
	To, CC      string
}

// aboutFile is what a mail says of a token.
func aboutFile(f credential.TokenFile, prefix credential.TokenPrefix) About {
	return About{
		ID: f.ID, Token: f.Display(prefix), Habilitation: f.Habilitation, Siret: f.Siret, Organisation: f.Organisation,
		Title: f.Title, Software: f.Software, Editor: f.Addressees.Editor,
		FormOpen: f.Right.FormBeside() == directory.FormOpen, Uncollected: f.Uncollected(), Expiry: f.ExpiresAt, To: f.Addressees.Requester, CC: f.Addressees.Technical,
	}
}

// textLimit cuts the texts that a mail prints, in characters.
const textLimit = 256

func (a About) tidied() About {
	a.Organisation, a.Title = notice.OneLine(a.Organisation, textLimit), notice.OneLine(a.Title, textLimit)
	a.Software, a.Editor = notice.OneLine(a.Software, textLimit), notice.OneLine(a.Editor, textLimit)
	return a
}

func (a About) complete() bool {
	return a.ID != "" && a.Token != "" && a.To != "" && a.Siret != "" && !a.Expiry.IsZero()
}

// Recipients are the requester and, in copy, the technical contact (guide, 6.c: « en tant
// qu'éditeur et contact technique de l'habilitation, vous êtes en copie de ce mail »).
func (a About) Recipients() notice.Recipients {
	return notice.Recipients{To: []string{a.To}, CC: []string{a.CC}}
}

// Copied tells that somebody else than the requester has a copy.
func (a About) Copied() bool { return len(a.Recipients().Distinct().CC) > 0 }

// AtMidnight tells an expiry at the end of its day. Those that another system wrote are at any
// time of it.
func (a About) AtMidnight() bool { return atMidnight(a.Expiry) }

func atMidnight(expiry time.Time) bool {
	at := value.MomentOf(expiry)
	return at.Hour == 23 && at.Minute == 59
}

// Reminder reminds the requester of an expiry.
type Reminder struct {
	About
	Stage Stage
	// At is when it is written: after an outage, not on the day of the stage.
	At time.Time
	// Orphan: nobody at the town has an address, the technical contact reads it instead.
	Orphan bool
	// AmendmentFiled: a modification waits for its decision, which prolongs the token.
	AmendmentFiled bool
}

// Again tells a reminder that is not the first of an expiry.
func (n Reminder) Again() bool { return n.Stage < Stages[0] }

// Left is how many days are left, when it leaves.
func (n Reminder) Left() int { return DaysLeft(n.Expiry, n.At) }

// Soon tells that few days are left.
func (n Reminder) Soon() bool { return n.Left() <= 7 }

// Last tells the last reminder of an expiry.
func (n Reminder) Last() bool { return n.Stage == Stages[len(Stages)-1] }

// NewReminder completes the notice. It refuses one without addressee, token or date.
func NewReminder(n Reminder) (Reminder, error) {
	if n.To == "" {
		n.To, n.CC, n.Orphan = n.CC, "", true
	}
	if !n.complete() || n.At.IsZero() {
		return Reminder{}, fmt.Errorf("make a reminder: %w", notice.ErrIncomplete)
	}
	n.About = n.tidied()
	return n, nil
}

// LeavingAt implements notice.Timely: nobody reads « expire ce soir » once the token is cut.
func (n Reminder) LeavingAt(now time.Time) notice.Notice {
	n.At = now
	return n
}

// Kind implements notice.Notice: before the last day, on it, after the expiry.
func (n Reminder) Kind() notice.Kind {
	switch {
	case n.At.After(n.Expiry):
		return KindCut
	case DaysLeft(n.Expiry, n.At) > 0:
		return KindExpiring
	}
	return KindLastDay
}

// Key is one per token, expiry and stage, as the rows are: to the instant.
func (n Reminder) Key() string { return reminderKey(n.ID, n.Expiry, n.Stage) }

func reminderKey(tokenID string, expiry time.Time, stage Stage) string {
	return fmt.Sprintf("rappel %s %s %d", tokenID, expiry.UTC().Format(time.RFC3339Nano), stage)
}

// ProlongedNotice tells that a token is prolonged.
type ProlongedNotice struct {
	About       // its expiry is the new one
	From        time.Time
	By          string
	WasExpired  bool
	ByAmendment bool
}

// NewProlonged completes the notice. It refuses one without addressee, token or date.
func NewProlonged(n ProlongedNotice) (ProlongedNotice, error) {
	if !n.complete() || n.From.IsZero() {
		return ProlongedNotice{}, fmt.Errorf("make %q: %w", KindProlonged, notice.ErrIncomplete)
	}
	n.About, n.By = n.tidied(), notice.OneLine(n.By, textLimit)
	return n, nil
}

// Kind implements notice.Notice.
func (n ProlongedNotice) Kind() notice.Kind { return KindProlonged }

// Key is one per token and expiry that was moved.
func (n ProlongedNotice) Key() string {
	return fmt.Sprintf("%s %s %s", KindProlonged, n.ID, n.From.UTC().Format(time.DateOnly))
}

// NudgeNotice is an editor's demand to prolong a token.
type NudgeNotice struct {
	About
	Left int
	By   string // the editor's member, as displayed
	At   time.Time
}

// Cut tells that the token is cut by now.
func (n NudgeNotice) Cut() bool { return n.At.After(n.Expiry) }

// NewNudge completes the notice. It refuses one without addressee, token or date.
func NewNudge(n NudgeNotice) (NudgeNotice, error) {
	if !n.complete() || n.At.IsZero() {
		return NudgeNotice{}, fmt.Errorf("make %q: %w", KindNudge, notice.ErrIncomplete)
	}
	n.About, n.By = n.tidied(), notice.OneLine(n.By, textLimit)
	return n, nil
}

// LeavingAt implements notice.Timely.
func (n NudgeNotice) LeavingAt(now time.Time) notice.Notice {
	n.At = now
	return n
}

// Kind implements notice.Notice.
func (n NudgeNotice) Kind() notice.Kind { return KindNudge }

// Key is one per token and moment.
func (n NudgeNotice) Key() string {
	return fmt.Sprintf("%s %s %s", KindNudge, n.ID, n.At.UTC().Format(time.RFC3339))
}

// BouncedNotice tells the technical contact that a reminder did not reach the requester.
type BouncedNotice struct {
	About          // To is the technical contact
	MailID  int64  // of the reminder
	Address string // that was refused
	At      time.Time
}

// Cut tells that the token is cut by now.
func (n BouncedNotice) Cut() bool { return n.At.After(n.Expiry) }

// NewBounced completes the notice. It refuses one without addressee, token or date.
func NewBounced(n BouncedNotice) (BouncedNotice, error) {
	if !n.complete() || n.Address == "" || n.MailID == 0 || n.At.IsZero() {
		return BouncedNotice{}, fmt.Errorf("make %q: %w", KindBounced, notice.ErrIncomplete)
	}
	n.About, n.Address = n.tidied(), notice.OneLine(n.Address, textLimit)
	return n, nil
}

// LeavingAt implements notice.Timely.
func (n BouncedNotice) LeavingAt(now time.Time) notice.Notice {
	n.At = now
	return n
}

// Kind implements notice.Notice.
func (n BouncedNotice) Kind() notice.Kind { return KindBounced }

// Key is one per reminder.
func (n BouncedNotice) Key() string { return fmt.Sprintf("%s %d", KindBounced, n.MailID) }

// PressingNotice tells the operator that a token is about to expire while a modification waits
// for it.
type PressingNotice struct {
	Amendment    int64 // refused, another one may follow for the same expiry
	Request      habilitation.RequestNumber
	Siret        value.Siret
	Organisation string
	TokenID      string
	Expiry       time.Time
	To           string
	At           time.Time
}

// Cut tells that the token is cut by now.
func (n PressingNotice) Cut() bool { return n.At.After(n.Expiry) }

// NewPressing completes the notice. It refuses one without addressee, request or date.
func NewPressing(n PressingNotice) (PressingNotice, error) {
	if n.To == "" || n.Amendment == 0 || n.Request == 0 || n.TokenID == "" || n.Expiry.IsZero() || n.At.IsZero() {
		return PressingNotice{}, fmt.Errorf("make %q: %w", KindPressing, notice.ErrIncomplete)
	}
	n.Organisation = notice.OneLine(n.Organisation, textLimit)
	return n, nil
}

// LeavingAt implements notice.Timely: what is cut is not to be decided « avant le ».
func (n PressingNotice) LeavingAt(now time.Time) notice.Notice {
	n.At = now
	return n
}

// Kind implements notice.Notice.
func (n PressingNotice) Kind() notice.Kind { return KindPressing }

// Key is one per modification and expiry.
func (n PressingNotice) Key() string {
	return fmt.Sprintf("%s %d %s", KindPressing, n.Amendment, n.Expiry.UTC().Format(time.DateOnly))
}

// Recipients implements notice.Notice.
func (n PressingNotice) Recipients() notice.Recipients { return notice.Recipients{To: []string{n.To}} }

// DigestNotice lists, each week, the clients of an editor whose tokens expire or are cut.
type DigestNotice struct {
	Editor string // name
	Siret  value.Siret
	Week   time.Time // the day of the list
	Rows   []DigestRow
	Total  int
	// LongCut is how many towns have a token that has been cut for more than LongCutDays: they are
	// not listed again each week.
	LongCut int
	To      string
}

// LongCutDays is from how many days on a token that is cut is counted, and no more listed.
func (n DigestNotice) LongCutDays() int { return lastCall }

// NewDigest completes the notice. It refuses one without addressee, row or date.
func NewDigest(n DigestNotice) (DigestNotice, error) {
	if n.To == "" || n.Siret == "" || len(n.Rows) == 0 || n.Week.IsZero() {
		return DigestNotice{}, fmt.Errorf("make %q: %w", KindDigest, notice.ErrIncomplete)
	}
	n.Editor = notice.OneLine(n.Editor, textLimit)
	for i := range n.Rows {
		n.Rows[i].Organisation, n.Rows[i].Software = notice.OneLine(n.Rows[i].Organisation, textLimit), notice.OneLine(n.Rows[i].Software, textLimit)
	}
	return n, nil
}

// Kind implements notice.Notice.
func (n DigestNotice) Kind() notice.Kind { return KindDigest }

// Key is one per editor and week.
func (n DigestNotice) Key() string {
	year, week := civilDay(n.Week).ISOWeek()
	return fmt.Sprintf("%s %s %d-%02d", KindDigest, n.Siret, year, week)
}

// Recipients implements notice.Notice.
func (n DigestNotice) Recipients() notice.Recipients { return notice.Recipients{To: []string{n.To}} }

// Cut tells that the token of a row is cut at the day of the list.
func (r DigestRow) Cut(week time.Time) bool { return week.After(r.Expiry) }

// Tonight tells that it expires at the end of the day of the list.
func (r DigestRow) Tonight(week time.Time) bool {
	return atMidnight(r.Expiry) && DaysLeft(r.Expiry, week) == 0
}

// More is how many clients are not listed.
func (n DigestNotice) More() int { return n.Total - len(n.Rows) }
