package requests

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/habilitation"
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
	claims, err := h.claimsOf(ctx, actor, known)
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

// claimsOf finds the claims that wait, of the requests of a town.
func (h *Handler) claimsOf(ctx context.Context, reader account.Actor, known []habilitation.Request) (map[habilitation.RequestNumber]web.ClaimView, error) {
	claims := map[habilitation.RequestNumber]web.ClaimView{}
	for _, r := range known {
		claim, err := h.claimOf(ctx, reader, r)
		if err != nil {
			return nil, err
		}
		claims[r.Number] = claim
	}
	return claims, nil
}

// claimOf finds the claim that waits for a request; zero for none.
func (h *Handler) claimOf(ctx context.Context, reader account.Actor, r habilitation.Request) (web.ClaimView, error) {
	waiting, err := h.Requests.Claims.FindClaim(ctx, r.Number)
	if err != nil {
		return web.ClaimView{}, err
	}
	return web.NewClaimView(waiting, r.Holder, reader.AccountID, h.Requests.Now()), nil
}
