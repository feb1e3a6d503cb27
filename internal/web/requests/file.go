package requests

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/editor"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/web"
)

// file is an application as somebody of its town opens it.
type file struct {
	request.Application
	Receiver request.Receiver // of the dossiers, where it is another software; else zero
	Current  string           // the software that receives them, else its editor; "" for the town itself
	Reader   account.Actor
}

// Held tells whether the reader holds the request: colleagues only read it.
func (f file) Held() bool { return f.Request.Holder == f.Reader.AccountID }

// Writable tells whether the reader may write in it now.
func (f file) Writable() bool { return f.Held() && f.Allows(habilitation.Submit) }

// open finds the application of the address. Code: request.unknown (NotFound).
func (h *Handler) open(c *gin.Context) (file, error) {
	asked, err := number(c)
	if err != nil {
		return file{}, err
	}
	a, err := h.Requests.Find(c.Request.Context(), web.ActorOf(c), asked)
	if err != nil {
		return file{}, err
	}
	return h.filed(c, a)
}

func (h *Handler) filed(c *gin.Context, a request.Application) (file, error) {
	ctx, f := c.Request.Context(), file{Application: a, Reader: web.ActorOf(c)}
	var err error
	if f.Receiver, err = h.Requests.Elsewhere(ctx, a); err != nil || !f.Receiver.Active {
		return f, err
	}
	f.Current = f.Receiver.Editor.Name
	receiving, err := h.Requests.Find(ctx, f.Reader, f.Receiver.Request)
	switch {
	case fault.KindOf(err) == fault.NotFound: // another system has it
	case err != nil:
		return f, err
	case f.Receiver.Editor.Siret != "" && receiving.Template.Software != "":
		f.Current = receiving.Template.Software
	}
	return f, nil
}

// openToWrite finds an application in which the reader may write. Codes: request.unknown
// (NotFound), request.not_holder (Forbidden), request.moved (Conflict).
func (h *Handler) openToWrite(c *gin.Context) (file, error) {
	f, err := h.open(c)
	switch {
	case err != nil:
		return f, err
	case !f.Held():
		return f, fault.New(fault.Forbidden, "request.not_holder")
	case !f.Writable():
		return f, fault.New(fault.Conflict, "request.moved")
	}
	return f, nil
}

// subject finds a request of the town, one that DataPass made too: of that one there is no
// application. Code: request.unknown (NotFound).
func (h *Handler) subject(ctx context.Context, by account.Actor, asked habilitation.RequestNumber) (request.Application, error) {
	a, unknown := h.Requests.Find(ctx, by, asked)
	if fault.KindOf(unknown) != fault.NotFound {
		return a, unknown
	}
	known, err := h.Catalogue.OfOrganisation(ctx, by.Organisation.Siret)
	if err != nil {
		return request.Application{}, err
	}
	for _, r := range known {
		if r.Number == asked {
			return request.Application{Request: r, Phase: request.Closed}, nil
		}
	}
	return request.Application{}, unknown
}

// orClaim answers a colleague who wanted to do what only the holder may: with who holds the
// request, and how to hold it in turn.
func (h *Handler) orClaim(handler web.HandlerFunc) web.HandlerFunc {
	return func(c *gin.Context) error {
		err := handler(c)
		if !fault.Is(err, "request.not_holder") {
			return err
		}
		asked, errNumber := number(c)
		if errNumber != nil {
			return errNumber
		}
		ctx, actor := c.Request.Context(), web.ActorOf(c)
		a, errFind := h.subject(ctx, actor, asked)
		if errFind != nil {
			return errFind
		}
		claim, errClaim := h.claimOf(ctx, actor, a.Request)
		if errClaim != nil {
			return errClaim
		}
		if errNote := h.NoteRefused(c); errNote != nil {
			return errNote
		}
		return h.Views.notHolder.Write(c.Writer, http.StatusForbidden, newNotHolderPage(h.Frame(c), actor, a, claim))
	}
}

// blockOf finds the block in which a field is asked.
func blockOf(a request.Application, field request.Field) (editor.Block, bool) {
	for _, row := range a.Answers.Rows() {
		if row.Field == field {
			return row.Block, true
		}
	}
	for _, text := range request.Texts {
		if text.Field == field {
			return text.Block, true
		}
	}
	return "", false
}
