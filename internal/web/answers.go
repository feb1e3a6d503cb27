package web

import (
	"strings"

	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/web/dsfr"
)

// Lines cuts a text into its lines, those that say nothing apart.
func Lines(text string) []string {
	var said []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			said = append(said, line)
		}
	}
	return said
}

var stateSeverities = map[habilitation.State]dsfr.Severity{
	habilitation.Draft: dsfr.Info, habilitation.Submitted: dsfr.Info, habilitation.ChangesRequested: dsfr.Warning,
	habilitation.Validated: dsfr.Success, habilitation.Refused: dsfr.Failure, habilitation.Reopened: dsfr.Success,
	habilitation.Suspended: dsfr.Warning, habilitation.Revoked: dsfr.Failure, habilitation.Archived: dsfr.Info,
}

// StateSeverity colours the badge of a state of a request.
func StateSeverity(state habilitation.State) string { return string(stateSeverities[state]) }

// AnswerView is what a field of a request says, as a summary prints it: templates/pages/common/
// partials/answer.
type AnswerView struct {
	Label    string   // the code of its sentence
	Lines    []string // a text, line by line
	Codes    []string // of sentences
	Document DocumentView
	Empty    bool
}

// DocumentView is a file that a town handed in.
type DocumentView struct {
	Name  string // "" for none
	URL   string // "" where it may not be opened
	Size  string // "1,2 Mo"
	Pages int
	State request.DocumentState
}

// DocumentsOf shows the files of an application; URLs are those of one space.
type DocumentsOf func(id int64) DocumentView

// NewAnswerView shows an answer.
func NewAnswerView(field request.Field, said request.Answer, documents DocumentsOf) AnswerView {
	view := AnswerView{Label: FieldLabel(field), Codes: said.Codes, Empty: said.IsZero()}
	if said.Text != "" {
		view.Lines = strings.Split(Typographic(said.Text), "\n")
	}
	if said.Document != 0 {
		view.Document = documents(said.Document)
	}
	return view
}

// FieldLabel is the code of the sentence that names a field of a request.
func FieldLabel(field request.Field) string { return "request.field." + string(field) }

// DifferenceView is a field that changed: templates/pages/common/partials/difference.
type DifferenceView struct {
	Label         string
	Before, After AnswerView
}

// NewDifferenceViews shows what changed.
func NewDifferenceViews(found []request.Difference, documents DocumentsOf) []DifferenceView {
	views := make([]DifferenceView, len(found))
	for i, d := range found {
		views[i] = DifferenceView{
			Label: FieldLabel(d.Field), Before: NewAnswerView(d.Field, d.Before, documents), After: NewAnswerView(d.Field, d.After, documents),
		}
	}
	return views
}

// NewDocumentView shows a file; address gives where it is opened.
func NewDocumentView(d request.Document, address string) DocumentView {
	view := DocumentView{Name: d.Name, Size: fileSize(d.Size), Pages: d.Pages, State: d.State}
	if d.Readable() {
		view.URL = address
	}
	return view
}

// MessageView is a message of a thread: templates/pages/common/partials/message.
type MessageView struct {
	ID     int64
	Author string
	Staff  bool // it is the instructors'
	Own    bool // it is of the side that reads
	At     Moment
	Lines  []string
	Unread bool // by the side that reads
}

// NewMessageViews shows a thread to a side, oldest first.
func NewMessageViews(thread []request.Message, reader request.Side) []MessageView {
	views := make([]MessageView, len(thread))
	for i, m := range thread {
		views[i] = MessageView{
			ID: m.ID, Author: m.Author.Name, Staff: m.Side == request.SideStaff, Own: m.Side == reader, At: MomentOf(m.At),
			Lines: strings.Split(m.Text, "\n"), Unread: m.Side != reader && !m.Read,
		}
	}
	return views
}

// fileSize is a number of bytes as people read it: "340 ko", "1,2 Mo".
func fileSize(bytes int) string {
	const kilo = 1000
	if bytes < kilo*kilo {
		return number(max(1, bytes/kilo)) + "\u00a0ko"
	}
	tenths := bytes / (kilo * kilo / 10)
	whole, tenth := tenths/10, tenths%10
	if tenth == 0 {
		return number(whole) + "\u00a0Mo"
	}
	return number(whole) + "," + string(rune('0'+tenth)) + "\u00a0Mo"
}
