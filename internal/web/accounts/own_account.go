package accounts

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/web"
)

// ownAccount shows who one is here, one's roles and one's sessions.
func (h *Handler) ownAccount(c *gin.Context) error {
	actor, ctx := web.ActorOf(c), c.Request.Context()
	choices, err := h.Sessions.Choices(ctx, actor)
	if err != nil {
		return err
	}
	sessions, err := h.Sessions.Own(ctx, actor)
	if err != nil {
		return err
	}
	return h.Views.ownAccount.Write(c.Writer, http.StatusOK, newAccountPage(h.Frame(c), actor, choices.Memberships, sessions))
}

// endOwnSession ends another session of the same person: a computer left open elsewhere.
func (h *Handler) endOwnSession(c *gin.Context) error {
	id, err := web.ID(c, "id", "session.unknown")
	if err != nil {
		return err
	}
	if err := h.Sessions.EndOwn(c.Request.Context(), web.ActorOf(c), id); err != nil {
		return err
	}
	return web.Done(c, accountPath, "session-fermee")
}

// leavePage asks once more before one gives a role up.
func (h *Handler) leavePage(c *gin.Context) error {
	m, err := h.ownMembership(c)
	if err != nil {
		return err
	}
	page := newLeavePage(h.Frame(c), m)
	if page.LastManager, err = h.Access.LastManager(c.Request.Context(), m); err != nil {
		return err
	}
	return h.Views.leave.Write(c.Writer, http.StatusOK, page)
}

func (h *Handler) ownMembership(c *gin.Context) (account.Membership, error) {
	id, err := web.ID(c, "id", "membership.unknown")
	if err != nil {
		return account.Membership{}, err
	}
	choices, err := h.Sessions.Choices(c.Request.Context(), web.ActorOf(c))
	if err != nil {
		return account.Membership{}, err
	}
	for _, m := range choices.Memberships {
		if m.ID == id {
			return m, nil
		}
	}
	return account.Membership{}, fault.New(fault.NotFound, "membership.unknown")
}

// leave gives a role up.
func (h *Handler) leave(c *gin.Context) error {
	id, err := web.ID(c, "id", "membership.unknown")
	if err != nil {
		return err
	}
	if _, err := h.Access.Leave(c.Request.Context(), web.ActorOf(c), id); err != nil {
		return err
	}
	return web.Done(c, accountPath, "role-quitte")
}
