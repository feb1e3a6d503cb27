package administration

import "portail-qf/internal/web"

// homePage is the first page: what waits for the person, and where everything is.
type homePage struct {
	web.ProPage
	Waiting   Waiting
	Unmanaged []unmanagedEditor
	Sections  []web.NavLink
	Decides   bool // the person, of habilitations
}

// unmanagedEditor is an editor of which nobody may invite any more.
type unmanagedEditor struct{ Name, InvitationURL string }

// newHomePage shows the sections of the navigation, the home page itself apart.
func newHomePage(page web.ProPage, waiting Waiting) homePage {
	p := homePage{ProPage: page, Waiting: waiting}
	for _, editor := range waiting.UnmanagedEditors {
		p.Unmanaged = append(p.Unmanaged, unmanagedEditor{Name: editor.Name, InvitationURL: invitationsPath + "/nouvelle?siret=" + editor.Siret.String()})
	}
	for _, link := range page.Navigation {
		if link.URL != homePath {
			p.Sections = append(p.Sections, link)
		}
	}
	return p
}
