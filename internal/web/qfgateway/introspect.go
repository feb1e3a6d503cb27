package qfgateway

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/inquiry"
)

// privileges is what API Particulier tells a software of its own token (§7.1); its name is
// always empty there.
type privileges struct {
	ID     string   `json:"_id"`
	Name   string   `json:"name"`
	Scopes []string `json:"scopes"`
}

// introspect tells what a token opens, if only nothing: any that is valid may ask, as the second
// version asks. It is counted among the calls of a second; nothing is asked of the provider, and
// no use of the token is noted.
func (h *Handler) introspect(c *gin.Context, _ []byte) error {
	made := &call{version: inquiry.V2}
	var read bool
	if made.query, read = inquiry.Read(made.version, c.Request.URL.RawQuery); !read {
		return h.refuse(c, made, errTooLong)
	}
	if err := h.admit(c, made); err != nil {
		return h.refuse(c, made, err)
	}
	writeJSON(c, http.StatusOK, typeJSON, privileges{ID: made.admission.TokenID, Scopes: append([]string{}, made.admission.Scopes...)})
	h.note(c, made, "")
	return nil
}
