package citizen

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/web"
)

// mountTexts registers the pages of text.
func (h *Handler) mountTexts(r *web.Router) {
	for path, view := range map[string]web.View[textPage]{
		"/aide":         h.Views.help,
		"/plan-du-site": h.Views.siteMap,
	} {
		r.Handle(http.MethodGet, path, web.Public, func(c *gin.Context) error {
			return view.Write(c.Writer, http.StatusOK, textPage{h.Frame(c)})
		})
	}
	for path, view := range map[string]web.View[operatorPage]{
		"/accessibilite":        h.Views.accessibility,
		"/mentions-legales":     h.Views.legal,
		"/donnees-personnelles": h.Views.privacy,
	} {
		r.Handle(http.MethodGet, path, web.Public, func(c *gin.Context) error {
			return view.Write(c.Writer, http.StatusOK, operatorPage{h.Frame(c), h.Operator, h.Contact})
		})
	}
	r.Handle(http.MethodGet, "/cookies", web.Public, func(c *gin.Context) error {
		return h.Views.cookies.Write(c.Writer, http.StatusOK, newCookiesPage(h.Frame(c)))
	})
}
