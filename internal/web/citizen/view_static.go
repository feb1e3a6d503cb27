package citizen

import "portail-qf/internal/web"

// textPage is a page of text that depends on nothing: help, site map.
type textPage struct{ web.Page }

// operatorPage is a page of text that names the operator of the portal: legal notice,
// privacy, accessibility.
type operatorPage struct {
	web.Page
	Operator            web.Operator
	ProfessionalContact string // mail address for towns and editors, never for citizens
}

// cookiesPage lists the cookies by the names that the site really gives them.
type cookiesPage struct {
	web.Page
	CitizenCookie, ProfessionalCookie, SignInCookie, FlashCookie string
}

func newCookiesPage(page web.Page) cookiesPage {
	return cookiesPage{page, SessionCookie, web.SessionCookie, web.SignInCookie, web.FlashCookie}
}
