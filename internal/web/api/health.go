package api

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/web"
)

// Health tells a load balancer whether this instance lives and whether to send it people.
type Health struct {
	// Ready checks what a request needs: the database and its schema.
	Ready func(ctx context.Context) error
	// Stopping is closed once the instance should receive nothing new.
	Stopping <-chan struct{}
	Log      *slog.Logger
}

// readyTimeout is shorter than the patience of a load balancer.
const readyTimeout = 2 * time.Second

// Mount registers the two addresses of PRODUCT.md §5.
func (h *Health) Mount(r *web.Router) {
	r.Handle(http.MethodGet, "/sante/live", web.Public, h.live)
	r.Handle(http.MethodGet, "/sante/pret", web.Public, h.ready)
}

// live depends on nothing: an instance that answers needs no restart.
func (h *Health) live(c *gin.Context) error {
	c.JSON(http.StatusOK, gin.H{"etat": "ok"})
	return nil
}

func (h *Health) ready(c *gin.Context) error {
	select {
	case <-h.Stopping:
		c.JSON(http.StatusServiceUnavailable, gin.H{"etat": "arret"})
		return nil
	default:
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), readyTimeout)
	defer cancel()
	if err := h.Ready(ctx); err != nil {
		h.Log.WarnContext(ctx, "not ready", "error", err)
		c.JSON(http.StatusServiceUnavailable, gin.H{"etat": "indisponible"})
		return nil
	}
	c.JSON(http.StatusOK, gin.H{"etat": "pret"})
	return nil
}
