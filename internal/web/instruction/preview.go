package instruction

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/decision"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/web"
)

// preview shows the mails that a note will be, and what the decision does. Without a note there
// is nothing to show.
func (h *Handler) preview(act habilitation.Act) web.HandlerFunc {
	return func(c *gin.Context) error {
		f, err := h.draftFile(c, act)
		if err != nil {
			return err
		}
		if !f.showable() {
			return web.SeeOther(c, actPath(f.Request.Number, act))
		}
		page, err := h.previewPage(c, f)
		if err != nil {
			return err
		}
		return h.Views.preview.Write(c.Writer, http.StatusOK, page)
	}
}

func (h *Handler) previewPage(c *gin.Context, f draftFile) (previewPage, error) {
	foreseen, err := h.foresee(c, f)
	if err != nil {
		return previewPage{}, err
	}
	urgent, err := h.Instruction.Lapsing(c.Request.Context(), f.Request.Number)
	if err != nil {
		return previewPage{}, err
	}
	page := newPreviewPage(h.Frame(c), f, foreseen)
	page.Lapsing = web.NewLapsingView(urgent, false, h.Now()).AmendedOnly()
	for _, composed := range foreseen.Notices {
		mail, err := h.Compose(composed)
		if err != nil {
			return previewPage{}, err
		}
		page.Mails = append(page.Mails, newMailView(mail))
	}
	return page, nil
}

// foresee is what the decision of a note will do.
func (h *Handler) foresee(c *gin.Context, f draftFile) (decision.Foreseen, error) {
	if f.Act != habilitation.RequestChanges {
		return h.Decisions.Foresee(c.Request.Context(), web.ActorOf(c), f.Request.Number, f.Act)
	}
	asked, err := h.Instruction.ChangesAsked(c.Request.Context(), f.Application, f.Note, h.Now())
	if err != nil {
		return decision.Foreseen{}, err
	}
	return decision.Foreseen{Notices: []notice.Notice{asked}}, nil
}

// decide does what was shown, if it is still what is kept.
func (h *Handler) decide(act habilitation.Act) web.HandlerFunc {
	return func(c *gin.Context) error {
		f, err := h.draftFile(c, act)
		if err != nil {
			return err
		}
		shown := f.typed(c)
		switch {
		case !f.Allows(act) || shown.Revision != f.Request.Revision:
			return h.tooLate(c, f, shown)
		case !f.showable() || !shown.isNote(f):
			return h.showAgain(c, f)
		}
		ctx, by := c.Request.Context(), web.ActorOf(c)
		err = h.carryOut(ctx, by, f.Request.Number, act)
		if fault.KindOf(err) == fault.Conflict {
			return h.lostRace(c, act, shown)
		}
		if err != nil {
			return err
		}
		return f.done(c, f.Modification())
	}
}

// lostRace tells what somebody else decided at the same moment.
func (h *Handler) lostRace(c *gin.Context, act habilitation.Act, shown written) error {
	f, err := h.draftFile(c, act)
	if err != nil {
		return err
	}
	return h.tooLate(c, f, shown)
}

// showAgain shows the mail as it is kept now: the person wrote something else meanwhile, in
// another tab.
func (h *Handler) showAgain(c *gin.Context, f draftFile) error {
	if !f.showable() {
		return web.SeeOther(c, actPath(f.Request.Number, f.Act))
	}
	page, err := h.previewPage(c, f)
	if err != nil {
		return err
	}
	page.Changed = true
	return h.Views.preview.Write(c.Writer, http.StatusConflict, page)
}
