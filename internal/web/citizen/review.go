package citizen

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/dossier"
)

// paramAttempt names the attempt that the citizen read.
const paramAttempt = "demarche"

// review shows everything that will be transmitted.
func (h *Handler) review(c *gin.Context) error {
	reviewed, err := h.Journey.Review(c.Request.Context(), session(c), siret(c))
	if err != nil {
		return h.explainHere(c, err)
	}
	attempt, town := reviewed.Attempt, reviewed.Collectivity
	if attempt.Step == dossier.StepSent {
		return seeOther(c, confirmationPath(town.Siret, attempt.Reference))
	}
	visit := NewVisit(town, "", attempt.Held.Arrival.Return)
	return h.Views.review.Write(c.Writer, http.StatusOK, newReviewPage(h.Frame(c), visit, attempt, h.Commune, h.Country))
}

// transmit records the dossier.
func (h *Handler) transmit(c *gin.Context) error {
	reference, err := h.Journey.Transmit(c.Request.Context(), session(c), siret(c), hidden(c, paramAttempt))
	if err != nil {
		return h.explainHere(c, err)
	}
	return seeOther(c, confirmationPath(siret(c), reference))
}

// explainHere is explain for the collectivity of the address. Only now is it looked up to
// say that it is unknown: whoever has an attempt has its collectivity.
func (h *Handler) explainHere(c *gin.Context, failed error) error {
	town, ok, err := h.collectivity(c)
	if !ok {
		return err
	}
	return h.explain(c, town.Siret, failed)
}
