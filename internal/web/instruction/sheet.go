package instruction

import (
	"bytes"
	"fmt"
	"mime"
	"net/http"
	"strings"
	"time"

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
	name := "demandes-" + isoDay(h.Now()) + ".csv"
	c.Header("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	c.Data(http.StatusOK, "text/csv; charset=utf-8", body)
	return nil
}

// sheetColumns are the codes of the headings.
var sheetColumns = [...]string{
	"instruction.sheet.number", "instruction.sheet.organisation", "instruction.sheet.siret", "instruction.sheet.type", "instruction.sheet.state",
	"instruction.sheet.software", "instruction.sheet.editor", "instruction.sheet.form", "instruction.sheet.departement",
	"instruction.sheet.first_filed", "instruction.sheet.filed", "instruction.sheet.deadline", "instruction.sheet.assignee", "instruction.sheet.unread",
}

// byteOrderMark tells a spreadsheet that the file is UTF-8.
const byteOrderMark = "\uFEFF"

// newSheet writes what the list shows, and nothing else of anybody.
func (v Views) newSheet(found []request.Queued) ([]byte, error) {
	var body bytes.Buffer
	body.WriteString(byteOrderMark)
	headings, err := v.said(sheetColumns[:]...)
	if err != nil {
		return nil, err
	}
	writeLine(&body, headings)
	for _, q := range found {
		kind := "instruction.type.first"
		if q.Modification() {
			kind = "instruction.type.modification"
		}
		words, err := v.said(kind, newStateView(q.State, q.Phase).Code)
		if err != nil {
			return nil, err
		}
		writeLine(&body, []string{
			q.Number.String(), q.Organisation, q.Siret.String(), words[0], words[1], q.Software, q.Editor, q.FormUID, departement(q.Departement),
			isoMoment(q.FirstFiledAt), isoMoment(q.FiledAt), deadlineOf(q), q.Assignee.Name, fmt.Sprint(q.Unread),
		})
	}
	return body.Bytes(), nil
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

// said gives sentences by their codes.
func (v Views) said(codes ...string) ([]string, error) {
	words := make([]string, len(codes))
	for i, code := range codes {
		var known bool
		if words[i], known = v.sentences.Sentence(code); !known {
			return nil, fmt.Errorf("write a sheet: no words for %q", code)
		}
	}
	return words, nil
}

func deadlineOf(q request.Queued) string {
	if q.Phase != request.Filed {
		return ""
	}
	return isoDay(q.Deadline())
}

// isoMoment is a moment in Paris that spreadsheets read and sort; "" for none.
func isoMoment(instant time.Time) string {
	at := web.MomentOf(instant)
	if at.Year == 0 {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d %02d:%02d", at.Year, at.Month, at.Day, at.Hour, at.Minute)
}

func isoDay(instant time.Time) string {
	day, _, _ := strings.Cut(isoMoment(instant), " ")
	return day
}

// writeLine writes the cells of a line, all of them between quotation marks.
func writeLine(body *bytes.Buffer, cells []string) {
	for i, cell := range cells {
		if i > 0 {
			body.WriteByte(';')
		}
		body.WriteByte('"')
		body.WriteString(strings.ReplaceAll(harmless(cell), `"`, `""`))
		body.WriteByte('"')
	}
	body.WriteString("\r\n")
}

// harmless keeps a spreadsheet from reading a cell as a formula: what begins as one begins
// with an apostrophe instead, which spreadsheets take for the mark of a text
// (https://owasp.org/www-community/attacks/CSV_Injection). The wide forms of the signs count
// as the signs themselves. Spaces before a sign do not make it less of one.
func harmless(cell string) string {
	first := strings.TrimLeft(cell, " \u00a0\u202f\uFEFF")
	if first != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", []rune(first)[0]) {
		return "'" + cell
	}
	return cell
}
