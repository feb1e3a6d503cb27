package instruction

import (
	"net/http"
	"net/url"
	"strconv"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/editor"
	"portail-qf/internal/domain/place"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/web"
	"portail-qf/internal/web/dsfr"
)

// offered is what the filters of the queue choose among.
type offered struct {
	Editors     []account.Organisation
	Templates   []editor.Template
	Instructors []request.Person
}

// queueSize is how many rows a page of the queue shows: each says much, and a page must stay light.
const queueSize = 15

// queueListing is the queue: what waits the longest first, modifications before all else.
func queueListing(o offered) web.Listing {
	stages := make([]string, len(request.Stages))
	for i, stage := range request.Stages {
		stages[i] = string(stage)
	}
	forms := make([]dsfr.Option, len(o.Templates))
	for i, t := range o.Templates {
		forms[i] = dsfr.Option{Value: t.UID, Text: web.Typographic(t.Name)}
	}
	return web.Listing{
		Path: queuePath, Size: queueSize,
		Filters: []web.Filter{
			web.ChoiceFilter("etape", "instruction.stage", stages...).Usually("instruction.stage.usual"),
			assigneeFilter(o.Instructors),
			web.OrganisationFilter("editeur", o.Editors),
			web.OptionFilter("formulaire", forms),
			web.OptionFilter("departement", departements()),
		},
	}
}

// assigneeFilter chooses among who is in charge: oneself, nobody, then each by her name.
func assigneeFilter(listed []request.Person) web.Filter {
	filter := web.ChoiceFilter("attribution", "instruction.assigned", string(request.AssignedToMe), string(request.AssignedToNobody), string(request.AssignedToOther))
	for _, person := range listed {
		filter.Options = append(filter.Options, dsfr.Option{Value: strconv.FormatInt(person.ID, 10), Text: web.Typographic(person.Name)})
	}
	return filter
}

func departements() []dsfr.Option {
	var options []dsfr.Option
	for _, d := range place.Departements() {
		options = append(options, dsfr.Option{Value: d.Code, Text: d.Code + " " + web.Typographic(d.Name)})
	}
	return options
}

// searchOf is what the criteria ask of the queue.
func searchOf(asked web.Criteria) request.Search {
	search := request.Search{
		Text: asked.Search, Stage: request.Stage(asked.Filter("etape")), Editor: value.Siret(asked.Filter("editeur")),
		FormUID: asked.Filter("formulaire"), Departement: asked.Filter("departement"), Offset: asked.Offset(), Limit: asked.Limit(),
	}
	assigned := asked.Filter("attribution")
	if id, err := strconv.ParseInt(assigned, 10, 64); err == nil {
		search.Assignee = id
	} else {
		search.Assigned = request.Assigned(assigned)
	}
	return search
}

// asked reads what an address asks of the queue.
func (h *Handler) asked(c *gin.Context, query url.Values) (web.Criteria, error) {
	ctx := c.Request.Context()
	editors, err := h.Access.Editors(ctx)
	if err != nil {
		return web.Criteria{}, err
	}
	templates, err := h.Templates.List(ctx)
	if err != nil {
		return web.Criteria{}, err
	}
	instructors, err := h.Instruction.Instructors(ctx)
	if err != nil {
		return web.Criteria{}, err
	}
	return queueListing(offered{editors, templates, instructors}).Read(query), nil
}

// queue lists what waits.
func (h *Handler) queue(c *gin.Context) error {
	page, err := h.queuePage(c, c.Request.URL.Query())
	if err != nil {
		return err
	}
	return h.Views.queue.Write(c.Writer, http.StatusOK, page)
}

func (h *Handler) queuePage(c *gin.Context, query url.Values) (queuePage, error) {
	ctx, by := c.Request.Context(), web.ActorOf(c)
	asked, err := h.asked(c, query)
	if err != nil {
		return queuePage{}, err
	}
	found, total, err := h.Instruction.Queue(ctx, by, searchOf(asked))
	if err != nil {
		return queuePage{}, err
	}
	kept, err := h.Instruction.Filters(ctx, by)
	if err != nil {
		return queuePage{}, err
	}
	page := newQueuePage(h.Frame(c), asked, total, kept)
	for _, q := range found {
		row := newQueueRow(q, by.AccountID, h.Now())
		if page.Claims {
			row.URL = claimPath(q.Number)
		}
		page.Rows = append(page.Rows, row)
	}
	return page, nil
}
