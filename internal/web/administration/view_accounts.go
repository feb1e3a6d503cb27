package administration

import (
	"portail-qf/internal/domain/account"
	"portail-qf/internal/web"
)

// accountsPage lists the accounts.
type accountsPage struct {
	web.ProPage
	List web.List
	Rows []accountRow
}

// accountRow is an account in the list.
type accountRow struct {
	URL, Name, Mail, Organisation string
	Roles                         []account.Role // each once
	SeenAt                        web.Moment
}

func newAccountsPage(page web.ProPage, list web.List, listed []account.Account) accountsPage {
	p := accountsPage{ProPage: page, List: list}
	for _, a := range listed {
		row := accountRow{
			URL: accountPath(a.ID), Name: a.Name(), Mail: a.Mail, Organisation: a.SignedFor.Display(), SeenAt: web.MomentOf(a.SignedInAt),
		}
		held := map[account.Role]bool{}
		for _, m := range a.Memberships {
			if !held[m.Role] {
				row.Roles = append(row.Roles, m.Role)
			}
			held[m.Role] = true
		}
		p.Rows = append(p.Rows, row)
	}
	return p
}

// accountPage shows who somebody is, in which roles and signed in where.
type accountPage struct {
	web.ProPage
	URL, Name, Mail      string
	Establishment, Siret string // for which the person signed in last; the name may be ""
	FirstSeen, LastSeen  web.Moment
	Own                  bool // of the person who reads: nothing can be changed here
	Roles                []roleRow
	Sessions             []sessionRow
}

// roleRow is a role that the person holds.
type roleRow struct {
	URL          string
	Role         account.Role
	Organisation string
	By           string
	At           web.Moment
	// Elsewhere: it was taken for another establishment than that of the last sign-in, and
	// cannot be used from this one.
	Elsewhere bool
}

func newAccountPage(page web.ProPage, actor account.Actor, a account.Account, sessions []account.Session) accountPage {
	p := accountPage{
		ProPage: page, URL: accountPath(a.ID), Name: a.Name(), Mail: a.Mail,
		Establishment: a.SignedFor.Name, Siret: a.SignedFor.Siret.Display(),
		FirstSeen: web.MomentOf(a.CreatedAt), LastSeen: web.MomentOf(a.SignedInAt), Own: a.ID == actor.AccountID,
	}
	for _, m := range a.Memberships {
		p.Roles = append(p.Roles, roleRow{
			URL: rolePath(m), Role: m.Role, Organisation: m.Organisation.Display(), By: m.GrantedBy, At: web.MomentOf(m.GrantedAt),
			Elsewhere: !m.UsableFrom(a.SignedFor),
		})
	}
	for _, s := range sessions {
		p.Sessions = append(p.Sessions, newSessionRow(s, actor))
	}
	return p
}
