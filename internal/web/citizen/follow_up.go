package citizen

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/dossier"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/web/form"
)

// paramReference is the field of the follow-up form.
const paramReference = "identifiant"

// followUpForm asks for an identifier, and leads to its page once it is well written.
func (h *Handler) followUpForm(c *gin.Context) error {
	typed := form.Text(c.Request.URL.Query(), paramReference, maxTyped)
	status := http.StatusOK
	if _, asked := c.GetQuery(paramReference); asked {
		reference, err := value.ParseReference(typed.Value)
		if err == nil {
			return seeOther(c, "/suivi/"+reference.String())
		}
		status = http.StatusUnprocessableEntity
		if typed.Value == "" {
			typed = typed.Refused("reference.required")
		} else {
			typed = typed.Refused("reference.invalid")
		}
	}
	return h.Views.followUp.Write(c.Writer, status, newFollowUpPage(h.Frame(c), typed))
}

// followUpState tells where a dossier stands to anyone who has its identifier.
func (h *Handler) followUpState(c *gin.Context) error {
	status, ok, err := h.status(c)
	if !ok {
		return err
	}
	if canonical := "/suivi/" + status.Reference.String(); c.Request.URL.Path != canonical {
		return seeOther(c, canonical)
	}
	return h.Views.followUpState.Write(c.Writer, http.StatusOK, newFollowUpStatePage(h.Frame(c), status, h.Now()))
}

// status finds the dossier of the address. When ok is false the answer is given, or is the
// error: malformed, unknown and erased are answered alike.
func (h *Handler) status(c *gin.Context) (status dossier.Status, ok bool, err error) {
	reference, err := value.ParseReference(c.Param("id"))
	if err != nil {
		return status, false, h.writeUnknown(c)
	}
	status, err = h.FollowUp.Status(c.Request.Context(), reference)
	switch {
	case err == nil:
		return status, true, nil
	case fault.KindOf(err) == fault.NotFound:
		return status, false, h.writeUnknown(c)
	}
	return status, false, err
}

func (h *Handler) writeUnknown(c *gin.Context) error {
	page := newFollowUpPage(h.Frame(c), form.Field{Name: paramReference})
	return h.Views.followUpUnknown.Write(c.Writer, http.StatusNotFound, page)
}
