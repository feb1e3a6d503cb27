package pattern

import (
	"portail-qf/internal/web"
	"portail-qf/internal/web/dsfr"
	"portail-qf/internal/web/form"
)

// Views are the pages of the book.
type Views struct {
	home         web.View[homePage]
	list         web.View[listPage]
	form         web.View[formPage]
	confirmation web.View[confirmationPage]
	plain        web.View[web.ProPage]
}

// ParseViews parses every page of the book.
func ParseViews(t *web.Templates) (Views, error) {
	p := web.NewParser(t)
	v := Views{
		home:         web.Parsed[homePage](p, "pattern/home"),
		list:         web.Parsed[listPage](p, "pattern/list"),
		form:         web.Parsed[formPage](p, "pattern/form"),
		confirmation: web.Parsed[confirmationPage](p, "pattern/confirmation"),
		plain:        web.Parsed[web.ProPage](p, "pattern/plain"),
	}
	return v, p.Err()
}

// Exhibits lists every page with its samples, as spaces do.
func (v Views) Exhibits(page web.Page) []web.Exhibit {
	return []web.Exhibit{
		web.Show("pattern/home", v.home, homeSamples(page)...),
		web.Show("pattern/list", v.list, listSamples(page)...),
		web.Show("pattern/form", v.form, formSamples(page)...),
		web.Show("pattern/confirmation", v.confirmation, confirmationSamples(page)...),
		web.Show("pattern/plain", v.plain, plainSamples(page)...),
	}
}

// homePage is the first page of a space: what waits for the person.
type homePage struct {
	web.ProPage
	Dead, Bounced, Invited int
}

// listPage is the one pattern of lists: its rows, and what surrounds them.
type listPage struct {
	web.ProPage
	List web.List
	Rows []row
}

// row is a mail that leaves, as the list shows it.
type row struct {
	ID                     string
	Subject, Address, Kind string
	State                  string // a code
	Stopped                bool   // it may be sent again
	At                     web.Moment
}

// formPage holds every control that a form may have.
type formPage struct {
	web.ProPage
	Mail, Siret, Role, Channel, Until, Reason, Agreed form.Field
	Notices                                           form.Choices
	Channels                                          []dsfr.Option
}

// confirmationPage asks once more before an act.
type confirmationPage struct {
	web.ProPage
	Name string
}
