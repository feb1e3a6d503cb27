package collectivity

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/web"
)

// colleagueListing is the list of the agents of a local authority, by name.
var colleagueListing = web.Listing{Path: colleaguesPath}

// colleagues lists the agents who signed in for the same establishment.
func (h *Handler) colleagues(c *gin.Context) error {
	actor, asked := web.ActorOf(c), colleagueListing.Read(c.Request.URL.Query())
	listed, total, err := h.Access.Members(c.Request.Context(), account.MemberQuery{
		Organisation: actor.Organisation.Siret, Space: account.SpaceTown,
		Search: asked.Search, Offset: asked.Offset(), Limit: asked.Limit(),
	})
	if err != nil {
		return err
	}
	page := newColleaguesPage(h.Frame(c), actor, asked.List(total), listed)
	page.SignInAddress = h.PortalURL + signInPath
	return h.Views.colleagues.Write(c.Writer, http.StatusOK, page)
}
