package operations

import (
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/decision"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/web"
)

// receivedListing is the list of what DataPass sent, what is in quarantine first.
var receivedListing = web.Listing{
	Path: receivedPath,
	Filters: []web.Filter{
		web.ChoiceFilter("etat", "datapass.state", texts(decision.InboxStates[:])...),
		web.ChoiceFilter("evenement", "datapass.event", decision.Events[:]...),
	},
	Sorts: []string{"-date"},
}

// received lists what DataPass sent.
func (h *Handler) received(c *gin.Context) error {
	asked := receivedListing.Read(c.Request.URL.Query())
	listed, total, err := h.Mailroom.List(c.Request.Context(), decision.ReceivedSearch{
		Text: asked.Search, State: decision.InboxState(asked.Filter("etat")), Event: asked.Filter("evenement"),
		Descending: asked.Descending, Offset: asked.Offset(), Limit: asked.Limit(),
	})
	if err != nil {
		return err
	}
	page := h.Views.newReceivedListPage(h.Frame(c), asked.List(total), listed, h.receivedRights(c))
	return h.Views.receivedList.Write(c.Writer, http.StatusOK, page)
}

func (h *Handler) receivedRights(c *gin.Context) receivedRights {
	return receivedRights{Replay: h.may(c, "datapass", "replay"), Dismiss: h.may(c, "datapass", "dismiss"), ReadHabilitations: h.may(c, "habilitation", "read")}
}

// receivedEvent shows one event. What it said is sealed, and never shown.
func (h *Handler) receivedEvent(c *gin.Context) error {
	id, err := web.ID(c, "id", "datapass.unknown")
	if err != nil {
		return err
	}
	event, err := h.Mailroom.Find(c.Request.Context(), id)
	if err != nil {
		return err
	}
	return h.Views.receivedEvent.Write(c.Writer, http.StatusOK, h.Views.newReceivedPage(h.Frame(c), event, h.receivedRights(c)))
}

// replay applies an event again.
func (h *Handler) replay(c *gin.Context) error {
	id, err := web.ID(c, "id", "datapass.unknown")
	if err != nil {
		return err
	}
	event, err := h.Inbox.Replay(c.Request.Context(), web.ActorOf(c), id)
	switch {
	case err != nil:
		return err
	case event.State == decision.Quarantined:
		return web.Done(c, receivedEventPath(id), "evenement-toujours-en-quarantaine")
	}
	return web.Done(c, receivedEventPath(id), "evenement-rejoue")
}

// confirmDismissal asks whether an event that cannot be used comes to nothing.
func (h *Handler) confirmDismissal(c *gin.Context) error {
	id, err := web.ID(c, "id", "datapass.unknown")
	if err != nil {
		return err
	}
	event, err := h.Mailroom.Find(c.Request.Context(), id)
	switch {
	case err != nil:
		return err
	case event.State != decision.Quarantined:
		return fault.New(fault.Conflict, "datapass.not_quarantined")
	}
	return h.Views.dismissal.Write(c.Writer, http.StatusOK, h.Views.newReceivedPage(h.Frame(c), event, h.receivedRights(c)))
}

// dismiss takes an event out of the quarantine, for good.
func (h *Handler) dismiss(c *gin.Context) error {
	id, err := web.ID(c, "id", "datapass.unknown")
	if err != nil {
		return err
	}
	if err := h.Inbox.Dismiss(c.Request.Context(), web.ActorOf(c), id); err != nil {
		return err
	}
	return web.Done(c, receivedEventPath(id), "evenement-classe")
}

func receivedEventPath(id int64) string { return receivedPath + "/" + strconv.FormatInt(id, 10) }
