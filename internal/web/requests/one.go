package requests

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/web"
)

const (
	// objectKind is what the journal calls a request, known by its number.
	objectKind = "habilitation"
	// historyShown bounds the acts of the journal that a page tells.
	historyShown = 50
)

// one says where a request is, and what is to be done.
func (h *Handler) one(c *gin.Context) error {
	if shown, isShown := strings.CutPrefix(c.Param("numero"), "D"); isShown {
		return h.asShown(c, shown)
	}
	f, err := h.open(c)
	if err != nil {
		return err
	}
	ctx, asked := c.Request.Context(), f.Request.Number
	claim, err := h.claimOf(ctx, f.Reader, f.Request)
	if err != nil {
		return err
	}
	unread, err := h.Requests.Unread(ctx, f.Reader)
	if err != nil {
		return err
	}
	told, err := h.Journal.Search(ctx, audit.Search{ObjectKind: objectKind, ObjectID: strconv.FormatInt(int64(asked), 10)}, 0, historyShown)
	if err != nil {
		return err
	}
	urgent, err := h.Requests.Lapsing(ctx, asked)
	if err != nil {
		return err
	}
	page := newOnePage(h.Frame(c), f)
	page.Lapsing = web.NewLapsingView(urgent, f.Held(), h.Requests.Now())
	page.Overdue = f.Phase == request.Filed && !h.Requests.Now().Before(f.Deadline())
	page.Claim, page.Unread, page.History = claim, unread[asked], newEventViews(told.Entries)
	return h.Views.one.Write(c.Writer, http.StatusOK, page)
}

// asShown finds a request by its number as people read it, D apart.
func (h *Handler) asShown(c *gin.Context, shown string) error {
	number, err := strconv.ParseInt(shown, 10, 64)
	if err != nil || number <= 0 {
		return fault.New(fault.NotFound, "request.unknown")
	}
	a, err := h.Requests.Find(c.Request.Context(), web.ActorOf(c), habilitation.RequestNumber(number))
	if err != nil {
		return err
	}
	return web.SeeOther(c, pathOf(a.Request.Number))
}

// document opens a file of a request: always as a file to keep, which no page of ours shows.
func (h *Handler) document(c *gin.Context) error {
	asked, err := number(c)
	if err != nil {
		return err
	}
	id, err := web.ID(c, "id", "document.unknown")
	if err != nil {
		return err
	}
	found, content, err := h.Requests.Document(c.Request.Context(), web.ActorOf(c), asked, id)
	if err != nil {
		return err
	}
	return web.AttachPDF(c, found.Name, content)
}
