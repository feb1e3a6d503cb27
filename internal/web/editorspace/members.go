package editorspace

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/web"
)

// memberListing is the list of the people of an editor, by name.
var memberListing = web.Listing{
	Path:    membersPath,
	Filters: []web.Filter{web.ChoiceFilter("role", "role", string(account.EditorAdmin), string(account.EditorMember))},
}

// members lists the people of the editor.
func (h *Handler) members(c *gin.Context) error {
	actor, ctx := web.ActorOf(c), c.Request.Context()
	asked := memberListing.Read(c.Request.URL.Query())
	own := account.MemberQuery{Organisation: actor.Organisation.Siret, Space: account.SpaceEditor}
	query := own
	query.Search, query.Role, query.Offset, query.Limit = asked.Search, account.Role(asked.Filter("role")), asked.Offset(), asked.Limit()
	listed, total, err := h.Access.Members(ctx, query)
	if err != nil {
		return err
	}
	own.Role, own.Limit = account.EditorAdmin, 1
	_, managers, err := h.Access.Members(ctx, own)
	if err != nil {
		return err
	}
	page := membersPage{ProPage: h.Frame(c), List: asked.List(total), Managers: managers}
	page.CanInvite, page.CanWithdraw = h.Can(actor.Role, "membership", "grant"), h.Can(actor.Role, "membership", "withdraw")
	page.Rows = newMemberRows(listed, actor)
	return h.Views.members.Write(c.Writer, http.StatusOK, page)
}

// confirmWithdrawal asks once more before somebody is taken a role.
func (h *Handler) confirmWithdrawal(c *gin.Context) error {
	id, err := web.ID(c, "id", "membership.unknown")
	if err != nil {
		return err
	}
	member, err := h.Access.Member(c.Request.Context(), web.ActorOf(c), id)
	if err != nil {
		return err
	}
	return h.Views.withdrawal.Write(c.Writer, http.StatusOK, newWithdrawalPage(h.Frame(c), member))
}

// withdraw takes a role from somebody.
func (h *Handler) withdraw(c *gin.Context) error {
	id, err := web.ID(c, "id", "membership.unknown")
	if err != nil {
		return err
	}
	if _, err := h.Access.Withdraw(c.Request.Context(), web.ActorOf(c), id); err != nil {
		return err
	}
	return web.Done(c, membersPath, "role-retire")
}
