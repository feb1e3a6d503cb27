package requests

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/fault"
	"portail-qf/internal/web"
	"portail-qf/internal/web/form"
)

const (
	fieldMessage = "message"
	fieldAfter   = "apres" // the last message that the page showed
	fieldUpTo    = "jusqua"
	// maxMessage is more than the domain takes: what is too long is refused as it was typed.
	maxMessage = 10_000
)

// messages shows the thread of a request.
func (h *Handler) messages(c *gin.Context) error {
	page, err := h.messagesPage(c)
	if err != nil {
		return err
	}
	return h.Views.messages.Write(c.Writer, http.StatusOK, page)
}

func (h *Handler) messagesPage(c *gin.Context) (messagesPage, error) {
	asked, err := number(c)
	if err != nil {
		return messagesPage{}, err
	}
	thread, err := h.Requests.Thread(c.Request.Context(), web.ActorOf(c), asked)
	return newMessagesPage(h.Frame(c), asked, thread), err
}

// write sends a message to the instructors.
func (h *Handler) write(c *gin.Context) error {
	asked, err := number(c)
	if err != nil {
		return err
	}
	text := form.Text(c.Request.PostForm, fieldMessage, maxMessage)
	// As people see it: a browser sends two characters for the end of a line.
	text.Value = strings.ReplaceAll(text.Value, "\r\n", "\n")
	seen, _ := strconv.ParseInt(c.PostForm(fieldAfter), 10, 64) // none is no message
	err = h.Requests.Write(c.Request.Context(), web.ActorOf(c), asked, text.Value, seen)
	if err == nil || fault.Is(err, "message.sent_already") { // the button was pressed twice
		return web.Done(c, pathOf(asked)+messagesPart, "message-envoye")
	}
	switch fault.KindOf(err) {
	case fault.Invalid:
		return h.refuseMessage(c, http.StatusUnprocessableEntity, text.Refused(fault.CodeOf(err)))
	case fault.Conflict:
		return h.refuseMessage(c, http.StatusConflict, text.Refused(fault.CodeOf(err)))
	}
	return err
}

// refuseMessage shows the thread as it is now, with what was typed and why it is not sent.
func (h *Handler) refuseMessage(c *gin.Context, status int, text form.Field) error {
	page, err := h.messagesPage(c)
	if err != nil {
		return err
	}
	page.Text, page.Problems = text, form.Problems(text)
	return h.Views.messages.Write(c.Writer, status, page)
}

// markRead marks what the instructors wrote as read, up to the last message that the page
// showed.
func (h *Handler) markRead(c *gin.Context) error {
	asked, err := number(c)
	if err != nil {
		return err
	}
	upTo, _ := strconv.ParseInt(c.PostForm(fieldUpTo), 10, 64) // none is no message
	if err := h.Requests.MarkRead(c.Request.Context(), web.ActorOf(c), asked, upTo); err != nil {
		return err
	}
	return web.Done(c, pathOf(asked)+messagesPart, "messages-lus")
}
