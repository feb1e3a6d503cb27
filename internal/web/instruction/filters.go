package instruction

import (
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/web"
	"portail-qf/internal/web/form"
)

const (
	fieldFilterName  = "nom"
	fieldFilterQuery = "recherche"
	// maxFilterName is what the domain keeps, in characters.
	maxFilterName = 40
)

// saveFilter keeps a search under a name.
func (h *Handler) saveFilter(c *gin.Context) error {
	query, err := url.ParseQuery(c.PostForm(fieldFilterQuery))
	if err != nil {
		query = url.Values{}
	}
	page, err := h.queuePage(c, query)
	if err != nil {
		return err
	}
	name := form.Text(c.Request.PostForm, fieldFilterName, maxFilterName)
	err = h.Instruction.SaveFilter(c.Request.Context(), web.ActorOf(c), request.Filter{Name: name.Value, Query: page.Query})
	switch kind := fault.KindOf(err); kind {
	case fault.Invalid, fault.Conflict:
		page.Name = name.Refused(fault.CodeOf(err))
		page.Problems = form.Problems(page.Name)
		return h.Views.queue.Write(c.Writer, refusalStatus(kind), page)
	}
	if err != nil {
		return err
	}
	return web.Done(c, addressOf(queuePath, page.Query), "filtre-garde")
}

// refusalStatus is that of a form that is shown again.
func refusalStatus(kind fault.Kind) int {
	if kind == fault.Conflict {
		return http.StatusConflict
	}
	return http.StatusUnprocessableEntity
}

// eraseFilter forgets a search.
func (h *Handler) eraseFilter(c *gin.Context) error {
	id, err := web.ID(c, "id", "filter.unknown")
	if err != nil {
		return err
	}
	if err := h.Instruction.EraseFilter(c.Request.Context(), web.ActorOf(c), id); err != nil {
		return err
	}
	return web.Done(c, queuePath, "filtre-efface")
}
