package administration

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/place"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/web"
	"portail-qf/internal/web/dsfr"
)

// townListing is the list of the collectivities, by name.
func townListing(editors []account.Organisation) web.Listing {
	return web.Listing{
		Path: townsPath,
		Filters: []web.Filter{
			web.ChoiceFilter("formulaire", "collectivity.form", string(directory.FormOpen), string(directory.FormSoon), string(directory.FormClosed)),
			web.OptionFilter("departement", departements()),
			web.OrganisationFilter("editeur", editors),
		},
		Sorts: []string{"nom"},
	}
}

func departements() []dsfr.Option {
	var options []dsfr.Option
	for _, d := range place.Departements() {
		options = append(options, dsfr.Option{Value: d.Code, Text: d.Code + " " + web.Typographic(d.Name)})
	}
	return options
}

// towns lists the collectivities.
func (h *Handler) towns(c *gin.Context) error {
	ctx := c.Request.Context()
	editors, err := h.Access.Editors(ctx)
	if err != nil {
		return err
	}
	asked := townListing(editors).Read(c.Request.URL.Query())
	listed, total, err := h.Towns.List(ctx, directory.TownSearch{
		Text: asked.Search, Form: directory.FormState(asked.Filter("formulaire")), Departement: asked.Filter("departement"),
		Editor: value.Siret(asked.Filter("editeur")), Descending: asked.Descending, Offset: asked.Offset(), Limit: asked.Limit(),
	})
	if err != nil {
		return err
	}
	return h.Views.towns.Write(c.Writer, http.StatusOK, newTownsPage(h.Frame(c), asked.List(total), listed))
}

// town shows a collectivity, with what was asked for it and how far it is at HubEE.
func (h *Handler) town(c *gin.Context) error {
	siret, err := value.ParseExactSiret(c.Param("siret"))
	if err != nil {
		return fault.Because(fault.NotFound, "collectivity.unknown", err)
	}
	ctx, role := c.Request.Context(), web.ActorOf(c).Role
	town, err := h.Towns.Find(ctx, siret)
	if err != nil {
		return err
	}
	page := newTownPage(h.Frame(c), town)
	if h.Can(role, "habilitation", "read") {
		requests, err := h.Catalogue.OfOrganisation(ctx, siret)
		if err != nil {
			return err
		}
		page.ShowsRequests, page.Requests = true, newTownRequests(requests)
	}
	if h.Can(role, "subscription", "read") {
		watched, err := h.Watch.Find(ctx, siret)
		if err != nil && fault.KindOf(err) != fault.NotFound {
			return err
		}
		page.ShowsSubscription, page.Subscription = true, newTownSubscription(watched)
	}
	return h.Views.town.Write(c.Writer, http.StatusOK, page)
}

func newTownSubscription(watched credential.Watched) townSubscription {
	if watched.Siret == "" {
		return townSubscription{}
	}
	return townSubscription{State: watched.Phase(), URL: subscriptionsPath + "/" + watched.Siret.String()}
}
