package requests

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/web"
)

// list lists the requests of the town, those of colleagues too.
func (h *Handler) list(c *gin.Context) error {
	ctx, actor := c.Request.Context(), web.ActorOf(c)
	written, err := h.Requests.List(ctx, actor)
	if err != nil {
		return err
	}
	known, err := h.Catalogue.OfOrganisation(ctx, actor.Organisation.Siret)
	if err != nil {
		return err
	}
	unread, err := h.Requests.Unread(ctx, actor)
	if err != nil {
		return err
	}
	claims, err := h.toAnswer(ctx, actor, known)
	if err != nil {
		return err
	}
	page := newListPage(h.Frame(c), actor, claims)
	for _, a := range written {
		page.add(a, unread[a.Request.Number])
	}
	page.addElsewhere(known, written)
	return h.Views.list.Write(c.Writer, http.StatusOK, page)
}

// toAnswer finds the claims that wait for somebody's answer.
func (h *Handler) toAnswer(ctx context.Context, holder account.Actor, known []habilitation.Request) (map[habilitation.RequestNumber]request.Claim, error) {
	claims := map[habilitation.RequestNumber]request.Claim{}
	for _, r := range known {
		if r.Holder != holder.AccountID {
			continue
		}
		waiting, err := h.Requests.Claims.FindClaim(ctx, r.Number)
		if err != nil {
			return nil, err
		}
		if waiting.ID != 0 {
			claims[r.Number] = waiting
		}
	}
	return claims, nil
}
