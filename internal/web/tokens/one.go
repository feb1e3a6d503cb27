package tokens

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/renewal"
	"portail-qf/internal/web"
)

// one shows a token, never its text.
func (h *Handler) one(c *gin.Context) error {
	page, err := h.onePage(c)
	if err != nil {
		return err
	}
	return h.Views.one.Write(c.Writer, http.StatusOK, page)
}

func (h *Handler) onePage(c *gin.Context) (onePage, error) {
	found, err := h.find(c)
	if err != nil {
		return onePage{}, err
	}
	if open := (renewal.File{TokenFile: found.TokenFile}); open.Open(h.Tokens.Now()) {
		if found.Renewal, err = h.Renewals.Find(c.Request.Context(), web.ActorOf(c), found.ID); err != nil {
			return onePage{}, err
		}
	}
	return h.Views.newOnePage(h.Frame(c), found, h.reader(c), h.moment()), nil
}

// moment is when a page is made, and what its tokens begin with.
func (h *Handler) moment() moment { return moment{Now: h.Tokens.Now(), Prefix: h.Tokens.Mint.Prefix} }

// done goes back to the page of a token, which says what has just been done.
func done(c *gin.Context, id, code string) error { return web.Done(c, pathOf(id), code) }
