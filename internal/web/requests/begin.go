package requests

import (
	"context"
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/editor"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/web"
	"portail-qf/internal/web/form"
)

// confirm says for whom a request is about to begin, and what the town has already.
func (h *Handler) confirm(c *gin.Context) error {
	query := c.Request.URL.Query()
	uid := form.Text(query, fieldForm, maxUID).Value
	if uid == "" {
		return web.SeeOther(c, formsPath)
	}
	template, err := h.Templates.Find(c.Request.Context(), uid)
	switch {
	case err != nil:
		return err
	case template.Withdrawn:
		return h.sayWithdrawn(c, template, http.StatusOK)
	}
	page, err := h.newBeginPage(c, template)
	if err != nil {
		return err
	}
	page.carry(template, prefilled(query))
	return h.Views.begin.Write(c.Writer, http.StatusOK, page)
}

func (h *Handler) newBeginPage(c *gin.Context, template editor.Template) (beginPage, error) {
	ctx, actor := c.Request.Context(), web.ActorOf(c)
	town, err := h.town(ctx, actor)
	if err != nil {
		return beginPage{}, err
	}
	granted, err := h.Catalogue.OfOrganisation(ctx, actor.Organisation.Siret)
	if err != nil {
		return beginPage{}, err
	}
	written, err := h.Requests.List(ctx, actor)
	if err != nil {
		return beginPage{}, err
	}
	page := newBeginPage(h.Frame(c), actor, template, town)
	page.recall(actor, granted, written)
	return page, nil
}

// town is the establishment for which the reader acts, as the register last told it, else as
// the account knows it.
func (h *Handler) town(ctx context.Context, by account.Actor) (directory.Organisation, error) {
	told, err := h.Organisations.Find(ctx, by.Organisation.Siret)
	if fault.KindOf(err) == fault.NotFound {
		return directory.Organisation{
			Siret: by.Organisation.Siret, Establishment: directory.Establishment{Name: by.Organisation.Name, Closed: by.Organisation.Closed},
		}, nil
	}
	return told, err
}

// begin begins a request, or goes on with the draft that the person has of the same form.
func (h *Handler) begin(c *gin.Context) error {
	ctx, actor := c.Request.Context(), web.ActorOf(c)
	sent := c.Request.PostForm
	uid := form.Text(sent, fieldForm, maxUID).Value
	asked, err := h.Requests.Begin(ctx, actor, uid, prefilling(prefilled(sent)))
	if fault.Is(err, "template.withdrawn") {
		template, errFind := h.Templates.Find(ctx, uid)
		if errFind != nil {
			return errFind
		}
		return h.sayWithdrawn(c, template, http.StatusConflict)
	}
	if err != nil {
		return err
	}
	a, err := h.Requests.Find(ctx, actor, asked)
	if err != nil {
		return err
	}
	f, err := h.filed(c, a)
	if err != nil {
		return err
	}
	return web.SeeOther(c, f.resumeURL())
}

// prefilling brings what the address of the form asked for into the answers.
func prefilling(kept url.Values) func(editor.Template, request.Answers) request.Answers {
	if len(kept) == 0 {
		return nil
	}
	return func(t editor.Template, begun request.Answers) request.Answers {
		asked := func(field request.Field) string { return kept.Get(string(field)) }
		return request.Prefill(t, begun, asked, kept[string(request.FieldScopes)])
	}
}
