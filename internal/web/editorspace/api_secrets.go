package editorspace

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/machine"
	"portail-qf/internal/web"
)

// confirmSecret says what a second secret is for, before it is drawn: it will be shown once.
func (h *Handler) confirmSecret(c *gin.Context) error {
	client, err := h.ofAddress(c)
	switch {
	case err != nil:
		return err
	case client.Revoked():
		return fault.New(fault.Conflict, "api_client.revoked")
	case len(client.Secrets) >= machine.MostSecrets:
		return fault.New(fault.Conflict, "api_client.two_secrets")
	}
	return h.Views.programAct.Write(c.Writer, http.StatusOK, newProgramActPage(h.Frame(c), client, actAddSecret))
}

// addSecret draws a second secret, and shows it: once. Hence no other page follows.
func (h *Handler) addSecret(c *gin.Context) error {
	client, secret, err := h.API.AddSecret(c.Request.Context(), web.ActorOf(c), c.Param("id"))
	if err != nil {
		return err
	}
	return h.Views.secret.Write(c.Writer, http.StatusOK, newSecretPage(h.Frame(c), client, secret, false))
}

// confirmEnd asks once more before a secret ends.
func (h *Handler) confirmEnd(c *gin.Context) error {
	id, err := web.ID(c, "secret", "api_client.unknown")
	if err != nil {
		return err
	}
	client, err := h.ofAddress(c)
	if err != nil {
		return err
	}
	for _, secret := range client.Secrets {
		if secret.ID == id && !client.Revoked() {
			page := newProgramActPage(h.Frame(c), client, actEndSecret)
			page.Secret, page.URL = newSecretRow(client, secret, h.Now()), secretPath(client.ID, id)
			return h.Views.programAct.Write(c.Writer, http.StatusOK, page)
		}
	}
	return fault.New(fault.Conflict, "api_client.secret_ended")
}

// endSecret ends a secret.
func (h *Handler) endSecret(c *gin.Context) error {
	id, err := web.ID(c, "secret", "api_client.unknown")
	if err != nil {
		return err
	}
	if err := h.API.EndSecret(c.Request.Context(), web.ActorOf(c), c.Param("id"), id); err != nil {
		return err
	}
	return web.Done(c, programPath(c.Param("id")), "secret-api-supprime")
}
