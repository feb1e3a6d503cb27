package tokens

import (
	"context"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/web"
	"portail-qf/internal/web/form"
)

const (
	fieldReason = "motif"
	// maxReason is more than the domain takes: what is too long is refused as it was typed.
	maxReason = 10_000
)

// closing is what closes a token, for a while or for ever.
type closing string

// What closes.
const (
	suspension closing = "suspension"
	revocation closing = "revocation"
)

// done is the code of the sentence that says that it is done.
func (of closing) done() string {
	return map[closing]string{suspension: "jeton-suspendu", revocation: "jeton-revoque"}[of]
}

// allowed tells why a side may not close a token. Codes: token.over (Conflict),
// token.suspended_by_operator (Forbidden).
func (of closing) allowed(t credential.Token, by credential.Caller, m moment) (err error) {
	if of == suspension {
		_, err = t.Suspended(credential.TokenSuspension{Side: by.Side, At: m.Now})
	} else {
		_, err = t.Revoked(by.Side, credential.TokenRevocation{At: m.Now})
	}
	return err
}

// ask says what closing a token does, before it is done.
func (h *Handler) ask(of closing) web.HandlerFunc {
	return func(c *gin.Context) error {
		found, err := h.mine(c)
		if err != nil {
			return err
		}
		if err := of.allowed(found.Token, credential.CallerOf(web.ActorOf(c)), h.moment()); err != nil {
			return err
		}
		return h.Views.closing.Write(c.Writer, http.StatusOK, newClosingPage(h.Frame(c), of, found, h.reader(c), h.moment()))
	}
}

// do closes a token.
func (h *Handler) do(of closing) web.HandlerFunc {
	return func(c *gin.Context) error {
		by, id := credential.CallerOf(web.ActorOf(c)), c.Param("id")
		reason := form.Text(c.Request.PostForm, fieldReason, maxReason)
		// As people see it: a browser sends two characters for the end of a line.
		reason.Value = strings.ReplaceAll(reason.Value, "\r\n", "\n")
		err := h.act(c.Request.Context(), by, of, id, reason.Value)
		switch fault.KindOf(err) {
		case fault.Invalid:
			return h.askAgain(c, of, reason.Refused(fault.CodeOf(err)), http.StatusUnprocessableEntity)
		case fault.Conflict:
			return h.askAgain(c, of, reason, http.StatusConflict)
		case fault.Internal, fault.NotFound, fault.Forbidden, fault.Unavailable:
		}
		if err != nil {
			return err
		}
		return done(c, id, of.done())
	}
}

func (h *Handler) act(ctx context.Context, by credential.Caller, of closing, id, reason string) error {
	if of == suspension {
		return h.Tokens.Suspend(ctx, by, id, reason)
	}
	return h.Tokens.Revoke(ctx, by, id, reason)
}

// askAgain shows the page again with what was typed: what is wrong with it, or what became of
// the token meanwhile. Somebody who clicked twice did it once.
func (h *Handler) askAgain(c *gin.Context, of closing, reason form.Field, status int) error {
	found, err := h.mine(c)
	if err != nil {
		return err
	}
	page := newClosingPage(h.Frame(c), of, found, h.reader(c), h.moment())
	if status == http.StatusConflict && of.didSo(found.Token, web.ActorOf(c).Name, reason.Value) {
		return done(c, found.ID, of.done())
	}
	page.Reason = reason
	if page.Possible = of.allowed(found.Token, credential.CallerOf(web.ActorOf(c)), h.moment()) == nil; page.Possible {
		page.Problems = form.Problems(reason)
	}
	if page.Moved = status == http.StatusConflict || !page.Possible; page.Moved {
		status = http.StatusConflict
	}
	return h.Views.closing.Write(c.Writer, status, page)
}

// didSo tells that a person closed a token with the same words already.
func (of closing) didSo(t credential.Token, name, reason string) bool {
	same := func(by, why string) bool {
		return by == name && strings.Join(strings.Fields(why), " ") == strings.Join(strings.Fields(reason), " ")
	}
	if of == suspension {
		return !t.Suspension.At.IsZero() && same(t.Suspension.By, t.Suspension.Reason)
	}
	return !t.Revocation.At.IsZero() && same(t.Revocation.By, t.Revocation.Reason)
}

// resume takes back the suspension of a token, which opens again unless it has expired.
func (h *Handler) resume(c *gin.Context) error {
	ctx, by := c.Request.Context(), credential.CallerOf(web.ActorOf(c))
	found, err := h.Tokens.Find(ctx, by, c.Param("id"))
	if err != nil {
		return err
	}
	if err := h.Tokens.Resume(ctx, by, found.ID); err != nil {
		return err
	}
	switch {
	case !found.Barred.IsZero():
		return done(c, found.ID, "jeton-retabli-ferme")
	case h.Tokens.Now().After(found.ExpiresAt):
		return done(c, found.ID, "jeton-retabli-coupe")
	}
	return done(c, found.ID, "jeton-retabli")
}
