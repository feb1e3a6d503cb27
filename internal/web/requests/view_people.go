package requests

import (
	"slices"
	"strings"

	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/web"
)

// personRow is somebody whom a request names: requests/partials/people.
type personRow struct {
	Role string // code
	personCard
	Oneself  bool // the requester, named above
	Changed  bool // by the modification under way
	Comments []commentView
}

// Nobody tells that nothing was answered.
func (r personRow) Nobody() bool { return r.personCard == personCard{} }

// newPersonRows lists the people of a request in the order in which they are asked, the
// requester first; comments are those of the instructors, for whoever writes.
func newPersonRows(f file, answers request.Answers, writes bool) []personRow {
	requester := f.Request.Requester
	if f.Request.State == habilitation.Archived {
		return nil // what it said is erased, or about to be
	}
	requester.Phone, requester.Job = answers.RequesterPhone, answers.RequesterJob
	var rows []personRow
	for _, person := range []struct {
		prefix, role string
		habilitation.Contact
		oneself bool
	}{
		{"demandeur_", "requester", requester, false},
		{"dpd_", "dpd", answers.DPD, false},
		{"responsable_", "controller", answers.Controller, false},
		{"metier_", "business", answers.Business, !answers.BusinessElsewhere},
		{"technique_", "technical", answers.Technical, answers.TechnicalOneself},
	} {
		row := personRow{Role: "habilitation.contact." + person.role, personCard: newPersonCard(person.Contact), Oneself: person.oneself}
		if writes {
			row.Changed = modifies(f, func(field request.Field) bool { return strings.HasPrefix(string(field), person.prefix) })
			row.Comments = commentsOn(f, person.prefix)
		}
		rows = append(rows, row)
	}
	return rows
}

// modifies tells that a modification changes a field that a rule names.
func modifies(f file, named func(field request.Field) bool) bool {
	if !f.Modification() || f.Granted == nil {
		return false
	}
	return slices.ContainsFunc(request.Differences(*f.Base(), f.Answers), func(d request.Difference) bool { return named(d.Field) })
}

func commentsOn(f file, prefix string) []commentView {
	if f.Phase != request.Returned {
		return nil
	}
	var views []commentView
	for _, comment := range f.Asked.Comments {
		if strings.HasPrefix(string(comment.Field), prefix) {
			views = append(views, commentView{Label: web.FieldLabel(comment.Field), Text: web.Lines(comment.Text)})
		}
	}
	return views
}
