package editorspace

import (
	"fmt"
	"strings"
	"time"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/web"
	"portail-qf/internal/web/form"
)

const sampleHubPortal = "https://portail.hubee.example.fr"

// sampleAccess is a town in a state of its pair.
func sampleAccess(rank int, state credential.HubAccountState) credential.HubAccess {
	siret := value.Siret(fmt.Sprintf("2104010710%04d", rank))
	access := credential.HubAccess{
		Siret: siret, Editor: manager().Organisation.Siret, Town: fmt.Sprintf("Saint-Exemple-les-Bains %d", rank+1),
		Want: credential.WantActive, State: credential.Active, AtHub: credential.HubActive, COG: "04107", HubID: "0d3c2f6e-3f1c-4c52-9a0e-6d5f0c1b2a39",
	}
	switch state {
	case credential.HubAccountToFetch:
	case credential.HubAccountNotYet:
		access.State, access.AtHub, access.HubID, access.COG = credential.ToCreate, "", "", ""
	default:
		access.Account = credential.HubAccount{
			Siret: siret, Editor: access.Editor, Revision: 1,
			HubDeposit: credential.HubDeposit{State: state, StateAt: sampleNow().Add(-time.Hour), By: "Camille Ferrand", At: sampleNow().Add(-26 * time.Hour)},
		}
		if state.Kept() {
			access.Account.ClientID = "3f1c0a52-9d1e-4a54-8f1b-2f64e1f0c9aa"
		}
	}
	return access
}

// sampleCandidate is a town where another pair was deposited beside the one in use.
func sampleCandidate(rank int, state credential.HubAccountState) credential.HubAccess {
	access := sampleAccess(rank, credential.HubAccountTested)
	access.Account.StateAt = sampleNow().Add(-25 * time.Hour)
	access.Account.Next = credential.HubDeposit{
		State: state, StateAt: sampleNow().Add(-time.Hour), ClientID: "3f1c0a52-9d1e-4a54-8f1b-2f64e1f0c9ab", By: "Sofia Renard", At: sampleNow().Add(-time.Hour),
	}
	return access
}

// sampleHubStates are all of them, as people read them.
var sampleHubStates = append([]credential.HubAccountState{credential.HubAccountToFetch, credential.HubAccountNotYet}, credential.HubAccountStates[:]...)

func sampleAccesses(count int) []credential.HubAccess {
	listed := make([]credential.HubAccess, count)
	for i := range listed {
		listed[i] = sampleAccess(i, sampleHubStates[i%len(sampleHubStates)])
		if listed[i].Account.State == credential.HubAccountFetched {
			listed[i].State = credential.States[i%len(credential.States)]
		}
	}
	return listed
}

func hubSamples(page web.ProPage) []web.Sample[hubPage] {
	page = framed(page, manager(), hubPath)
	counts := credential.HubCounts{Total: 812, ToFetch: 14, Fetched: 400, Kept: 398, Untold: 3, Refused: 1, Tested: 394}
	show := func(query string, total int, listed []credential.HubAccess, counts credential.HubCounts) hubPage {
		p := newHubPage(page, asked(hubListing, query, total), listed, counts)
		p.Portal = sampleHubPortal
		return p
	}
	unticked := show("identifiants=a_recuperer&page=2", 14, sampleAccesses(3), counts)
	unticked.Problems = []form.Problem{{FieldID: fieldTicked, Code: "hub_account.none_ticked"}}
	done := show("", 7, sampleAccesses(7), credential.HubCounts{Total: 7, Fetched: 7})
	done.Flash = "done.hubee-recuperes"
	long := sampleAccesses(2)
	long[0].Town, long[1].Town = strings.Repeat("DUBOIS", 40), hostile
	all := []credential.HubAccess{sampleAccess(0, credential.HubAccountTested), sampleAccess(1, credential.HubAccountRefused)}
	for i, state := range credential.HubCandidateStates {
		all = append(all, sampleCandidate(i+2, state))
	}
	return []web.Sample[hubPage]{
		{Name: "pleine", Content: show("", 812, sampleAccesses(25), counts)},
		{Name: "rien-de-coche", Content: unticked},
		{Name: "faite", Content: done},
		{Name: "tout-depose", Content: show("identifiants=deposes", 5, all, credential.HubCounts{Total: 5, Kept: 5, Tested: 1, Refused: 2, Untold: 2, Spared: 1})},
		{Name: "nom-long", Content: show("q=sain+%3Cb%3E", 2, long, counts)},
		{Name: "sans-resultat", Content: show("q=nulle+part&identifiants=refuses", 0, nil, counts)},
		{Name: "au-dela", Content: show("page=90", 0, nil, counts)},
		{Name: "vide", Content: show("", 0, nil, credential.HubCounts{})},
	}
}

func hubTownSamples(page web.ProPage) []web.Sample[hubTownPage] {
	page = framed(page, member(), hubTownPath("21040107100019"))
	show := func(access credential.HubAccess, fields hubForm, flash string) hubTownPage {
		p := newHubTownPage(page, access, fields)
		p.Portal, p.Flash = sampleHubPortal, flash
		return p
	}
	var samples []web.Sample[hubTownPage]
	for i, state := range sampleHubStates {
		access := sampleAccess(i, state)
		samples = append(samples, web.Sample[hubTownPage]{Name: string(state), Content: show(access, hubFormOf(access), "")})
	}
	for i, state := range credential.HubCandidateStates {
		access := sampleCandidate(i, state)
		samples = append(samples, web.Sample[hubTownPage]{Name: "nouveaux-" + string(state), Content: show(access, hubFormOf(access), "")})
	}
	refused := sampleCandidate(0, credential.HubAccountRefused)
	tested, waiting := sampleAccess(0, credential.HubAccountTested), sampleAccess(1, credential.HubAccountToFetch)
	typed := readHubForm(map[string][]string{"identifiant": {"a:b " + hostile}, "cle": {"x"}}).refusedFor(fault.New(fault.Invalid, "hub_account.id_malformed"))
	taken := readHubForm(map[string][]string{"identifiant": {"3f1c0a52-9d1e"}, "cle": {"x"}}).refusedFor(fault.New(fault.Invalid, "hub_account.id_taken"))
	absent := readHubForm(map[string][]string{"identifiant": {"3f1c0a52"}}).refusedFor(fault.New(fault.Invalid, "hub_account.secret_missing"))
	stopped := sampleAccess(2, credential.HubAccountTested)
	stopped.Want, stopped.Town = credential.WantSuspended, strings.Repeat("DUBOIS", 40)
	failed := sampleAccess(3, credential.HubAccountNotYet)
	failed.State, failed.Town = credential.Failed, `<b>Essai</b> & Bourg`
	return append(samples,
		web.Sample[hubTownPage]{Name: "teste-a-l-instant", Content: show(tested, hubFormOf(tested), "done.hubee-depose-accepte")},
		web.Sample[hubTownPage]{Name: "refuse-a-l-instant", Content: show(refused, hubFormOf(refused), "told.hubee-depose-refuse-garde")},
		web.Sample[hubTownPage]{Name: "identifiant-faux", Content: show(waiting, typed, "")},
		web.Sample[hubTownPage]{Name: "identifiant-d-une-autre", Content: show(tested, taken, "")},
		web.Sample[hubTownPage]{Name: "cle-absente", Content: show(waiting, absent, "")},
		web.Sample[hubTownPage]{Name: "suspension", Content: show(stopped, hubFormOf(stopped), "")},
		web.Sample[hubTownPage]{Name: "en-erreur", Content: show(failed, hubFormOf(failed), "")})
}

func hubPairSamples(page web.ProPage) []web.Sample[hubPairPage] {
	page = framed(page, member(), hubTownPath("21040107100019")+"/cle")
	show := func(state credential.HubAccountState, id, secret, town string) hubPairPage {
		access := sampleAccess(0, state)
		access.Town = town
		return newHubPairPage(page, access, credential.HubPair{ClientID: id, Secret: value.Secret(secret)})
	}
	beside := newHubPairPage(page, sampleCandidate(0, credential.HubAccountRefused), credential.HubPair{ClientID: "3f1c0a52-9d1e", Secret: "UneCleSecrete"})
	return []web.Sample[hubPairPage]{
		{Name: "d-autres-refuses", Content: beside},
		{Name: "page", Content: show(credential.HubAccountTested, "3f1c0a52-9d1e", "UneCleSecrete", "Saint-Exemple-les-Bains")},
		{Name: "refusee", Content: show(credential.HubAccountRefused, "3f1c0a52-9d1e", "UneCleSecrete", "Saint-Exemple-les-Bains")},
		{Name: "longue", Content: show(credential.HubAccountTested, strings.Repeat("a1", 100), strings.Repeat("b2", 200), strings.Repeat("DUBOIS", 40))},
	}
}

func hubErasureSamples(page web.ProPage) []web.Sample[hubErasurePage] {
	page = framed(page, manager(), hubTownPath("21040107100019")+"/effacement")
	long := sampleAccess(0, credential.HubAccountTested)
	long.Town = strings.Repeat("DUBOIS", 40)
	return []web.Sample[hubErasurePage]{
		{Name: "identifiants", Content: newHubErasurePage(page, sampleAccess(0, credential.HubAccountTested))},
		{Name: "note", Content: newHubErasurePage(page, sampleAccess(0, credential.HubAccountFetched))},
		{Name: "nom-long", Content: newHubErasurePage(page, long)},
	}
}

// sampleLines are refused for every reason, but for the last ones.
func sampleLines() []credential.HubLine {
	var lines []credential.HubLine
	for i, code := range []string{
		"hub_account.unknown", "hub_account.line_malformed", "hub_account.line_short", "siret.invalid", "hub_account.id_missing", "hub_account.id_malformed",
		"hub_account.secret_missing", "hub_account.secret_malformed", "hub_account.line_contradicts", "hub_account.id_shared", "hub_account.id_taken", "",
	} {
		line := credential.HubLine{Number: i + 2, Text: value.Secret(fmt.Sprintf("2104010710%04d;essai-%d;%s", i, i, hostile)), Code: code}
		if code != "siret.invalid" && code != "hub_account.line_malformed" {
			line.Siret = value.Siret(fmt.Sprintf("2104010710%04d", i))
		}
		lines = append(lines, line)
	}
	return lines
}

func hubPasteSamples(page web.ProPage) []web.Sample[hubPastePage] {
	page = framed(page, manager(), hubPastePath)
	blank := newHubPastePage(page, form.Field{Name: fieldList})
	lines := sampleLines()
	return []web.Sample[hubPastePage]{
		{Name: "vierge", Content: blank},
		{Name: "rien-de-colle", Content: newHubPastePage(page, form.Field{Name: fieldList}.Refused("hub_account.list_empty"))},
		{Name: "trop-longue", Content: newHubPastePage(page, form.Field{Name: fieldList, Value: "21040107100019;essai;cle"}.Refused("hub_account.list_long"))},
		{Name: "en-partie", Content: blank.told(lines, 12)},
		{Name: "une-seule", Content: blank.told(lines[8:10], 12)},
		{Name: "toutes-refusees", Content: blank.told(lines[:9], 0)},
	}
}

func hubReportSamples(page web.ProPage) []web.Sample[hubReportPage] {
	page = framed(page, manager(), hubReportsPath+"/12")
	show := func(query string, listed []credential.HubAccess, counts credential.HubCounts) hubReportPage {
		return newHubReportPage(page, 12, asked(reportListing(12), query, counts.Total), listed, counts)
	}
	var all []credential.HubAccess
	for i := range 12 {
		all = append(all, sampleAccess(i, [...]credential.HubAccountState{credential.HubAccountTested, credential.HubAccountDeposited, credential.HubAccountRefused, credential.HubAccountUntestable}[i%4]))
	}
	begun := show("", all[1:2], credential.HubCounts{Total: 1, Kept: 1, Untold: 1})
	begun.Flash = "done.hubee-liste"
	return []web.Sample[hubReportPage]{
		{Name: "commence", Content: begun},
		{Name: "en-cours", Content: show("page=2", all, credential.HubCounts{Total: 400, Kept: 400, Tested: 300, Refused: 2, Untold: 98})},
		{Name: "refus", Content: show("", all[:3], credential.HubCounts{Total: 3, Kept: 3, Tested: 2, Refused: 1})},
		{Name: "precedents-gardes", Content: show("", []credential.HubAccess{sampleCandidate(1, credential.HubAccountRefused), all[0]}, credential.HubCounts{Total: 2, Kept: 2, Tested: 1, Refused: 1, Spared: 1})},
		{Name: "finie", Content: show("", all[:1], credential.HubCounts{Total: 1, Kept: 1, Tested: 1})},
		{Name: "au-dela", Content: show("page=9", nil, credential.HubCounts{Total: 3, Kept: 3, Tested: 3})},
	}
}
