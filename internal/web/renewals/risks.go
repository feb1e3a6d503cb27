package renewals

import (
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/place"
	"portail-qf/internal/domain/renewal"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/web"
	"portail-qf/internal/web/dsfr"
)

const (
	filterDanger      = "etat"
	filterEditor      = "editeur"
	filterDepartement = "departement"
	// pageSize is how many rows a page shows: each says much, and a page must stay light.
	pageSize = 15
)

// listing is a list of tokens at risk at an address; dangers tells whether it is narrowed by
// how near the expiry is.
func listing(path string, editors []account.Organisation, dangers bool, sorts ...renewal.RiskOrder) web.Listing {
	l := web.Listing{Path: path, Size: pageSize}
	if dangers {
		l.Filters = append(l.Filters, web.ChoiceFilter(filterDanger, "renewal.danger", texts(renewal.Dangers[:])...))
	}
	l.Filters = append(l.Filters, web.OrganisationFilter(filterEditor, editors), web.OptionFilter(filterDepartement, departements()))
	for _, sort := range sorts {
		l.Sorts = append(l.Sorts, sortKeys[sort])
	}
	return l
}

// sortKeys are the parameters of the orders: the last use is read from the newest on.
var sortKeys = map[renewal.RiskOrder]string{renewal.ByExpiry: "echeance", renewal.ByLastUse: "-usage", renewal.ByTown: "nom"}

func texts[T ~string](codes []T) []string {
	said := make([]string, len(codes))
	for i, code := range codes {
		said[i] = string(code)
	}
	return said
}

func departements() []dsfr.Option {
	var options []dsfr.Option
	for _, d := range place.Departements() {
		options = append(options, dsfr.Option{Value: d.Code, Text: d.Code + " " + web.Typographic(d.Name)})
	}
	return options
}

// searchOf is what the criteria ask of the tokens at risk.
func searchOf(asked web.Criteria) renewal.RiskSearch {
	order := renewal.RiskOrder(asked.Sort)
	return renewal.RiskSearch{
		Text: asked.Search, Editor: value.Siret(asked.Filter(filterEditor)), Departement: asked.Filter(filterDepartement), Danger: renewal.Danger(asked.Filter(filterDanger)),
		Order: order, Reverse: asked.Descending != (order == renewal.ByLastUse), Offset: asked.Offset(), Limit: asked.Limit(),
	}
}

// risksListing is the list of all tokens at risk.
func risksListing(root string, editors []account.Organisation) web.Listing {
	return listing(root+rootPart, editors, true, renewal.ByExpiry, renewal.ByLastUse, renewal.ByTown)
}

// risks lists the tokens at risk.
func (h *Handler) risks(c *gin.Context) error {
	by, ctx := h.reader(c), c.Request.Context()
	editors, err := h.Access.Editors(ctx)
	if err != nil {
		return err
	}
	asked := risksListing(by.Root, editors).Read(c.Request.URL.Query())
	found, total, err := h.Watch.Risks(ctx, searchOf(asked))
	if err != nil {
		return err
	}
	counts, err := h.Watch.Counts(ctx, "")
	if err != nil {
		return err
	}
	return h.Views.risks.Write(c.Writer, http.StatusOK, newRisksPage(h.Frame(c), asked, total, found, counts, by, h.moment()))
}

// calls lists the towns that are cut, those first that will notice.
func (h *Handler) calls(c *gin.Context) error {
	return h.narrowed(c, h.Views.calls, callsPart, renewal.RiskSearch{Danger: renewal.AlreadyCut}, renewal.ByLastUse, renewal.ByExpiry, renewal.ByTown)
}

// refused lists the towns whose address refused the last reminder.
func (h *Handler) refused(c *gin.Context) error {
	return h.narrowed(c, h.Views.refused, refusedPart, renewal.RiskSearch{Refused: true}, renewal.ByExpiry, renewal.ByTown)
}

// narrowed writes a list of some of the tokens at risk.
func (h *Handler) narrowed(c *gin.Context, view web.View[listPage], part string, only renewal.RiskSearch, sorts ...renewal.RiskOrder) error {
	by, ctx := h.reader(c), c.Request.Context()
	editors, err := h.Access.Editors(ctx)
	if err != nil {
		return err
	}
	asked := listing(by.Root+part, editors, false, sorts...).Read(c.Request.URL.Query())
	search := searchOf(asked)
	search.Danger, search.Refused = only.Danger, only.Refused
	found, total, err := h.Watch.Risks(ctx, search)
	if err != nil {
		return err
	}
	return view.Write(c.Writer, http.StatusOK, newListPage(h.Frame(c), part, asked, total, found, by, h.moment()))
}

// sheet is the list of the tokens at risk, whole, for a spreadsheet.
func (h *Handler) sheet(c *gin.Context) error {
	by, ctx := h.reader(c), c.Request.Context()
	editors, err := h.Access.Editors(ctx)
	if err != nil {
		return err
	}
	found, err := h.Watch.Export(ctx, searchOf(risksListing(by.Root, editors).Read(c.Request.URL.Query())))
	if err != nil {
		return err
	}
	body, err := h.Views.newSheet(found, by, h.moment())
	if err != nil {
		return err
	}
	web.WriteSheet(c, body, "prolongations", h.Watch.Now())
	return nil
}

// The codes of the headings that follow those of every sheet of tokens at risk, and, for those
// who may see them, of the agents of towns.
var (
	moreColumns    = []string{"renewal.sheet.editor"}
	contactColumns = []string{"renewal.sheet.requester", "renewal.sheet.phone", "renewal.sheet.mail", "renewal.sheet.town_phone"}
)

// newSheet writes what the lists show to the reader, and nothing else of anybody.
func (v Views) newSheet(found []renewal.Risk, by reader, m moment) ([]byte, error) {
	more := moreColumns
	if by.Contacts {
		more = append(more[:len(more):len(more)], contactColumns...)
	}
	headings, err := v.sentences.RiskHeadings(more...)
	if err != nil {
		return nil, err
	}
	var sheet web.Sheet
	sheet.Line(headings...)
	for _, risk := range found {
		cells, err := v.sentences.RiskCells(risk, m.Prefix, m.Now)
		if err != nil {
			return nil, err
		}
		cells = append(cells, risk.Addressees.Editor)
		if by.Contacts {
			cells = append(cells, risk.Requester.Name(), risk.Requester.Phone, risk.Requester.Mail, risk.TownPhone)
		}
		sheet.Line(cells...)
	}
	return sheet.Bytes(), nil
}

// sheetOf is the address of the sheet that says what a list shows.
func sheetOf(root string, asked web.Criteria, extra ...string) string {
	query := queryOf(asked.Address())
	for i := 0; i+1 < len(extra); i += 2 {
		query.Set(extra[i], extra[i+1])
	}
	if len(query) == 0 {
		return root + sheetPart
	}
	return root + sheetPart + "?" + query.Encode()
}

func queryOf(address string) url.Values {
	read, err := url.Parse(address)
	if err != nil { // an address of ours
		return url.Values{}
	}
	return read.Query()
}
