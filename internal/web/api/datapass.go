package api

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/decision"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/web"
)

// Inbox takes what DataPass sends. decision.Inbox is one.
type Inbox interface {
	Receive(ctx context.Context, body []byte) (decision.Received, error)
}

// TokenFinder finds the token of a request that goes on. credential.Tokens is one.
type TokenFinder interface {
	// CurrentID is the id of the token, "" for none.
	CurrentID(ctx context.Context, request habilitation.RequestNumber) (string, error)
}

// Datapass hears DataPass, which tells each event until it is answered 200
// (api-particulier.md §1.1).
type Datapass struct {
	Inbox  Inbox
	Tokens TokenFinder
	Secret value.Secret // signs the events; "" when DataPass is not to be heard
}

// maxEvent is many times what the largest event takes.
const maxEvent = 1 << 20

// Mount registers the address of PRODUCT.md §5.
func (d *Datapass) Mount(r *web.Router) {
	r.HandleMachine(http.MethodPost, "/api/datapass/webhook",
		web.Machine{Credential: web.SignedWith(d.Secret), MaxBody: maxEvent}, d.receive)
}

// approved answers an approval: DataPass keeps the id of the token, null where none is granted
// (api-particulier.md §1.1).
type approved struct {
	TokenID *string `json:"token_id"`
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
	case received.IsApproval():
		var answer approved
		id, err := d.Tokens.CurrentID(c.Request.Context(), received.Request)
		if err != nil {
			return err
		}
		if id != "" {
			answer.TokenID = &id
		}
		c.JSON(http.StatusOK, answer)
	default:
		c.JSON(http.StatusOK, struct{}{})
	}
	return nil
}
