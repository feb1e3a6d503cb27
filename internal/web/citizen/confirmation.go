package citizen

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/dossier"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/value"
)

func confirmationPath(siret value.Siret, reference value.Reference) string {
	return formPath(siret) + "/confirmation/" + reference.String()
}

// confirmation says that the transmission is recorded and where it stands. It needs no
// session, so that it survives a bookmark; the way back to the town's software is shown
// only to the browser that brought it.
func (h *Handler) confirmation(c *gin.Context) error {
	status, ok, err := h.statusOfTown(c)
	if !ok {
		return err
	}
	page := newConfirmationPage(h.Frame(c), status, noReturn, h.Now())
	attempt, err := h.Journey.Find(c.Request.Context(), session(c), status.Collectivity.Siret)
	switch {
	case err == nil && attempt.Reference == status.Reference:
		page = newConfirmationPage(page.Page, status, attempt.Held.Arrival.Return, h.Now())
		page.SignedIn = true
	case err != nil && fault.KindOf(err) != fault.NotFound:
		return err
	}
	page.FeedbackURL = h.FeedbackURL
	return h.Views.confirmation.Write(c.Writer, http.StatusOK, page)
}

// receipt gives the confirmation on paper.
func (h *Handler) receipt(c *gin.Context) error {
	status, ok, err := h.statusOfTown(c)
	if !ok {
		return err
	}
	if status.State == dossier.Failed {
		// A paper that says « enregistré » would prove what is no longer so.
		return seeOther(c, confirmationPath(status.Collectivity.Siret, status.Reference))
	}
	document, err := h.Documents.ReceiptPDF(dossier.Receipt{
		Reference:    status.Reference,
		Collectivity: status.Collectivity.DisplayName(),
		RecordedAt:   status.RecordedAt,
		FollowURL:    h.PortalURL + "/suivi/" + status.Reference.String(),
	})
	if err != nil {
		return err
	}
	c.Header("Content-Disposition", `attachment; filename="recu-`+status.Reference.Display()+`.pdf"`)
	c.Data(http.StatusOK, "application/pdf", document)
	return nil
}

// statusOfTown finds the dossier of the address, which must be of the collectivity of the
// address: another one is as unknown as none. When ok is false the answer is given, or is
// the error.
func (h *Handler) statusOfTown(c *gin.Context) (status dossier.Status, ok bool, err error) {
	status, ok, err = h.status(c)
	if ok && status.Collectivity.Siret != siret(c) {
		return status, false, h.writeUnknown(c)
	}
	return status, ok, err
}
