package request

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"portail-qf/internal/domain/editor"
	"portail-qf/internal/domain/notice"
)

// Answer is what a field says: a text as it was written, or the codes of sentences of
// templates/messages. Both are empty for no answer.
type Answer struct {
	Text  string
	Codes []string
	// Document is a file handed in; 0 for none.
	Document int64
}

// IsZero tells that nothing was answered.
func (a Answer) IsZero() bool { return a.Text == "" && len(a.Codes) == 0 && a.Document == 0 }

// Row is a field of a block, as summaries and comparisons show it.
type Row struct {
	Field Field
	Block editor.Block
	Answer
}

// Rows lists what every field says, in the order in which they are asked.
func (a Answers) Rows() []Row {
	var rows []Row
	for _, block := range editor.Blocks {
		rows = append(rows, a.RowsOf(block)...)
	}
	return rows
}

// RowsOf lists what the fields of a block say.
func (a Answers) RowsOf(block editor.Block) []Row {
	coded := func(field Field, codes ...string) Row { return Row{field, block, Answer{Codes: codes}} }
	var rows []Row
	switch block {
	case editor.BlockModalities:
		var codes []string
		if a.Token {
			codes = append(codes, "habilitation.modality.jeton")
		}
		if a.Form {
			codes = append(codes, "habilitation.modality.formulaire")
		}
		return []Row{coded(FieldModalities, codes...)}
	case editor.BlockScopes:
		var codes []string
		for _, scope := range a.Scopes {
			codes = append(codes, "scope."+scope)
		}
		return []Row{coded(FieldScopes, codes...)}
	case editor.BlockDeliberation:
		rows = append(rows, Row{FieldDocument, block, Answer{Document: a.Document}})
	case editor.BlockReception:
		if a.Reception == "" {
			return nil
		}
		return []Row{coded(FieldReception, "request.reception."+string(a.Reception))}
	case editor.BlockContacts, editor.BlockUsers, editor.BlockProject, editor.BlockLegal, editor.BlockProcessing:
	}
	for _, text := range TextsOf(block) {
		if text.Field == "metier_prenom" && a.BusinessElsewhere {
			rows = append(rows, coded(FieldBusinessSelf, "request.somebody_else"))
		}
		if row, shown := a.textRow(text); shown {
			rows = append(rows, row)
		}
	}
	return rows
}

// textRow leaves out what is not asked: the business contact who is the requester.
func (a Answers) textRow(text Text) (row Row, shown bool) {
	field := string(text.Field)
	row = Row{text.Field, text.Block, Answer{Text: text.Get(a)}}
	oneself := strings.HasPrefix(field, "metier_") && !a.BusinessElsewhere || strings.HasPrefix(field, "technique_") && a.TechnicalOneself
	if oneself {
		if !strings.HasSuffix(field, "_prenom") {
			return Row{}, false
		}
		row.Field, row.Answer = FieldBusinessSelf, Answer{Codes: []string{"request.oneself"}}
		if a.TechnicalOneself && strings.HasPrefix(field, "technique_") {
			row.Field = FieldTechnicalOneself
		}
	}
	return row, true
}

// Difference is a field that changed.
type Difference struct {
	Field         Field
	Block         editor.Block
	Before, After Answer
}

// Differences lists the fields that say something else, in the order in which they are asked.
func Differences(before, after Answers) []Difference {
	was, is := before.Rows(), after.Rows()
	var found []Difference
	for _, row := range is {
		then := answerOf(was, row.Field)
		if !row.Answer.equal(then) {
			found = append(found, Difference{row.Field, row.Block, then, row.Answer})
		}
	}
	for _, row := range was { // what is not asked any more
		if !row.IsZero() && !slices.ContainsFunc(is, func(r Row) bool { return r.Field == row.Field }) {
			found = append(found, Difference{row.Field, row.Block, row.Answer, Answer{}})
		}
	}
	return found
}

func answerOf(rows []Row, field Field) Answer {
	for _, row := range rows {
		if row.Field == field {
			return row.Answer
		}
	}
	return Answer{}
}

func (a Answer) equal(other Answer) bool {
	return a.Text == other.Text && a.Document == other.Document && slices.Equal(a.Codes, other.Codes)
}

// Stamp sums up what a block says, so that a form can tell whether somebody wrote in it since
// it was shown.
func (a Answers) Stamp(block editor.Block) string {
	var said strings.Builder
	for _, row := range a.RowsOf(block) {
		said.WriteString(string(row.Field) + "\x00" + row.Text + "\x00" + strings.Join(row.Codes, "\x01") + "\x00" + strconv.FormatInt(row.Document, 10) + "\x02")
	}
	return digest(said.String())
}

// tidy brings what was typed into what is kept: no control characters, no mark that turns a
// line round, no more than its limit, 0 for none; the ends of lines of a browser are one character. What
// shows nothing is no answer.
func tidy(typed string, text Text) string {
	typed = lineEnds.Replace(strings.ToValidUTF8(typed, "\uFFFD"))
	kept := strings.Map(func(r rune) rune {
		if text.Lines && r != '\n' && unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return -1
		}
		return r
	}, typed)
	if !text.Lines {
		kept = notice.OneLine(kept, utf8.RuneCountInString(kept)+1)
	}
	kept = strings.TrimSpace(kept)
	if text.Limit > 0 {
		kept = strings.TrimSpace(cutTo(kept, text.Limit))
	}
	if !strings.ContainsFunc(kept, func(r rune) bool { return unicode.IsGraphic(r) && !unicode.IsSpace(r) }) {
		return ""
	}
	return kept
}

var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\t", " ")

func cutTo(text string, limit int) string {
	if letters := []rune(text); len(letters) > limit {
		return string(letters[:limit])
	}
	return text
}
