package habilitations

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/decision"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/web"
	"portail-qf/internal/web/form"
)

const (
	fieldReason   = "motif"
	fieldRevision = "revision"
	// maxReason is more than the domain takes: what is too long is refused as it was typed.
	maxReason = 10_000
)

// ask shows what an act does, before it is done.
func (h *Handler) ask(act habilitation.Act) web.HandlerFunc {
	return func(c *gin.Context) error {
		page, err := h.actPage(c, act)
		switch {
		case err != nil:
			return err
		case page.Moved:
			return h.Views.act.Write(c.Writer, http.StatusConflict, page)
		}
		return h.Views.act.Write(c.Writer, http.StatusOK, page)
	}
}

// actPage is the page of an act as the request stands now. Code: habilitation.same_person
// (Forbidden).
func (h *Handler) actPage(c *gin.Context, act habilitation.Act) (actPage, error) {
	asked, err := number(c)
	if err != nil {
		return actPage{}, err
	}
	ctx := c.Request.Context()
	request, versions, err := h.Catalogue.Find(ctx, asked)
	if err != nil {
		return actPage{}, err
	}
	if act == habilitation.Revoke && request.State.Allows(act) && request.Suspension.AuthorID == web.ActorOf(c).Author().ID {
		return actPage{}, fault.New(fault.Forbidden, "habilitation.same_person")
	}
	subscription, err := h.subscriptionOf(ctx, request.Siret)
	if err != nil {
		return actPage{}, err
	}
	found := file{Request: request, Versions: versions, Subscription: subscription}
	if act != habilitation.Restore {
		if found.Relay, err = h.Decisions.Relay(ctx, asked); err != nil {
			return actPage{}, err
		}
	}
	return newActPage(h.Frame(c), h.Root, act, found), nil
}

// decide does an act.
func (h *Handler) decide(act habilitation.Act) web.HandlerFunc {
	return func(c *gin.Context) error {
		asked, err := number(c)
		if err != nil {
			return err
		}
		reason := form.Text(c.Request.PostForm, fieldReason, maxReason)
		// As people see it: a browser sends two characters for the end of a line.
		reason.Value = strings.ReplaceAll(reason.Value, "\r\n", "\n")
		revision, _ := strconv.Atoi(c.PostForm(fieldRevision)) // none is no revision of any request
		order := decision.Order{Number: asked, Revision: revision, Reason: reason.Value}
		err = h.act(c.Request.Context(), web.ActorOf(c), act, order)
		switch fault.KindOf(err) {
		case fault.Invalid:
			return h.askAgain(c, act, reason.Refused(fault.CodeOf(err)), http.StatusUnprocessableEntity)
		case fault.Conflict:
			return h.askAgain(c, act, reason, http.StatusConflict)
		}
		if err != nil {
			return err
		}
		return web.Done(c, pathOf(h.Root, asked), "habilitation-"+string(act))
	}
}

func (h *Handler) act(ctx context.Context, by account.Actor, act habilitation.Act, order decision.Order) error {
	switch act {
	case habilitation.Suspend:
		return h.Decisions.Suspend(ctx, by, order)
	case habilitation.Restore:
		return h.Decisions.Restore(ctx, by, order)
	case habilitation.Revoke:
		return h.Decisions.Revoke(ctx, by, order)
	case habilitation.Approve, habilitation.Refuse, habilitation.RequestChanges, habilitation.Submit, habilitation.Withdraw,
		habilitation.Reopen, habilitation.Cancel: // not here
	}
	return fault.New(fault.NotFound, "habilitation.unknown")
}

// askAgain shows the page of an act with what was typed: what is wrong with it, or what
// somebody else decided meanwhile.
func (h *Handler) askAgain(c *gin.Context, act habilitation.Act, reason form.Field, status int) error {
	page, err := h.actPage(c, act)
	if err != nil {
		return err
	}
	page.Reason, page.Problems = reason, form.Problems(reason)
	if status == http.StatusConflict {
		page.Moved = true
	}
	if page.Moved { // by somebody else, even where what was typed is wrong too
		status = http.StatusConflict
	}
	return h.Views.act.Write(c.Writer, status, page)
}
