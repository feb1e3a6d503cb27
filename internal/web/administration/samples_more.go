package administration

import (
	"net/url"
	"time"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/web"
	"portail-qf/internal/web/form"
)

func sampleInvitation(i int) account.Invitation {
	invitation := account.Invitation{
		ID: int64(i + 1), Mail: "lea.fontaine@tilleul.example.fr", Role: account.EditorMember, Organisation: editor,
		Inviter: "Hugo Marchal", CreatedAt: noon.Add(-24 * time.Hour), ExpiresAt: noon.Add(13 * 24 * time.Hour),
	}
	switch i % 4 {
	case 0:
		invitation.Letter = account.InvitationLetter{MailID: 7, State: notice.States[i/4%len(notice.States)]}
	case 1:
		invitation.AcceptedAt = noon
	case 2:
		invitation.WithdrawnAt = noon
	case 3:
		invitation.ExpiresAt = noon.Add(-time.Hour)
	}
	return invitation
}

func sampleInvitations(count int) []account.Invitation {
	listed := make([]account.Invitation, count)
	for i := range listed {
		listed[i] = sampleInvitation(i)
	}
	return listed
}

func invitationsSamples(page web.ProPage) []web.Sample[invitationsPage] {
	page = at(page, invitationsPath)
	long := sampleInvitations(2)
	for i := range long {
		long[i].Mail, long[i].Organisation, long[i].Inviter = endlessMail, longFirm, endlessName+hostile
	}
	long[0].InviterID, long[0].Letter = administrator.Author().ID, account.InvitationLetter{MailID: 7, State: notice.Bounced}
	flashed := page
	flashed.Flash = "done.invitation-envoyee"
	sent := newInvitationsPage(flashed, asked(invitationListing, "", 2), long, noon).afterSending(administrator.Author().ID, long).withMails(long)
	return []web.Sample[invitationsPage]{
		{Name: "pleine", Content: newInvitationsPage(page, asked(invitationListing, "tri=adresse", 60), sampleInvitations(25), noon)},
		{Name: "noms-longs", Content: sent},
		{Name: "vide", Content: newInvitationsPage(page, asked(invitationListing, "", 0), nil, noon)},
		{Name: "sans-resultat", Content: newInvitationsPage(page, asked(invitationListing, "q=lea&etat=expired&role=admin", 0), nil, noon)},
	}
}

func invitationFormSamples(page web.ProPage) []web.Sample[invitationFormPage] {
	page = at(page, invitationsPath+"/nouvelle")
	mail := form.Field{Name: "mail"}
	own := form.Field{Name: "mail", Value: administrator.Mail}.Refused("invitation.self")
	elsewhere := offerOf(account.Town, "")
	elsewhere.Siret = form.Field{Name: "siret", Value: "210 401 071 00019"}.Refused("organisation.closed")
	unknown := offerOf(account.Town, town.Siret)
	unknown.RegisterDown = true
	refused := newOfferForm(url.Values{"role": {"root"}, "siret": {hostile}}, everyRole, nil).checked()
	return []web.Sample[invitationFormPage]{
		{Name: "vierge", Content: newInvitationFormPage(page, mail, emptyOffer())},
		{Name: "depuis-une-organisation", Content: newInvitationFormPage(page, mail, offerOf("", editor.Siret))},
		{Name: "tout-refuse", Content: newInvitationFormPage(page, checkedMail(form.Field{Name: "mail", Value: hostile}), refused)},
		{Name: "sa-propre-adresse", Content: newInvitationFormPage(page, own, emptyOffer())},
		{Name: "etablissement-ferme", Content: newInvitationFormPage(page, mail, elsewhere)},
		{Name: "registre-muet", Content: newInvitationFormPage(page, form.Field{Name: "mail", Value: endlessMail}, unknown)},
		{Name: "siret-invalide", Content: newInvitationFormPage(page, mail, offerOf(account.Town, "123").checked())},
	}
}

func takingBackSamples(page web.ProPage) []web.Sample[takingBackPage] {
	page = at(page, invitationsPath+"/1/retrait")
	long := sampleInvitation(0)
	long.Mail, long.Organisation, long.Role = endlessMail, longFirm, account.Town
	return []web.Sample[takingBackPage]{
		{Name: "page", Content: newTakingBackPage(page, sampleInvitation(0))},
		{Name: "noms-longs", Content: newTakingBackPage(page, long)},
	}
}

// sampleSessions are somebody's sessions, the first one being the one that reads.
func sampleSessions(count int) []account.Session {
	listed := make([]account.Session, count)
	for i := range listed {
		listed[i] = account.Session{
			ID: ownSessionID + int64(i), AccountID: int64(i + 1), Name: "Dominique Talbot", Mail: "dominique.talbot@exemple.fr",
			Role: everyRole[i%len(everyRole)], Organisation: town, CreatedAt: noon.Add(-2 * time.Hour), SeenAt: noon.Add(-time.Minute),
		}
	}
	return listed
}

func longSessions() []account.Session {
	listed := sampleSessions(2)[1:]
	listed[0].Name, listed[0].Mail, listed[0].Organisation, listed[0].Role = endlessName+hostile, endlessMail, longFirm, ""
	return listed
}

func sessionsSamples(page web.ProPage) []web.Sample[sessionsPage] {
	page = at(page, sessionsPath)
	ended := newSessionsPage(page, asked(sessionListing, "", 2), administrator, append(sampleSessions(1), longSessions()...))
	ended.Flash = "done.session-fermee"
	return []web.Sample[sessionsPage]{
		{Name: "pleine", Content: newSessionsPage(page, asked(sessionListing, "tri=nom", 25), administrator, sampleSessions(25))},
		{Name: "noms-longs", Content: ended},
		{Name: "sans-resultat", Content: newSessionsPage(page, asked(sessionListing, "q=camille&espace=town", 0), administrator, nil)},
	}
}

func endingSamples(page web.ProPage) []web.Sample[endingPage] {
	page = at(page, sessionsPath+"/101/fermeture")
	return []web.Sample[endingPage]{
		{Name: "page", Content: newEndingPage(page, sampleSessions(2)[1])},
		{Name: "noms-longs", Content: newEndingPage(page, longSessions()[0])},
	}
}

func sampleOrganisation(siret value.Siret, name string) directory.Organisation {
	return directory.Organisation{
		Siret: siret, ToldAt: noon.Add(-5 * time.Hour), AskedAt: noon.Add(-5 * time.Hour), Answer: directory.AnswerTold, Enrolled: name == town.Name,
		Establishment: directory.Establishment{Name: name, LegalCategory: "7210", COG: "04107", Postcode: "04270"},
	}
}

// sampleClosed is an establishment that ended with the year.
func sampleClosed() directory.Organisation {
	closed := sampleOrganisation("21280363900013", "Ancien syndicat des écoles")
	closed.Closed, closed.ClosedOn = true, time.Date(2025, time.December, 31, 0, 0, 0, 0, time.UTC)
	return closed
}

func sampleOrganisations(count int) []directory.Organisation {
	listed := make([]directory.Organisation, count)
	for i := range listed {
		listed[i] = sampleOrganisation(town.Siret, "COMMUNE DE MAJASTRES")
	}
	return listed
}

func organisationsSamples(page web.ProPage) []web.Sample[organisationsPage] {
	page = at(page, organisationsPath)
	withheld := directory.Organisation{Siret: "35600000000048", ToldAt: noon}
	full := newOrganisationsPage(page, asked(organisationListing, "tri=-verification", 90), sampleOrganisations(25))
	full.CanAdd = true
	return []web.Sample[organisationsPage]{
		{Name: "pleine", Content: full},
		{Name: "noms-longs", Content: newOrganisationsPage(page, asked(organisationListing, "q=val&etat=closed", 3),
			[]directory.Organisation{sampleOrganisation(longFirm.Siret, endlessFirm+hostile), withheld, sampleClosed()})},
		{Name: "vide", Content: newOrganisationsPage(page, asked(organisationListing, "", 0), nil)},
		{Name: "sans-resultat", Content: newOrganisationsPage(page, asked(organisationListing, "q=000", 0), nil)},
	}
}

func organisationSamples(page web.ProPage) []web.Sample[organisationPage] {
	page = at(page, organisationPath(town.Siret))
	listing := web.Listing{Path: organisationPath(town.Siret)}
	show := func(o directory.Organisation, people []account.Member, query string, total int) organisationPage {
		p := newOrganisationPage(page, o)
		p.CanRefresh, p.ShowsPeople = true, true
		if !o.Closed {
			p.InvitationURL = invitationsPath + "/nouvelle?siret=" + o.Siret.String()
		}
		p.People, p.List = newMemberRows(people), asked(listing, query, total)
		return p
	}
	members := []account.Member{
		{Membership: held(1, account.Town, town), Name: "Dominique Talbot", Mail: "dominique.talbot@exemple.fr", SignedInAt: noon},
		{Membership: held(2, account.Town, town), Name: endlessName + hostile, Mail: endlessMail, SignedInAt: noon},
	}
	forgotten, silent := sampleOrganisation(nameless.Siret, ""), sampleOrganisation(longFirm.Siret, endlessFirm)
	forgotten.Answer, silent.Answer = directory.AnswerUnknown, directory.AnswerNone
	forgotten.Postcode, forgotten.COG, forgotten.LegalCategory = "", "", ""
	added := show(sampleOrganisation(town.Siret, town.Name), members, "page=2", 52)
	added.Flash = "done.organisation-ajoutee"
	return []web.Sample[organisationPage]{
		{Name: "pleine", Content: added},
		{Name: "fermee", Content: show(sampleClosed(), nil, "", 0)},
		{Name: "fermee-utilisee", Content: show(sampleClosed(), members, "", 2)},
		{Name: "inconnue-du-registre", Content: show(forgotten, nil, "", 0)},
		{Name: "registre-muet", Content: show(silent, nil, "page=9", 0)},
		{Name: "en-consultation", Content: newOrganisationPage(page, sampleOrganisation(town.Siret, town.Name))},
	}
}

func organisationFormSamples(page web.ProPage) []web.Sample[organisationFormPage] {
	page = at(page, organisationsPath+"/nouvelle")
	typed := form.Field{Name: "siret", Value: "212 803 639 00013"}
	refused := func(typed form.Field, code string, o directory.Organisation) organisationFormPage {
		return newOrganisationFormPage(page, typed.Refused(code), o)
	}
	return []web.Sample[organisationFormPage]{
		{Name: "vierge", Content: organisationFormPage{ProPage: page, Siret: form.Field{Name: "siret"}}},
		{Name: "invalide", Content: refused(form.Field{Name: "siret", Value: hostile}, "siret.invalid", directory.Organisation{})},
		{Name: "inconnue", Content: refused(typed, "organisation.unknown", directory.Organisation{})},
		{Name: "fermee", Content: refused(typed, "organisation.closed", sampleClosed())},
		{Name: "registre-muet", Content: organisationFormPage{ProPage: page, Siret: typed, RegisterDown: true}},
	}
}
