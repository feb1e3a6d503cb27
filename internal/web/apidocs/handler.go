package apidocs

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/web"
)

// Handler answers whoever writes a program.
type Handler struct {
	Views     Views
	Document  *Document
	PortalURL string // without final slash
	// Frame is what every page of a request shows; Recognise tells who is signed in.
	Frame     func(c *gin.Context) web.ProPage
	Recognise func(c *gin.Context) (account.Actor, error)
}

// Mount registers the pages. Programs have the addresses beside them (web.Router).
func (h *Handler) Mount(r *web.Router) {
	r.Handle(http.MethodGet, docsPath, web.Public, h.home)
	r.Handle(http.MethodGet, docsPath+"/:sujet", web.Public, h.subject)
}

// home tells how to begin, and what there is.
func (h *Handler) home(c *gin.Context) error {
	if _, err := h.Recognise(c); err != nil {
		return err
	}
	return h.Views.home.Write(c.Writer, http.StatusOK, newHomePage(h.Frame(c), h.Document, h.PortalURL))
}

// subject shows the operations of a subject.
func (h *Handler) subject(c *gin.Context) error {
	if _, err := h.Recognise(c); err != nil {
		return err
	}
	subject, known := h.Document.tag(c.Param("sujet"))
	if !known {
		return fault.New(fault.NotFound, "docs.unknown")
	}
	return h.Views.subject.Write(c.Writer, http.StatusOK, newSubjectPage(h.Frame(c), h.Document, subject))
}
