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

// ownRisks is what the criteria ask of the tokens at risk of an editor's clients.
func ownRisks(c *gin.Context, asked web.Criteria) renewal.RiskSearch {
	order := renewal.RiskOrder(asked.Sort)
	return renewal.RiskSearch{
		Text: asked.Search, Editor: web.ActorOf(c).Organisation.Siret, Danger: renewal.Danger(asked.Filter(filterDanger)),
		Order: order, Reverse: asked.Descending != (order == renewal.ByLastUse), Offset: asked.Offset(), Limit: asked.Limit(),
	}
}

// renewals lists the clients whose token expires or is cut.
func (h *Handler) renewals(c *gin.Context) error {
	asked, ctx := renewalListing.Read(c.Request.URL.Query()), c.Request.Context()
	found, total, err := h.AtRisk.Risks(ctx, ownRisks(c, asked))
	if err != nil {
		return err
	}
	counts, err := h.AtRisk.Counts(ctx, web.ActorOf(c).Organisation.Siret)
	if err != nil {
		return err
	}
	page := newRenewalsPage(h.Frame(c), asked, total, found, counts, h.Tokens.Mint.Prefix, h.Now())
	return h.Views.renewals.Write(c.Writer, http.StatusOK, page)
}

// renewalsSheet is the same list, whole, for a spreadsheet.
func (h *Handler) renewalsSheet(c *gin.Context) error {
	found, err := h.AtRisk.Export(c.Request.Context(), ownRisks(c, renewalListing.Read(c.Request.URL.Query())))
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
