package tokens

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/web"
)

// beforeCollecting says what it means to collect a token: an agent whose editor collects it has
// nothing to do.
func (h *Handler) beforeCollecting(c *gin.Context) error {
	found, err := h.mine(c)
	if err != nil {
		return err
	}
	by := h.reader(c)
	if _, err := found.Collected(credential.Collection{Side: by.Side, At: h.Tokens.Now()}); err != nil {
		return err
	}
	return h.Views.collecting.Write(c.Writer, http.StatusOK, newCollectingPage(h.Frame(c), found, by, h.moment()))
}

// collect gives a token for the first time.
func (h *Handler) collect(c *gin.Context) error {
	text, found, err := h.Tokens.Collect(c.Request.Context(), credential.CallerOf(web.ActorOf(c)), c.Param("id"), credential.Key{})
	if err != nil {
		return err
	}
	return h.reveal(c, text, found)
}

// showAgain gives it again to the side that collected it.
func (h *Handler) showAgain(c *gin.Context) error {
	text, found, err := h.Tokens.ShowAgain(c.Request.Context(), credential.CallerOf(web.ActorOf(c)), c.Param("id"))
	if err != nil {
		return err
	}
	return h.reveal(c, text, found)
}

// reveal answers with the text, the one time that a page holds it: the answer to a POST, which
// nobody keeps (Cache-Control: no-store, as every answer) and no address leads to.
func (h *Handler) reveal(c *gin.Context, text value.Secret, found credential.TokenFile) error {
	former, err := h.near(c.Request.Context(), credential.CallerOf(web.ActorOf(c)), found.Replaces)
	if err != nil {
		return err
	}
	page := newSecretPage(h.Frame(c), file{TokenFile: found, Former: former}, h.reader(c), h.moment())
	page.Text, page.PortalURL = text.Reveal(), h.PortalURL
	return h.Views.secret.Write(c.Writer, http.StatusOK, page)
}

// safe erases our copy: whoever collected the token has it safe.
func (h *Handler) safe(c *gin.Context) error {
	id := c.Param("id")
	if err := h.Tokens.Confirm(c.Request.Context(), credential.CallerOf(web.ActorOf(c)), id); err != nil {
		return err
	}
	return done(c, id, "jeton-enregistre")
}
