package helpdesk

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/dossier"
	"portail-qf/internal/domain/renewal"
	"portail-qf/internal/web"
)

// Handler answers the support.
type Handler struct {
	Views  Views
	Lookup *dossier.Lookup
	AtRisk *renewal.Watch // tells which prolongations are to be made up for
	Now    func() time.Time
	// Frame is what every page of a request shows.
	Frame func(c *gin.Context) web.ProPage
}

const (
	homePath     = "/assistance"
	dossiersPath = homePath + "/dossiers"
)

// Mount registers the routes of the support.
func (h *Handler) Mount(r *web.Router) {
	r.Handle(http.MethodGet, homePath, web.Can("space.support", "enter"), h.home)
	r.Handle(http.MethodGet, dossiersPath, web.Can("dossier", "read"), h.searchForm)
	r.Handle(http.MethodPost, dossiersPath, web.Can("dossier", "read"), h.search)
	r.Handle(http.MethodGet, dossiersPath+"/:id", web.Can("dossier", "read"), h.dossier)
}
