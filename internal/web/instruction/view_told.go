package instruction

import (
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/web"
)

// askedView is what was written to the town with a decision, or when changes were asked for.
type askedView struct {
	Act      habilitation.Act
	At       web.Moment
	By       string
	Reason   []string // line by line
	Comments []askedComment
}

type askedComment struct {
	Label string // code of the field's words
	Lines []string
}

// newAskedView is nil where nothing was written.
func newAskedView(asked request.Asked) *askedView {
	if asked.At.IsZero() || asked.Reason == "" && len(asked.Comments) == 0 {
		return nil
	}
	view := &askedView{Act: asked.Act, At: web.MomentOf(asked.At), By: asked.By, Reason: web.Lines(asked.Reason)}
	for _, comment := range asked.Comments {
		view.Comments = append(view.Comments, askedComment{Label: web.FieldLabel(comment.Field), Lines: web.Lines(comment.Text)})
	}
	return view
}

// editorOf names whose software a request is for: on the generic form, the editor that the
// newest approval confirmed. "" for none.
func editorOf(a request.Application) string {
	if a.Template.Editor.Siret != "" {
		return web.Typographic(a.Template.Editor.Name)
	}
	return confirmedEditor(a)
}

// confirmedEditor names the editor of what is granted; "" for none.
func confirmedEditor(a request.Application) string {
	confirmed := a.Request.Current.Editor
	if confirmed.Name == "" {
		return confirmed.Siret.Display()
	}
	return web.Typographic(confirmed.Name)
}
