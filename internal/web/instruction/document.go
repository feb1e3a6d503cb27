package instruction

import (
	"github.com/gin-gonic/gin"

	"portail-qf/internal/web"
)

// document hands over a file of a town, to be kept and never shown within the portal.
func (h *Handler) document(c *gin.Context) error {
	asked, err := number(c)
	if err != nil {
		return err
	}
	id, err := web.ID(c, "id", "document.unknown")
	if err != nil {
		return err
	}
	found, content, err := h.Instruction.Document(c.Request.Context(), asked, id)
	if err != nil {
		return err
	}
	return web.AttachPDF(c, found.Name, content)
}
