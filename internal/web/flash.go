package web

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/value"
)

// FlashCookie tells the page that follows a POST what has just been done. It holds the
// code of a sentence and nothing personal, and serves once.
const FlashCookie = "__Host-fait"

// Done sends the browser to the page that follows a POST, which says the sentence
// "done.<code>" of templates/messages; or "told.<code>", which does not look like a success,
// where what came of the act is none.
func Done(c *gin.Context, path, code string) error {
	KeepCookie(c, FlashCookie, value.Token(code))
	return SeeOther(c, path)
}

// SeeOther sends the browser to another page by GET.
func SeeOther(c *gin.Context, path string) error {
	c.Redirect(http.StatusSeeOther, path)
	return nil
}

// takeFlash gives the sentence to show once. Whoever writes the cookie himself chooses
// among ours.
func (r *Router) takeFlash(c *gin.Context) string {
	code := Cookie(c, FlashCookie)
	if code == "" {
		return ""
	}
	KeepCookie(c, FlashCookie, "")
	for _, kind := range [...]string{"done.", toldPrefix} {
		if _, known := r.config.Sentences.Sentence(kind + code.Reveal()); known {
			return kind + code.Reveal()
		}
	}
	return ""
}

const toldPrefix = "told."

// FlashSeverity is how the sentence looks; templates call it.
func (p ProPage) FlashSeverity() string {
	if strings.HasPrefix(p.Flash, toldPrefix) {
		return "warning"
	}
	return "success"
}
