package administration

import (
	"strconv"
	"time"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/web"
	"portail-qf/internal/web/form"
)

// invitationsPage lists the invitations.
type invitationsPage struct {
	web.ProPage
	List web.List
	Rows []invitationRow
}

// invitationRow is an invitation in the list.
type invitationRow struct {
	URL, Mail, Organisation, By string
	Role                        account.Role
	State                       account.InvitationState
	SentAt, Until               web.Moment
	Answerable                  bool // it may be sent again or taken back
}

func newInvitationsPage(page web.ProPage, list web.List, listed []account.Invitation, now time.Time) invitationsPage {
	p := invitationsPage{ProPage: page, List: list}
	for _, i := range listed {
		state := i.State(now)
		p.Rows = append(p.Rows, invitationRow{
			URL: invitationPath(i), Mail: i.Mail, Organisation: i.Organisation.Display(), By: i.Inviter, Role: i.Role, State: state,
			SentAt: web.MomentOf(i.CreatedAt), Until: web.MomentOf(i.ExpiresAt), Answerable: answerable(state),
		})
	}
	return p
}

func invitationPath(i account.Invitation) string {
	return invitationsPath + "/" + strconv.FormatInt(i.ID, 10)
}

// invitationFormPage asks whom to invite, and as what.
type invitationFormPage struct {
	web.ProPage
	Mail  form.Field
	Offer offerForm
}

func newInvitationFormPage(page web.ProPage, mail form.Field, offer offerForm) invitationFormPage {
	page.Problems = form.Problems(mail, offer.Role, offer.Editor, offer.Siret)
	return invitationFormPage{ProPage: page, Mail: mail, Offer: offer}
}

// takingBackPage asks once more before an invitation is taken back.
type takingBackPage struct {
	web.ProPage
	URL, Mail, OfferedFor string
	Role                  account.Role
}

func newTakingBackPage(page web.ProPage, i account.Invitation) takingBackPage {
	return takingBackPage{ProPage: page, URL: invitationPath(i), Mail: i.Mail, OfferedFor: i.Organisation.Display(), Role: i.Role}
}
