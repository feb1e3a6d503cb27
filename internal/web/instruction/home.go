package instruction

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/web"
)

// home shows what waits, and the figures of the service.
func (h *Handler) home(c *gin.Context) error {
	ctx, by := c.Request.Context(), web.ActorOf(c)
	forms, err := h.Clients.All(ctx)
	if err != nil {
		return err
	}
	_, suspended, err := h.Catalogue.List(ctx, habilitation.Search{State: habilitation.Suspended, Limit: 1})
	if err != nil {
		return err
	}
	counts, err := h.Instruction.Counts(ctx, by)
	if err != nil {
		return err
	}
	oldest, _, err := h.Instruction.Queue(ctx, by, request.Search{Oldest: true, Limit: 1})
	if err != nil {
		return err
	}
	page := homePage{ProPage: h.Frame(c), Waiting: counts, Suspended: suspended, Collectivities: forms}
	if len(oldest) > 0 {
		page.Oldest = newQueueRow(oldest[0], by.AccountID, h.Now())
	}
	return h.Views.home.Write(c.Writer, http.StatusOK, page)
}
