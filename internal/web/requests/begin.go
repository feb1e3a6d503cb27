package requests

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/editor"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/habilitation"
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
	brought, err := h.brought(c, query)
	if err != nil {
		return err
	}
	page.carry(template, brought)
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
	brought, err := h.brought(c, sent)
	if err != nil {
		return err
	}
	asked, err := h.Requests.Begin(ctx, actor, uid, brought.fill)
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

// brought is what fills a request that begins: the answers of another request of the town, else
// what the address of the form asks for.
type brought struct {
	kept url.Values // all that says so
	from habilitation.RequestNumber
	// fill fills the answers; nil for nothing.
	fill     func(editor.Template, request.Answers) request.Answers
	fileLeft bool // a file of the other request is to be handed in again
}

// brought reads what is to fill a request. Code: request.unknown (NotFound).
func (h *Handler) brought(c *gin.Context, sent url.Values) (brought, error) {
	if reused := form.Text(sent, fieldReused, maxUID).Value; reused != "" {
		number, err := strconv.ParseInt(reused, 10, 64)
		if err != nil {
			return brought{}, fault.New(fault.NotFound, "request.unknown")
		}
		actor := web.ActorOf(c)
		of, err := h.Requests.Find(c.Request.Context(), actor, habilitation.RequestNumber(number))
		return byRequest(of, actor.AccountID), err
	}
	return byAddress(prefilled(sent)), nil
}

// byAddress is what the address of the form brought.
func byAddress(kept url.Values) brought {
	b := brought{kept: kept}
	if len(kept) > 0 {
		b.fill = func(t editor.Template, begun request.Answers) request.Answers {
			asked := func(field request.Field) string { return kept.Get(string(field)) }
			return request.Prefill(t, begun, asked, kept[string(request.FieldScopes)])
		}
	}
	return b
}

// byRequest is what another request of the town said.
func byRequest(of request.Application, holder int64) brought {
	return brought{
		kept: url.Values{fieldReused: {strconv.FormatInt(int64(of.Request.Number), 10)}}, from: of.Request.Number, fileLeft: of.Answers.Document != 0,
		fill: func(t editor.Template, _ request.Answers) request.Answers { return request.Reuse(t, of, holder) },
	}
}
