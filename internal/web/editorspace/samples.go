package editorspace

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/notice"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/web"
)

// The samples are invented. They show each page in its ordinary state, empty, in error, and
// with the longest texts and the most hostile.

const (
	hostile   = `<script>alert("1")</script> & L'ESSAI`
	addresses = "https://quotient-familial.example.fr" + publicForms
)

func sampleNow() time.Time { return time.Date(2026, 11, 24, 9, 30, 0, 0, time.UTC) }

// manager is somebody who manages the space; member is somebody who does not.
func manager() account.Actor {
	return account.Actor{
		AccountID: 1, Name: "Camille Ferrand", Role: account.EditorAdmin,
		Organisation: account.Organisation{Siret: "13002526500013", Name: "Logiciels d'Exemple"},
	}
}

func member() account.Actor {
	actor := manager()
	actor.AccountID, actor.Role = 2, account.EditorMember
	return actor
}

// framed frames a page as somebody of the editor sees it.
func framed(page web.ProPage, actor account.Actor, path string) web.ProPage {
	page.Path, page.Space = path, account.SpaceEditor
	page.Person, page.Organisation = actor.Name, actor.Organisation.Name
	links := []web.NavLink{
		{Code: "accueil", URL: homePath}, {Code: "collectivites", URL: clientsPath}, {Code: "prolongations", URL: renewalsPath}, {Code: "acces-hubee", URL: hubPath}, {Code: "api", URL: apiPath}, {Code: "membres", URL: membersPath},
	}
	if actor.Role == account.EditorAdmin {
		links = append(links, web.NavLink{Code: "invitations", URL: invitationsPath})
	}
	page.Navigation = web.MarkCurrent(links, path)
	return page
}

// asked is what a list shows for the query of an address.
func asked(listing web.Listing, query string, total int) web.List {
	values, err := url.ParseQuery(query)
	if err != nil {
		panic(err) // a sample of ours
	}
	return listing.Read(values).List(total)
}

func homeSamples(page web.ProPage) []web.Sample[homePage] {
	long := manager()
	long.Name, long.Organisation.Name = strings.Repeat("Marie-Antoinette ", 12), strings.Repeat("DUBOIS", 40)
	counts := directory.FormCounts{Open: 1312, Soon: 4, Closed: 1}
	blocked := newHomePage(framed(page, member(), homePath), member(), counts, unanswered{})
	blocked.Stuck, blocked.ToCollect, blocked.Cut, blocked.InThirty = 2, 4, 1, 12
	one := blocked
	one.Stuck = 1
	return []web.Sample[homePage]{
		{Name: "bloquees", Content: blocked},
		{Name: "une-bloquee", Content: one},
		{Name: "tout", Content: newHomePage(framed(page, manager(), homePath), manager(), counts, unanswered{Waiting: 2, Expired: 1})},
		{Name: "une-collectivite", Content: newHomePage(framed(page, manager(), homePath), manager(), directory.FormCounts{Open: 1}, unanswered{Expired: 3})},
		{Name: "rien", Content: newHomePage(framed(page, member(), homePath), member(), directory.FormCounts{}, unanswered{})},
		{Name: "nom-long", Content: newHomePage(framed(page, long, homePath), long, counts, unanswered{Waiting: 1})},
	}
}

func sampleClients(count int) []directory.Collectivity {
	forms, departements := directory.FormStates, [...]string{"04", "2A", "974"}
	listed := make([]directory.Collectivity, count)
	for i := range listed {
		listed[i] = directory.Collectivity{
			Siret: value.Siret(fmt.Sprintf("2104010710%04d", i)), Name: fmt.Sprintf("Saint-Exemple-les-Bains %d", i+1), Departement: departements[i%3], Form: forms[i%3],
		}
	}
	return listed
}

// sampleStandings have every state of a habilitation and of a subscription, and none.
func sampleStandings(listed []directory.Collectivity) map[value.Siret]credential.Standing {
	standings := map[value.Siret]credential.Standing{}
	for i, town := range listed {
		if i%5 == 4 {
			continue
		}
		standings[town.Siret] = credential.Standing{
			Request: 48231, Habilitation: habilitation.Number(10_000_042 + i), State: [...]habilitation.State{
				habilitation.Validated, habilitation.Reopened, habilitation.Suspended, habilitation.Revoked,
			}[i%4], StateAt: sampleNow().Add(-time.Duration(i) * 31 * time.Hour), Subscription: credential.States[i%len(credential.States)], SuspendedAtHub: i%9 == 6,
		}
	}
	return standings
}

func clientsSamples(page web.ProPage) []web.Sample[clientsPage] {
	page = framed(page, manager(), clientsPath)
	show := func(query string, total int, listed []directory.Collectivity) clientsPage {
		p := newClientsPage(page, asked(clientListing, query, total), listed, sampleStandings(listed))
		p.tell(sampleTokens(listed), credential.LivePrefix, sampleNow())
		p.Addresses, p.Editor = addresses, web.Typographic(manager().Organisation.Display())
		return p
	}
	long := sampleClients(3)
	for i, name := range []string{
		hostile, strings.Repeat("SAINVILLE", 30), "Communauté d'agglomération du Val-de-la-Grande-Rivière et des Plateaux-de-Sainville",
	} {
		long[i].Name = name
	}
	long[1].Departement = "99" // of no table
	return []web.Sample[clientsPage]{
		{Name: "pleine", Content: show("page=2", 1312, sampleClients(25))},
		{Name: "courte", Content: show("", 3, sampleClients(3))},
		{Name: "criteres", Content: show("q=sain+%3Cb%3E&formulaire=bientot", 3, long)},
		{Name: "bloquees", Content: show("hubee=bloque", 3, sampleClients(3))},
		{Name: "vide", Content: show("", 0, nil)},
		{Name: "sans-resultat", Content: show("q=nulle+part&formulaire=ferme", 0, nil)},
		{Name: "au-dela", Content: show("page=40", 0, nil)},
	}
}

// sampleTokens has a token in each state in turn, and none for one collectivity of six.
func sampleTokens(listed []directory.Collectivity) map[value.Siret]credential.Token {
	tokens := map[value.Siret]credential.Token{}
	for i, town := range listed {
		t := credential.Token{ID: fmt.Sprintf("5f0c1a52-9a3e-4b7c-8d11-%012d", i), PublicID: fmt.Sprintf("7Yk2pQe9R%03d", i), ExpiresAt: sampleNow().AddDate(1, 0, i)}
		if i%6 != 0 {
			t.Collection.Side, t.FirstUse = credential.SideEditor, sampleNow().Add(-time.Hour)
		}
		switch i % 6 {
		case 2:
			t.ExpiresAt = sampleNow().AddDate(0, 1, 0)
		case 3:
			t.ExpiresAt = sampleNow().AddDate(0, 0, -1)
		case 4:
			t.Suspension.At = sampleNow()
		case 5:
			continue
		}
		tokens[town.Siret] = t
	}
	return tokens
}

// sampleMembers begins with the person of the page.
func sampleMembers(count int) []account.Member {
	listed := make([]account.Member, count)
	for i := range listed {
		listed[i] = account.Member{
			Membership: account.Membership{ID: int64(40 + i), AccountID: int64(1 + i), Role: account.EditorMember},
			Name:       fmt.Sprintf("Dominique Talbot %d", i+1), Mail: fmt.Sprintf("dominique.talbot.%d@exemple.fr", i+1),
			SignedInAt: sampleNow().Add(-time.Duration(i) * 31 * time.Hour),
		}
	}
	listed[0].Name, listed[0].Mail, listed[0].Membership.Role = "Camille Ferrand", "camille.ferrand@exemple.fr", account.EditorAdmin
	return listed
}

func membersSamples(page web.ProPage) []web.Sample[membersPage] {
	show := func(actor account.Actor, query string, total int, listed []account.Member) membersPage {
		manages := actor.Role == account.EditorAdmin
		return membersPage{
			ProPage: framed(page, actor, membersPath), List: asked(memberListing, query, total), Rows: newMemberRows(listed, actor),
			Managers: 2, CanInvite: manages, CanWithdraw: manages,
		}
	}
	alone := show(manager(), "", 1, sampleMembers(1))
	alone.Managers = 1
	done := show(manager(), "", 3, sampleMembers(3))
	done.Flash = "done.role-retire"
	long := sampleMembers(3)
	long[1].Name, long[1].Mail = strings.Repeat("DUBOIS", 40), strings.Repeat("enfance", 30)+"@exemple.fr"
	long[2].Name = hostile
	return []web.Sample[membersPage]{
		{Name: "pleine", Content: show(manager(), "", 61, sampleMembers(25))},
		{Name: "faite", Content: done},
		{Name: "seul", Content: alone},
		{Name: "sans-boutons", Content: show(member(), "", 3, sampleMembers(3))},
		{Name: "nom-long", Content: show(manager(), "role=editor_member", 3, long)},
		{Name: "sans-resultat", Content: show(manager(), "q=nulle+part", 0, nil)},
	}
}

func withdrawalSamples(page web.ProPage) []web.Sample[withdrawalPage] {
	page = framed(page, manager(), membersPath+"/41/retrait")
	usual, long := sampleMembers(2)[1], sampleMembers(1)[0]
	long.Name, long.Mail = strings.Repeat("DUBOIS", 40), strings.Repeat("enfance", 30)+"@exemple.fr"
	return []web.Sample[withdrawalPage]{
		{Name: "page", Content: newWithdrawalPage(page, usual)},
		{Name: "nom-long", Content: newWithdrawalPage(page, long)},
	}
}

// sampleInvitations has every state in turn.
func sampleInvitations(count int) []account.Invitation {
	listed := make([]account.Invitation, count)
	for i := range listed {
		sent := sampleNow().Add(-time.Duration(i) * 26 * time.Hour)
		listed[i] = account.Invitation{
			ID: int64(900 + i), Mail: fmt.Sprintf("personne.%d@exemple.fr", i+1), Role: account.EditorMember,
			Organisation: manager().Organisation, InviterID: manager().Author().ID, Letter: account.InvitationLetter{State: notice.States[i/2%len(notice.States)]},
			Inviter: "Camille Ferrand", CreatedAt: sent, ExpiresAt: sent.Add(account.InvitationLife),
		}
		switch i % 4 {
		case 1:
			listed[i].ExpiresAt = sent.Add(time.Hour)
		case 2:
			listed[i].AcceptedAt, listed[i].Role = sent.Add(time.Hour), account.EditorAdmin
		case 3:
			listed[i].WithdrawnAt = sent.Add(time.Hour)
		}
	}
	return listed
}

func invitationsSamples(page web.ProPage) []web.Sample[invitationsPage] {
	page = framed(page, manager(), invitationsPath)
	show := func(query string, total int, listed []account.Invitation) invitationsPage {
		return newInvitationsPage(page, asked(invitationListing, query, total), listed, sampleNow())
	}
	done := show("", 4, sampleInvitations(4))
	done.Flash = "done.invitation-envoyee"
	done = done.afterSending(manager().Author().ID, sampleInvitations(4))
	long := sampleInvitations(2)
	long[0].Mail, long[1].Inviter = strings.Repeat("enfance", 30)+"@exemple.fr", hostile
	return []web.Sample[invitationsPage]{
		{Name: "pleine", Content: show("page=2&tri=adresse", 61, sampleInvitations(25))},
		{Name: "faite", Content: done},
		{Name: "nom-long", Content: show("q=enfance&etat=waiting", 2, long)},
		{Name: "vide", Content: show("", 0, nil)},
		{Name: "sans-resultat", Content: show("q=nulle+part&etat=expired", 0, nil)},
	}
}

func invitationFormSamples(page web.ProPage) []web.Sample[invitationFormPage] {
	page = framed(page, manager(), invitationsPath+"/nouvelle")
	show := func(o offer) invitationFormPage { return newInvitationFormPage(page, o) }
	typed := readOffer(url.Values{"mail": {"camille.ferrand@exemple.fr"}, "role": {"editor_admin"}})
	own := typed
	own.Mail = own.Mail.Refused("invitation.self")
	already := typed
	already.Role = already.Role.Refused("membership.already")
	return []web.Sample[invitationFormPage]{
		{Name: "vierge", Content: show(readOffer(url.Values{}))},
		{Name: "refuse", Content: show(readOffer(url.Values{"mail": {hostile}}).checked())},
		{Name: "soi-meme", Content: show(own)},
		{Name: "deja-membre", Content: show(already)},
	}
}

func takingBackSamples(page web.ProPage) []web.Sample[takingBackPage] {
	page = framed(page, manager(), invitationsPath+"/900/retrait")
	usual, long := sampleInvitations(1)[0], sampleInvitations(1)[0]
	long.Mail = strings.Repeat("enfance", 30) + "@exemple.fr"
	return []web.Sample[takingBackPage]{
		{Name: "page", Content: newTakingBackPage(page, usual)},
		{Name: "nom-long", Content: newTakingBackPage(page, long)},
	}
}
