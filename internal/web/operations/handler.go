package operations

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/decision"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/operation"
	"portail-qf/internal/web"
)

// Handler answers those who watch over the portal.
type Handler struct {
	Views   Views
	Orders  *operation.Orders
	Mails   *notice.Mails
	Jobs    *operation.Jobs
	Journal *audit.Journal
	// Watch tells how far the subscriptions at HubEE are; Provisioning and Decisions act on
	// them.
	Watch        *credential.Watch
	Provisioning *credential.Provisioning
	Decisions    *decision.Service
	// Mailroom tells what DataPass sent; Inbox takes it again.
	Mailroom *decision.Mailroom
	Inbox    *decision.Inbox
	// Catalogue lists every automatic mail (mail.Sender); From and ReplyTo are in whose name
	// they leave.
	Catalogue     []notice.Sample
	From, ReplyTo string
	// Can tells whether a role may do an act (authz.Policy): pages offer nothing that the
	// route would refuse.
	Can func(role account.Role, object, act string) bool
	Now func() time.Time
	// Frame is what every page of a request shows.
	Frame func(c *gin.Context) web.ProPage
}

const (
	ordersPath    = "/administration/envois"
	mailsPath     = "/administration/mails"
	cataloguePath = "/administration/modeles-de-mails"
	jobsPath      = "/administration/taches"
	journalPath   = "/administration/journal"

	subscriptionsPath = "/administration/hubee"
	receivedPath      = "/administration/datapass"
	habilitationsPath = "/administration/habilitations" // package habilitations
	townsPath         = "/administration/collectivites" // package administration
)

// Mount registers the routes of the operations.
func (h *Handler) Mount(r *web.Router) {
	r.Handle(http.MethodGet, ordersPath, web.Can("order", "read"), h.orders)
	r.Handle(http.MethodGet, ordersPath+"/:id", web.Can("order", "read"), h.order)
	r.Handle(http.MethodPost, ordersPath+"/:id/relance", web.Can("order", "retry"), h.retry)

	r.Handle(http.MethodGet, mailsPath, web.Can("mail", "read"), h.mails)
	r.Handle(http.MethodGet, mailsPath+"/:id", web.Can("mail", "read"), h.mail)
	r.Handle(http.MethodPost, mailsPath+"/:id/destinataires/:position", web.Can("mail", "readdress").Confirmed(), h.readdress)

	r.Handle(http.MethodGet, cataloguePath, web.Can("mail.catalogue", "read"), h.catalogue)
	r.Handle(http.MethodGet, cataloguePath+"/:modele", web.Can("mail.catalogue", "read"), h.sample)
	r.Handle(http.MethodGet, cataloguePath+"/:modele/html", web.Can("mail.catalogue", "read"), h.sampleHTML)

	r.Handle(http.MethodGet, jobsPath, web.Can("job", "read"), h.jobs)
	r.Handle(http.MethodGet, jobsPath+"/:nom", web.Can("job", "read"), h.job)
	r.Handle(http.MethodPost, jobsPath+"/:nom/lancement", web.Can("job", "run"), h.start)

	r.Handle(http.MethodGet, journalPath, web.Can("journal", "read"), h.journal)
	h.mountPartners(r)
}

// mountPartners registers the routes of what goes on with HubEE and DataPass. To tell HubEE
// of another person, to move the dossiers of a town, or to let what DataPass said come to
// nothing, asks for a second factor.
func (h *Handler) mountPartners(r *web.Router) {
	r.Handle(http.MethodGet, subscriptionsPath, web.Can("subscription", "read"), h.subscriptions)
	r.Handle(http.MethodGet, subscriptionsPath+"/:siret", web.Can("subscription", "read"), h.subscription)
	r.Handle(http.MethodPost, subscriptionsPath+"/:siret/relance", web.Can("subscription", "relaunch"), h.relaunch)
	r.Handle(http.MethodPost, subscriptionsPath+"/:siret/gestionnaire", web.Can("subscription", "correct").Confirmed(), h.correct)
	handsOver := web.Can("subscription", "hand_over").Confirmed()
	r.Handle(http.MethodGet, subscriptionsPath+"/:siret/logiciel", handsOver, h.confirmHandOver)
	r.Handle(http.MethodPost, subscriptionsPath+"/:siret/logiciel", handsOver, h.handOver)

	r.Handle(http.MethodGet, receivedPath, web.Can("datapass", "read"), h.received)
	r.Handle(http.MethodGet, receivedPath+"/:id", web.Can("datapass", "read"), h.receivedEvent)
	r.Handle(http.MethodPost, receivedPath+"/:id/rejeu", web.Can("datapass", "replay"), h.replay)
	dismisses := web.Can("datapass", "dismiss").Confirmed()
	r.Handle(http.MethodGet, receivedPath+"/:id/classement", dismisses, h.confirmDismissal)
	r.Handle(http.MethodPost, receivedPath+"/:id/classement", dismisses, h.dismiss)
}

// may tells whether the person may do an act.
func (h *Handler) may(c *gin.Context, object, act string) bool {
	return h.Can(web.ActorOf(c).Role, object, act)
}
