package api

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/decision"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/web"
)

// Inbox takes what DataPass sends. decision.Inbox is one.
type Inbox interface {
	Receive(ctx context.Context, body []byte) (decision.Received, error)
}

// Datapass hears DataPass, which tells each event until it is answered 200
// (api-particulier.md §1.1).
type Datapass struct {
	Inbox  Inbox
	Secret value.Secret // signs the events; "" when DataPass is not to be heard
}

// maxEvent is many times what the largest event takes.
const maxEvent = 1 << 20

// Mount registers the address of PRODUCT.md §5.
func (d *Datapass) Mount(r *web.Router) {
	r.HandleMachine(http.MethodPost, "/api/datapass/webhook",
		web.Machine{Credential: web.SignedWith(d.Secret), MaxBody: maxEvent}, d.receive)
}

// receive hands an event over. One that could not be used is kept, and DataPass told why:
// sent again, it is one more arrival of the same.
func (d *Datapass) receive(c *gin.Context, body []byte) error {
	received, err := d.Inbox.Receive(c.Request.Context(), body)
	switch {
	case err != nil:
		return err
	case received.State == decision.Quarantined:
		web.RefuseMachine(c, http.StatusUnprocessableEntity, received.Reason)
	default:
		c.JSON(http.StatusOK, struct{}{})
	}
	return nil
}
