package editorspace

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/directory"
	"portail-qf/internal/web"
)

// home shows for whom the person acts, what waits, and how many collectivities there are.
func (h *Handler) home(c *gin.Context) error {
	actor, ctx := web.ActorOf(c), c.Request.Context()
	counts, err := h.Clients.Counts(ctx, actor.Organisation.Siret)
	if err != nil {
		return err
	}
	waiting, err := h.unanswered(ctx, actor)
	if err != nil {
		return err
	}
	page := newHomePage(h.Frame(c), actor, counts, waiting)
	if _, page.Stuck, err = h.Clients.List(ctx, actor.Organisation.Siret, directory.ClientSearch{Stuck: true, Limit: 1}); err != nil {
		return err
	}
	tokens, err := h.Tokens.Counts(ctx, credential.CallerOf(actor))
	if err != nil {
		return err
	}
	page.ToCollect = tokens[credential.TokenToCollect]
	risks, err := h.AtRisk.Counts(ctx, actor.Organisation.Siret)
	if err != nil {
		return err
	}
	page.InThirty, page.Cut = risks.InThirty, risks.Cut
	return h.Views.home.Write(c.Writer, http.StatusOK, page)
}

// unanswered counts the invitations without answer, for those who may do something of them.
func (h *Handler) unanswered(ctx context.Context, actor account.Actor) (unanswered, error) {
	if !h.Can(actor.Role, "membership", "grant") {
		return unanswered{}, nil
	}
	var counts unanswered
	for state, count := range map[account.InvitationState]*int{
		account.InvitationWaiting: &counts.Waiting, account.InvitationExpired: &counts.Expired,
	} {
		query := ownInvitations(actor)
		query.State, query.Limit = state, 1
		_, total, err := h.Access.Invitations(ctx, query)
		if err != nil {
			return counts, err
		}
		*count = total
	}
	return counts, nil
}
