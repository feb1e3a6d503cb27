package habilitations

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/web"
)

// listing is the list of the requests, what moved last first.
func listing(root string, editors []account.Organisation) web.Listing {
	return web.Listing{
		Path: root,
		Filters: []web.Filter{
			web.ChoiceFilter("etat", "habilitation.state", stateCodes()...),
			web.ChoiceFilter("modalite", "habilitation.modality", string(habilitation.TokenModality), string(habilitation.FormModality)),
			web.OrganisationFilter("editeur", editors),
		},
		Sorts: []string{"-date", "nom"},
	}
}

func stateCodes() []string {
	codes := make([]string, len(habilitation.States))
	for i, state := range habilitation.States {
		codes[i] = string(state)
	}
	return codes
}

// list lists the requests.
func (h *Handler) list(c *gin.Context) error {
	ctx := c.Request.Context()
	editors, err := h.Access.Editors(ctx)
	if err != nil {
		return err
	}
	asked := listing(h.Root, editors).Read(c.Request.URL.Query())
	found, total, err := h.Catalogue.List(ctx, habilitation.Search{
		Text: asked.Search, State: habilitation.State(asked.Filter("etat")), Modality: habilitation.Modality(asked.Filter("modalite")),
		Editor: value.Siret(asked.Filter("editeur")), Order: habilitation.Order(asked.Sort), Descending: asked.Descending,
		Offset: asked.Offset(), Limit: asked.Limit(),
	})
	if err != nil {
		return err
	}
	return h.Views.list.Write(c.Writer, http.StatusOK, newListPage(h.Frame(c), h.Root, asked.List(total), found))
}
