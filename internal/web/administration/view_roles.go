package administration

import (
	"strconv"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/web"
	"portail-qf/internal/web/dsfr"
	"portail-qf/internal/web/form"
)

// rolePath is the address of the role that somebody holds.
func rolePath(m account.Membership) string {
	return accountPath(m.AccountID) + "/roles/" + strconv.FormatInt(m.ID, 10)
}

// recipient is who is given a role: enough to know one person from another of the same name.
type recipient struct {
	Name, Mail           string
	Establishment, Siret string // for which the person signed in last; the name may be ""
	Closed               bool   // it is, in the register
}

func newRecipient(of account.Account) recipient {
	return recipient{
		Name: of.Name(), Mail: of.Mail, Establishment: of.SignedFor.Name, Siret: of.SignedFor.Siret.Display(), Closed: of.SignedFor.Closed,
	}
}

// grantPage asks which role to give to somebody.
type grantPage struct {
	web.ProPage
	URL   string // of the account
	To    recipient
	Offer offerForm
}

func newGrantPage(page web.ProPage, of account.Account, offer offerForm) grantPage {
	page.Problems = form.Problems(offer.Role, offer.Editor, offer.Siret)
	return grantPage{ProPage: page, URL: accountPath(of.ID), To: newRecipient(of), Offer: offer}
}

// givingPage shows once more who is given what, before it is.
type givingPage struct {
	web.ProPage
	URL           string // of the account
	To            recipient
	Role          account.Role
	Target, Siret string // for whom; the name may be ""
	Elsewhere     bool   // not where the person works
	Typed         []dsfr.Hidden
}

func newGivingPage(page web.ProPage, giving account.Giving, offer offerForm) givingPage {
	p := givingPage{
		ProPage: page, URL: accountPath(giving.To.ID), To: newRecipient(giving.To), Role: giving.Role,
		Target: giving.Organisation.Name, Siret: giving.Organisation.Siret.Display(), Elsewhere: giving.Elsewhere(),
	}
	for _, field := range []form.Field{offer.Role, offer.Editor, offer.Siret} {
		p.Typed = append(p.Typed, dsfr.Hidden{Name: field.Name, Value: field.Value})
	}
	return p
}

// withdrawalPage asks once more before a role is taken.
type withdrawalPage struct {
	web.ProPage
	AccountURL, RoleURL string
	Name, GivenFor      string
	Role                account.Role
	Last                bool // the person then has no space left
	LastManager         bool // nobody then manages the space of the editor
}

func newWithdrawalPage(page web.ProPage, of account.Account, m account.Membership) withdrawalPage {
	return withdrawalPage{
		ProPage: page, AccountURL: accountPath(of.ID), RoleURL: rolePath(m), Name: of.Name(), GivenFor: m.Organisation.Display(),
		Role: m.Role, Last: len(of.Memberships) == 1,
	}
}
