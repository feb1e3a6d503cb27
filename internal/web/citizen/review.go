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
	town, ok, err := h.collectivity(c)
	if !ok {
		return err
	}
	reviewed, err := h.Journey.Review(c.Request.Context(), session(c), town.Siret)
	if err != nil {
		return h.explain(c, town.Siret, err)
	}
	attempt := reviewed.Attempt
	if attempt.Step == dossier.StepSent {
		return seeOther(c, confirmationPath(town.Siret, attempt.Reference))
	}
	visit := NewVisit(town, "", attempt.Held.Arrival.Return)
	return h.Views.review.Write(c.Writer, http.StatusOK, newReviewPage(h.Frame(c), visit, attempt, h.Commune, h.Country))
}

// transmit records the dossier.
func (h *Handler) transmit(c *gin.Context) error {
	town, ok, err := h.collectivity(c)
	if !ok {
		return err
	}
	reference, err := h.Journey.Transmit(c.Request.Context(), session(c), town.Siret, hidden(c, paramAttempt))
	if err != nil {
		return h.explain(c, town.Siret, err)
	}
	return seeOther(c, confirmationPath(town.Siret, reference))
}
