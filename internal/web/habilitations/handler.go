package habilitations

import (
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/decision"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/web"
)

// Handler answers those who watch over the habilitations, in one of their spaces.
type Handler struct {
	Views     Views
	Catalogue *habilitation.Catalogue
	Decisions *decision.Service
	Watch     *credential.Watch
	Journal   *audit.Journal
	Recovery  *request.Recovery // of the requesters of another system
	Access    *account.Access   // who names the editors
	// Can tells whether a role may do an act (authz.Policy): pages offer nothing that the
	// route would refuse.
	Can func(role account.Role, object, act string) bool
	// Root is the address of the list: InAdministration or InInstruction.
	Root string
	// Frame is what every page of a request shows.
	Frame func(c *gin.Context) web.ProPage
}

// The addresses of the list in the two spaces.
const (
	InAdministration = "/administration/habilitations"
	InInstruction    = "/instruction/habilitations"

	instructionPath   = "/instruction/demandes"         // package instruction
	subscriptionsPath = "/administration/hubee"         // package operations
	townsPath         = "/administration/collectivites" // package administration

	invitePart = "/lien-du-demandeur"
)

// acts are what somebody may decide here, by the last part of the address.
var acts = [...]struct {
	path string
	act  habilitation.Act
}{
	{"/suspension", habilitation.Suspend},
	{"/retablissement", habilitation.Restore},
	{"/revocation", habilitation.Revoke},
}

// Mount registers the routes. Whoever decides proves a second factor, on the page of the
// form already, so that nobody fills one in vain.
func (h *Handler) Mount(r *web.Router) {
	r.Handle(http.MethodGet, h.Root, web.Can("habilitation", "read"), h.list)
	r.Handle(http.MethodGet, h.Root+"/:numero", web.Can("habilitation", "read"), h.one)
	r.Handle(http.MethodPost, h.Root+"/:numero"+invitePart, web.Can("habilitation", "invite"), h.invite)
	for _, a := range acts {
		decides := web.Can("habilitation", string(a.act)).Confirmed()
		r.Handle(http.MethodGet, h.Root+"/:numero"+a.path, decides, h.ask(a.act))
		r.Handle(http.MethodPost, h.Root+"/:numero"+a.path, decides, h.decide(a.act))
	}
}

// may tells whether the person may do an act.
func (h *Handler) may(c *gin.Context, object, act string) bool {
	return h.Can(web.ActorOf(c).Role, object, act)
}

// number reads the number of the request in the address.
func number(c *gin.Context) (habilitation.RequestNumber, error) {
	id, err := web.ID(c, "numero", "habilitation.unknown")
	return habilitation.RequestNumber(id), err
}

func pathOf(root string, number habilitation.RequestNumber) string {
	return root + "/" + strconv.FormatInt(int64(number), 10)
}

// actPath is the address of the page of an act.
func actPath(root string, number habilitation.RequestNumber, act habilitation.Act) string {
	for _, a := range acts {
		if a.act == act {
			return pathOf(root, number) + a.path
		}
	}
	return pathOf(root, number)
}
