package editorspace

import (
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/web"
)

// invitationListing is the list of the invitations of an editor, the latest first.
var invitationListing = web.Listing{
	Path: invitationsPath,
	Filters: []web.Filter{
		web.ChoiceFilter("etat", "invitation.state", string(account.InvitationWaiting), string(account.InvitationExpired),
			string(account.InvitationTaken), string(account.InvitationWithdrawn)),
	},
	Sorts: []string{"-envoi", "adresse"},
}

// sortKeys translates the keys of the addresses to those of package account.
var sortKeys = map[string]string{"adresse": "mail", "envoi": "age"}

// ownInvitations asks for those of the actor's editor.
func ownInvitations(actor account.Actor) account.InvitationQuery {
	return account.InvitationQuery{Organisation: actor.Organisation.Siret, Space: account.SpaceEditor}
}

// invitations lists the invitations of the editor.
func (h *Handler) invitations(c *gin.Context) error {
	asked := invitationListing.Read(c.Request.URL.Query())
	actor := web.ActorOf(c)
	query := ownInvitations(actor)
	query.Search, query.State = asked.Search, account.InvitationState(asked.Filter("etat"))
	query.Sort, query.Descending = sortKeys[asked.Sort], asked.Descending
	query.Offset, query.Limit = asked.Offset(), asked.Limit()
	listed, total, err := h.Access.Invitations(c.Request.Context(), query)
	if err != nil {
		return err
	}
	page := newInvitationsPage(h.Frame(c), asked.List(total), listed, h.Now()).afterSending(actor.Author().ID, listed)
	return h.Views.invitations.Write(c.Writer, http.StatusOK, page)
}

// invitationForm asks whom to invite.
func (h *Handler) invitationForm(c *gin.Context) error {
	page := newInvitationFormPage(h.Frame(c), readOffer(url.Values{}))
	return h.Views.invitationForm.Write(c.Writer, http.StatusOK, page)
}

// invite sends an invitation. For whom is the actor's own editor, whatever was sent.
func (h *Handler) invite(c *gin.Context) error {
	actor, offer := web.ActorOf(c), readOffer(c.Request.PostForm).checked()
	if offer.isRight() {
		_, err := h.Access.Invite(c.Request.Context(), actor, offer.made(actor))
		if err == nil {
			return web.Done(c, invitationsPath, "invitation-envoyee")
		}
		if offer = offer.refusedFor(err); offer.isRight() {
			return err // it is about no field
		}
	}
	return h.Views.invitationForm.Write(c.Writer, http.StatusUnprocessableEntity, newInvitationFormPage(h.Frame(c), offer))
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
