package administration

import (
	"context"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/web"
	"portail-qf/internal/web/form"
)

// organisationListing is the list of the establishments that the portal keeps.
var organisationListing = web.Listing{
	Path: organisationsPath,
	Filters: []web.Filter{
		web.ChoiceFilter("etat", "organisation.state", string(directory.OrganisationsOpen), string(directory.OrganisationsClosed),
			string(directory.OrganisationsInUse)),
	},
	Sorts: []string{"nom", "verification"},
}

// organisations lists the organisations.
func (h *Handler) organisations(c *gin.Context) error {
	asked := organisationListing.Read(c.Request.URL.Query())
	search := directory.OrganisationSearch{
		Text: asked.Search, State: directory.OrganisationState(asked.Filter("etat")), Descending: asked.Descending,
		Offset: asked.Offset(), Limit: asked.Limit(),
	}
	if asked.Sort == "verification" {
		search.Order = directory.OrganisationsByAge
	}
	listed, total, err := h.Organisations.List(c.Request.Context(), search)
	if err != nil {
		return err
	}
	page := newOrganisationsPage(h.Frame(c), asked.List(total), listed)
	page.CanAdd = h.Can(web.ActorOf(c).Role, "organisation", "add")
	return h.Views.organisations.Write(c.Writer, http.StatusOK, page)
}

// siret reads the SIRET of the address. One that cannot exist is as unknown as one that
// does not.
func siret(c *gin.Context) (value.Siret, error) {
	read, err := value.ParseExactSiret(c.Param("siret"))
	if err != nil {
		return "", fault.Because(fault.NotFound, "organisation.not_kept", err)
	}
	return read, nil
}

func organisationPath(siret value.Siret) string { return organisationsPath + "/" + siret.String() }

// organisation shows what the register told of one, and its people here.
func (h *Handler) organisation(c *gin.Context) error {
	siret, err := siret(c)
	if err != nil {
		return err
	}
	kept, err := h.Organisations.Find(c.Request.Context(), siret)
	if err != nil {
		return notKept(err)
	}
	page := newOrganisationPage(h.Frame(c), kept)
	role := web.ActorOf(c).Role
	page.CanRefresh = h.Can(role, "organisation", "refresh")
	if h.Can(role, "membership", "grant") {
		if page.InvitationURL, err = h.invitationFor(c.Request.Context(), kept); err != nil {
			return err
		}
	}
	if page.ShowsPeople = h.Can(role, "membership", "read"); page.ShowsPeople {
		if page.People, page.List, err = h.people(c, siret); err != nil {
			return err
		}
	}
	return h.Views.organisation.Write(c.Writer, http.StatusOK, page)
}

// invitationFor leads to the form that invites for an organisation; "" where no role is for
// it: it is closed, or it is none of the operator, an editor and a local authority.
func (h *Handler) invitationFor(ctx context.Context, of directory.Organisation) (string, error) {
	const form = invitationsPath + "/nouvelle"
	if of.Siret == h.Access.Operator.Siret {
		return form, nil // the operator's own people: their roles ask for no organisation
	}
	editors, err := h.Access.Editors(ctx)
	if err != nil {
		return "", err
	}
	isEditor := slices.ContainsFunc(editors, func(e account.Organisation) bool { return e.Siret == of.Siret })
	if !of.Closed && (isEditor || of.LocalAuthority()) {
		return form + "?siret=" + of.Siret.String(), nil
	}
	return "", nil
}

// people lists those who hold a role for an organisation.
func (h *Handler) people(c *gin.Context, siret value.Siret) ([]memberRow, web.List, error) {
	asked := web.Listing{Path: organisationPath(siret)}.Read(c.Request.URL.Query())
	listed, total, err := h.Access.Members(c.Request.Context(), account.MemberQuery{
		Organisation: siret, Offset: asked.Offset(), Limit: asked.Limit(),
	})
	return newMemberRows(listed), asked.List(total), err
}

// notKept tells an establishment that is not in our list from one that the register does
// not know.
func notKept(err error) error {
	if fault.Is(err, "organisation.unknown") {
		return fault.Because(fault.NotFound, "organisation.not_kept", err)
	}
	return err
}

// refreshOrganisation asks the register about an organisation now.
func (h *Handler) refreshOrganisation(c *gin.Context) error {
	siret, err := siret(c)
	if err != nil {
		return err
	}
	kept, err := h.Organisations.Refresh(c.Request.Context(), web.ActorOf(c).Author(), siret)
	switch {
	case fault.KindOf(err) == fault.Unavailable:
		return web.SeeOther(c, organisationPath(siret)) // which says that the register did not answer, and when
	case err != nil:
		return notKept(err)
	case kept.Answer == directory.AnswerUnknown:
		return web.Done(c, organisationPath(siret), "organisation-inconnue")
	}
	return web.Done(c, organisationPath(siret), "organisation-actualisee")
}

// organisationForm asks which establishment to add.
func (h *Handler) organisationForm(c *gin.Context) error {
	page := organisationFormPage{ProPage: h.Frame(c), Siret: form.Field{Name: "siret"}}
	return h.Views.organisationForm.Write(c.Writer, http.StatusOK, page)
}

// addOrganisation keeps an establishment, as the register tells it.
func (h *Handler) addOrganisation(c *gin.Context) error {
	typed := form.Text(c.Request.PostForm, "siret", maxSiret)
	added, err := h.Organisations.Add(c.Request.Context(), web.ActorOf(c).Author(), typed.Value)
	switch kind := fault.KindOf(err); {
	case err == nil:
		return web.Done(c, organisationPath(added.Siret), "organisation-ajoutee")
	case kind != fault.Invalid && kind != fault.Unavailable:
		return err
	}
	down := fault.KindOf(err) == fault.Unavailable
	if !down { // what was typed is right, then
		typed = typed.Refused(fault.CodeOf(err))
	}
	page := newOrganisationFormPage(h.Frame(c), typed, added)
	page.RegisterDown = down
	return h.Views.organisationForm.Write(c.Writer, statusOf(err), page)
}
