package collectivity

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/dossier"
	"portail-qf/internal/domain/editor"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/renewal"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/web"
)

// The samples are invented. They show each page in its ordinary state, empty, and with the
// longest texts and the most hostile.

const (
	portal      = "https://quotient-familial.example.fr"
	sampleToken = "5f0c1a52-9a3e-4b7c-8d11-0242ac120002"
)

func sampleNow() time.Time { return time.Date(2026, 11, 24, 9, 30, 0, 0, time.UTC) }

func agent() account.Actor {
	return account.Actor{
		AccountID: 1, Name: "Hélène d'Orvault", Role: account.Town,
		Organisation: account.Organisation{Siret: "21040107100019", Name: "COMMUNE DE MAJASTRES"},
	}
}

// framed frames a page as an agent sees it.
func framed(page web.ProPage, actor account.Actor, path string) web.ProPage {
	page.Path, page.Space = path, account.SpaceTown
	page.Person, page.Organisation = actor.Name, actor.Organisation.Name
	page.Navigation = web.MarkCurrent([]web.NavLink{{Code: "accueil", URL: homePath}, {Code: "collegues", URL: colleaguesPath}}, path)
	return page
}

// sampleTown declared everything that a town may.
func sampleTown(form directory.FormState) directory.Collectivity {
	return directory.Collectivity{
		Siret: "21040107100019", Name: "Majastres", COG: "04107", Departement: "04", Form: form,
		Contact: directory.Contact{
			Label: "Service enfance", Mail: "enfance@majastres.example.fr", Phone: "04 00 00 00 00", URL: "https://majastres.example.fr/contact",
		},
	}
}

// sampleRequest is a request of the town in a state, with what the state supposes.
func sampleRequest(state habilitation.State) habilitation.Request {
	r := habilitation.Request{Number: 48231, Source: habilitation.FromDatapass, Siret: "21040107100019", State: state, StateAt: sampleNow().Add(-50 * time.Hour)}
	switch state {
	case habilitation.Validated, habilitation.Reopened, habilitation.Suspended, habilitation.Revoked:
		r.Current = habilitation.Habilitation{
			Number: 10_000_042, Modalities: habilitation.Modalities{Token: true, Form: true}, ApprovedAt: sampleNow().Add(-400 * time.Hour),
			Editor: habilitation.Editor{Siret: "90511200900014", Name: "Logiciels Tilleul"},
		}
	case habilitation.Draft, habilitation.Submitted, habilitation.ChangesRequested, habilitation.Refused, habilitation.Archived:
	}
	return r
}

// sampleTokens are those of requests that were granted one, in each state in turn.
func sampleTokens(requests []habilitation.Request) map[habilitation.RequestNumber]web.TokenView {
	tokens := map[habilitation.RequestNumber]web.TokenView{}
	for i, r := range requests {
		if r.Current.Modalities.Token {
			tokens[r.Number] = web.TokenView{
				URL: "/jetons/" + sampleToken, Display: "apip_live_7Yk2pQe9RwLx", State: credential.TokenStates[i%len(credential.TokenStates)],
				ExpiresAt: web.MomentOf(sampleNow().AddDate(1, 0, 0)),
			}
		}
	}
	return tokens
}

func homeSamples(page web.ProPage) []web.Sample[homePage] {
	show := func(actor account.Actor, town directory.Collectivity, counts map[dossier.State]int) homePage {
		p := newHomePage(framed(page, actor, homePath), actor.Organisation, town, counts)
		p.Address = portal + p.FormURL
		return p
	}
	every := map[dossier.State]int{}
	for i, state := range dossier.States {
		every[state] = 3 + i*i*i*i
	}
	with := func(p homePage, subscription credential.Watched, requests ...habilitation.Request) homePage {
		p.tell(agent(), affairs{Requests: requests, Subscription: subscription, Tokens: sampleTokens(requests), Unread: map[habilitation.RequestNumber]int{48231: len(requests) - 1}})
		return p
	}
	open, closed := sampleTown(directory.FormOpen), sampleTown(directory.FormClosed)
	lapsing := func(in time.Duration, holder int64, change func(f *renewal.File)) homePage {
		r := sampleRequest(habilitation.Validated)
		r.Holder = holder
		f := renewal.File{TokenFile: credential.TokenFile{
			Token: credential.Token{ID: sampleToken, PublicID: "7Yk2pQe9RwLx", FirstUse: sampleNow(), ExpiresAt: value.MonthsLater(sampleNow().Add(in), 0), Collection: credential.Collection{Side: credential.SideEditor}}, Holder: holder, RequesterName: "Hélène d'Orvault",
		}}
		change(&f)
		if r.Requester.GivenName, r.Requester.FamilyName, _ = strings.Cut(f.RequesterName, " "); !f.Amendment.IsZero() {
			r.State = habilitation.Reopened
		}
		p := show(agent(), open, every)
		p.tell(agent(), affairs{
			Requests: []habilitation.Request{r}, Tokens: map[habilitation.RequestNumber]web.TokenView{r.Number: web.NewTokenView(f.Token, credential.LivePrefix, sampleNow())},
			Lapsing: map[habilitation.RequestNumber]renewal.File{r.Number: f}, Now: sampleNow(),
		})
		return p
	}
	asItIs := func(*renewal.File) {}
	filed := func(f *renewal.File) { f.Amendment.ID, f.Amendment.FiledAt = 1, sampleNow().Add(-30*time.Hour) }
	unanswered := func(f *renewal.File) {
		f.Amendment = renewal.Amendment{ID: 1, FiledAt: sampleNow().AddDate(0, -3, 0), LastFiledAt: sampleNow().AddDate(0, -3, 0)}
	}
	refused := func(f *renewal.File) { f.RefusedAt = sampleNow().Add(-30 * time.Hour) }
	const day = 24 * time.Hour
	claimed := func(claimant, holder int64) homePage {
		r, ago := sampleRequest(habilitation.Validated), 30*time.Hour
		r.Holder, r.Requester = holder, habilitation.Contact{GivenName: "Camille", FamilyName: "Ferrand"}
		if holder == 0 {
			ago = 80 * time.Hour
		}
		by := request.Colleague{Person: request.Person{ID: claimant}, Contact: habilitation.Contact{GivenName: "Inès", FamilyName: "D'Orvault", Mail: "ines.dorvault@majastres.example.fr"}}
		p := show(agent(), open, every)
		p.tell(agent(), affairs{
			Requests: []habilitation.Request{r}, Tokens: sampleTokens([]habilitation.Request{r}), Now: sampleNow(),
			Claims: map[habilitation.RequestNumber]request.Claim{r.Number: {ID: 4, Request: r.Number, Claimant: by, State: request.ClaimWaiting, At: sampleNow().Add(-ago)}},
		})
		return p
	}
	busy := show(agent(), directory.Collectivity{}, nil)
	busy.tell(agent(), sampleAffairs())
	alone, elsewhere, token := sampleRequest(habilitation.Validated), sampleRequest(habilitation.Validated), sampleRequest(habilitation.Validated)
	alone.Current.Editor = habilitation.Editor{}
	token.Current.Modalities.Form = false
	served := credential.Watched{Subscription: credential.Subscription{Siret: "21040107100019", Request: 48260, Editor: "91033700500011"}}
	contended := served
	contended.Contender = elsewhere.Number
	var each []habilitation.Request
	for i, state := range habilitation.States {
		r := sampleRequest(state)
		r.Number += habilitation.RequestNumber(i)
		r.Holder, r.Source = int64(i%2), habilitation.Sources[i%len(habilitation.Sources)]
		each = append(each, r)
	}
	endlessly := sampleRequest(habilitation.Reopened)
	endlessly.Current.Editor.Name = strings.Repeat("SAINVILLE", 30)
	bare, long := sampleTown(directory.FormOpen), sampleTown(directory.FormOpen)
	bare.Contact = directory.Contact{}
	long.Contact = directory.Contact{Label: strings.Repeat("enfance", 30), Mail: strings.Repeat("enfance", 30) + "@exemple.fr", URL: "javascript:alert(1)"}
	unnamed := agent()
	unnamed.Organisation.Name = ""
	longer := agent()
	longer.Name = strings.Repeat("Marie-Antoinette ", 12)
	longer.Organisation.Name = "Communauté d'agglomération du Val-de-la-Grande-Rivière " + strings.Repeat("SAINVILLE", 20)
	return []web.Sample[homePage]{
		{Name: "ouvert", Content: with(show(agent(), open, every), credential.Watched{}, sampleRequest(habilitation.Validated))},
		{Name: "jeton-expire-bientot", Content: lapsing(12*day, agent().AccountID, asItIs)},
		{Name: "jeton-dernier-jour", Content: lapsing(0, agent().AccountID, asItIs)},
		{Name: "jeton-coupe", Content: lapsing(-3*day, agent().AccountID, asItIs)},
		{Name: "jeton-coupe-importe", Content: lapsing(-3*day, agent().AccountID, func(f *renewal.File) { f.PublicID = "" })},
		{Name: "jeton-coupe-collegue", Content: lapsing(-3*day, 7, asItIs)},
		{Name: "jeton-coupe-sans-compte", Content: lapsing(-3*day, 0, asItIs)},
		{Name: "jeton-sans-compte-d-un-autre", Content: lapsing(12*day, 0, func(f *renewal.File) { f.RequesterName = "Inès Garnier" })},
		{Name: "jeton-coupe-modification-refusee", Content: lapsing(-3*day, agent().AccountID, refused)},
		{Name: "jeton-modification-refusee-collegue", Content: lapsing(12*day, 7, refused)},
		{Name: "jeton-modification-deposee", Content: lapsing(12*day, agent().AccountID, filed)},
		{Name: "jeton-coupe-modification-sans-reponse", Content: lapsing(-3*day, agent().AccountID, unanswered)},
		{Name: "jeton-coupe-modification-sans-reponse-collegue", Content: lapsing(-3*day, 7, unanswered)},
		{Name: "jeton-coupe-modification", Content: lapsing(-3*day, agent().AccountID, filed)},
		{Name: "reprise-demandee", Content: claimed(agent().AccountID, 7)},
		{Name: "reprise-a-decider-sans-compte", Content: claimed(agent().AccountID, 0)},
		{Name: "reprise-d-un-collegue", Content: claimed(9, 7)},
		{Name: "sans-editeur", Content: with(show(agent(), open, nil), credential.Watched{}, alone)},
		{Name: "recu-ailleurs", Content: with(show(agent(), open, nil), served, elsewhere)},
		{Name: "recu-ailleurs-a-dire", Content: with(show(agent(), open, nil), contended, elsewhere)},
		{Name: "jeton-seul", Content: with(show(agent(), directory.Collectivity{}, nil), credential.Watched{}, token)},
		{Name: "toutes-les-habilitations", Content: with(show(agent(), sampleTown(directory.FormClosed), nil), credential.Watched{}, each...)},
		{Name: "suspendue", Content: with(show(agent(), closed, nil), credential.Watched{}, sampleRequest(habilitation.Suspended))},
		{Name: "revoquee", Content: with(show(agent(), closed, nil), credential.Watched{}, sampleRequest(habilitation.Revoked))},
		{Name: "suspendue-par-hubee", Content: with(show(agent(), closed, nil), credential.Watched{}, sampleRequest(habilitation.Validated))},
		{Name: "refusee", Content: with(show(agent(), directory.Collectivity{}, nil), credential.Watched{}, sampleRequest(habilitation.Refused))},
		{Name: "demandes-en-cours", Content: busy},
		{Name: "ouvert-sans-dossier", Content: show(agent(), bare, nil)},
		{Name: "bientot", Content: show(agent(), sampleTown(directory.FormSoon), nil)},
		{Name: "ferme", Content: show(agent(), sampleTown(directory.FormClosed), map[dossier.State]int{dossier.Processed: 1})},
		{Name: "sans-formulaire", Content: show(agent(), directory.Collectivity{}, nil)},
		{Name: "sans-nom", Content: show(unnamed, directory.Collectivity{}, nil)},
		{Name: "nom-long", Content: with(show(longer, long, every), credential.Watched{}, endlessly)},
	}
}

func sampleColleagues(count int) []account.Member {
	listed := make([]account.Member, count)
	for i := range listed {
		listed[i] = account.Member{
			Membership: account.Membership{ID: int64(40 + i), AccountID: int64(1 + i), Role: account.Town},
			Name:       fmt.Sprintf("Dominique Talbot %d", i+1), Mail: fmt.Sprintf("dominique.talbot.%d@majastres.example.fr", i+1),
			SignedInAt: sampleNow().Add(-time.Duration(i) * 31 * time.Hour),
		}
	}
	return listed
}

func colleaguesSamples(page web.ProPage) []web.Sample[colleaguesPage] {
	show := func(query string, total int, listed []account.Member) colleaguesPage {
		values, err := url.ParseQuery(query)
		if err != nil {
			panic(err) // a sample of ours
		}
		p := newColleaguesPage(framed(page, agent(), colleaguesPath), agent(), colleagueListing.Read(values).List(total), listed)
		p.SignInAddress = portal + signInPath
		return p
	}
	long := sampleColleagues(3)
	long[0].Name, long[0].Mail = strings.Repeat("DUBOIS", 40), strings.Repeat("enfance", 30)+"@exemple.fr"
	long[1].Name = `<script>alert("1")</script> & L'ESSAI`
	return []web.Sample[colleaguesPage]{
		{Name: "pleine", Content: show("page=2", 61, sampleColleagues(25))},
		{Name: "seul", Content: show("", 1, sampleColleagues(1))},
		{Name: "nom-long", Content: show("q=enfance", 3, long)},
		{Name: "sans-resultat", Content: show("q=nulle+part", 0, nil)},
		{Name: "au-dela", Content: show("page=12", 0, nil)},
	}
}

// sampleAffairs are requests written here, in each state and phase that exist together, one of
// them claimed by a colleague.
func sampleAffairs() affairs {
	var of affairs
	for i, at := range []struct {
		state habilitation.State
		phase request.Phase
	}{
		{habilitation.Draft, request.Writing}, {habilitation.Submitted, request.Filed}, {habilitation.ChangesRequested, request.Returned},
		{habilitation.Reopened, request.Writing}, {habilitation.Reopened, request.Filed}, {habilitation.Reopened, request.Returned},
		{habilitation.Refused, request.Closed}, {habilitation.Archived, request.Closed},
	} {
		for holder := range int64(2) {
			r := sampleRequest(at.state)
			r.Number, r.Source, r.Holder = habilitation.RequestNumber(10_000_010+2*int64(i)+holder), habilitation.FromPortal, 1+holder
			if r.Requester.FamilyName = "Garnier"; holder == 0 {
				r.Requester.FamilyName = strings.Repeat("D'ORVAULT ", 20)
			}
			of.Requests = append(of.Requests, r)
			of.Written = append(of.Written, request.Application{Request: r, Phase: at.phase, Template: editor.Template{UID: "a", TemplateContent: editor.TemplateContent{Software: "Tilleul Enfance"}}})
		}
	}
	claimant := request.Colleague{Contact: habilitation.Contact{Mail: "ines.garnier@majastres.example.fr"}}
	of.Claims = map[habilitation.RequestNumber]request.Claim{
		10_000_010: {ID: 1, Request: 10_000_010, Claimant: claimant, At: sampleNow()}, 10_000_013: {ID: 2, Request: 10_000_013, Claimant: claimant, At: sampleNow().Add(-100 * time.Hour)},
	}
	of.Now = sampleNow()
	return of
}
