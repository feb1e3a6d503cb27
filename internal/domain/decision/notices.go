package decision

import (
	"fmt"
	"strings"
	"time"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/value"
)

// The mails that are about habilitations (PRODUCT.md 3.4).
const (
	KindApproved      notice.Kind = "habilitation-validee"              // an editor, a token, perhaps a form
	KindApprovedForm  notice.Kind = "habilitation-validee-formulaire"   // an editor, the form only
	KindApprovedAlone notice.Kind = "habilitation-validee-sans-editeur" // no editor
	KindModified      notice.Kind = "habilitation-modifiee"             // a new version of what was valid
	KindRefused       notice.Kind = "habilitation-refusee"
	KindSuspended     notice.Kind = "habilitation-suspendue"
	KindRestored      notice.Kind = "habilitation-retablie"
	KindRevoked       notice.Kind = "habilitation-revoquee"
	KindDesignated    notice.Kind = "personne-designee"
	KindHandedOver    notice.Kind = "logiciel-remplace"
)

// textLimit cuts the texts that a mail prints, in characters.
const textLimit = 256

func oneLine(text string) string { return notice.OneLine(text, textLimit) }

// About is what every mail about a habilitation says of it.
type About struct {
	Request      habilitation.RequestNumber
	Siret        value.Siret
	Organisation string
	Title        string // of the project; "" when it has none
	Editor       string // name; "" without an editor
	Token        bool   // a modality, like the next
	Form         bool   // of a decision that is no approval: the form of the town works by this habilitation
	To           string // the requester
	CC           string // the technical contact; "" for none
}

func (a About) tidied() About {
	a.Organisation, a.Title, a.Editor = oneLine(a.Organisation), oneLine(a.Title), oneLine(a.Editor)
	return a
}

// Recipients are the requester and, in copy, the technical contact, whatever the equality
// of contacts (PRODUCT.md 3.4).
func (a About) Recipients() notice.Recipients {
	return notice.Recipients{To: []string{a.To}, CC: []string{a.CC}}
}

// Approved confirms an approval: one mail for each habilitation.
type Approved struct {
	About
	Habilitation habilitation.Number
	TokenID      string // of the token to collect; "" where there is none
	TokenHeld    bool   // the new token is closed: the operator's suspension of the former one holds
	Modification bool   // the request had a habilitation before
	FormAdded    bool   // the form was not granted before, or for another town
	FormRemoved  bool   // it was, and is no longer
	FormClosed   bool   // the form of the town, or of the one of before, closes by this
	TokenAdded   bool   // the token was not granted before
	TokenRemoved bool   // it was, and is no longer
	// Prolonged is until when the token is prolonged, because the modification was begun for
	// that; zero where it is not.
	Prolonged time.Time
	// Lost and Gained are the data (scopes) that the token, which stays, gives no more and gives
	// besides.
	Lost, Gained []string
	// Former is the software of before; FormerStops is when its token stops, because this
	// approval gives another software its own. Zero where nothing of that happens.
	Former      string
	FormerStops time.Time
	// FormerGoesOn: it works until then.
	FormerGoesOn bool
	// EditorChanged: another software than before, or none.
	EditorChanged bool
	// Elsewhere: another software receives the dossiers of the town, and somebody has to
	// decide which one does.
	Elsewhere bool
	// Stopped: HubEE suspended the subscription, and the form stays closed.
	Stopped bool
	// Suspended: somebody here suspended the habilitation, and it stays so.
	Suspended  bool
	FormOpen   bool   // the form of the town was open already, and stays so
	Message    string // of the instructor, on lines of its own; "" for none
	ApprovedAt time.Time
}

// Lines are those of the message, as a mail quotes them; none without a message.
func (n Approved) Lines() []string {
	return strings.FieldsFunc(n.Message, func(r rune) bool { return r == '\n' })
}

// NewApproved completes the notice of an approval. It refuses one without number,
// addressee or date.
func NewApproved(n Approved) (Approved, error) {
	if n.Habilitation == 0 || n.To == "" || n.ApprovedAt.IsZero() {
		return Approved{}, fmt.Errorf("make %s: %w", n.Kind(), notice.ErrIncomplete)
	}
	n.About, n.Message, n.Former = n.tidied(), tidyReason(n.Message), oneLine(n.Former)
	return n, nil
}

// Kind implements notice.Notice: three texts, and that of a modification.
func (n Approved) Kind() notice.Kind {
	switch {
	case n.Modification:
		return KindModified
	case n.Editor == "":
		return KindApprovedAlone
	case n.Form && !n.Token:
		return KindApprovedForm
	}
	return KindApproved
}

// NeedsPassword tells that the town has a password to make, at HubEE.
func (n Approved) NeedsPassword() bool {
	return (n.FormAdded || n.Form && n.EditorChanged) && !n.Elsewhere && !n.Suspended && !n.Stopped && n.Editor == ""
}

// HasTask tells that the town has something to do: that password, to fetch its token, to see
// to its software, or to ask for its form to be opened again.
func (n Approved) HasTask() bool {
	fetches := (n.TokenAdded && !n.TokenHeld || n.TokenID != "") && n.Editor == ""
	return n.NeedsPassword() || !n.Suspended && (n.Stopped || fetches || n.ScopesChanged())
}

// ScopesChanged tells that the token, which stays, gives other data than before.
func (n Approved) ScopesChanged() bool { return len(n.Lost)+len(n.Gained) > 0 }

// Key is one per habilitation: an approval is confirmed once.
func (n Approved) Key() string { return "habilitation " + n.Habilitation.String() }

// Changed tells a decision that is no approval.
type Changed struct {
	About
	Act habilitation.Act // Refuse, Suspend, Restore or Revoke
	// Habilitation is the newest one; 0 for a request that never had any.
	Habilitation habilitation.Number
	// Reason is what the person who decided wrote, whole, on lines of its own; "" when the
	// decision comes from DataPass, which does not tell it.
	Reason string
	// StillValid: a modification was refused, the habilitation stays as it was, suspended
	// perhaps.
	StillValid bool
	Suspended  bool
	// TokenID and TokenUntil are the token that a refused modification was to prolong, and its
	// expiry, which stays; zero for none.
	TokenID    string
	TokenUntil time.Time
	// Restored is the token that goes on once the habilitation is restored; zero for none.
	Restored RestoredToken
	Revision int // of the request, after the decision
	At       time.Time
}

// RestoredToken is the token of a habilitation that is restored, as the restoration leaves it: what
// somebody suspended besides stays so, and time went on.
type RestoredToken struct {
	ID     string
	State  credential.TokenState
	Expiry time.Time
	Held   bool // the operator suspended it, and alone resumes it
	// Amended: a modification waits for its decision, which prolongs the token.
	Amended bool
	// Uncollected: nobody has its text, whatever its state: once prolonged it is to be collected.
	Uncollected bool
}

// Works tells that the software uses it again as it is; templates call these.
func (t RestoredToken) Works() bool { return t.State.Opens() && !t.ToCollect() }

// ToCollect tells that no software has it yet.
func (t RestoredToken) ToCollect() bool { return t.State == credential.TokenToCollect }

// Suspended tells that it stays closed.
func (t RestoredToken) Suspended() bool { return t.State == credential.TokenSuspended }

// Expired tells that it stays cut.
func (t RestoredToken) Expired() bool { return t.State == credential.TokenExpired }

// Leads tells that its page is where the town, or its editor, goes on.
func (t RestoredToken) Leads() bool { return t.ToCollect() || t.Expired() || t.Suspended() && !t.Held }

// NothingToDo tells that a restoration leaves the town nothing to do; it is not known where no token
// goes on.
func (n Changed) NothingToDo() bool {
	t := n.Restored
	switch {
	case !n.Token:
		return true
	case t.ToCollect():
		return n.Editor != ""
	case t.Expired():
		return t.Amended && (!t.Uncollected || n.Editor != "")
	}
	return t.Works() || t.Held
}

// Unprolonged tells that the modification was to prolong a token, which keeps its date.
func (n Changed) Unprolonged() bool { return n.TokenID != "" && n.StillValid }

// CanProlong tells that this token may be prolonged all the same, with nothing changed.
func (n Changed) CanProlong() bool { return n.Unprolonged() && !n.Suspended }

// Cut tells that the token which the modification was to prolong is cut by now.
func (n Changed) Cut() bool { return n.At.After(n.TokenUntil) }

// NewChanged completes the notice of a decision. It refuses one without addressee, act or
// date.
func NewChanged(n Changed) (Changed, error) {
	if n.Kind() == "" || n.To == "" || n.At.IsZero() || n.Revision == 0 {
		return Changed{}, fmt.Errorf("make %q: %w", n.Act, notice.ErrIncomplete)
	}
	n.About, n.Reason = n.tidied(), tidyReason(n.Reason)
	return n, nil
}

// tidyReason keeps the lines of a reason and leaves nothing else in it that is no text.
func tidyReason(reason string) string {
	var kept []string
	for line := range strings.FieldsFuncSeq(reason, func(r rune) bool { return r == '\n' || r == '\r' }) {
		if line = notice.OneLine(line, reasonLimit); line != "" {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "\n")
}

// Lines are those of the reason, as a mail quotes them; none without a reason.
func (n Changed) Lines() []string {
	return strings.FieldsFunc(n.Reason, func(r rune) bool { return r == '\n' })
}

// Kind implements notice.Notice.
func (n Changed) Kind() notice.Kind {
	switch n.Act {
	case habilitation.Refuse:
		return KindRefused
	case habilitation.Suspend:
		return KindSuspended
	case habilitation.Restore:
		return KindRestored
	case habilitation.Revoke:
		return KindRevoked
	case habilitation.Approve, habilitation.RequestChanges, habilitation.Submit, habilitation.Withdraw, habilitation.Reopen, habilitation.Cancel:
	}
	return ""
}

// Key is one per decision: each changes the revision of the request.
func (n Changed) Key() string { return fmt.Sprintf("%s %s %d", n.Kind(), n.Request, n.Revision) }

// Designated tells somebody what was declared in his name: data protection officer,
// controller, or both (users-reliability-security.md A.12).
type Designated struct {
	Habilitation    habilitation.Number
	Request         habilitation.RequestNumber
	Siret           value.Siret
	Organisation    string
	Title           string
	Name            string // of the person designated; "" when none was given
	Mail            string
	DPD, Controller bool
	By              string // the requester's name; "" when none was given
	ByMail          string
	ApprovedAt      time.Time
}

// NewDesignated completes the notice of a designation. It refuses one without addressee,
// function or date.
func NewDesignated(n Designated) (Designated, error) {
	if n.Habilitation == 0 || n.Mail == "" || n.ByMail == "" || !n.DPD && !n.Controller || n.ApprovedAt.IsZero() {
		return Designated{}, fmt.Errorf("make %s: %w", KindDesignated, notice.ErrIncomplete)
	}
	n.Organisation, n.Title, n.Name = oneLine(n.Organisation), oneLine(n.Title), oneLine(n.Name)
	n.By, n.ByMail = oneLine(n.By), oneLine(n.ByMail)
	return n, nil
}

// Kind implements notice.Notice.
func (Designated) Kind() notice.Kind { return KindDesignated }

// Key is one per habilitation and person.
func (n Designated) Key() string {
	return fmt.Sprintf("%s %s %s", KindDesignated, n.Habilitation, n.Mail)
}

// Recipients is the person designated.
func (n Designated) Recipients() notice.Recipients { return notice.Recipients{To: []string{n.Mail}} }

// HandedOver tells a town and both editors that another software receives the dossiers from
// now on, and what becomes of the token of the former one (PRODUCT.md 3.2).
type HandedOver struct {
	Habilitation   habilitation.Number
	Request        habilitation.RequestNumber
	Siret          value.Siret
	Organisation   string
	Title          string // of the project that is served from now on
	Editor, Former string // names; "" for the town itself, in HubEE's portal
	To             string // the requester of the habilitation that is served from now on
	Copies         []string
	// TokenOnly: no dossier changes hands, the token alone does.
	TokenOnly bool
	// Token is that of the former software, as lists name it, which works until Stops, zero where it
	// works no more; "" for none. Lost are the data that it gives no more until then.
	Token string
	Stops time.Time
	Lost  []string
	// NewToken: the software of now gets a token of its own.
	NewToken bool
	At       time.Time
}

// NewHandedOver completes the notice. It refuses one without addressee, number or date.
func NewHandedOver(n HandedOver) (HandedOver, error) {
	if n.Habilitation == 0 || n.To == "" || n.At.IsZero() {
		return HandedOver{}, fmt.Errorf("make %s: %w", KindHandedOver, notice.ErrIncomplete)
	}
	n.Organisation, n.Title, n.Editor, n.Former = oneLine(n.Organisation), oneLine(n.Title), oneLine(n.Editor), oneLine(n.Former)
	return n, nil
}

// Kind implements notice.Notice.
func (HandedOver) Kind() notice.Kind { return KindHandedOver }

// Key is one per town and change, of the dossiers or of the token alone.
func (n HandedOver) Key() string {
	key := fmt.Sprintf("%s %s %s", KindHandedOver, n.Siret, n.At.UTC().Format(time.RFC3339Nano))
	if n.TokenOnly {
		key += " " + n.Token
	}
	return key
}

// GoesOn tells that the token of the former software works for a while.
func (n HandedOver) GoesOn() bool { return n.Stops.After(n.At) }

// Recipients are the requester and, in copy, the contacts of both editors.
func (n HandedOver) Recipients() notice.Recipients {
	return notice.Recipients{To: []string{n.To}, CC: n.Copies}
}
