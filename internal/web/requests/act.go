package requests

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/web"
)

// ask says what an act of the holder does, before it is done.
func (h *Handler) ask(act habilitation.Act) web.HandlerFunc {
	return h.orMoved(func(c *gin.Context) error {
		asked, err := number(c)
		if err != nil {
			return err
		}
		actor := web.ActorOf(c)
		a, err := h.subject(c.Request.Context(), actor, asked)
		switch {
		case err != nil:
			return err
		case a.Request.Holder != actor.AccountID:
			return fault.New(fault.Forbidden, "request.not_holder")
		case !a.Allows(act):
			return fault.New(fault.Conflict, "request.moved")
		}
		return h.Views.act.Write(c.Writer, http.StatusOK, newActPage(h.Frame(c), act, a))
	})
}

// do does it.
func (h *Handler) do(act habilitation.Act) web.HandlerFunc {
	return h.orMoved(func(c *gin.Context) error {
		asked, err := number(c)
		if err != nil {
			return err
		}
		if err := h.act(c.Request.Context(), web.ActorOf(c), act, asked); err != nil {
			return err
		}
		to := pathOf(asked)
		if act == habilitation.Reopen {
			to += summaryPart
		}
		return web.Done(c, to, doneOf[act])
	})
}

// doneOf is what has just been done, as the page that follows says it.
var doneOf = map[habilitation.Act]string{
	habilitation.Withdraw: "demande-retiree", habilitation.Reopen: "modification-commencee", habilitation.Cancel: "modification-annulee",
}

func (h *Handler) act(ctx context.Context, by account.Actor, act habilitation.Act, asked habilitation.RequestNumber) error {
	switch act {
	case habilitation.Withdraw:
		return h.Requests.Withdraw(ctx, by, asked)
	case habilitation.Reopen:
		return h.Requests.Reopen(ctx, by, asked)
	case habilitation.Cancel:
		return h.Requests.Cancel(ctx, by, asked)
	case habilitation.Approve, habilitation.Refuse, habilitation.RequestChanges, habilitation.Suspend, habilitation.Restore,
		habilitation.Revoke, habilitation.Submit: // not here
	}
	return fault.New(fault.NotFound, "request.unknown")
}
