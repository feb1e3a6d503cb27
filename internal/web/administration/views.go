package administration

import "portail-qf/internal/web"

// Views are the pages of the administrators, parsed at start.
type Views struct {
	home             web.View[homePage]
	accounts         web.View[accountsPage]
	account          web.View[accountPage]
	grant            web.View[grantPage]
	giving           web.View[givingPage]
	withdrawal       web.View[withdrawalPage]
	invitations      web.View[invitationsPage]
	invitationForm   web.View[invitationFormPage]
	takingBack       web.View[takingBackPage]
	sessions         web.View[sessionsPage]
	ending           web.View[endingPage]
	organisations    web.View[organisationsPage]
	organisation     web.View[organisationPage]
	organisationForm web.View[organisationFormPage]
	towns            web.View[townsPage]
	town             web.View[townPage]
}

// ParseViews parses every page of the administrators.
func ParseViews(t *web.Templates) (Views, error) {
	p := web.NewParser(t)
	v := Views{
		home:             web.Parsed[homePage](p, "administration/home"),
		accounts:         web.Parsed[accountsPage](p, "administration/accounts"),
		account:          web.Parsed[accountPage](p, "administration/account"),
		grant:            web.Parsed[grantPage](p, "administration/grant"),
		giving:           web.Parsed[givingPage](p, "administration/giving"),
		withdrawal:       web.Parsed[withdrawalPage](p, "administration/withdrawal"),
		invitations:      web.Parsed[invitationsPage](p, "administration/invitations"),
		invitationForm:   web.Parsed[invitationFormPage](p, "administration/invitation_form"),
		takingBack:       web.Parsed[takingBackPage](p, "administration/taking_back"),
		sessions:         web.Parsed[sessionsPage](p, "administration/sessions"),
		ending:           web.Parsed[endingPage](p, "administration/ending"),
		organisations:    web.Parsed[organisationsPage](p, "administration/organisations"),
		organisation:     web.Parsed[organisationPage](p, "administration/organisation"),
		organisationForm: web.Parsed[organisationFormPage](p, "administration/organisation_form"),
		towns:            web.Parsed[townsPage](p, "administration/towns"),
		town:             web.Parsed[townPage](p, "administration/town"),
	}
	return v, p.Err()
}

// Exhibits lists every page with its samples, for the showcase and the tests. page is that
// of an administrator.
func (v Views) Exhibits(page web.ProPage) []web.Exhibit {
	return []web.Exhibit{
		web.Show("administration/home", v.home, homeSamples(page)...),
		web.Show("administration/accounts", v.accounts, accountsSamples(page)...),
		web.Show("administration/account", v.account, accountSamples(page)...),
		web.Show("administration/grant", v.grant, grantSamples(page)...),
		web.Show("administration/giving", v.giving, givingSamples(page)...),
		web.Show("administration/withdrawal", v.withdrawal, withdrawalSamples(page)...),
		web.Show("administration/invitations", v.invitations, invitationsSamples(page)...),
		web.Show("administration/invitation_form", v.invitationForm, invitationFormSamples(page)...),
		web.Show("administration/taking_back", v.takingBack, takingBackSamples(page)...),
		web.Show("administration/sessions", v.sessions, sessionsSamples(page)...),
		web.Show("administration/ending", v.ending, endingSamples(page)...),
		web.Show("administration/organisations", v.organisations, organisationsSamples(page)...),
		web.Show("administration/organisation", v.organisation, organisationSamples(page)...),
		web.Show("administration/organisation_form", v.organisationForm, organisationFormSamples(page)...),
		web.Show("administration/towns", v.towns, townsSamples(page)...),
		web.Show("administration/town", v.town, townSamples(page)...),
	}
}
