package accounts

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/web"
)

// invitation shows what is offered and by whom, and a button. Opening it changes nothing:
// mail scanners open every link.
func (h *Handler) invitation(c *gin.Context) error {
	actor, err := h.Recognise(c)
	if err != nil {
		return err
	}
	invitation, err := h.Access.Find(c.Request.Context(), value.Token(c.Param("jeton")))
	if fault.KindOf(err) == fault.NotFound {
		return h.Views.invitationUnknown.Write(c.Writer, http.StatusNotFound, plainPage{h.Frame(c)})
	}
	if err != nil {
		return err
	}
	page := newInvitationPage(h.Frame(c), actor, invitation, h.Now())
	return h.Views.invitation.Write(c.Writer, http.StatusOK, page)
}

// accept takes the invitation up and leads to the space.
func (h *Handler) accept(c *gin.Context) error {
	actor := web.ActorOf(c)
	accepted, err := h.Access.Accept(c.Request.Context(), actor, value.Token(c.Param("jeton")))
	switch {
	case fault.Is(err, "invitation.factor_needed"):
		return web.SeeOther(c, confirmPath+returning(c.Request.URL.Path))
	case fault.KindOf(err) == fault.NotFound:
		return h.Views.invitationUnknown.Write(c.Writer, http.StatusNotFound, plainPage{h.Frame(c)})
	case fault.KindOf(err) == fault.Forbidden:
		if err := h.NoteRefused(c); err != nil {
			return err
		}
		return h.Views.invitation.Write(c.Writer, http.StatusForbidden, newInvitationPage(h.Frame(c), actor, accepted, h.Now()))
	case fault.KindOf(err) == fault.Conflict:
		return h.moved(c)
	case err != nil:
		return err
	}
	return h.enter(c, actor, accepted)
}

// moved shows what became of an invitation that could not be accepted.
func (h *Handler) moved(c *gin.Context) error {
	now, err := h.Access.Find(c.Request.Context(), value.Token(c.Param("jeton")))
	if err != nil {
		return err
	}
	page := newInvitationPage(h.Frame(c), web.ActorOf(c), now, h.Now())
	return h.Views.invitation.Write(c.Writer, http.StatusConflict, page)
}

// enter chooses the space that an invitation has just opened.
func (h *Handler) enter(c *gin.Context, actor account.Actor, accepted account.Invitation) error {
	choices, err := h.Sessions.Choices(c.Request.Context(), actor)
	if err != nil {
		return err
	}
	for _, m := range choices.Memberships {
		if m.Role == accepted.Role && m.Organisation.Siret == accepted.Organisation.Siret {
			if _, err := h.Sessions.Choose(c.Request.Context(), actor, m.ID); err != nil {
				return err
			}
			return web.Done(c, m.Role.Space().Path(), "invitation-acceptee")
		}
	}
	return web.SeeOther(c, spacesPath)
}
