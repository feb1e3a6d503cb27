package instruction

import (
	"slices"

	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/web"
	"portail-qf/internal/web/dsfr"
	"portail-qf/internal/web/form"
)

// noEditor is the answer of whoever says that a generic form is for no editor.
const noEditor = string(request.NoEditor)

// present is the editor of the habilitation that is modified, on the generic form: the approval
// leaves it as it is unless another answer is given. Zero for none.
func (f draftFile) present() habilitation.Editor {
	if f.Act != habilitation.Approve || f.Template.Editor.Siret != "" || !f.Modification() {
		return habilitation.Editor{}
	}
	return f.Request.Current.Editor
}

// editors are the answers to whose software it is; none where that is no question.
func (f draftFile) editors() []string {
	var answers []string
	for _, siret := range []value.Siret{f.Proposed.Siret, f.present().Siret} {
		if siret != "" && !slices.Contains(answers, siret.String()) {
			answers = append(answers, siret.String())
		}
	}
	if len(answers) == 0 {
		return nil
	}
	return append(answers, noEditor)
}

// keptEditor is the answer that a note gives, "" for none yet.
func (f draftFile) keptEditor() string {
	if f.Note.Editor == "" {
		return f.present().Siret.String()
	}
	return f.Note.Editor.String()
}

// noted is an answer as a note keeps it.
func (f draftFile) noted(answer string) value.Siret {
	if editor := value.Siret(answer); editor != f.present().Siret {
		return editor
	}
	return ""
}

// chosen names the editor that a note says; "" for none.
func (f draftFile) chosen() string {
	switch answer := value.Siret(f.keptEditor()); {
	case answer == "" || answer == request.NoEditor:
		return ""
	case answer == f.Proposed.Siret:
		return f.Proposed.Name
	}
	return f.present().Name
}

// editorChoice asks whose software a generic form is for; nil where that is no question.
type editorChoice struct {
	form.Field
	Options []dsfr.Option
}

func newEditorChoice(f draftFile, field form.Field) *editorChoice {
	if len(f.editors()) == 0 {
		return nil
	}
	choice := &editorChoice{Field: field}
	for _, answer := range f.editors() {
		option := dsfr.Option{Value: answer, Code: "instruction.editor.none", HintCode: "instruction.editor.none.hint"}
		switch value.Siret(answer) {
		case request.NoEditor:
		case f.present().Siret:
			option.Code, option.Text, option.HintCode = "", called(f.present()), "instruction.editor.present"
		default:
			option.Code, option.Text, option.HintCode = "", called(habilitation.Editor(f.Proposed)), "instruction.editor.proposed"
		}
		choice.Options = append(choice.Options, option)
	}
	return choice
}

// called names an editor with its SIRET, two of them may have one name.
func called(e habilitation.Editor) string {
	if e.Name == "" {
		return e.Siret.Display()
	}
	return web.Typographic(e.Name) + " (" + e.Siret.Display() + ")"
}
