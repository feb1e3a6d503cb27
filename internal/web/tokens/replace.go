package tokens

import (
	"crypto/sha256"
	"net/http"
	"net/url"
	"time"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/web"
	"portail-qf/internal/web/form"
)

const (
	fieldOverlap = "arret"
	fieldKey     = "envoi"
)

// overlaps are how long the former token may go on, in days, the usual one first.
var overlaps = [...]struct {
	days string
	life time.Duration
}{
	{"30", credential.Overlap}, {"7", 7 * 24 * time.Hour}, {"0", 0},
}

func readOverlap(sent url.Values) form.Field {
	return form.OneOf(sent, fieldOverlap, overlaps[0].days, overlaps[1].days, overlaps[2].days)
}

// beforeReplacing asks how long the former token goes on.
func (h *Handler) beforeReplacing(c *gin.Context) error {
	asked := readOverlap(c.Request.URL.Query())
	if asked.Value == "" {
		asked.Value = overlaps[0].days
	}
	return h.replacementPage(c, asked, http.StatusOK)
}

func (h *Handler) replacementPage(c *gin.Context, asked form.Field, status int) error {
	found, err := h.mine(c)
	if err != nil {
		return err
	}
	by := h.reader(c)
	if _, _, err := found.Replaced(credential.Drawn{}, by.Side, 0, h.Tokens.Now()); err != nil {
		return err
	}
	page := newReplacementPage(h.Frame(c), found, by, h.moment(), asked)
	page.Key = value.NewToken().Reveal()
	return h.Views.replacement.Write(c.Writer, status, page)
}

// replace issues the token that takes over. The form that is sent twice is answered once: it
// has a key.
func (h *Handler) replace(c *gin.Context) error {
	asked := credential.Replacement{}
	chosen := readOverlap(c.Request.PostForm)
	if chosen.Value == "" {
		return h.replacementPage(c, chosen.Refused("form.choice"), http.StatusUnprocessableEntity)
	}
	for _, o := range overlaps {
		if o.days == chosen.Value {
			asked.Overlap = o.life
		}
	}
	if key := c.PostForm(fieldKey); key != "" {
		asked.Key = sha256.Sum256([]byte(key))
	}
	by := credential.CallerOf(web.ActorOf(c))
	next, err := h.Tokens.Replace(c.Request.Context(), by, c.Param("id"), asked)
	if err != nil {
		return err
	}
	if by.Side == credential.SideTown && next.Editor != "" { // which collects it
		return done(c, next.ID, "jeton-remplace-editeur")
	}
	return done(c, next.ID, "jeton-remplace")
}

// beforeEnding asks once more before a token that was replaced stops.
func (h *Handler) beforeEnding(c *gin.Context) error {
	found, err := h.mine(c)
	if err != nil {
		return err
	}
	if _, err := found.Ended(h.Tokens.Now()); err != nil {
		return err
	}
	return h.Views.ending.Write(c.Writer, http.StatusOK, newEndingPage(h.Frame(c), found, h.reader(c), h.moment()))
}

// end stops a token that was replaced.
func (h *Handler) end(c *gin.Context) error {
	id := c.Param("id")
	if err := h.Tokens.EndOverlap(c.Request.Context(), credential.CallerOf(web.ActorOf(c)), id); err != nil {
		return err
	}
	return done(c, id, "jeton-arrete")
}
