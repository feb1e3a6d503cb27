package request

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/value"
)

// The mails about requests. Those of a decision are in package decision.
const (
	KindFiled       notice.Kind = "demande-deposee"
	KindReturned    notice.Kind = "modifications-demandees"
	KindMessage     notice.Kind = "message-recu"
	KindTransferred notice.Kind = "demande-transferee"
	KindClaimed     notice.Kind = "transfert-demande"
	KindClaimEnded  notice.Kind = "transfert-refuse"
	KindDraft       notice.Kind = "brouillon-bientot-efface"
	KindRecoverable notice.Kind = "habilitation-a-retrouver"
)

// About is what every mail about a request says of it.
type About struct {
	Request      habilitation.RequestNumber
	Siret        value.Siret
	Organisation string
	Software     string // name; "" on the generic form
	Modification bool
	To           string
	CC           string // "" for none
}

// Recipients implements part of notice.Notice.
func (a About) Recipients() notice.Recipients {
	return notice.Recipients{To: []string{a.To}, CC: []string{a.CC}}
}

// mailLine cuts the texts that a mail prints on a line, in characters.
const mailLine = 256

func (a About) tidied() About {
	a.Organisation, a.Software = notice.OneLine(a.Organisation, mailLine), notice.OneLine(a.Software, mailLine)
	return a
}

func (a Application) about() About {
	return About{
		Request: a.Request.Number, Siret: a.Request.Siret, Organisation: a.Request.Organisation, Software: a.Template.Software,
		Modification: a.Modification(), To: a.Request.Requester.Mail,
	}.tidied()
}

// TechnicalMail is who is in copy of what the instructors decide: the editor's present contact,
// else the one that the answers name (PRODUCT.md 3.4).
func (a Application) TechnicalMail() string {
	switch {
	case a.Template.Editor.TechnicalContact != "":
		return a.Template.Editor.TechnicalContact
	case a.Answers.TechnicalOneself:
		return ""
	}
	if address, err := notice.ParseAddress(a.Answers.Technical.Mail); err == nil {
		return address
	}
	return ""
}

func incomplete(kind notice.Kind) error {
	return fmt.Errorf("make %s: %w", kind, notice.ErrIncomplete)
}

// Acknowledged confirms a deposit: its number, the delay, and what the law says of silence.
type Acknowledged struct {
	About
	Revision int
	FiledAt  time.Time
	Deadline time.Time // the day on which silence becomes a refusal
	Again    bool      // it answers the changes that were asked for
	// Lapsing is the token that the modification prolongs once it is validated; zero for none.
	Lapsing Lapsing
}

// Cut tells that the token which it is to prolong is cut.
func (n Acknowledged) Cut() bool { return n.Lapsing.Cut(n.FiledAt) }

// NewAcknowledged completes the notice. It refuses one without number, addressee or date.
func NewAcknowledged(n Acknowledged) (Acknowledged, error) {
	if n.Request == 0 || n.To == "" || n.FiledAt.IsZero() || n.Deadline.IsZero() {
		return Acknowledged{}, incomplete(KindFiled)
	}
	n.About, n.Lapsing = n.tidied(), n.Lapsing.tidied()
	return n, nil
}

// Kind implements notice.Notice.
func (Acknowledged) Kind() notice.Kind { return KindFiled }

// Key is one per deposit.
func (n Acknowledged) Key() string { return fmt.Sprintf("%s %s %d", KindFiled, n.Request, n.Revision) }

// ChangesAsked tells which answers have to be mended, and why.
type ChangesAsked struct {
	About
	Revision int
	Reason   string // whole, on lines of its own
	Comments []Comment
	At       time.Time
	// Lapsing is the token that the modification prolongs once it is validated; zero for none.
	Lapsing Lapsing
}

// Cut tells that the token which it is to prolong is cut.
func (n ChangesAsked) Cut() bool { return n.Lapsing.Cut(n.At) }

// NewChangesAsked completes the notice. It refuses one without number, addressee or date, and
// one that asks for nothing.
func NewChangesAsked(n ChangesAsked) (ChangesAsked, error) {
	n.About, n.Lapsing, n.Reason = n.tidied(), n.Lapsing.tidied(), tidy(n.Reason, Text{Limit: reasonLimit, Lines: true})
	n.Comments = slices.Clone(n.Comments)
	for i, c := range n.Comments {
		n.Comments[i].Text = tidy(c.Text, Text{Limit: commentLimit, Lines: true})
	}
	if n.Request == 0 || n.To == "" || n.Reason == "" && len(n.Comments) == 0 || n.At.IsZero() {
		return ChangesAsked{}, incomplete(KindReturned)
	}
	return n, nil
}

// Kind implements notice.Notice.
func (ChangesAsked) Kind() notice.Kind { return KindReturned }

// Key is one per decision.
func (n ChangesAsked) Key() string {
	return fmt.Sprintf("%s %s %d", KindReturned, n.Request, n.Revision)
}

// Lines are those of the reason, as a mail quotes them.
func (n ChangesAsked) Lines() []string { return linesOf(n.Reason) }

// Lines are those of the comment, as a mail quotes them.
func (c Comment) Lines() []string { return linesOf(c.Text) }

// linesOf leaves out what would be an empty line.
func linesOf(text string) []string {
	var lines []string
	for line := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == '\n' }) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// MessageSent tells the other side that a message waits, and never what it says.
type MessageSent struct {
	About
	From Side
	At   time.Time
}

// NewMessageSent completes the notice. It refuses one without number, addressee or date.
func NewMessageSent(n MessageSent) (MessageSent, error) {
	if n.Request == 0 || n.To == "" || n.From == "" || n.At.IsZero() {
		return MessageSent{}, incomplete(KindMessage)
	}
	n.About = n.tidied()
	return n, nil
}

// Kind implements notice.Notice.
func (MessageSent) Kind() notice.Kind { return KindMessage }

// FromStaff tells that the instructors wrote.
func (n MessageSent) FromStaff() bool { return n.From == SideStaff }

// Key is one per message: nobody writes two at the same instant.
func (n MessageSent) Key() string {
	return fmt.Sprintf("%s %s %s %s", KindMessage, n.Request, n.From, n.At.UTC().Format(time.RFC3339Nano))
}

// Transferred tells the former holder and the new one.
type Transferred struct {
	About         // To is the new holder, CC the former one
	Holder string // names
	Former string // "" where nobody is known
	By     string // who decided: one of them, or an instructor
	At     time.Time
	// Lapsing is what is urgent about the token: the new holder may have had none of its
	// reminders. Zero for nothing.
	Lapsing Lapsing
}

// Cut tells that the token is cut.
func (n Transferred) Cut() bool { return n.Lapsing.Cut(n.At) }

// ToProlong tells that the new holder is to prolong the token: no modification that does so
// waits for the instructors.
func (n Transferred) ToProlong() bool { return !n.Lapsing.IsZero() && !n.Lapsing.Filed }

// NewTransferred completes the notice. It refuses one without number, addressee or date.
func NewTransferred(n Transferred) (Transferred, error) {
	n.About, n.Lapsing = n.tidied(), n.Lapsing.tidied()
	n.Holder, n.Former, n.By = notice.OneLine(n.Holder, mailLine), notice.OneLine(n.Former, mailLine), notice.OneLine(n.By, mailLine)
	if n.Request == 0 || n.To == "" || n.Holder == "" || n.At.IsZero() {
		return Transferred{}, incomplete(KindTransferred)
	}
	return n, nil
}

// Kind implements notice.Notice.
func (Transferred) Kind() notice.Kind { return KindTransferred }

// Key is one per transfer.
func (n Transferred) Key() string {
	return fmt.Sprintf("%s %s %s", KindTransferred, n.Request, n.At.UTC().Format(time.RFC3339Nano))
}

// Claimed tells the holder that a colleague asks to hold the request, and until when to
// answer.
type Claimed struct {
	About
	Claimant string
	Until    time.Time
	At       time.Time
	Lapsing  Lapsing // what is urgent about the token; zero for nothing
}

// Cut tells that the token is cut.
func (n Claimed) Cut() bool { return n.Lapsing.Cut(n.At) }

// ToProlong tells that the holder is to prolong the token, as long as the request is his.
func (n Claimed) ToProlong() bool { return !n.Lapsing.IsZero() && !n.Lapsing.Filed }

// NewClaimed completes the notice. It refuses one without number, addressee or date.
func NewClaimed(n Claimed) (Claimed, error) {
	n.About, n.Lapsing, n.Claimant = n.tidied(), n.Lapsing.tidied(), notice.OneLine(n.Claimant, mailLine)
	if n.Request == 0 || n.To == "" || n.Claimant == "" || n.Until.IsZero() || n.At.IsZero() {
		return Claimed{}, incomplete(KindClaimed)
	}
	return n, nil
}

// Kind implements notice.Notice.
func (Claimed) Kind() notice.Kind { return KindClaimed }

// Key is one per claim.
func (n Claimed) Key() string {
	return fmt.Sprintf("%s %s %s", KindClaimed, n.Request, n.At.UTC().Format(time.RFC3339Nano))
}

// ClaimEnded tells a colleague that the request stays with its holder.
type ClaimEnded struct {
	About
	By string // who decided
	At time.Time
}

// NewClaimEnded completes the notice. It refuses one without number, addressee or date.
func NewClaimEnded(n ClaimEnded) (ClaimEnded, error) {
	if n.Request == 0 || n.To == "" || n.At.IsZero() {
		return ClaimEnded{}, incomplete(KindClaimEnded)
	}
	n.About, n.By = n.tidied(), notice.OneLine(n.By, mailLine)
	return n, nil
}

// Kind implements notice.Notice.
func (ClaimEnded) Kind() notice.Kind { return KindClaimEnded }

// Key is one per answer.
func (n ClaimEnded) Key() string {
	return fmt.Sprintf("%s %s %s", KindClaimEnded, n.Request, n.At.UTC().Format(time.RFC3339Nano))
}

// DraftExpires tells that a draft will be erased unless somebody writes in it.
type DraftExpires struct {
	About
	EditedAt time.Time
	ErasedOn time.Time // not before this day
	Stage    int       // days of notice: 30 or 7
}

// NewDraftExpires completes the notice. It refuses one without number, addressee or date.
func NewDraftExpires(n DraftExpires) (DraftExpires, error) {
	if n.Request == 0 || n.To == "" || n.EditedAt.IsZero() || n.ErasedOn.IsZero() || n.Stage == 0 {
		return DraftExpires{}, incomplete(KindDraft)
	}
	n.About = n.tidied()
	return n, nil
}

// Kind implements notice.Notice.
func (DraftExpires) Kind() notice.Kind { return KindDraft }

// Key is one per stage, last edit and holder.
func (n DraftExpires) Key() string {
	return fmt.Sprintf("%s %s %s %d %s", KindDraft, n.Request, n.EditedAt.UTC().Format(time.RFC3339), n.Stage, n.To)
}

// Recoverable sends the requester whom another system knew the link by which the account that
// uses it holds the habilitation (Recovery).
type Recoverable struct {
	About
	Title string // of the project
	// Token opens the link. It is in clear because the mail prints it; the content of a mail is
	// stored sealed.
	Token     string
	ExpiresAt time.Time
}

// NewRecoverable completes the notice. It refuses one without number, addressee, token or end.
// Nobody is in copy: the link is for the requester alone.
func NewRecoverable(n Recoverable) (Recoverable, error) {
	if n.Request == 0 || n.To == "" || n.Token == "" || n.ExpiresAt.IsZero() {
		return Recoverable{}, incomplete(KindRecoverable)
	}
	n.About, n.Title, n.CC = n.tidied(), notice.OneLine(n.Title, mailLine), ""
	return n, nil
}

// Kind implements notice.Notice.
func (Recoverable) Kind() notice.Kind { return KindRecoverable }

// Key tells links apart by their token: one sent again is another mail.
func (n Recoverable) Key() string {
	hash := value.Token(n.Token).Hash()
	return fmt.Sprintf("%s %x", KindRecoverable, hash[:8])
}
