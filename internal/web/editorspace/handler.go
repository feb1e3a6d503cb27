package editorspace

import (
	"context"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/machine"
	"portail-qf/internal/domain/renewal"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/web"
)

// Handler answers the people of an editor.
type Handler struct {
	Views   Views
	Access  *account.Access
	Clients *directory.Clients
	Watch   *credential.Watch // tells how far each client is
	API     *machine.Service  // the programs that call us
	Hub     *credential.HubAccounts
	// HubPortal is the address of HubEE's own portal, without final slash.
	HubPortal string
	Tokens    *credential.Tokens
	Renewals  *renewal.Service
	// CurrentTokens tells the token that goes on of each of some towns.
	CurrentTokens func(ctx context.Context, editor value.Siret, towns []value.Siret) (map[value.Siret]credential.Token, error)
	// AtRisk tells which tokens of its clients expire or are cut.
	AtRisk *renewal.Watch
	// Can tells whether a role may do an act (authz.Policy): pages offer nothing that the
	// route would refuse.
	Can       func(role account.Role, object, act string) bool
	PortalURL string // without final slash
	Now       func() time.Time
	// Frame is what every page of a request shows.
	Frame func(c *gin.Context) web.ProPage
}

const (
	homePath        = "/editeur"
	clientsPath     = homePath + "/collectivites"
	renewalsPath    = homePath + "/prolongations"
	membersPath     = homePath + "/membres"
	invitationsPath = homePath + "/invitations"
	remindersPath   = homePath + "/rappels"
)

// Mount registers the routes of the editors. Whatever gives or takes an access asks for a
// second factor, on the page of its form already, so that nobody fills one in vain.
func (h *Handler) Mount(r *web.Router) {
	enters := web.Can("space.editor", "enter")
	r.Handle(http.MethodGet, homePath, enters, h.home)
	r.Handle(http.MethodGet, clientsPath, enters, h.clients)
	r.Handle(http.MethodGet, renewalsPath, web.Can("token", "read"), h.renewals)
	r.HandleWithin(sheetPatience, http.MethodGet, renewalsPath+"/export.csv", web.Can("token", "read"), h.renewalsSheet)

	h.mountHub(r)

	r.Handle(http.MethodGet, membersPath, web.Can("membership", "read"), h.members)
	grants, withdraws := web.Can("membership", "grant").Confirmed(), web.Can("membership", "withdraw").Confirmed()
	r.Handle(http.MethodGet, membersPath+"/:id/retrait", withdraws, h.confirmWithdrawal)
	r.Handle(http.MethodPost, membersPath+"/:id/retrait", withdraws, h.withdraw)

	r.Handle(http.MethodGet, invitationsPath, web.Can("membership", "grant"), h.invitations)
	r.Handle(http.MethodGet, invitationsPath+"/nouvelle", grants, h.invitationForm)
	r.Handle(http.MethodPost, invitationsPath+"/nouvelle", grants, h.invite)
	r.Handle(http.MethodPost, invitationsPath+"/:id/renvoi", grants, h.inviteAgain)
	r.Handle(http.MethodGet, invitationsPath+"/:id/retrait", withdraws, h.confirmTakingBack)
	r.Handle(http.MethodPost, invitationsPath+"/:id/retrait", withdraws, h.takeBack)
	r.Handle(http.MethodGet, remindersPath, web.Can("token", "read"), h.reminders)
	r.Handle(http.MethodPost, remindersPath, web.Can("reminder", "choose"), h.chooseReminders)
	h.mountAPI(r)
}
