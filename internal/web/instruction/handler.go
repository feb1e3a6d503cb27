package instruction

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/web"
)

// Handler answers the instructors.
type Handler struct {
	Views   Views
	Clients *directory.Clients
	// Catalogue counts the habilitations that wait to be restored or revoked.
	Catalogue *habilitation.Catalogue
	// Frame is what every page of a request shows.
	Frame func(c *gin.Context) web.ProPage
}

// Mount registers the routes of the instructors.
func (h *Handler) Mount(r *web.Router) {
	r.Handle(http.MethodGet, "/instruction", web.Can("space.instruction", "enter"), h.home)
}

// home shows what waits, and the figures of the service.
func (h *Handler) home(c *gin.Context) error {
	counts, err := h.Clients.All(c.Request.Context())
	if err != nil {
		return err
	}
	_, suspended, err := h.Catalogue.List(c.Request.Context(), habilitation.Search{State: habilitation.Suspended, Limit: 1})
	if err != nil {
		return err
	}
	return h.Views.home.Write(c.Writer, http.StatusOK, homePage{ProPage: h.Frame(c), Suspended: suspended, Collectivities: counts})
}
