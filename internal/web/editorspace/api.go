package editorspace

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/machine"
	"portail-qf/internal/web"
)

const apiPath = homePath + "/api"

// mountAPI registers the pages of the programs that call the API. What gives or takes an access
// asks for a second factor, on the page of its form already.
func (h *Handler) mountAPI(r *web.Router) {
	reads, writes := web.Can("api_client", "read"), web.Can("api_client", "write").Confirmed()
	r.Handle(http.MethodGet, apiPath, reads, h.programs)
	r.Handle(http.MethodGet, apiPath+"/nouveau", writes, h.newProgram)
	r.Handle(http.MethodPost, apiPath+"/nouveau", writes, h.createProgram)
	r.Handle(http.MethodGet, apiPath+"/:id", reads, h.program)
	r.Handle(http.MethodGet, apiPath+"/:id/modification", writes, h.changeProgramForm)
	r.Handle(http.MethodPost, apiPath+"/:id/modification", writes, h.changeProgram)
	r.Handle(http.MethodGet, apiPath+"/:id/coupure", writes, h.confirmRevocation)
	r.Handle(http.MethodPost, apiPath+"/:id/coupure", writes, h.revokeProgram)
	r.Handle(http.MethodGet, apiPath+"/:id/secrets/nouveau", writes, h.confirmSecret)
	r.Handle(http.MethodPost, apiPath+"/:id/secrets/nouveau", writes, h.addSecret)
	r.Handle(http.MethodGet, apiPath+"/:id/secrets/:secret/suppression", writes, h.confirmEnd)
	r.Handle(http.MethodPost, apiPath+"/:id/secrets/:secret/suppression", writes, h.endSecret)
}

// programs lists the programs of the editor that call the API.
func (h *Handler) programs(c *gin.Context) error {
	actor := web.ActorOf(c)
	listed, err := h.API.List(c.Request.Context(), actor.Organisation.Siret)
	if err != nil {
		return err
	}
	page := newProgramsPage(h.Frame(c), listed)
	page.CanWrite = h.writesAPI(actor)
	return h.Views.programs.Write(c.Writer, http.StatusOK, page)
}

func (h *Handler) writesAPI(actor account.Actor) bool {
	return h.Can(actor.Role, "api_client", "write")
}

// ofAddress finds the program of an address.
func (h *Handler) ofAddress(c *gin.Context) (machine.Client, error) {
	return h.API.Find(c.Request.Context(), web.ActorOf(c).Organisation.Siret, c.Param("id"))
}

// program shows one.
func (h *Handler) program(c *gin.Context) error {
	client, err := h.ofAddress(c)
	if err != nil {
		return err
	}
	page := newProgramPage(h.Frame(c), client, h.Now())
	page.CanWrite = h.writesAPI(web.ActorOf(c)) && !client.Revoked()
	return h.Views.program.Write(c.Writer, http.StatusOK, page)
}

// newProgram asks what a new one may do.
func (h *Handler) newProgram(c *gin.Context) error {
	page := newProgramFormPage(h.Frame(c), machine.Client{}, describe(machine.Client{Scopes: machine.Usual()}))
	return h.Views.programForm.Write(c.Writer, http.StatusOK, page)
}

// createProgram makes one, and shows its secret: once.
func (h *Handler) createProgram(c *gin.Context) error {
	d := readDescription(c.Request.PostForm)
	if d.isRight() {
		client, secret, err := h.API.Create(c.Request.Context(), web.ActorOf(c), d.settings())
		if err == nil {
			return h.Views.secret.Write(c.Writer, http.StatusOK, newSecretPage(h.Frame(c), client, secret, true))
		}
		if d = d.refusedFor(err); d.isRight() {
			return err // it is about no field
		}
	}
	return h.Views.programForm.Write(c.Writer, http.StatusUnprocessableEntity, newProgramFormPage(h.Frame(c), machine.Client{}, d))
}

// changeProgramForm shows what one may do, to be changed.
func (h *Handler) changeProgramForm(c *gin.Context) error {
	client, err := h.ofAddress(c)
	if err != nil {
		return err
	}
	if client.Revoked() {
		return fault.New(fault.Conflict, "api_client.revoked")
	}
	return h.Views.programForm.Write(c.Writer, http.StatusOK, newProgramFormPage(h.Frame(c), client, describe(client)))
}

// changeProgram keeps what was changed.
func (h *Handler) changeProgram(c *gin.Context) error {
	client, err := h.ofAddress(c)
	if err != nil {
		return err
	}
	d := readDescription(c.Request.PostForm)
	seen := readRevision(c.Request.PostForm)
	if d.isRight() {
		err := h.API.Change(c.Request.Context(), web.ActorOf(c), client.ID, seen, d.settings())
		if err == nil {
			return web.Done(c, programPath(client.ID), "acces-api-modifie")
		}
		if d = d.refusedFor(err); d.isRight() {
			return err
		}
	}
	client.Revision = seen // what is typed again is about what was seen
	return h.Views.programForm.Write(c.Writer, http.StatusUnprocessableEntity, newProgramFormPage(h.Frame(c), client, d))
}

// confirmRevocation asks once more before a program is cut.
func (h *Handler) confirmRevocation(c *gin.Context) error {
	client, err := h.ofAddress(c)
	if err != nil {
		return err
	}
	if client.Revoked() {
		return fault.New(fault.Conflict, "api_client.revoked")
	}
	return h.Views.programAct.Write(c.Writer, http.StatusOK, newProgramActPage(h.Frame(c), client, actRevoke))
}

// revokeProgram cuts a program for ever.
func (h *Handler) revokeProgram(c *gin.Context) error {
	if err := h.API.Revoke(c.Request.Context(), web.ActorOf(c), c.Param("id")); err != nil {
		return err
	}
	return web.Done(c, apiPath, "acces-api-coupe")
}

// readRevision reads which state of a program a form was about; 0, which is none, for anything
// else.
func readRevision(sent url.Values) int {
	revision, err := strconv.Atoi(sent.Get(fieldSeen))
	if err != nil {
		return 0
	}
	return revision
}

// refusals are what the domain refuses of a description; nil for another error.
func refusals(err error) machine.Refusal {
	var refused machine.Refusal
	if errors.As(err, &refused) {
		return refused
	}
	if fault.Is(err, "api_client.name_taken") || fault.Is(err, "api_client.too_many") {
		return machine.Refusal{{Field: machine.FieldName, Code: fault.CodeOf(err)}}
	}
	return nil
}
