package citizen

import (
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/dossier"
	"portail-qf/internal/domain/fault"
)

// noReturn is for pages without a way back to the town's software.
var noReturn = directory.Return{}

// failure explains why nothing was transmitted. What the link brought is still with the
// attempt: trying again carries it on.
func (h *Handler) failure(c *gin.Context) error {
	town, ok, err := h.collectivity(c)
	if !ok {
		return err
	}
	why := cause(c.Param("cause"))
	if !slices.Contains(causes[:], why) {
		return seeOther(c, formPath(town.Siret))
	}
	page := failurePage{Page: h.Frame(c), Visit: NewVisit(town, "", noReturn)}
	attempt, err := h.Journey.Find(c.Request.Context(), session(c), town.Siret)
	switch {
	case fault.KindOf(err) == fault.NotFound:
	case err != nil:
		return err
	case attempt.Step == dossier.StepStarted:
		if page.Visit, err = h.visitOf(town, attempt); err != nil {
			return err
		}
		page.SignedIn = attempt.Held.IDToken != ""
	}
	return h.Views.failures[why].Write(c.Writer, http.StatusOK, page)
}

// visitOf seals what an attempt's link brought again, for the form that tries again.
func (h *Handler) visitOf(town directory.Collectivity, attempt dossier.Attempt) (Visit, error) {
	arrival := attempt.Held.Arrival
	if arrival.IsEmpty() {
		return NewVisit(town, "", noReturn), nil
	}
	link, err := h.Journey.SealLink(arrival)
	return NewVisit(town, link, arrival.Return), err
}

// sessionEnded is for a citizen of whom nothing is known any more, not even the town.
func (h *Handler) sessionEnded(c *gin.Context) error {
	return h.Views.sessionEnded.Write(c.Writer, http.StatusOK, newTownUnknownPage(h.Frame(c)))
}
