package habilitations

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/decision"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/web"
	"portail-qf/internal/web/form"
)

// noon is when the samples are looked at.
var noon = time.Date(2026, time.March, 2, 11, 0, 0, 0, time.UTC)

// hostile is what somebody might have written where a name is expected; endless is the
// longest that is kept, without a place to break it.
const hostile = "<script>alert(1)</script>"

var (
	endless  = strings.Repeat("SAINVILLE", 28)
	mayAll   = rights{Root: InAdministration, Person: "1", Suspend: true, Restore: true, Revoke: true, Invite: true, ReadSubscription: true, ReadTowns: true}
	mayRead  = rights{Root: InAdministration, Person: "2", ReadSubscription: true, ReadTowns: true}
	instruct = rights{Root: InInstruction, Person: "3", Suspend: true, Restore: true, Revoke: true, Instruct: true, Invite: true}

	sampleEditors = []account.Organisation{{Siret: "90511200900014", Name: "Logiciels Tilleul"}, {Siret: "91033700500011", Name: "Ateliers Brume"}}
)

// at is the frame of a page at an address, in the space of the address.
func at(page web.ProPage, path string) web.ProPage {
	page.Path = path
	if strings.HasPrefix(path, InInstruction) {
		page.Space = account.SpaceInstruction
		page.Navigation = []web.NavLink{{Code: "accueil", URL: "/instruction"}, {Code: "habilitations", URL: InInstruction}}
	}
	page.Navigation = web.MarkCurrent(page.Navigation, path)
	return page
}

// asked reads an address of the list as a person asks for it.
func asked(root, query string, total int) web.List {
	read, err := url.ParseQuery(query)
	if err != nil {
		panic(err) // a sample of ours
	}
	return listing(root, sampleEditors).Read(read).List(total)
}

func sampleVersion(number habilitation.Number) habilitation.Habilitation {
	return habilitation.Habilitation{
		Number: number, Request: 48231, Siret: "21040107100019", Organisation: "COMMUNE DE MAJASTRES",
		Modalities: habilitation.Modalities{Token: true, Form: true}, Scopes: []string{"cnaf_quotient_familial", "cnaf_allocataires", "cnaf_enfants", "cnaf_adresse"},
		Editor: habilitation.Editor{Siret: "90511200900014", Name: "Logiciels Tilleul"}, FormUID: "api-particulier-tilleul", Title: "Tarifs de la cantine et de l'accueil du matin",
		Terms: "2026-01", ApprovedBy: "DataPass", ApprovedAt: noon.Add(-time.Duration(10_000_100-number) * 24 * time.Hour),
		Contacts: habilitation.Contacts{
			Requester: sampleRequester(),
			Technical: habilitation.Contact{GivenName: "Support", FamilyName: "Tilleul", Mail: "integration@tilleul.example.fr", Phone: "04 00 00 00 01"},
			Business:  sampleRequester(),
			DPD:       habilitation.Contact{GivenName: "Zoé", FamilyName: "Lambert", Mail: "dpd@pays-de-majastres.example.fr", Phone: "04 00 00 00 02", Job: "Déléguée mutualisée"},
			Controller: habilitation.Contact{
				GivenName: "Jean", FamilyName: "Aubert", Mail: "maire@majastres.example.fr", Job: "Maire",
			},
		},
	}
}

func sampleRequester() habilitation.Contact {
	return habilitation.Contact{
		GivenName: "Anne", FamilyName: "Morel", Mail: "anne.morel@majastres.example.fr", Phone: "04 00 00 00 00", Job: "Directrice générale des services",
	}
}

// sampleFile is a request in a state, with what the state supposes.
func sampleFile(state habilitation.State) file {
	f := file{Request: habilitation.Request{
		Number: 48231, Source: habilitation.FromDatapass, Siret: "21040107100019", Organisation: "COMMUNE DE MAJASTRES", FormUID: "api-particulier-tilleul",
		State: state, StateAt: noon.Add(-26 * time.Hour), CreatedAt: noon.Add(-400 * 24 * time.Hour), Requester: sampleRequester(), Revision: 7,
	}}
	switch state {
	case habilitation.Validated, habilitation.Reopened, habilitation.Suspended, habilitation.Revoked:
		f.Versions = []habilitation.Habilitation{sampleVersion(10_000_042), sampleVersion(10_000_007)}
		f.Versions[1].Editor, f.Versions[1].Modalities, f.Versions[1].Terms = habilitation.Editor{}, habilitation.Modalities{Token: true}, ""
		f.Request.Current = f.Versions[0]
		f.Token = web.TokenView{
			URL: "/jetons/5f0c1a52-9a3e-4b7c-8d11-0242ac120002", Display: "apip_live_7Yk2pQe9RwLx", State: credential.TokenInUse, ExpiresAt: web.MomentOf(noon.AddDate(1, 0, 0)), Closes: web.MomentOf(noon.AddDate(1, 0, 0)),
		}
		f.Subscription = credential.Watched{Subscription: credential.Subscription{
			Siret: "21040107100019", Request: 48231, State: credential.Active, Want: credential.WantActive, COG: "04107", Editor: "90511200900014",
		}}
	case habilitation.Draft, habilitation.Submitted, habilitation.ChangesRequested, habilitation.Refused, habilitation.Archived:
	}
	if state == habilitation.Suspended || state == habilitation.Revoked {
		f.Subscription.State, f.Subscription.Want = credential.Suspended, credential.WantSuspended
		f.History = sampleHistory()
	}
	if state == habilitation.Suspended {
		f.Token.State = credential.TokenSuspended
	}
	if state == habilitation.Revoked {
		f.Token.State = credential.TokenRevoked
		f.History[0].Act = audit.HabilitationRevoked
	}
	if state == habilitation.Suspended {
		f.Request.Suspension = habilitation.Suspension{AuthorID: "9", Author: "Hugo Marchal", Reason: sampleReason}
	}
	return f
}

// madeHere is a request of the portal's own in a state.
func madeHere(state habilitation.State) file {
	f := sampleFile(state)
	f.Request.Number, f.Request.Source = 10_000_017, habilitation.FromPortal
	return f
}

// sampleReason has what somebody might write: several lines, and an empty one.
const sampleReason = "Le jeton a été publié par erreur sur le site de la commune.\n\nChangez-le, puis écrivez-nous."

func sampleHistory() []audit.Entry {
	acts := []audit.Act{audit.HabilitationSuspended, audit.RequesterChanged, audit.HabilitationApproved, audit.HabilitationApproved, "habilitation.sung"}
	entries := make([]audit.Entry, len(acts))
	for i, act := range acts {
		entries[i].At, entries[i].Act, entries[i].Author = noon.Add(-time.Duration(i)*30*24*time.Hour), act, audit.Datapass
		if act == audit.HabilitationApproved {
			entries[i].Detail = fmt.Sprintf("H100000%02d", 42-i)
		}
	}
	entries[0].At = noon.Add(-26 * time.Hour) // as the state of sampleFile
	entries[0].Author = audit.Author{ID: "9", Display: "Hugo Marchal", Role: "admin"}
	return entries
}

func sampleRequests(count int) []habilitation.Request {
	listed := make([]habilitation.Request, count)
	for i := range listed {
		listed[i] = sampleFile(habilitation.States[i%len(habilitation.States)]).Request
		listed[i].Number, listed[i].Organisation = habilitation.RequestNumber(48231+i), fmt.Sprintf("COMMUNE DE SAINT-EXEMPLE-LES-BAINS %d", i+1)
	}
	return listed
}

func listSamples(page web.ProPage) []web.Sample[listPage] {
	show := func(root, query string, total int, found []habilitation.Request) listPage {
		return newListPage(at(page, root), root, asked(root, query, total), found)
	}
	long := sampleRequests(4)
	long[0].Organisation, long[1].Organisation, long[2].Organisation = hostile+endless, "", "Communauté d'agglomération du Val-de-la-Grande-Rivière"
	long[3].Current.Editor.Name = endless
	return []web.Sample[listPage]{
		{Name: "pleine", Content: show(InAdministration, "page=2", 35_012, sampleRequests(25))},
		{Name: "en-instruction", Content: show(InInstruction, "tri=nom", 9, sampleRequests(9))},
		{Name: "noms-longs", Content: show(InAdministration, "q=saint&etat=validee&modalite=formulaire&editeur=90511200900014", 4, long)},
		{Name: "vide", Content: show(InAdministration, "", 0, nil)},
		{Name: "sans-resultat", Content: show(InInstruction, "q=D1&etat=refusee", 0, nil)},
		{Name: "au-dela", Content: show(InAdministration, "page=4000", 0, nil)},
	}
}

func (v Views) oneSamples(page web.ProPage) []web.Sample[onePage] {
	var samples []web.Sample[onePage]
	show := func(name string, f file, may rights) {
		content := v.newOnePage(at(page, pathOf(may.Root, f.Request.Number)), f, may)
		samples = append(samples, web.Sample[onePage]{Name: name, Content: content})
	}
	for _, state := range habilitation.States {
		show(string(state), sampleFile(state), mayAll)
	}
	show("en-instruction", sampleFile(habilitation.Validated), instruct)
	for _, state := range [...]habilitation.State{habilitation.Submitted, habilitation.Reopened, habilitation.Refused, habilitation.Archived} {
		show("faite-ici-"+string(state), madeHere(state), instruct)
	}
	show("en-consultation", sampleFile(habilitation.Suspended), mayRead)
	own := sampleFile(habilitation.Suspended)
	own.Request.Suspension.AuthorID = mayAll.Person
	show("suspendue-par-soi", own, mayAll)
	untold := sampleFile(habilitation.Suspended) // before the reasons were kept
	untold.Request.Suspension.Reason = ""
	show("suspendue-sans-motif", untold, mayAll)
	transferred := sampleFile(habilitation.Validated)
	transferred.Request.Requester = habilitation.Contact{GivenName: "Inès", FamilyName: "Garnier", Mail: "ines.garnier@majastres.example.fr"}
	transferred.Subscription.Request = 48260
	show("transferee-et-servie-ailleurs", transferred, mayAll)
	orphan := sampleFile(habilitation.Validated)
	orphan.Orphan = request.Orphan{Request: orphan.Request}
	show("sans-compte", orphan, instruct)
	show("sans-compte-en-consultation", orphan, mayRead)
	orphan.Orphan.SentAt = noon.Add(-50 * time.Hour)
	show("lien-envoye", orphan, mayAll)
	show("noms-longs", longFile(), mayAll)
	bare := sampleFile(habilitation.Validated)
	bare.Request.Organisation, bare.Request.FormUID, bare.Subscription = "", "", credential.Watched{}
	bare.Versions = []habilitation.Habilitation{{Number: 10_000_001, ApprovedAt: noon}}
	bare.Request.Current = bare.Versions[0]
	show("presque-rien", bare, mayAll)
	done := v.newOnePage(at(page, pathOf(InAdministration, 48231)), sampleFile(habilitation.Revoked), mayAll)
	done.Flash = "done.habilitation-revoke"
	return append(samples, web.Sample[onePage]{Name: "faite", Content: done})
}

func longFile() file {
	f := sampleFile(habilitation.Suspended)
	f.Request.Organisation, f.Request.Suspension.Author, f.Request.Requester.Mail = hostile+endless, endless, endless[:200]+"@exemple.fr"
	f.Request.Suspension.Reason = strings.Repeat(hostile+endless+"\n", 9)
	f.Versions[0].Title, f.Versions[0].Editor.Name, f.Versions[0].Scopes = hostile+endless, endless, []string{endless, hostile}
	f.Versions[0].Contacts.DPD.FamilyName, f.Versions[0].Contacts.DPD.Job, f.Versions[0].Contacts.Technical.Phone = endless, hostile+endless, endless[:40]
	f.Versions[0].ApprovedBy, f.Versions[0].Terms = endless, endless
	f.Request.Current = f.Versions[0]
	return f
}

func actSamples(page web.ProPage) []web.Sample[actPage] {
	show := func(act habilitation.Act, f file) actPage {
		return newActPage(at(page, actPath(InAdministration, 48231, act)), InAdministration, act, f)
	}
	valid, suspended := sampleFile(habilitation.Validated), sampleFile(habilitation.Suspended)
	refused := show(habilitation.Suspend, valid)
	refused.Reason = refused.Reason.Refused("reason.required")
	refused.Problems = form.Problems(refused.Reason)
	tooLong := show(habilitation.Revoke, suspended)
	tooLong.Reason.Value = strings.Repeat(hostile+"\n", 90)
	tooLong.Reason = tooLong.Reason.Refused("reason.too_long")
	tooLong.Problems = form.Problems(tooLong.Reason)
	moved := show(habilitation.Suspend, valid)
	moved.Moved, moved.Reason.Value = true, "Le délégué à la protection des données n’a pas été prévenu."
	gone := show(habilitation.Suspend, suspended)
	gone.Reason.Value = moved.Reason.Value
	relayed, apart, tokenOnly, long := sampleFile(habilitation.Validated), sampleFile(habilitation.Validated), sampleFile(habilitation.Suspended), longFile()
	relayed.Relay = decision.Relay{Request: 48260, Editor: "Ateliers Brume", Open: true, Told: true}
	apart.Subscription.Request = 48260
	tokenOnly.Request.Current.Modalities.Form, tokenOnly.Request.Requester.Mail = false, ""
	untold := sampleFile(habilitation.Suspended)
	untold.Request.Suspension.Author, untold.Request.Suspension.Reason = "", ""
	relayedToTown := relayed
	relayedToTown.Relay.Editor = ""
	relayedAlike := relayed
	relayedAlike.Relay.Told, relayedAlike.Relay.Same = false, true
	return []web.Sample[actPage]{
		{Name: "suspension", Content: show(habilitation.Suspend, valid)},
		{Name: "suspension-refusee", Content: refused},
		{Name: "suspension-relais", Content: show(habilitation.Suspend, relayed)},
		{Name: "suspension-relais-collectivite", Content: show(habilitation.Suspend, relayedToTown)},
		{Name: "suspension-relais-meme-logiciel", Content: show(habilitation.Suspend, relayedAlike)},
		{Name: "suspension-ailleurs", Content: show(habilitation.Suspend, apart)},
		{Name: "conflit", Content: moved},
		{Name: "conflit-impossible", Content: gone},
		{Name: "retablissement", Content: show(habilitation.Restore, suspended)},
		{Name: "retablissement-jeton-seul", Content: show(habilitation.Restore, tokenOnly)},
		{Name: "revocation", Content: show(habilitation.Revoke, suspended)},
		{Name: "revocation-sans-motif-connu", Content: show(habilitation.Revoke, untold)},
		{Name: "revocation-trop-longue", Content: tooLong},
		{Name: "noms-longs", Content: show(habilitation.Revoke, long)},
		{Name: "pas-la", Content: show(habilitation.Restore, valid)},
	}
}
