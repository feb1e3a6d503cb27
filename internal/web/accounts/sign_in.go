package accounts

import (
	"log/slog"
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/web"
)

func cookies(c *gin.Context) account.Cookies {
	return account.Cookies{Browser: web.Cookie(c, web.SignInCookie), Session: web.Cookie(c, web.SessionCookie)}
}

// signInPage says who this side is for, and offers ProConnect.
func (h *Handler) signInPage(c *gin.Context) error {
	back := account.LocalPath(c.Query(paramReturn))
	actor, err := h.Recognise(c)
	if err != nil {
		return err
	}
	if actor.SignedIn() {
		return web.SeeOther(c, after(back))
	}
	page := signInPage{ProPage: h.Frame(c), Return: back, Over: c.Query(paramOver) != "", Away: !h.SignIns.Provider.Available(c.Request.Context())}
	return h.Views.signIn.Write(c.Writer, http.StatusOK, page)
}

// start sends the browser to ProConnect.
func (h *Handler) start(c *gin.Context) error {
	waiting := account.Waiting{ReturnTo: c.PostForm(paramReturn), Held: h.carried(c.PostForm(paramHeld))}
	started, err := h.SignIns.Begin(c.Request.Context(), web.Cookie(c, web.SignInCookie), waiting)
	if err != nil {
		return h.explain(c, err)
	}
	return depart(c, started)
}

func depart(c *gin.Context, started account.Started) error {
	web.KeepCookie(c, web.SignInCookie, started.Browser)
	return web.SeeOther(c, started.URL)
}

// arrive receives the browser back from ProConnect.
func (h *Handler) arrive(c *gin.Context) error {
	if c.Request.Method != http.MethodGet {
		// A sign-in is used up by reading its answer: a HEAD must not do it.
		c.Status(http.StatusOK)
		return nil
	}
	query := c.Request.URL.Query()
	answer := account.SignInAnswer{
		Code: query.Get("code"), State: query.Get("state"), Issuer: query.Get("iss"), Error: query.Get("error"),
	}
	arrived, err := h.SignIns.Return(c.Request.Context(), cookies(c), answer, web.RequestID(c))
	switch {
	case err != nil:
		return h.explain(c, err)
	case arrived.Again != "":
		return web.SeeOther(c, arrived.Again)
	}
	web.KeepCookie(c, web.SessionCookie, arrived.Session)
	h.tellArrival(c, arrived)
	if arrived.Held {
		return web.SeeOther(c, resumePath+returning(arrived.ReturnTo))
	}
	return web.SeeOther(c, after(arrived.ReturnTo))
}

// tellArrival tells whoever wants to know where a sign-in led.
func (h *Handler) tellArrival(c *gin.Context, arrived account.Arrived) {
	if h.Arrived == nil || arrived.Purpose == account.PurposeStepUp || arrived.ReturnTo == "" {
		return
	}
	if err := h.Arrived(c.Request.Context(), arrived.Session, arrived.ReturnTo); err != nil {
		h.Log.ErrorContext(c.Request.Context(), "arrival not noted", "request_id", web.RequestID(c), "error", err)
	}
}

// after is where a signed-in person goes: where he wanted to, else to his space by the
// page that chooses it.
func after(back string) string {
	if back == "" {
		return spacesPath
	}
	return back
}

// explain sends the browser to the page of what went wrong, which can be refreshed without
// doing it again. What is nobody's concern but ours stays an error.
func (h *Handler) explain(c *gin.Context, err error) error {
	why, known := causeOf(err)
	if !known {
		return err
	}
	level := slog.LevelInfo
	if kind := fault.KindOf(err); kind == fault.Unavailable || kind == fault.Forbidden {
		level = slog.LevelWarn
	}
	h.Log.Log(c.Request.Context(), level, "professional sign-in stopped",
		"request_id", web.RequestID(c), "cause", string(why), "code", fault.CodeOf(err), "error", err)
	return web.SeeOther(c, signInPath+"/refus/"+string(why))
}

// refusal says why nobody was signed in, what it means and what to do.
func (h *Handler) refusal(c *gin.Context) error {
	why := cause(c.Param("cause"))
	status, known := causes[why]
	if !known {
		return web.SeeOther(c, signInPath)
	}
	if _, err := h.Recognise(c); err != nil {
		return err
	}
	page := refusalPage{ProPage: h.Frame(c), Cause: why}
	return h.Views.refusal.Write(c.Writer, status, page)
}

// forgetPages has the browser forget the pages that it kept whole.
const forgetPages = `"cache"`

// signOut ends the session here, then lets ProConnect end its own.
func (h *Handler) signOut(c *gin.Context) error {
	address, err := h.SignIns.SignOut(c.Request.Context(), cookies(c), web.RequestID(c))
	if err != nil {
		return err
	}
	web.KeepCookie(c, web.SessionCookie, "")
	c.Header("Clear-Site-Data", forgetPages)
	if address == "" {
		address = LoggedOutPath
	}
	return web.SeeOther(c, address)
}

// signedOut is where ProConnect sends the browser back once logged out. There is nothing
// left to undo: a return that answers no logout of ours says the same.
func (h *Handler) signedOut(c *gin.Context) error {
	if c.Request.Method == http.MethodGet {
		if _, err := h.SignIns.SignedOut(c.Request.Context(), web.Cookie(c, web.SignInCookie), c.Query("state")); err != nil {
			return err
		}
	}
	actor, err := h.Recognise(c)
	if err != nil {
		return err
	}
	if actor.SignedIn() {
		return web.SeeOther(c, spacesPath)
	}
	c.Header("Clear-Site-Data", forgetPages)
	return h.Views.signedOut.Write(c.Writer, http.StatusOK, plainPage{h.Frame(c)})
}

// AskSignIn sends somebody who is not signed in to the sign-in, then back to the page he
// wanted: of a form, the page on which it was.
func (h *Handler) AskSignIn(c *gin.Context) error {
	if c.Request.Method == http.MethodPost {
		if kept, err := h.askSignInKeeping(c); kept || err != nil {
			return err
		}
	}
	query := url.Values{}
	if back := wanted(c); back != "" {
		query.Set(paramReturn, back)
	}
	if web.Cookie(c, web.SessionCookie) != "" { // it was a session: it is over
		query.Set(paramOver, "1")
	}
	if len(query) == 0 {
		return web.SeeOther(c, signInPath)
	}
	return web.SeeOther(c, signInPath+"?"+query.Encode())
}

// askSignInKeeping keeps a form that was sent when the session was over, sealed for whose
// session it was: that person finds it again after the sign-in.
func (h *Handler) askSignInKeeping(c *gin.Context) (kept bool, err error) {
	holder, err := h.Sessions.Holder(c.Request.Context(), web.Cookie(c, web.SessionCookie))
	if err != nil || holder.AccountID == 0 || len(c.Request.PostForm) == 0 {
		return false, err
	}
	held, err := h.SignIns.Hold(holder, account.HeldForm{
		Path: c.Request.URL.Path, Fields: c.Request.PostForm, SessionOver: true, FileLost: web.IsUpload(c),
	})
	if err != nil {
		return false, err
	}
	page := signInPage{
		ProPage: h.Frame(c), Return: wanted(c), Over: true, Away: !h.SignIns.Provider.Available(c.Request.Context()),
		Held: h.carry(held),
	}
	return true, h.Views.signIn.Write(c.Writer, http.StatusForbidden, page)
}

// AskSpace sends somebody without a role to the page that chooses a space, or says why
// there is none.
func (h *Handler) AskSpace(c *gin.Context) error {
	return web.SeeOther(c, spacesPath+returning(wanted(c)))
}

// wanted is the page of ours that a request asks for, or the one that its form was on.
func wanted(c *gin.Context) string {
	if c.Request.Method == http.MethodGet || c.Request.Method == http.MethodHead {
		return account.LocalPath(c.Request.URL.RequestURI())
	}
	referrer, err := url.Parse(c.Request.Referer())
	switch {
	case err != nil || referrer.Host != c.Request.Host:
		return ""
	case referrer.Path == resumePath: // the form that waits is there, wherever it was meant to lead
		return resumePath
	}
	return account.LocalPath(referrer.RequestURI())
}

func returning(path string) string {
	if path == "" {
		return ""
	}
	return "?" + url.Values{paramReturn: {path}}.Encode()
}
