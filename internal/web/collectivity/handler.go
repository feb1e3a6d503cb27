package collectivity

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/dossier"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/renewal"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/web"
)

// Handler answers the agents of a local authority.
type Handler struct {
	Views     Views
	Access    *account.Access
	Directory *directory.Service
	Lookup    *dossier.Lookup
	// Catalogue and Watch tell what the town asked for, and who receives its dossiers.
	Catalogue *habilitation.Catalogue
	Watch     *credential.Watch
	Requests  *request.Service
	Tokens    *credential.Tokens
	Renewals  *renewal.Service
	PortalURL string // without final slash
	// Frame is what every page of a request shows.
	Frame func(c *gin.Context) web.ProPage
}

const (
	homePath       = "/collectivite"
	colleaguesPath = homePath + "/collegues"
	signInPath     = "/connexion"
	requestsPath   = homePath + "/demandes" // package requests
	linkPath       = homePath + "/lien-du-demandeur"
	messagesPart   = "/messages"
	summaryPart    = "/recapitulatif"
	transferPart   = "/transfert"
	reopenPart     = "/modification"
	renewalPart    = "/prolongation"
)

// Mount registers the routes of the agents.
func (h *Handler) Mount(r *web.Router) {
	r.Handle(http.MethodGet, homePath, web.Can("space.town", "enter"), h.home)
	r.Handle(http.MethodGet, colleaguesPath, web.Can("membership", "read"), h.colleagues)
}
