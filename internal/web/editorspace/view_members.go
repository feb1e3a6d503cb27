package editorspace

import (
	"strconv"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/web"
)

// membersPage lists the people of an editor.
type membersPage struct {
	web.ProPage
	List                   web.List
	Rows                   []memberRow
	Managers               int // how many people manage the space
	CanInvite, CanWithdraw bool
}

// Alone tells whether the person is the only one who manages the space.
func (p membersPage) Alone() bool { return p.CanInvite && p.Managers == 1 }

// memberRow is a role that somebody holds, in the list.
type memberRow struct {
	URL, Name, Mail string
	Role            account.Role
	SignedInAt      web.Moment
	Oneself         bool // nobody takes his own roles here
}

func newMemberRows(listed []account.Member, actor account.Actor) []memberRow {
	var rows []memberRow
	for _, m := range listed {
		rows = append(rows, memberRow{
			URL: memberPath(m), Name: m.Name, Mail: m.Mail, Role: m.Membership.Role, SignedInAt: web.MomentOf(m.SignedInAt),
			Oneself: m.Membership.AccountID == actor.AccountID,
		})
	}
	return rows
}

func memberPath(m account.Member) string {
	return membersPath + "/" + strconv.FormatInt(m.Membership.ID, 10)
}

// withdrawalPage asks once more before a role is taken.
type withdrawalPage struct {
	web.ProPage
	URL, Name, Mail string
	Role            account.Role
}

func newWithdrawalPage(page web.ProPage, m account.Member) withdrawalPage {
	return withdrawalPage{ProPage: page, URL: memberPath(m), Name: web.Typographic(m.Name), Mail: m.Mail, Role: m.Membership.Role}
}
