package requests

import (
	"strings"
	"time"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/editor"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/web"
)

// startPage says what a request through a form takes.
type startPage struct {
	web.ProPage
	Form         formLink
	Introduction []string // paragraphs
	Delay        delayView
	Filled       []filledView // what the form brings, and nobody is asked
	// TechnicalAsked: the town names its technical contact itself.
	TechnicalAsked  bool
	Token, National bool // the modalities that the form is for
	BeginURL        string
	TooLong         bool // some of what the address brings would not outlive the sign-in
	ForTown         bool // the reader acts for a town
	Elsewhere       bool // the reader is signed in, for somebody else than a town
}

// delayView is how long the instructors take as a rule: in hours or in days, both zero where
// it is not known.
type delayView struct{ Hours, Days int }

// newDelayView rounds up: less is a good surprise.
func newDelayView(delay time.Duration) delayView {
	const day = 24 * time.Hour
	switch {
	case delay <= 0:
		return delayView{}
	case delay <= 2*day-time.Hour:
		return delayView{Hours: int((delay + time.Hour - 1) / time.Hour)}
	}
	return delayView{Days: int((delay + day - 1) / day)}
}

// filledView is a block that the form fills in.
type filledView struct {
	Title string // code
	Rows  []web.AnswerView
}

func newStartPage(page web.ProPage, t editor.Template, delay delayView) startPage {
	p := startPage{
		ProPage: page, Form: newFormLink(t), Delay: delay, TechnicalAsked: !t.Technical.Locked, Token: t.Token, National: t.Form,
		Filled: newFilledViews(t, request.Begun(t)), ForTown: page.Space == account.SpaceTown,
		Elsewhere: page.Person != "" && page.Space != account.SpaceTown,
	}
	for line := range strings.Lines(t.Introduction) {
		if line = strings.TrimSpace(line); line != "" {
			p.Introduction = append(p.Introduction, web.Typographic(line))
		}
	}
	return p
}

// newFilledViews shows the blocks that a form fills in and shows. Hidden ones are the
// instructors' affair.
func newFilledViews(t editor.Template, answers request.Answers) []filledView {
	var filled []filledView
	for _, block := range editor.Blocks {
		if t.Exposure(block) != editor.ReadOnly {
			continue
		}
		view := filledView{Title: blockTitle(block)}
		for _, row := range answers.RowsOf(block) {
			if !row.IsZero() {
				view.Rows = append(view.Rows, web.NewAnswerView(row.Field, row.Answer, nil))
			}
		}
		if len(view.Rows) > 0 {
			filled = append(filled, view)
		}
	}
	return filled
}

// blockTitle is the code of the name of a block.
func blockTitle(block editor.Block) string { return "block." + string(block) }
