package requests

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/web"
)

// orMoved answers who opens a page that its request has left behind, or does again what is
// done: with the page of the request, which says where it is.
func (h *Handler) orMoved(handler web.HandlerFunc) web.HandlerFunc {
	return h.orClaim(func(c *gin.Context) error {
		err := handler(c)
		if !fault.Is(err, "request.moved") {
			return err
		}
		asked, errNumber := number(c)
		if errNumber != nil {
			return errNumber
		}
		a, errFind := h.subject(c.Request.Context(), web.ActorOf(c), asked)
		if errFind != nil {
			return errFind
		}
		return web.Done(c, pageOf(a), "demande-changee")
	})
}

// pageOf is where a request is told: the home page of the town for one that DataPass made and
// nobody modified here.
func pageOf(a request.Application) string {
	if a.Template.UID == "" {
		return grantedPath
	}
	return pathOf(a.Request.Number)
}

// tooLate shows what was typed in a request where nothing may be written any more, so that it
// can be copied.
func (h *Handler) tooLate(c *gin.Context, typed request.Typed) error {
	f, err := h.open(c)
	if err != nil {
		return err
	}
	page := newStepPage(h.Frame(c), f, typed.Block, typed.Answers)
	page.closed(typed)
	return h.Views.step.Write(c.Writer, http.StatusConflict, page)
}
