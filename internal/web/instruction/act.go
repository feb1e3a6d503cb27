package instruction

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/web"
)

// draftFile is what the page of an act is made from.
type draftFile struct {
	request.Application
	Act      habilitation.Act
	Note     request.Note // what the person wrote before; zero for nothing
	Proposed request.Proposed
	Models   []request.Reason
}

// draftFile reads what the page of an act needs. The editor is proposed for an approval on the
// generic form alone.
func (h *Handler) draftFile(c *gin.Context, act habilitation.Act) (f draftFile, err error) {
	asked, err := number(c)
	if err != nil {
		return draftFile{}, err
	}
	ctx := c.Request.Context()
	// The note before the request: a decision made between the two readings, which ends the
	// note, then shows in the request.
	if f.Note, err = h.Instruction.Note(ctx, web.ActorOf(c), asked, act); err != nil {
		return draftFile{}, err
	}
	found, err := h.Instruction.Find(ctx, asked)
	if err != nil {
		return draftFile{}, err
	}
	f.Application, f.Act = asDeposited(found), act
	if act == habilitation.Approve && found.Template.Editor.Siret == "" && found.Allows(act) {
		facts, err := h.Instruction.FactsOf(ctx, f.Application)
		if err != nil {
			return draftFile{}, err
		}
		f.Proposed = facts.Editor
	}
	all, err := h.Instruction.Reasons(ctx)
	for _, model := range all {
		if model.Act == act {
			f.Models = append(f.Models, model)
		}
	}
	return f, err
}

// ask shows the page of an act, with what the person wrote before.
func (h *Handler) ask(act habilitation.Act) web.HandlerFunc {
	return func(c *gin.Context) error {
		f, err := h.draftFile(c, act)
		if err != nil {
			return err
		}
		if !f.Allows(act) {
			return h.tellMoved(c, f, f.kept())
		}
		return h.Views.act.Write(c.Writer, http.StatusOK, newActPage(h.Frame(c), f, f.kept()))
	}
}

// draft keeps what was written, and leads to the mail that it will be.
func (h *Handler) draft(act habilitation.Act) web.HandlerFunc {
	return func(c *gin.Context) error {
		f, err := h.draftFile(c, act)
		if err != nil {
			return err
		}
		typed := f.typed(c).checked(f)
		switch {
		case !f.Allows(act) || typed.Revision != f.Request.Revision:
			return h.tellMoved(c, f, typed)
		case typed.wrong():
			return h.Views.act.Write(c.Writer, http.StatusUnprocessableEntity, newActPage(h.Frame(c), f, typed))
		}
		return h.keep(c, f, typed, previewPath(f.Request.Number, act))
	}
}

// insert puts a model at the end of what was written.
func (h *Handler) insert(act habilitation.Act) web.HandlerFunc {
	return func(c *gin.Context) error {
		f, err := h.draftFile(c, act)
		if err != nil {
			return err
		}
		typed := f.typed(c)
		model, found := f.model(c.PostForm(fieldModel))
		if !found {
			return fault.New(fault.NotFound, "reason_template.unknown")
		}
		typed.Text.Value = joined(typed.Text.Value, model.For(f.Application))
		return h.keep(c, f, typed, actPath(f.Request.Number, act))
	}
}

// keep keeps what was written, then goes on; what is wrong with it is said on the page where it
// was typed.
func (h *Handler) keep(c *gin.Context, f draftFile, typed written, then string) error {
	note, err := h.numbered(c.Request.Context(), f, typed)
	if err != nil {
		return err
	}
	err = h.Instruction.Draft(c.Request.Context(), web.ActorOf(c), note)
	switch fault.KindOf(err) {
	case fault.Invalid:
		typed.Text = typed.Text.Refused(noteCode(fault.CodeOf(err), f.Act))
		return h.Views.act.Write(c.Writer, http.StatusUnprocessableEntity, newActPage(h.Frame(c), f, typed))
	case fault.Conflict:
		return h.tellMoved(c, f, typed)
	}
	if err != nil {
		return err
	}
	return web.SeeOther(c, then)
}

// numbered is the note of what was typed. An approval draws the number of the habilitation to
// come, which its mail tells, once nothing is missing for it to be shown.
func (h *Handler) numbered(ctx context.Context, f draftFile, typed written) (note request.Note, err error) {
	note = f.note(typed)
	if f.Act == habilitation.Approve && note.Number == 0 && !typed.undecided(f) {
		note.Number, err = h.NextNumber(ctx)
	}
	return note, err
}

// tellMoved shows the page of an act that came too late: who did what meanwhile, and what was
// written, which is kept in sight.
func (h *Handler) tellMoved(c *gin.Context, f draftFile, typed written) error {
	history, err := h.history(c.Request.Context(), f.Request.Number)
	if err != nil {
		return err
	}
	page := newActPage(h.Frame(c), f, typed)
	page.Moved, page.LastMove, page.Problems = true, h.Views.lastMove(history), nil
	return h.Views.act.Write(c.Writer, http.StatusConflict, page)
}

// carryOut does what a note says, as it was shown.
func (h *Handler) carryOut(ctx context.Context, by account.Actor, number habilitation.RequestNumber, act habilitation.Act) error {
	switch act {
	case habilitation.Approve:
		return h.Decisions.ApproveNoted(ctx, by, number)
	case habilitation.Refuse:
		return h.Decisions.RefuseNoted(ctx, by, number)
	case habilitation.RequestChanges:
		return h.Instruction.RequestChanges(ctx, by, number)
	case habilitation.Suspend, habilitation.Restore, habilitation.Revoke, habilitation.Submit, habilitation.Withdraw, habilitation.Reopen, habilitation.Cancel: // not here
	}
	return fault.New(fault.NotFound, "request.unknown")
}
