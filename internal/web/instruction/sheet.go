package instruction

import (
	"fmt"

	"github.com/gin-gonic/gin"

	"portail-qf/internal/domain/place"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/web"
)

// sheet is the same list as the page, whole, for a spreadsheet.
func (h *Handler) sheet(c *gin.Context) error {
	asked, err := h.asked(c, c.Request.URL.Query())
	if err != nil {
		return err
	}
	found, err := h.Instruction.Export(c.Request.Context(), web.ActorOf(c), searchOf(asked))
	if err != nil {
		return err
	}
	body, err := h.Views.newSheet(found)
	if err != nil {
		return err
	}
	web.WriteSheet(c, body, "demandes", h.Now())
	return nil
}

// sheetColumns are the codes of the headings.
var sheetColumns = [...]string{
	"instruction.sheet.number", "instruction.sheet.organisation", "instruction.sheet.siret", "instruction.sheet.type", "instruction.sheet.state",
	"instruction.sheet.software", "instruction.sheet.editor", "instruction.sheet.form", "instruction.sheet.departement",
	"instruction.sheet.first_filed", "instruction.sheet.filed", "instruction.sheet.deadline", "instruction.sheet.assignee", "instruction.sheet.unread",
	"instruction.sheet.token_expiry",
}

// newSheet writes what the list shows, and nothing else of anybody.
func (v Views) newSheet(found []request.Queued) ([]byte, error) {
	var sheet web.Sheet
	headings, err := v.sentences.Said(sheetColumns[:]...)
	if err != nil {
		return nil, err
	}
	sheet.Line(headings...)
	for _, q := range found {
		kind := "instruction.type.first"
		if q.Modification() {
			kind = "instruction.type.modification"
		}
		words, err := v.sentences.Said(kind, newStateView(q.State, q.Phase).Code)
		if err != nil {
			return nil, err
		}
		sheet.Line(
			q.Number.String(), q.Organisation, q.Siret.String(), words[0], words[1], q.Software, q.Editor, q.FormUID, departement(q.Departement),
			web.SheetMoment(q.FirstFiledAt), web.SheetMoment(q.FiledAt), deadlineOf(q), q.Assignee.Name, fmt.Sprint(q.Unread), web.SheetDay(q.Renewal.Expiry),
		)
	}
	return sheet.Bytes(), nil
}

// departement is a département with its name; "" where it is not known.
func departement(code string) string {
	for _, d := range place.Departements() {
		if d.Code == code {
			return code + " " + d.Name
		}
	}
	return code
}

func deadlineOf(q request.Queued) string {
	if q.Phase != request.Filed {
		return ""
	}
	return web.SheetDay(q.Deadline())
}
