package instruction

import (
	"strconv"
	"strings"

	"portail-qf/internal/domain/editor"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/web"
)

// answersView is what was answered, by the town or by the form.
type answersView struct {
	Blocks   []blockView
	Contacts []contactView
}

// Empty tells that nothing was.
func (v answersView) Empty() bool { return len(v.Blocks) == 0 && len(v.Contacts) == 0 }

// blockView is a group of answers.
type blockView struct {
	Label   string // code of its words
	Answers []web.AnswerView
	// TokenOnly: of the accesses that are asked for, an approval grants the token alone, as the
	// town keeps another software for its dossiers (request.Application.Grant).
	TokenOnly bool
}

// contactView is somebody whom a request names.
type contactView struct {
	Part       string // code of the role's words
	Name, Job  string
	Mail       string
	Phone      string
	Oneself    bool // the requester
	NobodyElse bool // neither a name nor an address was given
}

func newContactView(part string, c habilitation.Contact) contactView {
	return contactView{
		Part: "habilitation.contact." + part, Name: web.Typographic(c.Name()), Job: web.Typographic(c.Job), Mail: c.Mail, Phone: c.Phone,
		NobodyElse: c == habilitation.Contact{},
	}
}

// documentsOf shows the files of an application, where instructors open them.
func documentsOf(a request.Application) web.DocumentsOf {
	return func(id int64) web.DocumentView {
		return web.NewDocumentView(a.Document(id), pathOf(a.Request.Number)+"/documents/"+strconv.FormatInt(id, 10))
	}
}

// newAnswersViews tells apart what the town filled in and what the form fixed.
func newAnswersViews(a request.Application, documents web.DocumentsOf) (filled, fixed answersView) {
	for _, block := range editor.Blocks {
		view := newBlockView(block, a.Answers, documents)
		if block == editor.BlockContacts || len(view.Answers) == 0 {
			continue
		}
		if a.Template.Asks(block) {
			filled.Blocks = append(filled.Blocks, view)
		} else {
			fixed.Blocks = append(fixed.Blocks, view)
		}
	}
	filled.Contacts, fixed.Contacts = contactsOf(a)
	return filled, fixed
}

// newBlockView leaves out what is not answered: nothing that is needed is missing from a
// deposit.
func newBlockView(block editor.Block, answers request.Answers, documents web.DocumentsOf) blockView {
	view := blockView{Label: "instruction.block." + string(block)}
	view.TokenOnly = block == editor.BlockModalities && answers.Form && answers.Reception == request.ReceptionKeep
	for _, row := range answers.RowsOf(block) {
		if !row.IsZero() {
			view.Answers = append(view.Answers, web.NewAnswerView(row.Field, row.Answer, documents))
		}
	}
	return view
}

// contactsOf lists the people of a request. The technical contact is the form's where it is
// locked.
func contactsOf(a request.Application) (filled, fixed []contactView) {
	answers, requester := a.Answers, a.Request.Requester
	requester.Phone, requester.Job = answers.RequesterPhone, answers.RequesterJob
	business, technical := newContactView("business", answers.Business), newContactView("technical", answers.Technical)
	if !answers.BusinessElsewhere {
		business = contactView{Part: business.Part, Oneself: true}
	}
	if answers.TechnicalOneself {
		technical = contactView{Part: technical.Part, Oneself: true}
	}
	filled = []contactView{
		newContactView("requester", requester), newContactView("dpd", answers.DPD), newContactView("controller", answers.Controller), business,
	}
	if a.Template.Technical.Locked {
		return filled, []contactView{technical}
	}
	return append(filled, technical), nil
}

// askedField tells whether the town answers a field itself.
func askedField(t editor.Template, row request.Row) bool {
	if t.Technical.Locked && strings.HasPrefix(string(row.Field), "technique_") {
		return false
	}
	return t.Asks(row.Block)
}

// changedView is what changed since another version.
type changedView struct {
	Since       string // code of the version's words
	Differences []web.DifferenceView
}

// changesOf compares a deposit with the one before, and a modification with what is granted.
// Once that is decided there is nothing to compare.
func changesOf(f file, documents web.DocumentsOf) []changedView {
	if f.Sent == nil || f.Phase == request.Closed {
		return nil
	}
	var views []changedView
	if f.Earlier != nil {
		found := request.Differences(*f.Earlier, *f.Sent)
		views = append(views, changedView{"instruction.since.deposit", web.NewDifferenceViews(found, documents)})
	}
	if base := f.Base(); base != nil {
		found := request.Differences(*base, *f.Sent)
		views = append(views, changedView{"instruction.since.granted", web.NewDifferenceViews(found, documents)})
	}
	return views
}

// changedOfForm is what the form proposed and the town changed: what the form left empty is no
// difference, nor who the town names.
func changedOfForm(a request.Application) []request.Difference {
	var changed []request.Difference
	for _, d := range request.Differences(request.Begun(a.Template), a.Answers) {
		if !d.Before.IsZero() && d.Field != request.FieldBusinessSelf {
			changed = append(changed, d)
		}
	}
	return changed
}
