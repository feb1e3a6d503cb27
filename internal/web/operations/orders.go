package operations

import (
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/outbox"
	"portail-qf/internal/web"
)

// orderListing is the list of the orders of the outbox, dead letters first.
var orderListing = web.Listing{
	Path: ordersPath,
	Filters: []web.Filter{
		web.ChoiceFilter("etat", "order.state", texts(outbox.States[:])...),
		web.ChoiceFilter("nature", "order.kind", outbox.Kinds[:]...),
	},
	Sorts: []string{"etat", "-creation", "essai"},
}

// orderSorts are the sorts by the keys of the listing.
var orderSorts = map[string]outbox.Sort{"etat": outbox.ByState, "creation": outbox.ByCreated, "essai": outbox.ByDue}

func texts[T ~string](values []T) []string {
	list := make([]string, len(values))
	for i, value := range values {
		list[i] = string(value)
	}
	return list
}

// orders lists what leaves the house.
func (h *Handler) orders(c *gin.Context) error {
	asked := orderListing.Read(c.Request.URL.Query())
	listed, total, err := h.Orders.List(c.Request.Context(), asked.Search, outbox.Query{
		Kind: asked.Filter("nature"), State: outbox.State(asked.Filter("etat")),
		Sort: orderSorts[asked.Sort], Descending: asked.Descending, Offset: asked.Offset(), Limit: asked.Limit(),
	})
	if err != nil {
		return err
	}
	page := h.Views.newOrdersPage(h.Frame(c), asked.List(total), listed, h.orderRights(c))
	return h.Views.orders.Write(c.Writer, http.StatusOK, page)
}

func (h *Handler) orderRights(c *gin.Context) orderRights {
	return orderRights{
		Now: h.Now(), Retry: h.may(c, "order", "retry"), ReadMails: h.may(c, "mail", "read"), ReadDossiers: h.may(c, "dossier", "read"),
		ReadSubscriptions: h.may(c, "subscription", "read"),
	}
}

// order shows one order.
func (h *Handler) order(c *gin.Context) error {
	id, err := web.ID(c, "id", "order.unknown")
	if err != nil {
		return err
	}
	order, err := h.Orders.Find(c.Request.Context(), id)
	if err != nil {
		return err
	}
	return h.Views.order.Write(c.Writer, http.StatusOK, h.Views.newOrderPage(h.Frame(c), order, h.orderRights(c)))
}

// retry makes an order due at once.
func (h *Handler) retry(c *gin.Context) error {
	id, err := web.ID(c, "id", "order.unknown")
	if err != nil {
		return err
	}
	actor := web.ActorOf(c)
	if err := h.Orders.Retry(c.Request.Context(), actor.Author(), actor.RequestID, id); err != nil {
		return err
	}
	return web.Done(c, orderPath(id), "envoi-relance")
}

func orderPath(id int64) string { return ordersPath + "/" + strconv.FormatInt(id, 10) }
