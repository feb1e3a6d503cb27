package requests

import (
	"slices"
	"strings"

	"portail-qf/internal/domain/editor"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/web"
	"portail-qf/internal/web/form"
)

// summaryPage shows everything before it is deposited.
type summaryPage struct {
	web.ProPage
	Number, Software string // Software is "" on the generic form
	URL, PageURL     string
	Blocks           []blockView
	Missing          []form.Problem // what is to be mended, told calmly before a deposit
	Refused          bool           // a deposit was refused for it
	Conflict         string         // code of why nothing was deposited; "" for nothing
	Reason           []string       // what the instructors ask for
	Advices          []adviceView
	Terms, Informed  form.Field
	TermsVersion     string
	Edition          int
	Modification     bool
	Renewed          web.LapsingView // the token that the modification prolongs
	Again            bool            // the instructors asked for changes
	Unchanged        bool            // a modification that modifies nothing yet
	Same             bool            // nothing changed since the instructors asked for changes
	Carried          bool            // what it modifies comes from another system, which did not tell the whole
}

// blockView is a block of a summary.
type blockView struct {
	Title  string // code
	ID     string
	URL    string // of the step; "" where the form fills it in, or nobody may write now
	Locked bool   // the form fills it in
	Rows   []rowView
	People []personRow // in the place of rows, of the block about people
}

// rowView is a field of a block.
type rowView struct {
	web.AnswerView
	Comment   []string // of the instructors
	Reception receptionView
	Changed   bool // by the modification under way
}

// receptionView is who receives the dossiers, by name; zero where no other software does:
// requests/partials/reception.
type receptionView struct {
	Choice         request.Reception
	Current, Asked string // "" for the town itself
}

func newReceptionView(f file, field request.Field, answers request.Answers) receptionView {
	if field != request.FieldReception || !f.Receiver.Active {
		return receptionView{}
	}
	return receptionView{answers.Reception, web.Typographic(f.Current), web.Typographic(f.Template.Software)}
}

// adviceView is an address that several people seem to read.
type adviceView struct{ Label, Mail, URL string }

func newSummaryPage(page web.ProPage, f file, faults []request.Fault) summaryPage {
	a := f.Application
	p := summaryPage{
		ProPage: page, Number: a.Request.Number.String(), Software: web.Typographic(a.Template.Software), PageURL: pathOf(a.Request.Number),
		URL: pathOf(a.Request.Number) + summaryPart, Blocks: newBlockViews(f, a.Answers, true), Advices: advicesOf(a),
		Terms: form.Field{Name: string(request.FieldTerms)}, Informed: form.Field{Name: string(request.FieldDPDInformed)},
		TermsVersion: request.TermsVersion, Edition: a.Edition, Modification: a.Modification(), Again: a.Phase == request.Returned,
		Carried: a.Carried && a.Modification(), Same: a.Phase == request.Returned && a.Sent != nil && a.Answers.Equal(*a.Sent),
		Unchanged: a.Granted != nil && a.Answers.Equal(*a.Base()),
	}
	if p.Again {
		p.Reason = web.Lines(a.Asked.Reason)
	}
	for _, found := range faults {
		p.Missing = append(p.Missing, newMissing(a, found))
	}
	return p
}

// newMissing is a fault of another page than this one.
func newMissing(a request.Application, found request.Fault) form.Problem {
	problem := newProblem(found, mendURL(a, found.Block))
	problem.Label = web.FieldLabel(found.Field)
	return problem
}

// tick keeps what was ticked.
func (p *summaryPage) tick(c request.Consents) {
	if c.Terms {
		p.Terms.Value = yes
	}
	if c.DPDInformed {
		p.Informed.Value = yes
	}
}

// refuse says why a deposit was refused: what is on other pages, then the consents of this one.
func (p *summaryPage) refuse(faults []request.Fault) {
	p.Refused, p.Problems = true, p.Missing
	for _, found := range faults {
		switch found.Field {
		case request.FieldTerms:
			p.Terms.Error = found.Code
		case request.FieldDPDInformed:
			p.Informed.Error = found.Code
		}
	}
	p.Problems = append(slices.Clone(p.Problems), form.Problems(p.Terms, p.Informed)...)
	p.Missing = nil
}

// newBlockViews shows what the blocks say, with where they are written and what the
// instructors say of them for whoever writes. What the form fills in and hides is not shown.
func newBlockViews(f file, answers request.Answers, writes bool) []blockView {
	a, steps := f.Application, f.steps()
	var views []blockView
	for _, block := range editor.Blocks {
		exposure := a.Template.Exposure(block)
		asked := exposure == editor.Asked
		if exposure == editor.Hidden || block == editor.BlockReception && !slices.Contains(steps, block) && answers.Reception == "" {
			continue
		}
		view := blockView{Title: blockTitle(block), ID: "bloc-" + string(block), Locked: !asked}
		if writes && slices.Contains(steps, block) {
			view.URL = stepPath(a.Request.Number, block) + "?" + fieldReturn + "=" + returnSummary
		}
		if block == editor.BlockContacts {
			view.People = newPersonRows(f, answers, writes)
			views = append(views, view)
			continue
		}
		for _, row := range answers.RowsOf(block) {
			var comment []string
			if writes {
				comment = commentOf(a, row.Field)
			}
			if row.IsZero() && len(comment) == 0 {
				continue
			}
			view.Rows = append(view.Rows, rowView{AnswerView: web.NewAnswerView(row.Field, row.Answer, documentsOf(a)), Comment: comment, Reception: newReceptionView(f, row.Field, answers), Changed: writes && modifies(f, func(field request.Field) bool { return field == row.Field })})
		}
		views = append(views, view)
	}
	return views
}

// commentOf is what the instructors say of a field while it is to be mended.
func commentOf(a request.Application, field request.Field) []string {
	if a.Phase != request.Returned {
		return nil
	}
	return web.Lines(a.Asked.Of(field))
}

// advicesOf lists the addresses that several people seem to read, those of the people whom
// the town names: an editor's own mailbox is meant to be shared.
func advicesOf(a request.Application) []adviceView {
	var advices []adviceView
	for _, text := range request.TextsOf(editor.BlockContacts) {
		field := string(text.Field)
		mail := text.Get(a.Answers)
		unasked := strings.HasPrefix(field, "technique_") && (a.Template.Technical.Locked || a.Template.Technical.Organisation || a.Answers.TechnicalOneself) ||
			strings.HasPrefix(field, "metier_") && !a.Answers.BusinessElsewhere
		if strings.HasSuffix(field, "_mail") && !unasked && request.SharedMailbox(mail) {
			advices = append(advices, adviceView{Label: web.FieldLabel(text.Field), Mail: mail, URL: stepPath(a.Request.Number, editor.BlockContacts) + "?" + fieldReturn + "=" + returnSummary})
		}
	}
	return advices
}

// depositedPage confirms a deposit.
type depositedPage struct {
	web.ProPage
	Number, PageURL string
	MessagesURL     string
	Software        string // "" on the generic form
	Modification    bool
	Renewed         web.LapsingView // the token that the modification prolongs
	FiledAt         web.Moment
	Deadline        web.Moment // the day on which silence becomes a refusal
	Delay           delayView
	Requester       string // mail; "" where nobody is told
	Copied          string // the technical contact, in copy; "" for nobody
	// EditorReceives: the software will receive the dossiers, and HubEE's mail may be ignored.
	EditorReceives bool
}

func newDepositedPage(page web.ProPage, f file, delay delayView) depositedPage {
	a := f.Application
	_, granted := a.Grant()
	return depositedPage{
		ProPage: page, Number: a.Request.Number.String(), PageURL: pathOf(a.Request.Number), MessagesURL: pathOf(a.Request.Number) + messagesPart,
		Software: web.Typographic(a.Template.Software), Modification: a.Modification(), FiledAt: web.MomentOf(a.FiledAt),
		Deadline: web.MomentOf(a.Deadline()), Delay: delay, Requester: a.Request.Requester.Mail, Copied: technicalMail(a),
		EditorReceives: a.Template.Editor.Siret != "" && granted.Form && !a.Modification(),
	}
}

// technicalMail is who is in copy of the mails about a request: the editor's present contact,
// else the one that the answers name (PRODUCT.md 3.4).
func technicalMail(a request.Application) string {
	switch {
	case a.Template.Editor.TechnicalContact != "":
		return a.Template.Editor.TechnicalContact
	case a.Answers.TechnicalOneself:
		return ""
	}
	address, err := notice.ParseAddress(a.Answers.Technical.Mail)
	if err != nil {
		return ""
	}
	return address
}
