package requests

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/editor"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/web"
	"portail-qf/internal/web/form"
)

const (
	fieldStamp  = "empreinte"
	fieldThen   = "suite"
	fieldReturn = "retour"
	fieldMend   = "corriger" // in the address: what is wrong is said at once
	fieldDrop   = "retirer"
	yes         = "oui"

	thenLeave     = "quitter"
	thenFile      = "fichier" // a file is to be chosen again: package accounts asks it
	returnSummary = "recapitulatif"
	// maxTyped is more than any answer may be long: what is too long is kept, and said beside
	// the field.
	maxTyped = 20_000
)

// The values of choices that the domain knows otherwise.
const (
	modalityToken = "jeton"
	modalityForm  = "formulaire"
	oneself       = "moi"
	somebodyElse  = "autre"
)

// showStep shows the questions of a block.
func (h *Handler) showStep(block editor.Block) web.HandlerFunc {
	return h.orMoved(func(c *gin.Context) error {
		f, err := h.openToWrite(c)
		if err != nil {
			return err
		}
		if !slices.Contains(f.steps(), block) {
			return fault.New(fault.NotFound, "request.unknown")
		}
		page := newStepPage(h.Frame(c), f, block, f.Answers)
		page.back(f, c.Query(fieldReturn))
		if c.Query(fieldMend) != "" {
			page.mend(request.Check(f.Answers, f.Situation(f.Receiver.Active), block))
		}
		return h.Views.step.Write(c.Writer, http.StatusOK, page)
	})
}

// saveStep keeps what was typed in a block, right or wrong.
func (h *Handler) saveStep(block editor.Block) web.HandlerFunc {
	return h.orClaim(func(c *gin.Context) error {
		asked, err := number(c)
		if err != nil {
			return err
		}
		typed, err := readStep(c, block)
		if err != nil {
			return err
		}
		typed.Number = asked
		saved, err := h.Requests.Save(c.Request.Context(), web.ActorOf(c), typed)
		if fault.Is(err, "request.moved") {
			return h.tooLate(c, typed)
		}
		if err != nil {
			return err
		}
		f, err := h.filed(c, saved.Application)
		if err != nil {
			return err
		}
		return h.answerStep(c, f, typed, saved)
	})
}

// answerStep says what became of a step, or goes on.
func (h *Handler) answerStep(c *gin.Context, f file, typed request.Typed, saved request.Saved) error {
	returning := c.PostForm(fieldReturn)
	leaves := c.PostForm(fieldThen) == thenLeave && !refusesFile(typed, saved.Faults)
	switch {
	case saved.Overwritten:
		page := newStepPage(h.Frame(c), f, typed.Block, typed.Answers)
		page.back(f, returning)
		page.overwritten(f, typed)
		return h.Views.step.Write(c.Writer, http.StatusConflict, page)
	case c.PostForm(fieldThen) == thenFile:
		return web.Done(c, backTo(f, typed.Block, returning), "fichier-a-choisir")
	case leaves:
		return web.Done(c, pathOf(f.Request.Number), "demande-enregistree")
	case len(saved.Faults) > 0:
		page := newStepPage(h.Frame(c), f, typed.Block, f.Answers)
		page.back(f, returning)
		page.mend(saved.Faults)
		page.Kept = true
		return h.Views.step.Write(c.Writer, http.StatusUnprocessableEntity, page)
	case f.direct(returning):
		return web.Done(c, pathOf(f.Request.Number)+summaryPart, "demande-enregistree")
	}
	return web.SeeOther(c, f.after(typed.Block))
}

// backTo is the address of a step, opened again from where it was.
func backTo(f file, block editor.Block, returning string) string {
	path := stepPath(f.Request.Number, block)
	if returning == returnSummary {
		path += "?" + fieldReturn + "=" + returnSummary
	}
	return path
}

// refusesFile tells that a file was sent and is not kept: whoever leaves must know.
func refusesFile(typed request.Typed, faults []request.Fault) bool {
	return typed.File != nil && slices.ContainsFunc(faults, func(f request.Fault) bool { return f.Field == request.FieldDocument })
}

// steps are the blocks that the town answers.
func (f file) steps() []editor.Block { return request.Steps(f.Template, f.Receiver.Active) }

// after is the address of the step that follows a block, "" for the first one; the summary
// after the last.
func (f file) after(block editor.Block) string {
	steps := f.steps()
	if i := slices.Index(steps, block) + 1; i < len(steps) {
		return stepPath(f.Request.Number, steps[i])
	}
	return pathOf(f.Request.Number) + summaryPart
}

// direct tells that a step is opened from the summary, and leads back there: always once a
// request was deposited.
func (f file) direct(returning string) bool {
	return returning == returnSummary || f.Phase == request.Returned || f.Modification()
}

// untouched is the edition of an application in which nobody wrote yet.
const untouched = 1

// resumeURL is where somebody goes on who had stopped: the first step where something is to be
// mended or nothing was answered, all of them being new where nobody wrote yet; else the summary.
func (f file) resumeURL() string {
	faults := request.Check(f.Answers, f.Situation(f.Receiver.Active), f.steps()...)
	for _, block := range f.steps() {
		faulty := slices.ContainsFunc(faults, func(found request.Fault) bool { return found.Block == block })
		if f.Edition <= untouched || faulty || f.unanswered(block) {
			return stepPath(f.Request.Number, block)
		}
	}
	return pathOf(f.Request.Number) + summaryPart
}

// unanswered tells that a block says nothing. The data are for a token alone.
func (f file) unanswered(block editor.Block) bool {
	if block == editor.BlockScopes && !f.Answers.Token {
		return false
	}
	return !slices.ContainsFunc(f.Answers.RowsOf(block), func(row request.Row) bool { return !row.IsZero() })
}

// mendURL is the address of a step that says what is wrong in it, and leads back to the
// summary.
func mendURL(a request.Application, block editor.Block) string {
	return stepPath(a.Request.Number, block) + "?" + url.Values{fieldReturn: {returnSummary}, fieldMend: {"1"}}.Encode()
}

// readStep reads what was typed in a block.
func readStep(c *gin.Context, block editor.Block) (request.Typed, error) {
	sent := c.Request.PostForm
	typed := request.Typed{Block: block, Stamp: form.Text(sent, fieldStamp, maxTyped).Value}
	for _, text := range request.TextsOf(block) {
		text.Set(&typed.Answers, form.Text(sent, string(text.Field), maxTyped).Value)
	}
	switch block {
	case editor.BlockModalities:
		ticked := form.AnyOf(sent, string(request.FieldModalities), modalityToken, modalityForm)
		typed.Token, typed.Form = ticked.Has(modalityToken), ticked.Has(modalityForm)
	case editor.BlockScopes:
		typed.Scopes = form.AnyOf(sent, string(request.FieldScopes), editor.Scopes[:]...).Values
	case editor.BlockContacts:
		typed.BusinessElsewhere = sent.Get(fieldBusiness) == somebodyElse
		typed.TechnicalOneself = sent.Get(string(request.FieldTechnicalOneself)) == oneself
	case editor.BlockReception:
		typed.Reception = request.Reception(form.OneOf(sent, string(request.FieldReception), string(request.ReceptionKeep), string(request.ReceptionReplace)).Value)
	case editor.BlockDeliberation:
		typed.DropDocument = sent.Get(fieldDrop) == yes
		name, content, err := web.FileOf(c, string(request.FieldDocument))
		if err != nil {
			return typed, err
		}
		if name != "" {
			typed.File = &request.Upload{Name: name, Content: content}
		}
	case editor.BlockProject, editor.BlockLegal, editor.BlockProcessing, editor.BlockUsers:
	}
	return typed, nil
}

// fieldBusiness chooses between the requester and another person for the business contact.
const fieldBusiness = "metier_autre"
