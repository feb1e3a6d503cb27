package administration

import (
	"time"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/directory"
	"portail-qf/internal/web"
	"portail-qf/internal/web/form"
)

// dayOf gives a day of the register, which is told without an hour. The zero time gives
// the zero Moment.
func dayOf(day time.Time) web.Moment {
	if day.IsZero() {
		return web.Moment{}
	}
	return web.Moment{Year: day.Year(), Month: int(day.Month()), Day: day.Day()}
}

// organisationsPage lists the organisations.
type organisationsPage struct {
	web.ProPage
	List   web.List
	Rows   []organisationRow
	CanAdd bool
}

// organisationRow is an organisation in the list.
type organisationRow struct {
	URL, Name, Siret string // the name is "" where the register withholds it
	Postcode         string
	Closed           bool
	ToldAt           web.Moment
}

func newOrganisationsPage(page web.ProPage, list web.List, listed []directory.Organisation) organisationsPage {
	p := organisationsPage{ProPage: page, List: list}
	for _, o := range listed {
		p.Rows = append(p.Rows, organisationRow{
			URL: organisationPath(o.Siret), Name: o.Name, Siret: o.Siret.Display(), Postcode: o.Postcode, Closed: o.Closed,
			ToldAt: web.MomentOf(o.ToldAt),
		})
	}
	return p
}

// organisationPage shows what the register told of an establishment, and its people here.
type organisationPage struct {
	web.ProPage
	URL, Name, Siret             string // the name is "" where the register withholds it
	LegalCategory, COG, Postcode string
	LocalAuthority, Enrolled     bool
	Closed                       bool
	ClosedOn                     web.Moment // its day only
	ToldAt, AskedAt              web.Moment
	Forgotten                    bool // the register does not know it any more
	Unanswered                   bool // the register did not answer the last question
	CanRefresh                   bool
	InvitationURL                string // "" where nobody may be invited for it, or by the person
	ShowsPeople                  bool
	People                       []memberRow
	List                         web.List
}

func newOrganisationPage(page web.ProPage, o directory.Organisation) organisationPage {
	return organisationPage{
		ProPage: page, URL: organisationPath(o.Siret), Name: o.Name, Siret: o.Siret.Display(),
		LegalCategory: o.LegalCategory, COG: o.COG, Postcode: o.Postcode,
		LocalAuthority: o.LocalAuthority(), Enrolled: o.Enrolled, Closed: o.Closed, ClosedOn: dayOf(o.ClosedOn),
		ToldAt: web.MomentOf(o.ToldAt), AskedAt: web.MomentOf(o.AskedAt),
		Forgotten: o.Answer == directory.AnswerUnknown, Unanswered: o.Answer == directory.AnswerNone,
	}
}

// memberRow is somebody who holds a role for an organisation.
type memberRow struct {
	AccountURL, Name, Mail string
	Role                   account.Role
	SeenAt                 web.Moment
}

func newMemberRows(listed []account.Member) []memberRow {
	rows := make([]memberRow, len(listed))
	for i, m := range listed {
		rows[i] = memberRow{
			AccountURL: accountPath(m.Membership.AccountID), Name: m.Name, Mail: m.Mail, Role: m.Membership.Role, SeenAt: web.MomentOf(m.SignedInAt),
		}
	}
	return rows
}

// organisationFormPage asks which establishment to add.
type organisationFormPage struct {
	web.ProPage
	Siret  form.Field
	Closed *closedOrganisation // what was typed is closed
	// RegisterDown: nobody can tell for now.
	RegisterDown bool
}

// closedOrganisation is an establishment that was refused.
type closedOrganisation struct {
	Name, Siret string
	On          web.Moment // its day only, zero when not told
}

func newOrganisationFormPage(page web.ProPage, typed form.Field, refused directory.Organisation) organisationFormPage {
	page.Problems = form.Problems(typed)
	p := organisationFormPage{ProPage: page, Siret: typed}
	if refused.Closed {
		p.Closed = &closedOrganisation{Name: refused.Name, Siret: refused.Siret.Display(), On: dayOf(refused.ClosedOn)}
	}
	return p
}
