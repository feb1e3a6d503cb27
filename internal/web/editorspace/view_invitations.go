package editorspace

import (
	"strconv"
	"time"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/web"
)

// invitationsPage lists the invitations of an editor.
type invitationsPage struct {
	web.ProPage
	List web.List
	Rows []invitationRow
	Sent *invitationRow // the person has just sent it; nil otherwise
}

// invitationRow is an invitation in the list.
type invitationRow struct {
	URL, Mail, By       string
	Organisation, Siret string // for whom
	Role                account.Role
	State               account.InvitationState
	SentAt, Until       web.Moment
	Answerable          bool // it may be sent again or taken back
	// Letter is where its mail stands, while somebody may still answer: "" once nobody knows.
	Letter  notice.State
	MailURL string // "": the mails are the administration's
}

func newInvitationsPage(page web.ProPage, list web.List, listed []account.Invitation, now time.Time) invitationsPage {
	p := invitationsPage{ProPage: page, List: list}
	for _, i := range listed {
		state := i.State(now)
		p.Rows = append(p.Rows, invitationRow{
			URL: invitationPath(i), Mail: i.Mail, Organisation: i.Organisation.Display(), Siret: i.Organisation.Siret.Display(),
			By: i.Inviter, Role: i.Role, State: state,
			SentAt: web.MomentOf(i.CreatedAt), Until: web.MomentOf(i.ExpiresAt), Answerable: state.Answerable(),
		})
		if row := &p.Rows[len(p.Rows)-1]; row.Answerable {
			row.Letter = i.Letter.State
		}
	}
	return p
}

// afterSending says of the newest invitation, which the person has just sent, to whom it is
// and as what.
func (p invitationsPage) afterSending(inviter string, listed []account.Invitation) invitationsPage {
	if p.Flash == "done.invitation-envoyee" && len(listed) > 0 && listed[0].InviterID == inviter {
		p.Sent, p.Flash = &p.Rows[0], ""
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
