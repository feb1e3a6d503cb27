package citizen

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/dossier"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/web/form"
)

// The parameters of a link (editors' guide 5.b), and ours that replaces them.
const (
	paramExternalID  = "external_id"
	paramRedirectURI = "redirect_uri"
	paramLink        = "lien"

	// expiredLink is no link: the page of the form says that it has expired.
	expiredLink = "expire"
)

// form shows the form of a collectivity. Whatever the link brought is read once, sealed,
// and the address cleaned; so is every other spelling of the address.
func (h *Handler) form(c *gin.Context) error {
	town, ok, err := h.collectivity(c)
	if !ok {
		return err
	}
	query := parametersOf(c.Request.URL.RawQuery)
	if query.Has(paramExternalID) || query.Has(paramRedirectURI) {
		return h.cleanAddress(c, town, dossier.NewArrival(town, query[paramExternalID], query[paramRedirectURI]))
	}
	if c.Request.URL.Path != formPath(town.Siret) {
		return seeOther(c, formPath(town.Siret))
	}
	return h.writeForm(c, town)
}

// parametersOf reads the query of a link. Unlike url.ParseQuery it lets nothing go unseen:
// a semicolon is a character like any other, as browsers send it, and a value that cannot
// be decoded becomes U+FFFD, which is neither an identifier nor an address.
func parametersOf(rawQuery string) url.Values {
	values := url.Values{}
	for pair := range strings.SplitSeq(rawQuery, "&") {
		name, value, _ := strings.Cut(pair, "=")
		if decoded, err := url.QueryUnescape(name); err == nil {
			name = decoded
		}
		decoded, err := url.QueryUnescape(value)
		if err != nil {
			decoded = "\ufffd"
		}
		values.Add(name, decoded)
	}
	return values
}

func (h *Handler) cleanAddress(c *gin.Context, town directory.Collectivity, arrival dossier.Arrival) error {
	if arrival.IsEmpty() {
		return seeOther(c, formPath(town.Siret))
	}
	link, err := h.Journey.SealLink(arrival)
	if err != nil {
		return err
	}
	return seeOther(c, formPath(town.Siret)+"?"+paramLink+"="+url.QueryEscape(link))
}

func (h *Handler) writeForm(c *gin.Context, town directory.Collectivity) error {
	visit, arrival, usable := h.visitByLink(c, town)
	page := formPage{
		Page:              h.Frame(c),
		Visit:             visit,
		Address:           h.formURL(town.Siret),
		ExternalIDIgnored: arrival.ExternalIDUnusable,
		LinkExpired:       !usable,
	}
	if town.Form == directory.FormOpen {
		page.FranceConnectDown = !h.Journey.Identities.Available(c.Request.Context())
	}
	return h.Views.form.Write(c.Writer, http.StatusOK, page)
}

// alternatives tells how to do without FranceConnect.
func (h *Handler) alternatives(c *gin.Context) error {
	town, ok, err := h.collectivity(c)
	if !ok {
		return err
	}
	visit, _, _ := h.visitByLink(c, town)
	return h.Views.alternatives.Write(c.Writer, http.StatusOK, alternativesPage{Page: h.Frame(c), Visit: visit})
}

// visitByLink opens the link of the address; one that is not usable is not carried along.
func (h *Handler) visitByLink(c *gin.Context, town directory.Collectivity) (visit Visit, arrival dossier.Arrival, usable bool) {
	link := c.Query(paramLink)
	if arrival, usable = h.Journey.OpenLink(link, town.Siret); !usable {
		link = ""
	}
	return NewVisit(town, link, arrival.Return), arrival, usable
}

// collectivity finds the collectivity of the address. When ok is false the answer is
// given, or is the error.
func (h *Handler) collectivity(c *gin.Context) (town directory.Collectivity, ok bool, err error) {
	if read := siret(c); read != "" {
		town, err = h.Directory.Find(c.Request.Context(), read)
		if err == nil {
			return town, true, nil
		}
		if fault.KindOf(err) != fault.NotFound {
			return town, false, err
		}
	}
	return town, false, h.Views.townUnknown.Write(c.Writer, http.StatusNotFound, newTownUnknownPage(h.Frame(c)))
}

// qrCache lets a printed poster's page be shown again without drawing the code again.
const qrCache = "public, max-age=86400"

func (h *Handler) qrSVG(c *gin.Context) error {
	return h.qr(c, h.Documents.QRSVG, "image/svg+xml", "svg")
}

func (h *Handler) qrPNG(c *gin.Context) error {
	return h.qr(c, h.Documents.QRPNG, "image/png", "png")
}

func (h *Handler) qr(c *gin.Context, draw func(string) ([]byte, error), mediaType, extension string) error {
	town, ok, err := h.collectivity(c)
	if !ok {
		return err
	}
	image, err := draw(h.formURL(town.Siret))
	if err != nil {
		return err
	}
	c.Header("Cache-Control", qrCache)
	c.Header("Content-Disposition", `inline; filename="formulaire-qf-`+town.Siret.String()+`.`+extension+`"`)
	c.Data(http.StatusOK, mediaType, image)
	return nil
}

// hidden reads a field that a page of ours carries.
func hidden(c *gin.Context, name string) string {
	return form.Text(c.Request.PostForm, name, 1<<14).Value
}
