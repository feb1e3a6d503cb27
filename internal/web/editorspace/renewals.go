package editorspace

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/renewal"
	"portail-qf/internal/web"
)

const (
	filterDanger = "etat"
	// riskPageSize is how many rows a page shows: each says much, and a page must stay light.
	riskPageSize = 20
	// sheetPatience is how long a sheet of every client may take.
	sheetPatience = 30 * time.Second
)

// renewalListing is the list of the clients at risk.
var renewalListing = web.Listing{
	Path: renewalsPath, Size: riskPageSize,
	Filters: []web.Filter{web.ChoiceFilter(filterDanger, "renewal.danger", string(renewal.InThirty), string(renewal.InSeven), string(renewal.AlreadyCut))},
	Sorts:   []string{"echeance", "-usage", "nom"},
}

// riskSearch is what the criteria ask of the tokens at risk of an editor's clients.
func riskSearch(c *gin.Context, asked web.Criteria) renewal.RiskSearch {
	order := renewal.RiskOrder(asked.Sort)
	return renewal.RiskSearch{
		Text: asked.Search, Editor: web.ActorOf(c).Organisation.Siret, Danger: renewal.Danger(asked.Filter(filterDanger)),
		Order: order, Reverse: asked.Descending != (order == renewal.ByLastUse), Offset: asked.Offset(), Limit: asked.Limit(),
	}
}

// renewals lists the clients whose token expires or is cut.
func (h *Handler) renewals(c *gin.Context) error {
	asked, ctx := renewalListing.Read(c.Request.URL.Query()), c.Request.Context()
	found, total, err := h.AtRisk.Risks(ctx, riskSearch(c, asked))
	if err != nil {
		return err
	}
	of := ownRisks{Found: found, Total: total}
	if of.Counts, err = h.AtRisk.Counts(ctx, web.ActorOf(c).Organisation.Siret); err != nil {
		return err
	}
	ids := make([]string, len(found))
	for i, risk := range found {
		ids[i] = risk.ID
	}
	if of.Nudged, err = h.Renewals.Nudged(ctx, ids); err != nil {
		return err
	}
	page := newRenewalsPage(h.Frame(c), asked, of, h.Can(web.ActorOf(c).Role, "token", "nudge"), moment{h.Now(), h.Tokens.Mint.Prefix})
	return h.Views.renewals.Write(c.Writer, http.StatusOK, page)
}

// renewalsSheet is the same list, whole, for a spreadsheet.
func (h *Handler) renewalsSheet(c *gin.Context) error {
	found, err := h.AtRisk.Export(c.Request.Context(), riskSearch(c, renewalListing.Read(c.Request.URL.Query())))
	if err != nil {
		return err
	}
	headings, err := h.Views.sentences.RiskHeadings()
	if err != nil {
		return err
	}
	var sheet web.Sheet
	sheet.Line(headings...)
	for _, risk := range found {
		cells, err := h.Views.sentences.RiskCells(risk, h.Tokens.Mint.Prefix, h.Now())
		if err != nil {
			return err
		}
		sheet.Line(cells...)
	}
	web.WriteSheet(c, sheet.Bytes(), "prolongations", h.Now())
	return nil
}
