package request

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"portail-qf/internal/domain/editor"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/value"
)

// Phase is how far what a town writes is in its exchange with the instructors. Of a request
// that was never approved its state says the same; of a modification nothing else does.
type Phase string

// The phases, as the database's CHECK lists them.
const (
	Writing  Phase = "redaction"
	Filed    Phase = "deposee"
	Returned Phase = "a_modifier" // changes are asked
	Closed   Phase = "close"      // decided, withdrawn or cancelled: nothing is under way
)

// Phases lists every phase.
var Phases = [...]Phase{Writing, Filed, Returned, Closed}

// Editable tells whether the town may write.
func (p Phase) Editable() bool { return p == Writing || p == Returned }

// Application is what a town wrote for a request, and how far it is.
type Application struct {
	Request  habilitation.Request
	Template editor.Template // the version with which it was begun
	Phase    Phase
	Answers  Answers
	// Edition counts what was written, so that two tabs do not overwrite each other.
	Edition  int
	EditedAt time.Time
	// FiledAt is the last deposit, FirstFiledAt the first of the exchange under way; zero
	// before.
	FiledAt, FirstFiledAt time.Time
	// Sent are the answers of the last deposit; nil before.
	Sent *Answers
	// Granted are the answers of the newest habilitation; nil where there is none, or where
	// another system kept them.
	Granted *Answers
	// Carried: what is granted was granted by another system, which does not tell the whole.
	Carried bool
	// Terms is the version of the general terms that were accepted with the last deposit.
	Terms string
	Asked Asked
	// Assignee is the instructor in charge; zero for nobody.
	Assignee Person
	// Documents are the files that the answers, the deposit or the habilitation name.
	Documents []Document
}

// Person is somebody of the portal's accounts.
type Person struct {
	ID   int64
	Name string
	Mail string
}

// IsZero tells that there is nobody.
func (p Person) IsZero() bool { return p.ID == 0 }

// Asked is what an instructor wrote last: the changes that are asked for and, once it is
// decided, why it was refused or what was added to the approval.
type Asked struct {
	Act      habilitation.Act // RequestChanges, Refuse or Approve; "" for nothing
	Reason   string
	Comments []Comment
	By       string // as displayed then
	At       time.Time
}

// Comment is what an instructor says of a field.
type Comment struct {
	Field Field  `json:"champ"`
	Text  string `json:"texte"`
}

// Of gives the comment of a field; "" for none.
func (a Asked) Of(field Field) string {
	for _, c := range a.Comments {
		if c.Field == field {
			return c.Text
		}
	}
	return ""
}

// Modification tells that what is under way modifies what was granted.
func (a Application) Modification() bool { return a.Request.State == habilitation.Reopened }

// over tells that nobody reads the request any more: it was withdrawn, or what it said is
// erased.
func (a Application) over() bool {
	return a.Request.State == habilitation.Archived || a.Request.Requester.Mail == ""
}

// Document finds one by its id; zero when the application has none such.
func (a Application) Document(id int64) Document {
	for _, d := range a.Documents {
		if d.ID == id {
			return d
		}
	}
	return Document{}
}

// Situation is what the rules need of the application. elsewhere: another software receives
// the dossiers of the town.
func (a Application) Situation(elsewhere bool) Situation {
	return Situation{Template: a.Template, Requester: a.Request.Requester, Document: a.Document(a.Answers.Document), Elsewhere: elsewhere}
}

// Allows tells whether an act makes sense now.
func (a Application) Allows(act habilitation.Act) bool {
	if !a.Request.State.Allows(act) {
		return false
	}
	switch act {
	case habilitation.Submit:
		return a.Phase.Editable()
	case habilitation.RequestChanges, habilitation.Approve:
		return a.Phase == Filed
	case habilitation.Refuse:
		return a.Phase == Filed || a.Phase == Returned
	case habilitation.Cancel, habilitation.Withdraw:
		return a.Phase != Closed
	case habilitation.Reopen:
		return a.Phase == Closed
	case habilitation.Suspend, habilitation.Restore, habilitation.Revoke:
	}
	return true
}

// after is the state that an act leads to. Code: request.moved (fault.Conflict).
func (a Application) after(act habilitation.Act) (habilitation.State, error) {
	if !a.Allows(act) {
		return "", moved
	}
	return a.Request.State.After(act)
}

var (
	moved     = fault.New(fault.Conflict, "request.moved")
	notHolder = fault.New(fault.Forbidden, "request.not_holder")
	unknown   = fault.New(fault.NotFound, "request.unknown")
)

// Deadline is when silence becomes a refusal: two months after the deposit (CRPA, article
// L. 231-4; datapass.md §2.3). It is zero before any deposit.
func (a Application) Deadline() time.Time { return DeadlineOf(a.FiledAt) }

// legalMonths is how long the silence of the administration may last.
const legalMonths = 2

// DeadlineOf is the day, from its beginning in Paris, on which silence about a deposit becomes
// a refusal: the same one two months later, or the last one of a shorter month.
func DeadlineOf(filed time.Time) time.Time {
	if filed.IsZero() {
		return filed
	}
	day := value.MomentOf(filed)
	last := time.Date(day.Year, time.Month(day.Month+legalMonths+1), 0, 0, 0, 0, 0, time.UTC).Day()
	return value.DayBegins(day.Year, time.Month(day.Month+legalMonths), min(day.Day, last))
}

// Document is a file that a town handed in. It never changes.
type Document struct {
	ID      int64
	Request habilitation.RequestNumber
	Name    string // as the person called it, tidied
	Size    int    // bytes
	Pages   int
	State   DocumentState
	AddedAt time.Time
	AddedBy string
}

// DocumentState is what the analysis for viruses said.
type DocumentState string

// The states, as the database's CHECK lists them.
const (
	Unscanned  DocumentState = "en_attente"   // the analysis is to come, or does not answer
	Clean      DocumentState = "saine"        // no virus is known in it
	Infected   DocumentState = "infectee"     // nobody may open it
	NotScanned DocumentState = "non_analysee" // no analysis is configured
)

// DocumentStates lists every state.
var DocumentStates = [...]DocumentState{Unscanned, Clean, Infected, NotScanned}

// Readable tells whether the file may be opened: not before its analysis.
func (d Document) Readable() bool { return d.State == Clean || d.State == NotScanned }

// documentName keeps of a file's name what is harmless in a page and in a header, and its
// ending: a name may hide another one, or look like a formula.
func documentName(typed string) string {
	const ending = ".pdf"
	if i := strings.LastIndexAny(typed, `/\`); i >= 0 {
		typed = typed[i+1:]
	}
	plain := strings.Map(func(r rune) rune {
		if strings.ContainsRune("\"'`<>|:*?;%&$", r) {
			return '_'
		}
		return r
	}, typed)
	name := strings.TrimLeftFunc(tidy(plain, Text{Limit: longLimit}), func(r rune) bool {
		return unicode.IsSpace(r) || strings.ContainsRune("=+-@.", r)
	})
	base, found := strings.CutSuffix(strings.ToLower(name), ending)
	switch {
	case !found || !strings.ContainsFunc(base, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }):
		return "deliberation" + ending
	case utf8.RuneCountInString(name) > lineLimit:
		return strings.TrimSpace(cutTo(name, lineLimit-len(ending))) + ending
	}
	return name
}

// sortedWords joins words in their alphabetical order.
func sortedWords(words []string) string {
	slices.Sort(words)
	return strings.Join(words, " ")
}
