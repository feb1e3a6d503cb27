package web

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/value"
)

// FlashCookie tells the page that follows a POST what has just been done. It holds the
// code of a sentence and nothing personal, and serves once.
const FlashCookie = "__Host-fait"

// Done sends the browser to the page that follows a POST, which says the sentence
// "done.<code>" of templates/messages.
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
	sentence := "done." + code.Reveal()
	if _, known := r.config.Sentences.Sentence(sentence); !known {
		return ""
	}
	return sentence
}
