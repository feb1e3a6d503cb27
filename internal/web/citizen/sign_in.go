package citizen

import (
	"log/slog"
	"net/http"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/dossier"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/value"
)

// start opens an attempt and sends the citizen to FranceConnect.
func (h *Handler) start(c *gin.Context) error {
	town, ok, err := h.collectivity(c)
	if !ok {
		return err
	}
	arrival, usable := h.Journey.OpenLink(hidden(c, paramLink), town.Siret)
	if !usable {
		// The page was read too long ago. It is shown again, to say that what its link
		// brought is lost, rather than let the citizen go on without knowing.
		return seeOther(c, formPath(town.Siret)+"?"+paramLink+"="+expiredLink)
	}
	started, err := h.Journey.Start(c.Request.Context(), session(c), arrival)
	if started.Session != "" {
		keepSession(c, started.Session)
	}
	if err != nil {
		return h.explain(c, town.Siret, err)
	}
	return seeOther(c, started.AuthorizeURL)
}

// signIn receives the citizen back from FranceConnect.
func (h *Handler) signIn(c *gin.Context) error {
	if c.Request.Method != http.MethodGet {
		// A sign-in is used up by reading its answer: a HEAD must not do it.
		c.Status(http.StatusOK)
		return nil
	}
	query := c.Request.URL.Query()
	arrived, err := h.Journey.SignIn(c.Request.Context(), session(c), dossier.SignInAnswer{
		Code: query.Get("code"), State: query.Get("state"), Issuer: query.Get("iss"), Error: query.Get("error"),
	})
	if err != nil {
		return h.explain(c, arrived.Siret, err)
	}
	keepSession(c, arrived.Session)
	return seeOther(c, formPath(arrived.Siret)+"/verification")
}

// forgetPages has the browser forget the pages that it kept whole.
const forgetPages = `"cache"`

// logout erases the session here, then lets FranceConnect end its own.
func (h *Handler) logout(c *gin.Context) error {
	address, err := h.Journey.Logout(c.Request.Context(), session(c))
	if err != nil {
		return err
	}
	forgetSession(c)
	c.Header("Clear-Site-Data", forgetPages)
	if address == "" {
		address = LoggedOutPath
	}
	return seeOther(c, address)
}

// loggedOut is where FranceConnect sends the citizen back once logged out. There is
// nothing left to undo here: it only says so. The browser forgets the pages that it kept
// whole for the button Back, which it does with "no-store" pages too: the next person on
// the computer would read the review.
func (h *Handler) loggedOut(c *gin.Context) error {
	c.Header("Clear-Site-Data", forgetPages)
	return h.Views.loggedOut.Write(c.Writer, http.StatusOK, textPage{h.Frame(c)})
}

// explain sends the citizen to the page of what went wrong, which can be refreshed without
// doing it again. What is no citizen's concern stays an error.
func (h *Handler) explain(c *gin.Context, siret value.Siret, err error) error {
	why, known := causeOf(err)
	if !known {
		return err
	}
	level := slog.LevelInfo
	if kind := fault.KindOf(err); kind == fault.Unavailable || kind == fault.Forbidden {
		level = slog.LevelWarn // a partner, or our registration with it, wants a look
	}
	h.Log.Log(c.Request.Context(), level, "attempt stopped",
		"request_id", h.Frame(c).RequestID, "cause", string(why), "code", fault.CodeOf(err), "error", err)
	if siret == "" {
		return seeOther(c, "/session-terminee")
	}
	return seeOther(c, formPath(siret)+"/echec/"+string(why))
}
