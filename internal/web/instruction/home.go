package instruction

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/account"
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
	oldest, err := h.oldest(ctx, by, counts.Modifications)
	if err != nil {
		return err
	}
	page := homePage{ProPage: h.Frame(c), Waiting: counts, Suspended: suspended, Collectivities: forms}
	if oldest.Number != 0 {
		page.Oldest = newQueueRow(oldest, by.AccountID, h.Now())
	}
	return h.Views.home.Write(c.Writer, http.StatusOK, page)
}

// oldest finds what has waited the longest; zero for nothing. In the queue, modifications come
// before the others: of each sort the first one is the oldest.
func (h *Handler) oldest(ctx context.Context, by account.Actor, modifications int) (request.Queued, error) {
	var oldest request.Queued
	for _, offset := range [...]int{0, modifications} {
		found, _, err := h.Instruction.Queue(ctx, by, request.Search{Offset: offset, Limit: 1})
		if err != nil {
			return request.Queued{}, err
		}
		if len(found) > 0 && (oldest.Number == 0 || found[0].FirstFiledAt.Before(oldest.FirstFiledAt)) {
			oldest = found[0]
		}
	}
	return oldest, nil
}
