package habilitations

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/web"
	"portail-qf/internal/web/dsfr"
)

// listing is the list of the requests, what moved last first.
func listing(root string, editors []dsfr.Option) web.Listing {
	return web.Listing{
		Path: root,
		Filters: []web.Filter{
			web.ChoiceFilter("etat", "habilitation.state", stateCodes()...),
			web.ChoiceFilter("modalite", "habilitation.modality", string(habilitation.TokenModality), string(habilitation.FormModality)),
			web.OptionFilter("editeur", editors),
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

// editors are those that a list may be narrowed to.
func (h *Handler) editors(ctx context.Context) ([]dsfr.Option, error) {
	named, err := h.Access.Editors(ctx)
	if err != nil {
		return nil, err
	}
	options := make([]dsfr.Option, len(named))
	for i, editor := range named {
		options[i] = dsfr.Option{Value: editor.Siret.String(), Text: web.Typographic(editor.Display())}
	}
	return options, nil
}

// list lists the requests.
func (h *Handler) list(c *gin.Context) error {
	ctx := c.Request.Context()
	editors, err := h.editors(ctx)
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
