package helpdesk

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/web"
	"portail-qf/internal/web/form"
)

const (
	// paramReference is the field of the search, as on the citizens' page.
	paramReference = "identifiant"
	maxTyped       = 200
)

// home asks for the identifier of a dossier, and tells which prolongations are to be made up for.
func (h *Handler) home(c *gin.Context) error {
	late, err := h.AtRisk.Late(c.Request.Context())
	if err != nil {
		return err
	}
	return h.Views.home.Write(c.Writer, http.StatusOK, newHomePage(h.Frame(c), late))
}

// searchForm asks for the identifier of a dossier, on a page of its own.
func (h *Handler) searchForm(c *gin.Context) error {
	return h.Views.search.Write(c.Writer, http.StatusOK, newSearchPage(h.Frame(c), form.Field{Name: paramReference}))
}

// search leads to a dossier once its identifier is well written. What is typed is sent in
// the body: a citizen's name, typed by mistake, must not stay in an address.
func (h *Handler) search(c *gin.Context) error {
	typed := form.Text(c.Request.PostForm, paramReference, maxTyped)
	reference, err := value.ParseReference(typed.Value)
	switch {
	case err == nil:
		return web.SeeOther(c, dossiersPath+"/"+reference.String())
	case typed.Value == "":
		typed = typed.Refused("dossier.reference_required")
	default:
		typed = typed.Refused("reference.invalid")
	}
	return h.Views.search.Write(c.Writer, http.StatusUnprocessableEntity, newSearchPage(h.Frame(c), typed))
}

// dossier shows where a dossier stands and what was done with it. Another spelling of its
// identifier leads here too.
func (h *Handler) dossier(c *gin.Context) error {
	reference, err := value.ParseReference(c.Param("id"))
	if err != nil {
		return h.writeUnknown(c)
	}
	if canonical := dossiersPath + "/" + reference.String(); c.Request.URL.Path != canonical {
		return web.SeeOther(c, canonical)
	}
	trace, err := h.Lookup.Find(c.Request.Context(), web.ActorOf(c), reference)
	switch {
	case fault.KindOf(err) == fault.NotFound:
		return h.writeUnknown(c)
	case err != nil:
		return err
	}
	return h.Views.dossier.Write(c.Writer, http.StatusOK, newDossierPage(h.Frame(c), trace, h.Now()))
}

func (h *Handler) writeUnknown(c *gin.Context) error {
	return h.Views.unknown.Write(c.Writer, http.StatusNotFound, newSearchPage(h.Frame(c), form.Field{Name: paramReference}))
}
