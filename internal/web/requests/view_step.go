package requests

import (
	"fmt"
	"slices"
	"strings"

	"portail-qf/internal/domain/editor"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/web"
	"portail-qf/internal/web/form"
)

// stepPage asks the questions of a block.
type stepPage struct {
	web.ProPage
	Number, Software, Editor string // "" on the generic form
	Block                    editor.Block
	Title                    string // code
	// Rank and Count place the step among those of a request that begins, the summary apart,
	// and Next is the code of the title of what follows; Direct is a step opened from the
	// summary.
	Rank, Count  int
	Next         string
	Direct       bool
	Action       string
	BackURL      string // the step before, or the summary
	PageURL      string
	SkipURL      string // past what is wrong: it is mended later
	Stamp        string
	Reason       []string // what the instructors ask for, in general
	Kept         bool     // what was typed is kept, and something is wrong with it
	Stored       []web.DifferenceView
	Moved        bool             // somebody wrote in this block meanwhile
	FileLost     bool             // a file was sent with it, and has to be chosen again
	Closed       bool             // nothing may be written any more
	Lost         []web.AnswerView // what was typed too late
	Filled       []filledView
	Requester    personCard
	Technical    personCard // locked; zero where it is asked
	Mailbox      bool       // the technical contact is one, nobody's name
	File         web.DocumentView
	Modalities   form.Choices
	Scopes       form.Choices
	ScopeChoices []string // that may be ticked or not
	FixedScopes  []string // that go with the form
	Receiver     string   // the software that receives the dossiers today; "" for the town itself
	Token        bool     // the request is for a token too
	fields       map[string]fieldView
}

// fieldView is a question with what the instructors say of it, and an advice.
type fieldView struct {
	form.Field
	MaxLength int      // in characters; 0 for a choice
	Comment   []string // lines
	Shared    bool     // a mailbox that several people seem to read
}

// personCard is somebody whom the page names and does not ask for.
type personCard struct{ Name, Job, Mail, Phone string }

// personView asks for somebody.
type personView struct {
	GivenName, FamilyName, Job, Mail, Phone fieldView
	JobNeeded, PhoneNeeded                  bool
	Mailbox                                 bool // no name is asked
	// Open: the questions are shown at once, as they are to be answered or something is in them.
	Open bool
}

// Field gives a question by its name; templates call it.
func (p stepPage) Field(name string) (fieldView, error) {
	view, known := p.fields[name]
	if !known {
		return fieldView{}, fmt.Errorf("the block %s has no field %q", p.Block, name)
	}
	return view, nil
}

// PersonOf gives the questions about somebody; templates call it.
func (p stepPage) PersonOf(role string) personView {
	view := personView{
		GivenName: p.fields[role+"_prenom"], FamilyName: p.fields[role+"_nom"], Job: p.fields[role+"_fonction"],
		Mail: p.fields[role+"_mail"], Phone: p.fields[role+"_telephone"],
		JobNeeded: role == "responsable", PhoneNeeded: role != "responsable", Mailbox: role == "technique" && p.Mailbox,
	}
	chosen := map[string]string{"metier": fieldBusiness, "technique": string(request.FieldTechnicalOneself)}[role]
	view.Open = p.fields[chosen].Value == somebodyElse
	for _, asked := range []fieldView{view.GivenName, view.FamilyName, view.Job, view.Mail, view.Phone} {
		view.Open = view.Open || asked.Value != "" || asked.Error != "" || len(asked.Comment) > 0
	}
	return view
}

// newStepPage asks the questions of a block, answered so far as answers say.
func newStepPage(page web.ProPage, f file, block editor.Block, answers request.Answers) stepPage {
	a := f.Application
	p := stepPage{
		ProPage: page, Number: a.Request.Number.String(), Software: web.Typographic(a.Template.Software), Editor: web.Typographic(a.Template.Editor.Name),
		Block: block, Title: blockTitle(block), Action: stepPath(a.Request.Number, block), PageURL: pathOf(a.Request.Number),
		SkipURL: f.after(block), Stamp: a.Answers.Stamp(block), Receiver: web.Typographic(f.Current),
		Token: answers.Token, Mailbox: a.Template.Technical.Organisation, fields: map[string]fieldView{},
	}
	steps := f.steps()
	p.Rank, p.Count, p.Next = slices.Index(steps, block)+1, len(steps), "request.step.recapitulatif"
	if p.Rank < len(steps) {
		p.Next = blockTitle(steps[p.Rank])
	}
	if a.Phase == request.Returned {
		p.Reason = web.Lines(a.Asked.Reason)
	}
	if p.Rank == 1 {
		p.Filled = newFilledViews(a.Template, a.Answers)
	}
	for _, text := range request.TextsOf(block) {
		p.ask(a, text, text.Get(answers))
	}
	p.choices(f, answers)
	return p
}

// ask adds a question. Of a choice, only the field is known.
func (p *stepPage) ask(a request.Application, text request.Text, value string) {
	view := fieldView{Field: form.Field{Name: string(text.Field), Value: value}, MaxLength: text.Limit}
	if a.Phase == request.Returned {
		view.Comment = web.Lines(a.Asked.Of(text.Field))
	}
	view.Shared = strings.HasSuffix(view.Name, "_mail") && view.Name != "usagers_mail" && request.SharedMailbox(value)
	p.fields[view.Name] = view
}

// choices adds what is no text, and what the page only names.
func (p *stepPage) choices(f file, answers request.Answers) {
	a := f.Application
	switch p.Block {
	case editor.BlockModalities:
		p.ask(a, request.Text{Field: request.FieldModalities}, "")
		p.Modalities = form.Choices{Name: string(request.FieldModalities), Values: chosen(map[string]bool{modalityToken: answers.Token, modalityForm: answers.Form})}
	case editor.BlockScopes:
		p.ask(a, request.Text{Field: request.FieldScopes}, "")
		p.Scopes = form.Choices{Name: string(request.FieldScopes), Values: answers.Scopes}
		for _, scope := range a.Template.TemplateContent.Scopes.Displayed {
			if slices.Contains(a.Template.TemplateContent.Scopes.Fixed, scope) {
				p.FixedScopes = append(p.FixedScopes, scope)
				continue
			}
			p.ScopeChoices = append(p.ScopeChoices, scope)
		}
	case editor.BlockDeliberation:
		p.ask(a, request.Text{Field: request.FieldDocument}, "")
		if a.Answers.Document != 0 {
			p.File = documentsOf(a)(a.Answers.Document)
		}
	case editor.BlockContacts:
		p.people(a, answers)
	case editor.BlockReception:
		p.ask(a, request.Text{Field: request.FieldReception}, string(answers.Reception))
	case editor.BlockProject, editor.BlockLegal, editor.BlockProcessing, editor.BlockUsers:
	}
}

func (p *stepPage) people(a request.Application, answers request.Answers) {
	business, technical := oneself, somebodyElse
	if answers.BusinessElsewhere {
		business = somebodyElse
	}
	if answers.TechnicalOneself {
		technical = oneself
	}
	p.ask(a, request.Text{Field: request.FieldBusinessSelf}, business) // what the instructors call the choice
	choice := p.fields[string(request.FieldBusinessSelf)]
	choice.Name = fieldBusiness
	p.fields[fieldBusiness] = choice
	p.ask(a, request.Text{Field: request.FieldTechnicalOneself}, technical)
	p.Requester = newPersonCard(a.Request.Requester)
	if a.Template.Technical.Locked {
		p.Technical = newPersonCard(a.Answers.Technical)
	}
}

// back says where the step leads back.
func (p *stepPage) back(f file, returning string) {
	summary := pathOf(f.Request.Number) + summaryPart
	if p.Direct = f.direct(returning); p.Direct {
		p.BackURL, p.SkipURL, p.Filled = summary, summary, nil // the summary shows what is filled in
		return
	}
	if steps := f.steps(); p.Rank > 1 {
		p.BackURL = stepPath(f.Request.Number, steps[p.Rank-2])
	}
}

// mend says what is wrong, beside each field and at the top.
func (p *stepPage) mend(faults []request.Fault) {
	for _, found := range faults {
		name := questionOf(found.Field)
		if view, known := p.fields[name]; known {
			view.Error = found.Code
			p.fields[name] = view
		}
		switch found.Field {
		case request.FieldModalities:
			p.Modalities.Error = found.Code
		case request.FieldScopes:
			p.Scopes.Error = found.Code
		}
		p.Problems = append(p.Problems, newProblem(found, ""))
	}
}

// plain are the sentences that would suit any field: what names the field comes before.
var plain = []string{"request.required", "request.too_long", "mail.address_invalid", "request.phone_invalid", "request.url_invalid"}

// questionOf is the name of the question of a field, on its page.
func questionOf(field request.Field) string {
	if field == request.FieldBusinessSelf {
		return fieldBusiness
	}
	return string(field)
}

// newProblem is a fault as the top of a page tells it; address is where it is mended, "" on
// the page itself.
func newProblem(found request.Fault, address string) form.Problem {
	problem := form.Problem{FieldID: questionOf(found.Field), Code: found.Code, URL: address}
	if slices.Contains(plain, found.Code) {
		problem.Label = web.FieldLabel(found.Field)
	}
	return problem
}

// closed shows what was typed when nothing may be written any more.
func (p *stepPage) closed(typed request.Typed) {
	p.Closed, p.Direct, p.Filled, p.Reason = true, true, nil, nil
	for _, row := range typed.RowsOf(typed.Block) {
		if !row.IsZero() {
			p.Lost = append(p.Lost, web.NewAnswerView(row.Field, row.Answer, nil))
		}
	}
}

// overwritten shows what was written meanwhile beside what was typed, which stays: sent again,
// it takes the place of the other.
func (p *stepPage) overwritten(f file, typed request.Typed) {
	p.Moved = true
	mine := request.Lock(f.Template, typed.Answers)
	if typed.File == nil {
		mine.Document = f.Answers.Document
	}
	for _, changed := range request.Differences(mine, f.Answers) {
		if changed.Block == p.Block {
			p.Stored = append(p.Stored, web.NewDifferenceViews([]request.Difference{changed}, documentsOf(f.Application))...)
		}
	}
	p.FileLost = typed.File != nil
}
