package instruction

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/web"
	"portail-qf/internal/web/form"
)

// The answers to whoever claims a request.
const (
	fieldAnswer = "reponse"
	answerYes   = "accepter"
	answerNo    = "refuser"
)

func claimPath(number habilitation.RequestNumber) string { return pathOf(number) + "/reprise" }

// claim shows who asks to hold a request: one that DataPass made too.
func (h *Handler) claim(c *gin.Context) error {
	asked, err := number(c)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	found, _, err := h.Catalogue.Find(ctx, asked)
	if err != nil {
		return err
	}
	claim, err := h.Instruction.Claim(ctx, asked)
	if err != nil {
		return err
	}
	urgent, err := h.lapsingOf(ctx, claim)
	if err != nil {
		return err
	}
	page := newClaimPage(h.Frame(c), found, newClaimView(found, claimed{claim, urgent}, h.Now()))
	return h.Views.claim.Write(c.Writer, http.StatusOK, page)
}

// lapsingOf finds the token to prolong of a request that somebody claims: it may be why. Zero for
// none.
func (h *Handler) lapsingOf(ctx context.Context, claim request.Claim) (request.Lapsing, error) {
	if claim.ID == 0 {
		return request.Lapsing{}, nil
	}
	return h.Instruction.Lapsing(ctx, claim.Request)
}

// decideClaim decides in the place of a holder who did not answer.
func (h *Handler) decideClaim(c *gin.Context) error {
	asked, err := number(c)
	if err != nil {
		return err
	}
	answer := form.OneOf(c.Request.PostForm, fieldAnswer, answerYes, answerNo).Value
	if answer == "" {
		return fault.New(fault.Invalid, "form.choice")
	}
	if err := h.Instruction.DecideClaim(c.Request.Context(), web.ActorOf(c), asked, answer == answerYes); err != nil {
		return err
	}
	return web.Done(c, claimPath(asked), "reprise-"+answer)
}
