package administration

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/web"
)

// Handler answers the administrators.
type Handler struct {
	Views         Views
	Access        *account.Access
	Sessions      *account.Sessions
	Organisations *directory.Organisations
	Towns         *directory.Towns
	// Catalogue and Watch tell what was asked for a town, and how far it is at HubEE.
	Catalogue *habilitation.Catalogue
	Watch     *credential.Watch
	// Waiting counts what waits for somebody (postgres.Waiting).
	Waiting func(ctx context.Context, now time.Time) (Waiting, error)
	// Can tells whether a role may do an act (authz.Policy): pages offer nothing that the
	// route would refuse.
	Can func(role account.Role, object, act string) bool
	Now func() time.Time
	// Frame is what every page of a request shows.
	Frame func(c *gin.Context) web.ProPage
}

const (
	homePath          = "/administration"
	accountsPath      = homePath + "/comptes"
	invitationsPath   = homePath + "/invitations"
	sessionsPath      = homePath + "/sessions"
	organisationsPath = homePath + "/organisations"
	townsPath         = homePath + "/collectivites"
	mailsPath         = homePath + "/mails"         // package operations
	subscriptionsPath = homePath + "/hubee"         // package operations
	habilitationsPath = homePath + "/habilitations" // package habilitations
)

// Mount registers the routes of the administrators. Whatever gives or takes an access asks
// for a second factor, on the page of its form already, so that nobody fills one in vain.
func (h *Handler) Mount(r *web.Router) {
	r.Handle(http.MethodGet, homePath, web.Can("space.administration", "enter"), h.home)

	grants, withdraws := web.Can("membership", "grant").Confirmed(), web.Can("membership", "withdraw").Confirmed()
	r.Handle(http.MethodGet, accountsPath, web.Can("account", "read"), h.accounts)
	r.Handle(http.MethodGet, accountsPath+"/:id", web.Can("account", "read"), h.account)
	r.Handle(http.MethodGet, accountsPath+"/:id/roles/nouveau", grants, h.grantForm)
	r.Handle(http.MethodPost, accountsPath+"/:id/roles/nouveau", grants, h.grant)
	r.Handle(http.MethodGet, accountsPath+"/:id/roles/:role/retrait", withdraws, h.confirmWithdrawal)
	r.Handle(http.MethodPost, accountsPath+"/:id/roles/:role/retrait", withdraws, h.withdraw)

	r.Handle(http.MethodGet, invitationsPath, web.Can("membership", "grant"), h.invitations)
	r.Handle(http.MethodGet, invitationsPath+"/nouvelle", grants, h.invitationForm)
	r.Handle(http.MethodPost, invitationsPath+"/nouvelle", grants, h.invite)
	r.Handle(http.MethodPost, invitationsPath+"/:id/renvoi", grants, h.inviteAgain)
	r.Handle(http.MethodGet, invitationsPath+"/:id/retrait", withdraws, h.confirmTakingBack)
	r.Handle(http.MethodPost, invitationsPath+"/:id/retrait", withdraws, h.takeBack)

	ends := web.Can("session", "end").Confirmed()
	r.Handle(http.MethodGet, sessionsPath, web.Can("session", "read"), h.sessions)
	r.Handle(http.MethodGet, sessionsPath+"/:id/fermeture", ends, h.confirmEnding)
	r.Handle(http.MethodPost, sessionsPath+"/:id/fermeture", ends, h.end)

	r.Handle(http.MethodGet, organisationsPath, web.Can("organisation", "read"), h.organisations)
	r.Handle(http.MethodGet, organisationsPath+"/nouvelle", web.Can("organisation", "add"), h.organisationForm)
	r.Handle(http.MethodPost, organisationsPath+"/nouvelle", web.Can("organisation", "add"), h.addOrganisation)
	r.Handle(http.MethodGet, organisationsPath+"/:siret", web.Can("organisation", "read"), h.organisation)
	r.Handle(http.MethodPost, organisationsPath+"/:siret/actualisation", web.Can("organisation", "refresh"), h.refreshOrganisation)

	r.Handle(http.MethodGet, townsPath, web.Can("collectivity", "read"), h.towns)
	r.Handle(http.MethodGet, townsPath+"/:siret", web.Can("collectivity", "read"), h.town)
}

func accountPath(id int64) string { return accountsPath + "/" + strconv.FormatInt(id, 10) }
