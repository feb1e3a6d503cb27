package requests

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/web"
)

func linkOf(c *gin.Context) value.Token { return value.Token(c.Param("jeton")) }

// recoverPage shows what the link of a requester leads to, and a button. Opening it changes
// nothing: mail scanners open every link.
func (h *Handler) recoverPage(c *gin.Context) error {
	if _, err := h.Recognise(c); err != nil {
		return err
	}
	return h.showLink(c, http.StatusOK)
}

// showLink shows where a link stands, to whoever is signed in or not.
func (h *Handler) showLink(c *gin.Context, status int) error {
	found, err := h.Recovery.Find(c.Request.Context(), linkOf(c))
	if fault.KindOf(err) == fault.NotFound {
		return h.Views.recoverUnknown.Write(c.Writer, http.StatusNotFound, recoverUnknownPage{h.Frame(c)})
	}
	if err != nil {
		return err
	}
	page := newRecoverPage(h.Frame(c), c.Request.URL.Path, web.ActorOf(c), found, h.Recovery.Now())
	return h.Views.recover.Write(c.Writer, status, page)
}

// recover makes the person the holder of the request.
func (h *Handler) recover(c *gin.Context) error {
	_, err := h.Recovery.Recover(c.Request.Context(), web.ActorOf(c), linkOf(c))
	switch fault.KindOf(err) {
	case fault.Forbidden:
		if err := h.NoteRefused(c); err != nil {
			return err
		}
		return h.showLink(c, http.StatusForbidden)
	case fault.Conflict:
		return h.showLink(c, http.StatusConflict)
	case fault.NotFound:
		return h.showLink(c, http.StatusNotFound)
	}
	if err != nil {
		return err
	}
	return web.Done(c, townPath, "habilitation-retrouvee")
}

// renewLink sends another link in the place of one that opens nothing any more.
func (h *Handler) renewLink(c *gin.Context) error {
	err := h.Recovery.Renew(c.Request.Context(), linkOf(c))
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return err
	}
	return web.Done(c, recoverPath+"/"+linkOf(c).Reveal(), "lien-demande")
}

// askLink has the links of the town sent to the recorded addresses.
func (h *Handler) askLink(c *gin.Context) error {
	if err := h.Recovery.Ask(c.Request.Context(), web.ActorOf(c)); err != nil {
		return err
	}
	return web.Done(c, townPath, "lien-demande")
}
