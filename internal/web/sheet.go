package web

import (
	"bytes"
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
)

// ByteOrderMark begins a sheet: it tells a spreadsheet that the file is UTF-8.
const ByteOrderMark = "\uFEFF"

// Sheet is a list for a spreadsheet (CSV).
type Sheet struct{ body bytes.Buffer }

// Line adds a line.
func (s *Sheet) Line(cells ...string) {
	if s.body.Len() == 0 {
		s.body.WriteString(ByteOrderMark)
	}
	for i, cell := range cells {
		if i > 0 {
			s.body.WriteByte(';')
		}
		s.body.WriteByte('"')
		s.body.WriteString(strings.ReplaceAll(harmless(cell), `"`, `""`))
		s.body.WriteByte('"')
	}
	s.body.WriteString("\r\n")
}

// Bytes is the whole file.
func (s *Sheet) Bytes() []byte { return s.body.Bytes() }

// WriteSheet answers with a sheet to be kept under a name and the day.
func WriteSheet(c *gin.Context, body []byte, name string, now time.Time) {
	c.Header("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name + "-" + SheetDay(now) + ".csv"}))
	c.Data(http.StatusOK, "text/csv; charset=utf-8", body)
}

// SheetMoment is a moment in Paris that spreadsheets read and sort; "" for none.
func SheetMoment(instant time.Time) string {
	at := MomentOf(instant)
	if at.Year == 0 {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d %02d:%02d", at.Year, at.Month, at.Day, at.Hour, at.Minute)
}

// SheetDay is the day of SheetMoment.
func SheetDay(instant time.Time) string {
	day, _, _ := strings.Cut(SheetMoment(instant), " ")
	return day
}

// harmless keeps a spreadsheet from reading a cell as a formula: what begins as one begins
// with an apostrophe instead, which spreadsheets take for the mark of a text
// (https://owasp.org/www-community/attacks/CSV_Injection). The wide forms of the signs count
// as the signs themselves. Spaces before a sign do not make it less of one. A negative number
// computes nothing, and as a text it would not sort.
func harmless(cell string) string {
	if _, err := strconv.Atoi(cell); err == nil && cell[0] == '-' {
		return cell
	}
	first := strings.TrimLeft(cell, " \u00a0\u202f\uFEFF")
	if first != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", []rune(first)[0]) {
		return "'" + cell
	}
	return cell
}

// Said gives sentences by their codes, for what is no page. One without words is an error.
func (t *Templates) Said(codes ...string) ([]string, error) {
	words := make([]string, len(codes))
	for i, code := range codes {
		var known bool
		if words[i], known = t.Sentence(code); !known {
			return nil, fmt.Errorf("write a sheet: no words for %q", code)
		}
	}
	return words, nil
}
