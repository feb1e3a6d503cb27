package administration

import (
	"strconv"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/web"
	"portail-qf/internal/web/form"
)

// rolePath is the address of the role that somebody holds.
func rolePath(m account.Membership) string {
	return accountPath(m.AccountID) + "/roles/" + strconv.FormatInt(m.ID, 10)
}

// grantPage asks which role to give to somebody.
type grantPage struct {
	web.ProPage
	URL, Name string // of the account
	Offer     offerForm
}

func newGrantPage(page web.ProPage, of account.Account, offer offerForm) grantPage {
	page.Problems = form.Problems(offer.Role, offer.Editor, offer.Siret)
	return grantPage{ProPage: page, URL: accountPath(of.ID), Name: of.Name(), Offer: offer}
}

// withdrawalPage asks once more before a role is taken.
type withdrawalPage struct {
	web.ProPage
	AccountURL, RoleURL string
	Name, GivenFor      string
	Role                account.Role
	Last                bool // the person then has no space left
}

func newWithdrawalPage(page web.ProPage, of account.Account, m account.Membership) withdrawalPage {
	return withdrawalPage{
		ProPage: page, AccountURL: accountPath(of.ID), RoleURL: rolePath(m), Name: of.Name(), GivenFor: m.Organisation.Display(),
		Role: m.Role, Last: len(of.Memberships) == 1,
	}
}
