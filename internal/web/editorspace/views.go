package editorspace

import "portail-qf/internal/web"

// Views are the pages of the editors, parsed at start.
type Views struct {
	home           web.View[homePage]
	clients        web.View[clientsPage]
	hub            web.View[hubPage]
	hubTown        web.View[hubTownPage]
	hubPair        web.View[hubPairPage]
	hubErasure     web.View[hubErasurePage]
	hubPaste       web.View[hubPastePage]
	hubReport      web.View[hubReportPage]
	members        web.View[membersPage]
	withdrawal     web.View[withdrawalPage]
	reminders      web.View[remindersPage]
	invitations    web.View[invitationsPage]
	invitationForm web.View[invitationFormPage]
	takingBack     web.View[takingBackPage]
	programs       web.View[programsPage]
	program        web.View[programPage]
	programForm    web.View[programFormPage]
	programAct     web.View[programActPage]
	secret         web.View[secretPage]
	renewals       web.View[renewalsPage]

	sentences *web.Templates
}

// ParseViews parses every page of the editors.
func ParseViews(t *web.Templates) (Views, error) {
	p := web.NewParser(t)
	v := Views{
		home:           web.Parsed[homePage](p, "editorspace/home"),
		clients:        web.Parsed[clientsPage](p, "editorspace/clients"),
		hub:            web.Parsed[hubPage](p, "editorspace/hub"),
		hubTown:        web.Parsed[hubTownPage](p, "editorspace/hub_town"),
		hubPair:        web.Parsed[hubPairPage](p, "editorspace/hub_pair"),
		hubErasure:     web.Parsed[hubErasurePage](p, "editorspace/hub_erasure"),
		hubPaste:       web.Parsed[hubPastePage](p, "editorspace/hub_paste"),
		hubReport:      web.Parsed[hubReportPage](p, "editorspace/hub_report"),
		members:        web.Parsed[membersPage](p, "editorspace/members"),
		withdrawal:     web.Parsed[withdrawalPage](p, "editorspace/withdrawal"),
		reminders:      web.Parsed[remindersPage](p, "editorspace/reminders"),
		invitations:    web.Parsed[invitationsPage](p, "editorspace/invitations"),
		invitationForm: web.Parsed[invitationFormPage](p, "editorspace/invitation_form"),
		takingBack:     web.Parsed[takingBackPage](p, "editorspace/taking_back"),
		programs:       web.Parsed[programsPage](p, "editorspace/programs"),
		program:        web.Parsed[programPage](p, "editorspace/program"),
		programForm:    web.Parsed[programFormPage](p, "editorspace/program_form"),
		programAct:     web.Parsed[programActPage](p, "editorspace/program_act"),
		secret:         web.Parsed[secretPage](p, "editorspace/secret"),
		renewals:       web.Parsed[renewalsPage](p, "editorspace/renewals"),

		sentences: t,
	}
	return v, p.Err()
}

// Exhibits lists every page with its samples, for the showcase and the tests. page frames
// each of them.
func (v Views) Exhibits(page web.ProPage) []web.Exhibit {
	return []web.Exhibit{
		web.Show("editorspace/home", v.home, homeSamples(page)...),
		web.Show("editorspace/clients", v.clients, clientsSamples(page)...),
		web.Show("editorspace/hub", v.hub, hubSamples(page)...),
		web.Show("editorspace/hub_town", v.hubTown, hubTownSamples(page)...),
		web.Show("editorspace/hub_pair", v.hubPair, hubPairSamples(page)...),
		web.Show("editorspace/hub_erasure", v.hubErasure, hubErasureSamples(page)...),
		web.Show("editorspace/hub_paste", v.hubPaste, hubPasteSamples(page)...),
		web.Show("editorspace/hub_report", v.hubReport, hubReportSamples(page)...),
		web.Show("editorspace/members", v.members, membersSamples(page)...),
		web.Show("editorspace/withdrawal", v.withdrawal, withdrawalSamples(page)...),
		web.Show("editorspace/reminders", v.reminders, remindersSamples(page)...),
		web.Show("editorspace/invitations", v.invitations, invitationsSamples(page)...),
		web.Show("editorspace/invitation_form", v.invitationForm, invitationFormSamples(page)...),
		web.Show("editorspace/taking_back", v.takingBack, takingBackSamples(page)...),
		web.Show("editorspace/programs", v.programs, programsSamples(page)...),
		web.Show("editorspace/program", v.program, programSamples(page)...),
		web.Show("editorspace/program_form", v.programForm, programFormSamples(page)...),
		web.Show("editorspace/program_act", v.programAct, programActSamples(page)...),
		web.Show("editorspace/renewals", v.renewals, renewalsSamples(page)...),
		web.Show("editorspace/secret", v.secret, secretSamples(page)...),
	}
}
