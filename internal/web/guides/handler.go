package guides

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/launch"
	"portail-qf/internal/web"
)

// Hub is where HubEE is, without final slash: what dossiers are deposited in, and read from.
type Hub struct{ API, Token, Portal string }

// Handler answers whoever reads the guides.
type Handler struct {
	Views     Views
	Checklist *launch.Checklist
	PortalURL string // without final slash
	Hub       Hub
	// Frame is what every page of a request shows; Recognise tells who is signed in.
	Frame     func(c *gin.Context) web.ProPage
	Recognise func(c *gin.Context) (account.Actor, error)
}

// The addresses to which the editors' guide sends (1.c, 3.a, 3.c), and that of PRODUCT.md 3.11.
const (
	launchPath   = "/editeurs/mise-en-production"
	hubPath      = "/aide/hubee"
	quotientPath = "/aide/api-quotient-familial"
)

// Mount registers the routes.
func (h *Handler) Mount(r *web.Router) {
	r.Handle(http.MethodGet, launchPath, web.Public, h.launch)
	r.Handle(http.MethodGet, hubPath, web.Public, h.hub)
	r.Handle(http.MethodGet, quotientPath, web.Public, h.quotient)
}

// launch shows the steps, ticked for the editor for which the reader acts.
func (h *Handler) launch(c *gin.Context) error {
	actor, err := h.Recognise(c)
	if err != nil {
		return err
	}
	if actor.Role.Space() != account.SpaceEditor {
		return h.Views.launch.Write(c.Writer, http.StatusOK, newLaunchPage(h.Frame(c), nil))
	}
	facts, err := h.Checklist.Of(c.Request.Context(), actor.Organisation.Siret)
	if err != nil {
		return err
	}
	return h.Views.launch.Write(c.Writer, http.StatusOK, newLaunchPage(h.Frame(c), facts))
}

// hub tells how a software reads the dossiers of its towns.
func (h *Handler) hub(c *gin.Context) error {
	if _, err := h.Recognise(c); err != nil {
		return err
	}
	return h.Views.hub.Write(c.Writer, http.StatusOK, newHubPage(h.Frame(c), h.PortalURL, h.Hub))
}

// quotient tells how a software asks for a quotient again.
func (h *Handler) quotient(c *gin.Context) error {
	if _, err := h.Recognise(c); err != nil {
		return err
	}
	return h.Views.quotient.Write(c.Writer, http.StatusOK, newQuotientPage(h.Frame(c), h.PortalURL))
}
