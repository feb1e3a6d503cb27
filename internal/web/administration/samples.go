package administration

import (
	"net/url"
	"strings"
	"time"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/renewal"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/web"
)

// noon is when the samples are looked at.
var noon = time.Date(2026, time.March, 2, 11, 0, 0, 0, time.UTC)

// The longest names that ProConnect or the register let through, and a hostile one.
var (
	endlessName  = strings.Repeat("Marie-Antoinette ", 8) + strings.Repeat("VANDENBERGHE", 10)
	endlessMail  = strings.Repeat("enfance", 30) + "@majastres.example.fr"
	endlessFirm  = "Communauté d’agglomération du Val-de-la-Grande-Rivière et des Plateaux " + strings.Repeat("SAINVILLE", 12)
	hostile      = "<script>alert(1)</script>"
	ownAccountID = int64(1)
	ownSessionID = int64(100)
)

// administrator is who looks at the samples.
var administrator = account.Actor{
	AccountID: ownAccountID, SessionID: ownSessionID, Name: "Camille Ferrand", Mail: "camille.ferrand@dinum.example.fr",
	Role: account.Admin, Organisation: operator,
}

var (
	operator = account.Organisation{Siret: "13002526500013", Name: "Direction interministérielle du numérique"}
	editor   = account.Organisation{Siret: "90511200900014", Name: "Logiciels Tilleul"}
	town     = account.Organisation{Siret: "21040107100019", Name: "Majastres", LocalAuthority: true}
	bakery   = account.Organisation{Siret: "54120873000013", Name: "Boulangerie du Val"}
	nameless = account.Organisation{Siret: "21280363900013"}
	longFirm = account.Organisation{Siret: "91033700500011", Name: endlessFirm}
)

func at(page web.ProPage, path string) web.ProPage {
	page.Path, page.Navigation = path, web.MarkCurrent(page.Navigation, path)
	return page
}

func homeSamples(page web.ProPage) []web.Sample[homePage] {
	page = at(page, homePath)
	return []web.Sample[homePage]{
		{Name: "tout", Content: newHomePage(page, Waiting{
			DeadOrders: 1, LateOrders: 12, BouncedMails: 3, FailedJobs: 2, ExpiringInvitations: 1, QuarantinedDossiers: 2, ClosedOrganisations: 2550,
			FailedSubscriptions: 3, AwaitedSubscriptions: 12, StoppedSubscriptions: 1, ContendedSubscriptions: 2, QuarantinedEvents: 7, Late: renewal.Late{Cut: 61, Undecided: 1},
			UnmanagedEditors: []account.Organisation{editor, longFirm},
		})},
		{Name: "une-chose", Content: newHomePage(page, Waiting{FailedJobs: 1})},
		{Name: "editeur-seul", Content: newHomePage(page, Waiting{UnmanagedEditors: []account.Organisation{editor}})},
		{Name: "quarantaine", Content: newHomePage(page, Waiting{QuarantinedDossiers: 1})},
		{Name: "rien", Content: newHomePage(page, Waiting{})},
	}
}

// asked reads an address of a list as a person asks for it.
func asked(listing web.Listing, query string, total int) web.List {
	read, err := url.ParseQuery(query)
	if err != nil {
		panic(err) // a sample of ours
	}
	return listing.Read(read).List(total)
}

func sampleAccount(id int64, given, usual string, roles ...account.Membership) account.Account {
	a := account.Account{
		ID: id, GivenName: given, UsualName: usual, Mail: strings.ToLower(given) + "@exemple.fr", SignedFor: town,
		CreatedAt: noon.AddDate(-1, 0, 0), SignedInAt: noon.Add(-time.Hour), Memberships: roles,
	}
	return a
}

func held(id int64, role account.Role, organisation account.Organisation) account.Membership {
	return account.Membership{
		ID: id, AccountID: 12, Role: role, Organisation: organisation, SignedFor: town.Siret, GrantedBy: "Hugo Marchal", GrantedAt: noon.AddDate(0, -2, 0),
	}
}

func sampleAccounts(count int) []account.Account {
	listed := make([]account.Account, count)
	for i := range listed {
		listed[i] = sampleAccount(int64(i+1), "Dominique", "Talbot", held(1, everyRole[i%len(everyRole)], town))
	}
	return listed
}

func accountsSamples(page web.ProPage) []web.Sample[accountsPage] {
	page = at(page, accountsPath)
	long := sampleAccount(2, endlessName, hostile, held(1, account.Admin, operator), held(2, account.EditorAdmin, editor), held(3, account.EditorAdmin, longFirm))
	long.Mail, long.SignedFor = endlessMail, longFirm
	none := sampleAccount(3, "Inès", "Moreau")
	none.SignedFor = nameless
	done := newAccountsPage(page, asked(accountListing, "", 2), []account.Account{long, none})
	return []web.Sample[accountsPage]{
		{Name: "pleine", Content: newAccountsPage(page, asked(accountListing, "page=2&tri=-connexion", 312), sampleAccounts(25))},
		{Name: "noms-longs", Content: done},
		{Name: "vide", Content: newAccountsPage(page, asked(accountListing, "", 0), nil)},
		{Name: "sans-resultat", Content: newAccountsPage(page, asked(accountListing, "q=nulle+part&role=town", 0), nil)},
	}
}

func accountSamples(page web.ProPage) []web.Sample[accountPage] {
	page = at(page, accountsPath+"/12")
	elsewhere := held(2, account.Support, operator)
	elsewhere.SignedFor = operator.Siret
	full := newAccountPage(page, administrator, sampleAccount(12, "Dominique", "Talbot", held(1, account.EditorAdmin, editor), elsewhere), sampleSessions(2))
	full.Flash = "done.role-donne"
	long := sampleAccount(12, endlessName, hostile, held(1, account.EditorMember, longFirm))
	long.Memberships[0].GrantedBy, long.Mail, long.SignedFor = endlessName, endlessMail, longFirm
	nothing := sampleAccount(12, "Inès", "Moreau")
	nothing.SignedFor = nameless
	own := sampleAccount(ownAccountID, "Camille", "Ferrand", held(1, account.Admin, operator))
	own.SignedFor, own.Memberships[0].SignedFor = operator, operator.Siret
	return []web.Sample[accountPage]{
		{Name: "pleine", Content: full},
		{Name: "noms-longs", Content: newAccountPage(page, administrator, long, longSessions())},
		{Name: "sans-role-ni-session", Content: newAccountPage(page, administrator, nothing, nil)},
		{Name: "le-sien", Content: newAccountPage(page, administrator, own, append(longSessions(), sampleSessions(1)...))},
	}
}

var everyRole = account.Admin.Grantable()

func emptyOffer() offerForm {
	return newOfferForm(url.Values{}, everyRole, []account.Organisation{editor, longFirm})
}

func offerOf(role account.Role, organisation value.Siret) offerForm {
	sent := url.Values{"role": {string(role)}, "siret": {organisation.String()}, "editeur": {organisation.String()}}
	return newOfferForm(sent, everyRole, []account.Organisation{editor, longFirm})
}

func grantSamples(page web.ProPage) []web.Sample[grantPage] {
	page = at(page, accountsPath+"/12/roles/nouveau")
	person := sampleAccount(12, "Dominique", "Talbot")
	long := sampleAccount(12, endlessName, hostile)
	closed := sampleAccount(12, "Inès", "Moreau")
	closed.SignedFor.Closed = true
	already := offerOf(account.Support, "")
	already.Role = already.Role.Refused("membership.already")
	return []web.Sample[grantPage]{
		{Name: "vierge", Content: newGrantPage(page, person, emptyOffer())},
		{Name: "sans-role", Content: newGrantPage(page, long, emptyOffer().checked())},
		{Name: "sans-editeur", Content: newGrantPage(page, person, offerOf(account.EditorAdmin, "").checked())},
		{Name: "deja", Content: newGrantPage(page, person, already)},
		{Name: "etablissement-ferme", Content: newGrantPage(page, closed, offerOf(account.Support, town.Siret).checked())},
	}
}

func givingSamples(page web.ProPage) []web.Sample[givingPage] {
	page = at(page, accountsPath+"/12/roles/nouveau")
	person, long := sampleAccount(12, "Dominique", "Talbot"), sampleAccount(12, endlessName, hostile)
	long.Mail, long.SignedFor = endlessMail, longFirm
	closed := sampleAccount(12, "Inès", "Moreau")
	closed.SignedFor = nameless
	closed.SignedFor.Closed = true
	give := func(to account.Account, role account.Role, organisation account.Organisation) givingPage {
		return newGivingPage(page, account.Giving{To: to, Role: role, Organisation: organisation}, offerOf(role, organisation.Siret))
	}
	return []web.Sample[givingPage]{
		{Name: "la-ou-il-travaille", Content: give(person, account.Town, town)},
		{Name: "ailleurs", Content: give(person, account.Admin, operator)},
		{Name: "noms-longs", Content: give(long, account.EditorAdmin, longFirm)},
		{Name: "etablissement-ferme", Content: give(closed, account.Town, nameless)},
	}
}

func withdrawalSamples(page web.ProPage) []web.Sample[withdrawalPage] {
	page = at(page, accountsPath+"/12/roles/1/retrait")
	role, more := held(1, account.EditorAdmin, editor), held(2, account.Support, operator)
	long := held(1, account.Town, longFirm)
	manager := newWithdrawalPage(page, sampleAccount(12, "Dominique", "Talbot", role), role)
	manager.LastManager = true
	return []web.Sample[withdrawalPage]{
		{Name: "dernier-gestionnaire", Content: manager},
		{Name: "parmi-d-autres", Content: newWithdrawalPage(page, sampleAccount(12, "Dominique", "Talbot", role, more), role)},
		{Name: "seul-role", Content: newWithdrawalPage(page, sampleAccount(12, endlessName, hostile, long), long)},
	}
}
