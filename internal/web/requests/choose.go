package requests

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/web"
	"portail-qf/internal/web/form"
)

const (
	fieldSearch = "q"
	maxSearch   = 200
)

// choose lists the forms by software, so that a town finds its own without its editor's link.
func (h *Handler) choose(c *gin.Context) error {
	if _, err := h.Recognise(c); err != nil {
		return err
	}
	listed, err := h.Templates.List(c.Request.Context())
	if err != nil {
		return err
	}
	asked := form.Text(c.Request.URL.Query(), fieldSearch, maxSearch)
	return h.Views.choose.Write(c.Writer, http.StatusOK, newChoosePage(h.Frame(c), asked, listed))
}

// model is the model text of a délibération.
func (h *Handler) model(c *gin.Context) error {
	if _, err := h.Recognise(c); err != nil {
		return err
	}
	return h.Views.model.Write(c.Writer, http.StatusOK, modelPage{ProPage: h.Frame(c)})
}

// modelPage says what a délibération must hold, with a text to copy.
type modelPage struct{ web.ProPage }
