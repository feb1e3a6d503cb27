package editorspace

import (
	"strconv"
	"time"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/web"
)

// invitationsPage lists the invitations of an editor.
type invitationsPage struct {
	web.ProPage
	List web.List
	Rows []invitationRow
}

// invitationRow is an invitation in the list.
type invitationRow struct {
	URL, Mail, By string
	Role          account.Role
	State         account.InvitationState
	SentAt, Until web.Moment
	Answerable    bool // it may be sent again or taken back
}

func newInvitationsPage(page web.ProPage, list web.List, listed []account.Invitation, now time.Time) invitationsPage {
	p := invitationsPage{ProPage: page, List: list}
	for _, i := range listed {
		state := i.State(now)
		p.Rows = append(p.Rows, invitationRow{
			URL: invitationPath(i), Mail: i.Mail, By: i.Inviter, Role: i.Role, State: state,
			SentAt: web.MomentOf(i.CreatedAt), Until: web.MomentOf(i.ExpiresAt), Answerable: answerable(state),
		})
	}
	return p
}

func invitationPath(i account.Invitation) string {
	return invitationsPath + "/" + strconv.FormatInt(i.ID, 10)
}

// invitationFormPage asks whom to invite.
type invitationFormPage struct {
	web.ProPage
	Offer offer
}

func newInvitationFormPage(page web.ProPage, o offer) invitationFormPage {
	page.Problems = o.problems()
	return invitationFormPage{ProPage: page, Offer: o}
}

// takingBackPage asks once more before an invitation is taken back.
type takingBackPage struct {
	web.ProPage
	URL, Mail string
	Role      account.Role
}

func newTakingBackPage(page web.ProPage, i account.Invitation) takingBackPage {
	return takingBackPage{ProPage: page, URL: invitationPath(i), Mail: i.Mail, Role: i.Role}
}
