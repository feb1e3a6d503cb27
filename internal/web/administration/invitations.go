package administration

import (
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/web"
	"portail-qf/internal/web/form"
)

// roleFilter narrows a list to those who hold a role, or are offered it.
var roleFilter = web.ChoiceFilter("role", "role", string(account.Admin), string(account.Instructor), string(account.Support),
	string(account.Reader), string(account.EditorAdmin), string(account.EditorMember), string(account.Town))

// invitationListing is the list of the invitations, the latest first.
var invitationListing = web.Listing{
	Path: invitationsPath,
	Filters: []web.Filter{
		web.ChoiceFilter("etat", "invitation.state", string(account.InvitationWaiting), string(account.InvitationExpired),
			string(account.InvitationTaken), string(account.InvitationWithdrawn)),
		roleFilter,
	},
	Sorts: []string{"-envoi", "adresse"},
}

// invitations lists the invitations of everybody.
func (h *Handler) invitations(c *gin.Context) error {
	asked := invitationListing.Read(c.Request.URL.Query())
	query := account.InvitationQuery{
		Search: asked.Search, State: account.InvitationState(asked.Filter("etat")), Role: account.Role(asked.Filter("role")),
		Sort: sortedBy(asked.Sort), Descending: asked.Descending, Offset: asked.Offset(), Limit: asked.Limit(),
	}
	listed, total, err := h.Access.Invitations(c.Request.Context(), query)
	if err != nil {
		return err
	}
	actor := web.ActorOf(c)
	page := newInvitationsPage(h.Frame(c), asked.List(total), listed, h.Now()).afterSending(actor.Author().ID, listed)
	if h.Can(actor.Role, "mail", "read") {
		page = page.withMails(listed)
	}
	return h.Views.invitations.Write(c.Writer, http.StatusOK, page)
}

// maxMail is longer than any address (RFC 5321).
const maxMail = 300

// invitationForm asks whom to invite. The page of an organisation leads here with its
// SIRET; whom and as what is never proposed by a link.
func (h *Handler) invitationForm(c *gin.Context) error {
	siret := c.Query("siret")
	offer, err := h.readOffer(c, url.Values{"siret": {siret}, "editeur": {siret}})
	if err != nil {
		return err
	}
	if offer.Editor.Value != "" {
		offer.Siret.Value = ""
	}
	page := newInvitationFormPage(h.Frame(c), form.Field{Name: "mail"}, offer)
	return h.Views.invitationForm.Write(c.Writer, http.StatusOK, page)
}

// invite sends an invitation.
func (h *Handler) invite(c *gin.Context) error {
	offer, err := h.readOffer(c, c.Request.PostForm)
	if err != nil {
		return err
	}
	mail := checkedMail(form.Text(c.Request.PostForm, "mail", maxMail))
	if offer = offer.checked(); offer.isRight() && mail.Error == "" {
		made := offer.made()
		made.Mail = mail.Value
		if _, err = h.Access.Invite(c.Request.Context(), web.ActorOf(c), made); err == nil {
			return web.Done(c, invitationsPath, "invitation-envoyee")
		}
		mail, offer = mailRefusedFor(mail, err), offer.refusedFor(err)
	}
	if offer.isRight() && mail.Error == "" {
		return err // it is about no field
	}
	return h.Views.invitationForm.Write(c.Writer, statusOf(err), newInvitationFormPage(h.Frame(c), mail, offer))
}

func checkedMail(mail form.Field) form.Field {
	if _, err := account.ParseMail(mail.Value); err != nil {
		return mail.Refused(fault.CodeOf(err))
	}
	return mail
}

func mailRefusedFor(mail form.Field, err error) form.Field {
	switch code := fault.CodeOf(err); code {
	case "mail.required", "mail.invalid", "invitation.self":
		return mail.Refused(code)
	}
	return mail
}

// inviteAgain sends an invitation anew, with another link.
func (h *Handler) inviteAgain(c *gin.Context) error {
	id, err := web.ID(c, "id", "invitation.unknown")
	if err != nil {
		return err
	}
	if _, err := h.Access.SendAgain(c.Request.Context(), web.ActorOf(c), id); err != nil {
		return err
	}
	return web.Done(c, invitationsPath, "invitation-renvoyee")
}

// confirmTakingBack asks once more before an invitation is taken back.
func (h *Handler) confirmTakingBack(c *gin.Context) error {
	id, err := web.ID(c, "id", "invitation.unknown")
	if err != nil {
		return err
	}
	invitation, err := h.Access.Invitation(c.Request.Context(), web.ActorOf(c), id)
	if err != nil {
		return err
	}
	if !invitation.State(h.Now()).Answerable() {
		return fault.New(fault.Conflict, "invitation.moved")
	}
	return h.Views.takingBack.Write(c.Writer, http.StatusOK, newTakingBackPage(h.Frame(c), invitation))
}

// takeBack makes an invitation worth nothing.
func (h *Handler) takeBack(c *gin.Context) error {
	id, err := web.ID(c, "id", "invitation.unknown")
	if err != nil {
		return err
	}
	if _, err := h.Access.TakeBack(c.Request.Context(), web.ActorOf(c), id); err != nil {
		return err
	}
	return web.Done(c, invitationsPath, "invitation-retiree")
}
