package instruction

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/web/form"
)

const (
	fieldText     = "motif"
	fieldComment  = "commentaire-" // and the field that it is about
	fieldEditor   = "editeur"
	fieldRevision = "revision"
	fieldModel    = "modele"

	// maxComment is what the domain keeps of a comment, in characters.
	maxComment = 500
)

// written is what an instructor writes for an act.
type written struct {
	Text     form.Field
	Comments []comment
	Editor   form.Field
	Revision int // of the request as it was read
}

// comment is what she says of a field.
type comment struct {
	About request.Field
	Field form.Field
}

// textOf reads a text as people see it: a browser sends two characters for the end of a line.
func textOf(c *gin.Context, name string) form.Field {
	field := form.Text(c.Request.PostForm, name, maxTyped)
	field.Value = strings.ReplaceAll(field.Value, "\r\n", "\n")
	return field
}

// commented lists the fields that may be commented: what the town answers itself.
func (f draftFile) commented() []request.Row {
	if f.Act != habilitation.RequestChanges {
		return nil
	}
	return slices.DeleteFunc(f.Answers.Rows(), func(row request.Row) bool { return !askedField(f.Template, row) })
}

// typed reads what was sent.
func (f draftFile) typed(c *gin.Context) written {
	t := written{Text: textOf(c, fieldText), Editor: form.OneOf(c.Request.PostForm, fieldEditor, f.editors()...)}
	t.Revision, _ = strconv.Atoi(c.PostForm(fieldRevision)) // none is no revision of any request
	for _, row := range f.commented() {
		t.Comments = append(t.Comments, comment{row.Field, textOf(c, fieldComment+string(row.Field))})
	}
	return t
}

// kept is what was written before, of the request as it stands now.
func (f draftFile) kept() written {
	t := written{Text: form.Field{Name: fieldText, Value: f.Note.Text}, Editor: form.Field{Name: fieldEditor, Value: f.keptEditor()}, Revision: f.Request.Revision}
	said := request.Asked{Comments: f.Note.Comments}
	for _, row := range f.commented() {
		t.Comments = append(t.Comments, comment{row.Field, form.Field{Name: fieldComment + string(row.Field), Value: said.Of(row.Field)}})
	}
	return t
}

// checked notes what is wrong, the text apart: the domain judges it.
func (t written) checked(f draftFile) written {
	if t.undecided(f) {
		t.Editor = t.Editor.Refused("form.choice")
	}
	for i, said := range t.Comments {
		if utf8.RuneCountInString(said.Field.Value) > maxComment {
			t.Comments[i].Field = said.Field.Refused("instruction.comment_too_long")
		}
	}
	return t
}

// undecided tells that nobody said yet whose software it is.
func (t written) undecided(f draftFile) bool { return len(f.editors()) > 0 && t.Editor.Value == "" }

func (t written) wrong() bool { return len(t.problems()) > 0 }

func (t written) problems() []form.Problem {
	fields := []form.Field{t.Editor, t.Text}
	for _, said := range t.Comments {
		fields = append(fields, said.Field)
	}
	return form.Problems(fields...)
}

// note is what was typed, to be kept. A number that was drawn before serves still.
func (f draftFile) note(t written) request.Note {
	return request.Note{
		Request: f.Request.Number, Act: f.Act, Revision: t.Revision, Text: t.Text.Value, Comments: t.said(), Number: f.Note.Number,
		Editor: f.noted(t.Editor.Value),
	}
}

// said are the comments that say something.
func (t written) said() []request.Comment {
	var said []request.Comment
	for _, c := range t.Comments {
		if c.Field.Value != "" {
			said = append(said, request.Comment{Field: c.About, Text: c.Field.Value})
		}
	}
	return said
}

// isNote tells whether a note says what was typed: nothing else may be sent than what was
// shown.
func (t written) isNote(f draftFile) bool {
	shown := f.note(t)
	return shown.Revision == f.Note.Revision && shown.Text == f.Note.Text && shown.Editor == f.Note.Editor &&
		slices.Equal(shown.Comments, f.Note.Comments)
}

// showable tells whether the note may be shown as the mail that it will be: it is about the
// request as it stands, and an approval knows the number that it grants.
func (f draftFile) showable() bool {
	answers := f.editors()
	known := f.Note.Editor == "" && len(answers) == 0 || slices.Contains(answers, f.keptEditor())
	numbered := f.Act != habilitation.Approve || f.Note.Number != 0
	return f.Note.Act != "" && f.Note.Revision == f.Request.Revision && f.Allows(f.Act) && known && numbered
}

// model finds one of the models of the act by its id.
func (f draftFile) model(id string) (request.Reason, bool) {
	for _, model := range f.Models {
		if strconv.FormatInt(model.ID, 10) == id {
			return model, true
		}
	}
	return request.Reason{}, false
}

// joined puts a text after another one, in a paragraph of its own.
func joined(before, after string) string {
	if before == "" {
		return after
	}
	return before + "\n\n" + after
}

// noteCode is the sentence of what is wrong with a text: only a refusal and a demand for
// changes have a reason.
func noteCode(code string, act habilitation.Act) string {
	if code == "reason.too_long" && act == habilitation.Approve {
		return "instruction.text_too_long"
	}
	return code
}
