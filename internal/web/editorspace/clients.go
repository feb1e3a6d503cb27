package editorspace

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/directory"
	"portail-qf/internal/web"
)

// clientListing is the list of the collectivities of an editor, by name.
var clientListing = web.Listing{
	Path: clientsPath,
	Filters: []web.Filter{
		web.ChoiceFilter("formulaire", "collectivity.form", string(directory.FormOpen), string(directory.FormSoon), string(directory.FormClosed)),
	},
}

// clients lists the collectivities that the editor equips.
func (h *Handler) clients(c *gin.Context) error {
	asked := clientListing.Read(c.Request.URL.Query())
	listed, total, err := h.Clients.List(c.Request.Context(), web.ActorOf(c).Organisation.Siret, directory.ClientSearch{
		Text: asked.Search, Form: directory.FormState(asked.Filter("formulaire")), Offset: asked.Offset(), Limit: asked.Limit(),
	})
	if err != nil {
		return err
	}
	page := newClientsPage(h.Frame(c), asked.List(total), listed)
	page.Addresses = h.PortalURL + publicForms
	return h.Views.clients.Write(c.Writer, http.StatusOK, page)
}
