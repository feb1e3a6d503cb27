package instruction

import (
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/web"
	"portail-qf/internal/web/form"
)

const (
	fieldAct   = "acte"
	fieldTitle = "titre"
	fieldBody  = "texte"
	// maxTitle is what the domain keeps of a title, in characters.
	maxTitle = 60
)

// models lists the models of texts.
func (h *Handler) models(c *gin.Context) error {
	listed, err := h.Instruction.Reasons(c.Request.Context())
	if err != nil {
		return err
	}
	return h.Views.models.Write(c.Writer, http.StatusOK, newModelsPage(h.Frame(c), listed))
}

// newModel asks for a new model; the address may name its act.
func (h *Handler) newModel(c *gin.Context) error {
	act := form.OneOf(c.Request.URL.Query(), fieldAct, actCodes()...)
	page := newModelPage(h.Frame(c), request.Reason{Act: habilitation.Act(act.Value)})
	return h.Views.model.Write(c.Writer, http.StatusOK, page)
}

// model shows one, to be changed.
func (h *Handler) model(c *gin.Context) error {
	found, err := h.findModel(c)
	if err != nil {
		return err
	}
	return h.Views.model.Write(c.Writer, http.StatusOK, newModelPage(h.Frame(c), found))
}

func (h *Handler) findModel(c *gin.Context) (request.Reason, error) {
	id, err := web.ID(c, "id", "reason_template.unknown")
	if err != nil {
		return request.Reason{}, err
	}
	return h.Instruction.Reason(c.Request.Context(), id)
}

// addModel keeps a new model.
func (h *Handler) addModel(c *gin.Context) error {
	return h.saveModel(c, request.Reason{}, "modele-ajoute")
}

// changeModel keeps what was changed of a model.
func (h *Handler) changeModel(c *gin.Context) error {
	found, err := h.findModel(c)
	if err != nil {
		return err
	}
	return h.saveModel(c, found, "modele-change")
}

func (h *Handler) saveModel(c *gin.Context, before request.Reason, done string) error {
	page := newModelPage(h.Frame(c), before)
	page.Act = form.OneOf(c.Request.PostForm, fieldAct, actCodes()...)
	page.Title, page.Text = form.Text(c.Request.PostForm, fieldTitle, maxTitle), textOf(c, fieldBody)
	_, err := h.Instruction.SaveReason(c.Request.Context(), web.ActorOf(c), request.Reason{
		ID: before.ID, Act: habilitation.Act(page.Act.Value), Title: page.Title.Value, Text: page.Text.Value,
	})
	switch kind := fault.KindOf(err); kind {
	case fault.Invalid, fault.Conflict:
		return h.Views.model.Write(c.Writer, refusalStatus(kind), page.refused(fault.CodeOf(err)))
	}
	if err != nil {
		return err
	}
	return web.Done(c, modelsPath, done)
}

// modelErasure asks once more before a model goes.
func (h *Handler) modelErasure(c *gin.Context) error {
	found, err := h.findModel(c)
	if err != nil {
		return err
	}
	return h.Views.modelErasure.Write(c.Writer, http.StatusOK, newModelErasurePage(h.Frame(c), found))
}

// eraseModel takes a model away.
func (h *Handler) eraseModel(c *gin.Context) error {
	found, err := h.findModel(c)
	if err != nil {
		return err
	}
	if err := h.Instruction.EraseReason(c.Request.Context(), web.ActorOf(c), found.ID); err != nil {
		return err
	}
	return web.Done(c, modelsPath, "modele-efface")
}

func modelPath(id int64) string { return modelsPath + "/" + strconv.FormatInt(id, 10) }
