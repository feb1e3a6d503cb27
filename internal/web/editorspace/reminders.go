package editorspace

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/renewal"
	"portail-qf/internal/web"
	"portail-qf/internal/web/form"
)

const fieldCopies = "copies"

// reminders says which reminders of prolongation the technical contact receives.
func (h *Handler) reminders(c *gin.Context) error {
	chosen, err := h.Renewals.Copies(c.Request.Context(), web.ActorOf(c))
	if err != nil {
		return err
	}
	page := h.newRemindersPage(c, chosen, form.Field{Name: fieldCopies, Value: string(chosen.Copies)})
	return h.Views.reminders.Write(c.Writer, http.StatusOK, page)
}

func (h *Handler) newRemindersPage(c *gin.Context, chosen renewal.CopyChoice, copies form.Field) remindersPage {
	return newRemindersPage(h.Frame(c), chosen, copies, h.Can(web.ActorOf(c).Role, "reminder", "choose"))
}

// chooseReminders records it.
func (h *Handler) chooseReminders(c *gin.Context) error {
	ctx, by := c.Request.Context(), web.ActorOf(c)
	copies := form.OneOf(c.Request.PostForm, fieldCopies, string(renewal.EachReminder), string(renewal.WeeklyList))
	if copies.Value == "" {
		chosen, err := h.Renewals.Copies(ctx, by)
		if err != nil {
			return err
		}
		return h.Views.reminders.Write(c.Writer, http.StatusUnprocessableEntity, h.newRemindersPage(c, chosen, copies.Refused("form.choice")))
	}
	if err := h.Renewals.ChooseCopies(ctx, by, renewal.Copies(copies.Value)); err != nil {
		return err
	}
	return web.Done(c, remindersPath, "rappels-enregistres")
}
