package instruction

import (
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/fault"
	"portail-qf/internal/web"
	"portail-qf/internal/web/form"
)

const (
	fieldMessage = "message"
	fieldAfter   = "apres" // the last message that the page showed
	fieldUpTo    = "jusqu_a"
	// maxTyped is more than the domain takes of any text: what is too long is refused as it
	// was typed.
	maxTyped = 10_000
)

// messages shows what was said of a request.
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
	ctx := c.Request.Context()
	found, err := h.Instruction.Find(ctx, asked)
	if err != nil {
		return messagesPage{}, err
	}
	thread, err := h.Instruction.Thread(ctx, asked)
	if err != nil {
		return messagesPage{}, err
	}
	return newMessagesPage(h.Frame(c), found.Request, thread), nil
}

// write sends a message to the town.
func (h *Handler) write(c *gin.Context) error {
	asked, err := number(c)
	if err != nil {
		return err
	}
	text := textOf(c, fieldMessage)
	seen, _ := strconv.ParseInt(c.PostForm(fieldAfter), 10, 64) // none is no message
	err = h.Instruction.Write(c.Request.Context(), web.ActorOf(c), asked, text.Value, seen)
	if err == nil || fault.Is(err, "message.sent_already") { // the button was pressed twice
		return web.Done(c, pathOf(asked)+"/messages", "message-a-la-collectivite")
	}
	switch kind := fault.KindOf(err); kind {
	case fault.Invalid, fault.Conflict:
		return h.refuseMessage(c, refusalStatus(kind), text.Refused(fault.CodeOf(err)))
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

// markRead marks what the town wrote as read, up to the last message that was shown.
func (h *Handler) markRead(c *gin.Context) error {
	asked, err := number(c)
	if err != nil {
		return err
	}
	upTo, err := strconv.ParseInt(c.PostForm(fieldUpTo), 10, 64)
	if err != nil {
		return fault.Because(fault.NotFound, "message.unknown", err)
	}
	if err := h.Instruction.MarkRead(c.Request.Context(), asked, upTo); err != nil {
		return err
	}
	return web.Done(c, pathOf(asked)+"/messages", "messages-de-la-collectivite-lus")
}
