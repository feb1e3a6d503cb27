package instruction

import (
	"strconv"

	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/web"
	"portail-qf/internal/web/form"
)

// actPage is where an instructor writes what becomes of a request, before it is shown as a
// mail.
type actPage struct {
	web.ProPage
	Act          habilitation.Act
	URL, PageURL string
	Number, Name string
	Modification bool
	Requester    string // mail
	Revision     int    // as it is read now
	Editor       *editorChoice
	Text         form.Field
	Models       []modelChoice
	Comments     []commentView
	// Aged: what was written before is about another state of the request.
	Aged bool

	// Moved: the request is not, or no longer, as the person read it. LastMove is who did
	// what meanwhile.
	Moved     bool
	LastMove  eventView
	State     stateView
	Since     web.Moment
	CanDecide bool // all the same
}

// modelChoice is a model to insert.
type modelChoice struct{ ID, Title string }

// commentView is a field that may be commented.
type commentView struct {
	Answer web.AnswerView
	Field  form.Field
	Open   bool
}

func newActPage(page web.ProPage, f draftFile, t written) actPage {
	r := f.Request
	p := actPage{
		ProPage: page, Act: f.Act, URL: actPath(r.Number, f.Act), PageURL: pathOf(r.Number), Number: r.Number.String(), Name: nameOf(r),
		Modification: f.Modification(), Requester: r.Requester.Mail, Revision: r.Revision, Editor: newEditorChoice(f, t.Editor), Text: t.Text,
		State: newStateView(r.State, f.Phase), Since: web.MomentOf(r.StateAt), CanDecide: f.Allows(f.Act),
		Aged: f.Note.Act != "" && f.Note.Revision != r.Revision,
	}
	p.Problems = t.problems()
	for _, model := range f.Models {
		p.Models = append(p.Models, modelChoice{ID: strconv.FormatInt(model.ID, 10), Title: model.Title})
	}
	documents := documentsOf(f.Application)
	for i, row := range f.commented() {
		view := commentView{Answer: web.NewAnswerView(row.Field, row.Answer, documents), Field: t.Comments[i].Field}
		view.Open = view.Field.Value != "" || view.Field.Error != ""
		p.Comments = append(p.Comments, view)
	}
	return p
}
