package collectivity

import (
	"portail-qf/internal/domain/account"
	"portail-qf/internal/web"
)

// colleaguesPage lists the agents of a local authority, and says how another one comes in.
type colleaguesPage struct {
	web.ProPage
	List          web.List
	Rows          []colleague
	Siret         string
	SignInAddress string
}

// colleague is an agent in the list.
type colleague struct {
	Name, Mail string
	SignedInAt web.Moment
	Oneself    bool
}

func newColleaguesPage(page web.ProPage, actor account.Actor, list web.List, listed []account.Member) colleaguesPage {
	p := colleaguesPage{ProPage: page, List: list, Siret: actor.Organisation.Siret.Display()}
	for _, m := range listed {
		p.Rows = append(p.Rows, colleague{
			Name: m.Name, Mail: m.Mail, SignedInAt: web.MomentOf(m.SignedInAt), Oneself: m.Membership.AccountID == actor.AccountID,
		})
	}
	return p
}
