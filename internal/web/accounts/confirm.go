package accounts

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/web"
)

// AskConfirmation asks for a second factor before a sensitive act. A form that was sent is
// kept, sealed, so that nothing typed is lost.
func (h *Handler) AskConfirmation(c *gin.Context) error {
	if c.Request.Method != http.MethodPost {
		return web.SeeOther(c, confirmPath+returning(wanted(c)))
	}
	held, err := h.SignIns.Hold(web.ActorOf(c), account.HeldForm{Path: c.Request.URL.Path, Fields: c.Request.PostForm})
	if err != nil {
		return err
	}
	page := confirmPage{ProPage: h.Frame(c), Return: wanted(c), Held: h.carry(held)}
	return h.Views.confirm.Write(c.Writer, http.StatusForbidden, page)
}

// confirmPage explains why a second factor is asked for, and offers to prove it.
func (h *Handler) confirmPage(c *gin.Context) error {
	page := confirmPage{ProPage: h.Frame(c), Return: account.LocalPath(c.Query(paramReturn))}
	return h.Views.confirm.Write(c.Writer, http.StatusOK, page)
}

// confirm sends the browser to ProConnect for the second factor.
func (h *Handler) confirm(c *gin.Context) error {
	actor, waiting := web.ActorOf(c), account.Waiting{ReturnTo: c.PostForm(paramReturn)}
	if sent := c.PostForm(paramHeld); sent != "" {
		waiting.Held = h.carried(sent)
		if _, err := h.SignIns.Release(actor, waiting.Held); err != nil {
			return web.SeeOther(c, after(account.LocalPath(waiting.ReturnTo)))
		}
	}
	started, err := h.SignIns.Confirm(c.Request.Context(), actor, web.Cookie(c, web.SignInCookie), waiting)
	if err != nil {
		return h.explain(c, err)
	}
	return depart(c, started)
}

// resumePage offers to send the form that waited for a sign-in or a confirmation. Where none of
// this person's does, it leads where she was going.
func (h *Handler) resumePage(c *gin.Context) error {
	actor := web.ActorOf(c)
	sealed, err := h.Sessions.Held(c.Request.Context(), actor)
	if err != nil {
		return err
	}
	held, err := h.SignIns.Release(actor, sealed)
	if err != nil || account.LocalPath(held.Path) == "" {
		return web.SeeOther(c, after(account.LocalPath(c.Query(paramReturn))))
	}
	page := h.Views.newResumePage(h.Frame(c), held)
	return h.Views.resume.Write(c.Writer, http.StatusOK, page)
}
