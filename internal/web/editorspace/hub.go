package editorspace

import (
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/web"
	"portail-qf/internal/web/form"
)

const (
	hubPath        = homePath + "/hubee"
	hubFetchedPath = hubPath + "/recuperes"
	hubPastePath   = hubPath + "/depot"
	hubReportsPath = hubPath + "/depots"
)

// maxPaste is the size of a list of credential.MaxHubLines lines, in bytes.
const maxPaste = 256 << 10

// mountHub registers the routes of the accesses to HubEE. What shows a secret asks for a second
// factor.
func (h *Handler) mountHub(r *web.Router) {
	reads, writes := web.Can("hub_account", "read"), web.Can("hub_account", "write")
	r.Handle(http.MethodGet, hubPath, reads, h.hubList)
	r.Handle(http.MethodPost, hubFetchedPath, writes, h.hubNoteFetched)
	r.Handle(http.MethodGet, hubPastePath, writes, h.hubPastePage)
	r.HandleUpload(hubPastePath, writes, maxPaste, h.hubPaste) // a list is longer than a form
	r.Handle(http.MethodGet, hubReportsPath+"/:numero", reads, h.hubReport)
	r.Handle(http.MethodGet, hubPath+"/:siret", reads, h.hubTown)
	r.Handle(http.MethodPost, hubPath+"/:siret/depot", writes, h.hubDeposit)
	r.Handle(http.MethodPost, hubPath+"/:siret/test", writes, h.hubTest)
	r.Handle(http.MethodPost, hubPath+"/:siret/cle", web.Can("hub_account", "reveal").Confirmed(), h.hubReveal)
	r.Handle(http.MethodGet, hubPath+"/:siret/effacement", writes, h.hubConfirmErasure)
	r.Handle(http.MethodPost, hubPath+"/:siret/effacement", writes, h.hubErase)
}

// filterHub narrows the list to what is to be done.
const filterHub = "identifiants"

// hubListing is the list of the towns whose dossiers the editor receives, what calls for
// somebody first.
var hubListing = web.Listing{Path: hubPath, Filters: []web.Filter{web.ChoiceFilter(filterHub, "hub_account.selection", selections()...)}}

func selections() []string {
	var values []string
	for _, selection := range credential.HubSelections {
		values = append(values, string(selection))
	}
	return values
}

// hubList lists the accesses to HubEE of the editor's towns.
func (h *Handler) hubList(c *gin.Context) error {
	return h.writeHubList(c, http.StatusOK, nil)
}

func (h *Handler) writeHubList(c *gin.Context, status int, problems []form.Problem) error {
	asked, ctx, editor := hubListing.Read(c.Request.URL.Query()), c.Request.Context(), web.ActorOf(c).Organisation.Siret
	listed, total, err := h.Hub.List(ctx, editor, credential.HubSearch{
		Text: asked.Search, Selection: credential.HubSelection(asked.Filter(filterHub)), Offset: asked.Offset(), Limit: asked.Limit(),
	})
	if err != nil {
		return err
	}
	counts, err := h.Hub.Counts(ctx, editor, 0)
	if err != nil {
		return err
	}
	page := newHubPage(h.Frame(c), asked.List(total), listed, counts)
	page.Portal, page.Problems = h.HubPortal, problems
	return h.Views.hub.Write(c.Writer, status, page)
}

// hubNoteFetched notes that the editor has the pairs of the ticked towns from HubEE itself, and
// goes back to the list as it was.
func (h *Handler) hubNoteFetched(c *gin.Context) error {
	var sirets []value.Siret
	sent := slices.Compact(slices.Sorted(slices.Values(c.Request.PostForm[fieldTicked])))
	for _, ticked := range sent {
		if siret, err := value.ParseExactSiret(ticked); err == nil && len(sirets) < credential.MaxHubLines {
			sirets = append(sirets, siret)
		}
	}
	if len(sirets) == 0 {
		return h.writeHubList(c, http.StatusUnprocessableEntity, []form.Problem{{FieldID: fieldTicked, Code: "hub_account.none_ticked"}})
	}
	noted, err := h.Hub.Fetched(c.Request.Context(), credential.HandOf(web.ActorOf(c)), sirets)
	if err != nil {
		return err
	}
	code := "hubee-recuperes"
	switch {
	case noted == 0:
		code = "hubee-rien-a-noter"
	case noted < len(sent):
		code = "hubee-recuperes-en-partie"
	}
	return web.Done(c, hubListing.Read(c.Request.URL.Query()).List(0).FirstURL, code)
}

// townOf reads the SIRET of an address; one that cannot be is as unknown as another editor's.
func townOf(c *gin.Context) (value.Siret, error) {
	siret, err := value.ParseExactSiret(c.Param("siret"))
	if err != nil {
		return "", fault.New(fault.NotFound, "hub_account.unknown")
	}
	return siret, nil
}

// hubPastePage asks for a list.
func (h *Handler) hubPastePage(c *gin.Context) error {
	return h.Views.hubPaste.Write(c.Writer, http.StatusOK, newHubPastePage(h.Frame(c), form.Field{Name: fieldList}))
}

// hubPaste deposits a list. The lines that are refused are given back, and they alone: the
// person who has just sent them mends them there.
func (h *Handler) hubPaste(c *gin.Context) error {
	pasted := value.Secret(strings.ToValidUTF8(c.Request.PostForm.Get(fieldList), "\uFFFD"))
	lines, err := credential.ReadHubList(pasted)
	if fault.KindOf(err) == fault.Invalid {
		field := form.Field{Name: fieldList, Value: pasted.Reveal()}.Refused(fault.CodeOf(err))
		return h.Views.hubPaste.Write(c.Writer, http.StatusUnprocessableEntity, newHubPastePage(h.Frame(c), field))
	}
	told, batch, err := h.Hub.DepositList(c.Request.Context(), credential.HandOf(web.ActorOf(c)), lines)
	if err != nil {
		return err
	}
	page := newHubPastePage(h.Frame(c), form.Field{Name: fieldList}).told(told, batch)
	if len(page.Refused) > 0 {
		return h.Views.hubPaste.Write(c.Writer, http.StatusUnprocessableEntity, page)
	}
	return web.Done(c, page.ReportURL, "hubee-liste")
}

// hubReport tells what has become of a list: HubEE is asked about its lines one after the other.
func (h *Handler) hubReport(c *gin.Context) error {
	batch, err := web.ID(c, "numero", "hub_account.list_unknown")
	if err != nil {
		return err
	}
	listing := reportListing(batch)
	asked, ctx, editor := listing.Read(c.Request.URL.Query()), c.Request.Context(), web.ActorOf(c).Organisation.Siret
	counts, err := h.Hub.Counts(ctx, editor, batch)
	if err != nil {
		return err
	}
	if counts.Total == 0 {
		return fault.New(fault.NotFound, "hub_account.list_unknown")
	}
	listed, total, err := h.Hub.List(ctx, editor, credential.HubSearch{Batch: batch, Offset: asked.Offset(), Limit: asked.Limit()})
	if err != nil {
		return err
	}
	return h.Views.hubReport.Write(c.Writer, http.StatusOK, newHubReportPage(h.Frame(c), batch, asked.List(total), listed, counts))
}
