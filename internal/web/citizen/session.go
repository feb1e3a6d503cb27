package citizen

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/dossier"
)

// SessionCookie holds the citizen's session: random, for this host alone, sent over a
// secure channel. Lax, since the browser comes back from FranceConnect by a link.
const SessionCookie = "__Host-usager"

func session(c *gin.Context) dossier.Token {
	cookie, err := c.Request.Cookie(SessionCookie)
	if err != nil || len(cookie.Value) > 64 {
		return ""
	}
	return dossier.Token(cookie.Value)
}

func keepSession(c *gin.Context, token dossier.Token) {
	http.SetCookie(c.Writer, sessionCookie(token.Reveal(), int(dossier.AbsoluteLife.Seconds())))
}

func forgetSession(c *gin.Context) { http.SetCookie(c.Writer, sessionCookie("", -1)) }

func sessionCookie(value string, maxAge int) *http.Cookie {
	return &http.Cookie{
		Name: SessionCookie, Value: value, Path: "/", MaxAge: maxAge,
		Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
}
