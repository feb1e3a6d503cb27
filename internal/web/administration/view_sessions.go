package administration

import (
	"strconv"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/web"
)

// sessionsPage lists the sessions under way.
type sessionsPage struct {
	web.ProPage
	List web.List
	Rows []sessionRow
}

// sessionRow is somebody signed in.
type sessionRow struct {
	URL, AccountURL          string
	Name, Mail, Organisation string
	Role                     account.Role // "" when no space is chosen
	SignedInAt, SeenAt       web.Moment
	Own                      bool // the one that reads this page
}

func newSessionRow(s account.Session, actor account.Actor) sessionRow {
	return sessionRow{
		URL: sessionPath(s), AccountURL: accountPath(s.AccountID), Name: s.Name, Mail: s.Mail,
		Organisation: s.Organisation.Display(), Role: s.Role,
		SignedInAt: web.MomentOf(s.CreatedAt), SeenAt: web.MomentOf(s.SeenAt), Own: s.ID == actor.SessionID,
	}
}

func sessionPath(s account.Session) string {
	return sessionsPath + "/" + strconv.FormatInt(s.ID, 10)
}

func newSessionsPage(page web.ProPage, list web.List, actor account.Actor, listed []account.Session) sessionsPage {
	p := sessionsPage{ProPage: page, List: list}
	for _, s := range listed {
		p.Rows = append(p.Rows, newSessionRow(s, actor))
	}
	return p
}

// endingPage asks once more before a session is ended.
type endingPage struct {
	web.ProPage
	URL, Name string
	SeenAt    web.Moment
}

func newEndingPage(page web.ProPage, s account.Session) endingPage {
	return endingPage{ProPage: page, URL: sessionPath(s), Name: s.Name, SeenAt: web.MomentOf(s.SeenAt)}
}
