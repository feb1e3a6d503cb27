package requests

import (
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/web"
)

const fieldEdition = "edition"

// summary shows everything before it is deposited.
func (h *Handler) summary(c *gin.Context) error {
	f, err := h.openToWrite(c)
	switch {
	case fault.Is(err, "request.moved"): // it is deposited, or decided
		return web.Done(c, pathOf(f.Request.Number), "demande-changee")
	case err != nil:
		return err
	}
	page, err := h.summaryPage(c, f)
	if err != nil {
		return err
	}
	return h.Views.summary.Write(c.Writer, http.StatusOK, page)
}

func (h *Handler) summaryPage(c *gin.Context, f file) (summaryPage, error) {
	faults, err := h.Requests.Faults(c.Request.Context(), f.Application)
	if err != nil {
		return summaryPage{}, err
	}
	page := newSummaryPage(h.Frame(c), f, faults)
	page.Renewed, err = h.renewedBy(c, f)
	return page, err
}

// renewedBy shows the token that a modification prolongs once it is validated; zero for none.
func (h *Handler) renewedBy(c *gin.Context, f file) (web.LapsingView, error) {
	if !f.Modification() {
		return web.LapsingView{}, nil
	}
	urgent, err := h.Requests.Lapsing(c.Request.Context(), f.Request.Number)
	return web.NewLapsingView(urgent, f.Held(), h.Requests.Now()).AmendedOnly(), err
}

// submit deposits the request.
func (h *Handler) submit(c *gin.Context) error {
	asked, err := number(c)
	if err != nil {
		return err
	}
	edition, _ := strconv.Atoi(c.PostForm(fieldEdition)) // none is no edition of any request
	consents := request.Consents{
		Terms: c.PostForm(string(request.FieldTerms)) == yes, DPDInformed: c.PostForm(string(request.FieldDPDInformed)) == yes,
	}
	faults, err := h.Requests.Submit(c.Request.Context(), web.ActorOf(c), request.Sending{Number: asked, Edition: edition, Consents: consents})
	switch {
	case fault.Is(err, "request.moved"):
		return h.depositedAlready(c, err)
	case fault.Is(err, "request.written"), fault.Is(err, "request.unchanged"):
		return h.summarise(c, consents, http.StatusConflict, func(page *summaryPage) { page.Conflict = fault.CodeOf(err) })
	case err != nil:
		return err
	case len(faults) > 0:
		return h.summarise(c, consents, http.StatusUnprocessableEntity, func(page *summaryPage) { page.refuse(faults) })
	}
	return web.SeeOther(c, pathOf(asked)+depositedPart)
}

// depositedAlready answers a deposit that came too late with the one that was made: the button
// was pressed twice. moved is why nothing was deposited otherwise.
func (h *Handler) depositedAlready(c *gin.Context, moved error) error {
	f, err := h.open(c)
	switch {
	case err != nil:
		return err
	case f.Phase != request.Filed || !f.Held():
		return moved
	}
	return web.SeeOther(c, pathOf(f.Request.Number)+depositedPart)
}

// summarise shows the summary again, with why nothing was deposited.
func (h *Handler) summarise(c *gin.Context, consents request.Consents, status int, say func(page *summaryPage)) error {
	f, err := h.openToWrite(c)
	if err != nil {
		return err
	}
	page, err := h.summaryPage(c, f)
	if err != nil {
		return err
	}
	page.tick(consents)
	say(&page)
	return h.Views.summary.Write(c.Writer, status, page)
}

// deposited confirms a deposit: what happens next, and when.
func (h *Handler) deposited(c *gin.Context) error {
	f, err := h.open(c)
	switch {
	case err != nil:
		return err
	case f.Phase != request.Filed:
		return web.SeeOther(c, pathOf(f.Request.Number))
	}
	delay, known, err := h.Requests.MedianDelay(c.Request.Context())
	if err != nil {
		return err
	}
	if !known {
		delay = 0
	}
	page := newDepositedPage(h.Frame(c), f, newDelayView(delay))
	if page.Renewed, err = h.renewedBy(c, f); err != nil {
		return err
	}
	return h.Views.deposited.Write(c.Writer, http.StatusOK, page)
}
