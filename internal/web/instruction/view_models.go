package instruction

import (
	"portail-qf/internal/domain/request"
	"portail-qf/internal/web"
	"portail-qf/internal/web/dsfr"
	"portail-qf/internal/web/form"
)

// modelsPage lists the models of texts, act by act.
type modelsPage struct {
	web.ProPage
	Acts []actModels
}

// actModels are the models of an act.
type actModels struct {
	Title  string // code of its words
	AddURL string
	Models []modelView
}

// modelView is a model in the list.
type modelView struct {
	URL, EraseURL, Title string
	Lines                []string
}

func newModelsPage(page web.ProPage, listed []request.Reason) modelsPage {
	p := modelsPage{ProPage: page}
	for _, a := range acts {
		of := actModels{Title: "instruction.act." + string(a.act), AddURL: modelsPath + "/nouveau?" + fieldAct + "=" + string(a.act)}
		for _, model := range listed {
			if model.Act == a.act {
				of.Models = append(of.Models, modelView{
					URL: modelPath(model.ID), EraseURL: modelPath(model.ID) + "/suppression", Title: model.Title, Lines: web.Lines(model.Text),
				})
			}
		}
		p.Acts = append(p.Acts, of)
	}
	return p
}

// actCodes lists the acts that have models.
func actCodes() []string {
	codes := make([]string, len(acts))
	for i, a := range acts {
		codes[i] = string(a.act)
	}
	return codes
}

// modelPage is a model, new or to be changed.
type modelPage struct {
	web.ProPage
	URL      string
	EraseURL string // "" for a new one
	Act      form.Field
	Acts     []dsfr.Option
	Title    form.Field
	Text     form.Field
}

func newModelPage(page web.ProPage, model request.Reason) modelPage {
	p := modelPage{
		ProPage: page, URL: modelsPath + "/nouveau", Act: form.Field{Name: fieldAct, Value: string(model.Act)},
		Title: form.Field{Name: fieldTitle, Value: model.Title}, Text: form.Field{Name: fieldBody, Value: model.Text},
	}
	if model.ID != 0 {
		p.URL, p.EraseURL = modelPath(model.ID), modelPath(model.ID)+"/suppression"
	}
	for _, a := range acts {
		p.Acts = append(p.Acts, dsfr.Option{Value: string(a.act), Code: "instruction.act." + string(a.act)})
	}
	return p
}

// refused is the page with the sentence of what is wrong, at its field.
func (p modelPage) refused(code string) modelPage {
	switch code {
	case "reason_template.act_required", "reason_template.too_many":
		p.Act = p.Act.Refused(code)
	case "reason.required":
		p.Text = p.Text.Refused("form.required")
	case "reason.too_long":
		p.Text = p.Text.Refused("instruction.text_too_long")
	default:
		p.Title = p.Title.Refused(code)
	}
	p.Problems = form.Problems(p.Act, p.Title, p.Text)
	return p
}

// modelErasurePage asks once more before a model goes.
type modelErasurePage struct {
	web.ProPage
	URL, CancelURL, Title string
}

func newModelErasurePage(page web.ProPage, model request.Reason) modelErasurePage {
	return modelErasurePage{ProPage: page, URL: modelPath(model.ID) + "/suppression", CancelURL: modelPath(model.ID), Title: model.Title}
}
