package collectivity

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/web"
)

// home shows where the form of the collectivity and its habilitations stand, and how its
// dossiers move on.
func (h *Handler) home(c *gin.Context) error {
	actor, ctx := web.ActorOf(c), c.Request.Context()
	town, err := h.Directory.Find(ctx, actor.Organisation.Siret)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return err
	}
	if err != nil {
		town = directory.Collectivity{} // it has no form
	}
	counts, err := h.Lookup.Counts(ctx, actor.Organisation.Siret)
	if err != nil {
		return err
	}
	of, err := h.affairsOf(ctx, actor)
	if err != nil {
		return err
	}
	page := newHomePage(h.Frame(c), actor.Organisation, town, counts)
	page.tell(actor, of)
	page.Address = h.PortalURL + page.FormURL
	return h.Views.home.Write(c.Writer, http.StatusOK, page)
}
