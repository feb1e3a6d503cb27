package editorspace

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/web"
)

// filterStuck narrows the list to the collectivities that are stuck at HubEE.
const filterStuck, stuck = "hubee", "bloque"

// clientPageSize is how many rows a page shows: each says much, and a page must stay light.
const clientPageSize = 20

// clientListing is the list of the collectivities of an editor, by name.
var clientListing = web.Listing{
	Path: clientsPath, Size: clientPageSize,
	Filters: []web.Filter{
		web.ChoiceFilter("formulaire", "collectivity.form", string(directory.FormOpen), string(directory.FormSoon), string(directory.FormClosed)),
		web.ChoiceFilter(filterStuck, "client.hubee", stuck),
	},
}

// clients lists the collectivities that the editor equips.
func (h *Handler) clients(c *gin.Context) error {
	asked, ctx, editor := clientListing.Read(c.Request.URL.Query()), c.Request.Context(), web.ActorOf(c).Organisation
	listed, total, err := h.Clients.List(ctx, editor.Siret, directory.ClientSearch{
		Text: asked.Search, Form: directory.FormState(asked.Filter("formulaire")), Stuck: asked.Filter(filterStuck) == stuck,
		Offset: asked.Offset(), Limit: asked.Limit(),
	})
	if err != nil {
		return err
	}
	towns := make([]value.Siret, len(listed))
	for i, town := range listed {
		towns[i] = town.Siret
	}
	standings, err := h.Watch.Standings(ctx, editor.Siret, towns)
	if err != nil {
		return err
	}
	tokens, err := h.CurrentTokens(ctx, editor.Siret, towns)
	if err != nil {
		return err
	}
	page := newClientsPage(h.Frame(c), asked.List(total), listed, standings)
	page.tell(tokens, h.Tokens.Mint.Prefix, h.Now())
	page.Editor = web.Typographic(editor.Display())
	page.Addresses = h.PortalURL + publicForms
	return h.Views.clients.Write(c.Writer, http.StatusOK, page)
}
