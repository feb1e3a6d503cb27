package requests

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/editor"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/web"
	"portail-qf/internal/web/form"
)

func sampleForms(count int) []editor.Template {
	listed := make([]editor.Template, count)
	for i := range listed {
		listed[i] = preparedForm()
		listed[i].UID, listed[i].Software = fmt.Sprintf("api-particulier-tilleul-%d", i), fmt.Sprintf("Tilleul %d", i+1)
	}
	return append(listed, genericForm())
}

func chooseSamples(page web.ProPage) []web.Sample[choosePage] {
	show := func(frame web.ProPage, query string, listed []editor.Template) choosePage {
		return newChoosePage(frame, form.Field{Name: fieldSearch, Value: query}, listed)
	}
	visitor, signedIn := outside(page, formsPath), within(page, formsPath)
	long := sampleForms(2)
	long[0].Software, long[0].Editor.Name, long[0].Name = endless, hostile+endless, "L'essai "+endless
	return []web.Sample[choosePage]{
		{Name: "pleine", Content: show(visitor, "", sampleForms(80))},
		{Name: "recherche", Content: show(signedIn, "TILLEUL 12", sampleForms(30))},
		{Name: "une-reponse", Content: show(visitor, "tilleul 1", sampleForms(2))},
		{Name: "sans-resultat", Content: show(visitor, hostile, sampleForms(3))},
		{Name: "noms-longs", Content: show(visitor, "", long)},
		{Name: "vide", Content: show(visitor, "", nil)},
	}
}

func withdrawnSamples(page web.ProPage) []web.Sample[withdrawnPage] {
	show := func(withdrawn editor.Template) withdrawnPage {
		p := withdrawnPage{choosePage: newChoosePage(outside(page, withdrawn.Path()), form.Field{Name: fieldSearch}, sampleForms(3)), Form: newFormLink(withdrawn)}
		return p
	}
	long := preparedForm()
	long.Software, long.Editor.Name = endless, hostile+endless
	return []web.Sample[withdrawnPage]{
		{Name: "editeur", Content: show(preparedForm())}, {Name: "general", Content: show(genericForm())}, {Name: "noms-longs", Content: show(long)},
	}
}

func modelSamples(page web.ProPage) []web.Sample[modelPage] {
	return []web.Sample[modelPage]{
		{Name: "visiteur", Content: modelPage{outside(page, modelPath)}}, {Name: "agent", Content: modelPage{within(page, modelPath)}},
	}
}

func startSamples(page web.ProPage) []web.Sample[startPage] {
	show := func(frame web.ProPage, t editor.Template, delay delayView) startPage {
		p := newStartPage(frame, t, delay)
		p.BeginURL, p.TooLong = beginURL(t.UID, url.Values{"intitule": {"Cantine"}}, p.Person == "")
		return p
	}
	path := preparedForm().Path()
	elsewhere := within(page, path)
	elsewhere.Space, elsewhere.Navigation = account.SpaceEditor, nil
	long := preparedForm()
	long.Software, long.Editor.Name, long.Introduction, long.Prefilled.Description = endless, hostile+endless, novel, novel
	cut := show(outside(page, path), preparedForm(), delayView{})
	cut.TooLong = true
	return []web.Sample[startPage]{
		{Name: "visiteur", Content: show(outside(page, path), preparedForm(), delayView{Days: 13})},
		{Name: "agent", Content: show(within(page, path), openForm(), delayView{Hours: 1})},
		{Name: "autre-espace", Content: show(elsewhere, preparedForm(), delayView{})},
		{Name: "general", Content: show(outside(page, path), genericForm(), delayView{Days: 1})},
		{Name: "adresse-longue", Content: cut},
		{Name: "noms-longs", Content: show(outside(page, path), long, delayView{Hours: 47})},
	}
}

func listSamples(page web.ProPage) []web.Sample[listPage] {
	show := func(files ...file) listPage {
		p := newListPage(within(page, homePath), agent(), map[habilitation.RequestNumber]web.ClaimView{draft(preparedForm()).Request.Number: claimedBy(2, draft(preparedForm()))})
		for i, f := range files {
			f.Request.Number += habilitation.RequestNumber(i)
			p.add(f.Application, i%3)
		}
		return p
	}
	all := show(everyFile(preparedForm())...)
	var elsewhere []habilitation.Request
	for i, state := range habilitation.States {
		r := sampleFile(preparedForm(), state, request.Closed).Request
		r.Number, r.Source, r.Holder, r.Requester = habilitation.RequestNumber(48231+i), habilitation.FromDatapass, int64(i%2), habilitation.Contact{}
		elsewhere = append(elsewhere, r)
	}
	all.addElsewhere(elsewhere, nil)
	return []web.Sample[listPage]{
		{Name: "toutes", Content: all},
		{Name: "une", Content: show(draft(genericForm()))},
		{Name: "noms-longs", Content: show(tooLong(byColleague(sampleFile(openForm(), habilitation.Draft, request.Writing))))},
		{Name: "vide", Content: show()},
	}
}

// everyFile is an application in each state and phase that exist together, the reader's and a
// colleague's.
func everyFile(t editor.Template) []file {
	var files []file
	for _, at := range []struct {
		state habilitation.State
		phase request.Phase
	}{
		{habilitation.Draft, request.Writing}, {habilitation.Submitted, request.Filed}, {habilitation.ChangesRequested, request.Returned},
		{habilitation.Validated, request.Closed}, {habilitation.Reopened, request.Writing}, {habilitation.Reopened, request.Filed},
		{habilitation.Reopened, request.Returned}, {habilitation.Refused, request.Closed}, {habilitation.Archived, request.Closed},
		{habilitation.Suspended, request.Closed}, {habilitation.Revoked, request.Closed},
	} {
		f := sampleFile(t, at.state, at.phase)
		files = append(files, f, byColleague(f))
	}
	return files
}

func beginSamples(page web.ProPage) []web.Sample[beginPage] {
	town := directory.Organisation{Siret: "21040107100019", ToldAt: noon, Establishment: directory.Establishment{Name: "COMMUNE DE MAJASTRES", COG: "04107", Postcode: "04270"}}
	show := func(t editor.Template, town directory.Organisation, b brought, files ...file) beginPage {
		p := newBeginPage(within(page, beginPath), agent(), t, town)
		var granted []habilitation.Request
		var written []request.Application
		for _, f := range files {
			granted, written = append(granted, f.Request), append(written, f.Application)
		}
		p.recall(agent(), granted, written)
		p.carry(t, b)
		return p
	}
	closed := town
	closed.Closed = true
	untold := directory.Organisation{Siret: town.Siret, Establishment: directory.Establishment{Name: endless}}
	refused := sampleFile(openForm(), habilitation.Refused, request.Closed)
	return []web.Sample[beginPage]{
		{Name: "premiere", Content: show(preparedForm(), town, brought{})},
		{Name: "deja-habilitee", Content: show(openForm(), town, brought{}, everyFile(preparedForm())...)},
		{Name: "brouillon", Content: show(preparedForm(), town, brought{}, draft(preparedForm()))},
		{Name: "adresse-remplie", Content: show(openForm(), town, byAddress(url.Values{"intitule": {"Cantine " + hostile}, "donnees": {"cnaf_adresse"}}))},
		{Name: "reponses-reprises", Content: show(refused.Template, town, byRequest(refused.Application, refused.Request.Holder))},
		{Name: "fermee", Content: show(genericForm(), closed, brought{})},
		{Name: "noms-longs", Content: show(tooLong(draft(openForm())).Template, untold, brought{}, tooLong(byColleague(sampleFile(openForm(), habilitation.Submitted, request.Filed))))},
	}
}

func oneSamples(page web.ProPage) []web.Sample[onePage] {
	var samples []web.Sample[onePage]
	show := func(name string, f file, change ...func(p *onePage)) {
		content := newOnePage(within(page, pathOf(f.Request.Number)), f)
		content.History = newEventViews(sampleHistory())
		for _, then := range change {
			then(&content)
		}
		samples = append(samples, web.Sample[onePage]{Name: name, Content: content})
	}
	for _, f := range everyFile(preparedForm()) {
		name := string(f.Request.State) + "-" + string(f.Phase)
		if !f.Held() {
			name += "-collegue"
		}
		show(name, f)
	}
	returned := sampleFile(preparedForm(), habilitation.ChangesRequested, request.Returned)
	show("reprise-a-repondre", returned, func(p *onePage) {
		p.Claim, p.Unread = claimedBy(2, returned), 3
	})
	other := byColleague(returned)
	show("reprise-demandee", other, func(p *onePage) {
		p.Claim, p.Unread, p.History = claimedBy(1, other), 1, nil
	})
	show("vierge", draft(genericForm()), func(p *onePage) { p.History = nil; p.Flash = "done.demande-enregistree" })
	show("long", tooLong(sampleFile(openForm(), habilitation.Reopened, request.Writing)))
	told := func(state habilitation.State, act habilitation.Act) file {
		f := sampleFile(preparedForm(), state, request.Closed)
		f.Asked = request.Asked{Act: act, Reason: "Bonjour,\n\n" + hostile, By: "Hugo Marchal", At: noon.Add(-50 * time.Hour)}
		return f
	}
	show("refus-motive", told(habilitation.Refused, habilitation.Refuse))
	show("validation-avec-message", told(habilitation.Validated, habilitation.Approve))
	show("modification-refusee", told(habilitation.Validated, habilitation.Refuse))
	overdue := func(p *onePage) { p.Overdue = true }
	show("sans-reponse", sampleFile(preparedForm(), habilitation.Submitted, request.Filed), overdue)
	show("modification-sans-reponse", sampleFile(preparedForm(), habilitation.Reopened, request.Filed), overdue)
	show("modification-sans-reponse-jeton", sampleFile(preparedForm(), habilitation.Reopened, request.Filed), overdue, func(p *onePage) {
		p.Lapsing = amended(sampleLapsing(true, -9), true)
		p.Lapsing.Overdue = true
	})
	returned.Request.State = habilitation.Reopened
	show("jeton-a-prolonger", sampleFile(preparedForm(), habilitation.Validated, request.Closed), func(p *onePage) { p.Lapsing = sampleLapsing(true, 12) })
	show("jeton-coupe-modification", sampleFile(preparedForm(), habilitation.Reopened, request.Filed), func(p *onePage) { p.Lapsing = amended(sampleLapsing(true, -9), true) })
	show("jeton-coupe-collegue", byColleague(sampleFile(preparedForm(), habilitation.Validated, request.Closed)), func(p *onePage) { p.Lapsing = sampleLapsing(false, -9) })
	show("modification-a-corriger-jeton", returned, func(p *onePage) { p.Lapsing = amended(sampleLapsing(true, 1), false) })
	return samples
}

// sampleLapsing is a token that expires so many days after the samples are looked at.
func sampleLapsing(held bool, days int) web.LapsingView {
	expiry := value.MonthsLater(noon.AddDate(0, 0, days), 0)
	return web.NewLapsingView(request.Lapsing{TokenID: "5f0c1a52-9a3e-4b7c-8d11-0242ac120002", Expiry: expiry}, held, noon)
}

func amended(v web.LapsingView, filed bool) web.LapsingView {
	v.Amended, v.Filed = true, filed
	return v
}

func actSamples(page web.ProPage) []web.Sample[actPage] {
	show := func(act habilitation.Act, a request.Application) actPage {
		return newActPage(within(page, actPath(a.Request.Number, act)), act, a)
	}
	datapass := request.Application{Request: habilitation.Request{Number: 48231, State: habilitation.Validated}, Phase: request.Closed}
	return []web.Sample[actPage]{
		{Name: "retrait-brouillon", Content: show(habilitation.Withdraw, draft(preparedForm()).Application)},
		{Name: "retrait", Content: show(habilitation.Withdraw, sampleFile(preparedForm(), habilitation.Submitted, request.Filed).Application)},
		{Name: "modification", Content: show(habilitation.Reopen, sampleFile(preparedForm(), habilitation.Validated, request.Closed).Application)},
		{Name: "modification-datapass", Content: show(habilitation.Reopen, datapass)},
		{Name: "annulation", Content: show(habilitation.Cancel, sampleFile(preparedForm(), habilitation.Reopened, request.Writing).Application)},
	}
}

func transferSamples(page web.ProPage) []web.Sample[transferPage] {
	show := func(f file, claimant int64) transferPage {
		return newTransferPage(within(page, pathOf(f.Request.Number)+transferPart), f.Reader, f.Application, claimedBy(claimant, f))
	}
	held := sampleFile(preparedForm(), habilitation.Submitted, request.Filed)
	with := func(p transferPage, total int, names ...string) transferPage {
		for i, name := range names {
			member := account.Member{Name: name, Mail: fmt.Sprintf("agent.%d@majastres.example.fr", i), Membership: account.Membership{AccountID: int64(i + 1)}}
			p.list(held.Reader, []account.Member{member}, total)
		}
		return p
	}
	refused := with(show(held, 0), 3, "Hélène d'Orvault", "Inès Garnier", "Paul Vidal")
	refused.Colleague = refused.Colleague.Refused("request.colleague_required")
	refused.Problems = form.Problems(refused.Colleague)
	unanswered := show(held, 2)
	unanswered.Answer = unanswered.Answer.Refused("form.choice")
	unanswered.Problems = form.Problems(unanswered.Answer)
	searched := with(show(held, 0), 90, "Hélène d'Orvault", hostile+endless, strings.Repeat("Marie-Antoinette ", 12))
	searched.Search.Value = "enfance"
	nobody := show(held, 0)
	nobody.Search.Value = hostile
	datapass := byColleague(held)
	datapass.Template, datapass.Request.Requester, datapass.Request.Holder = editor.Template{}, habilitation.Contact{}, 0
	urgent := func(p transferPage, days int) transferPage {
		p.Lapsing = sampleLapsing(p.Held, days)
		return p
	}
	byTime := urgent(show(held, 2), -1) // at some time of the day
	byTime.Lapsing.At.Hour, byTime.Lapsing.At.Minute = 14, 5
	imported := held
	imported.Template, imported.Request.State, imported.Phase = editor.Template{}, habilitation.Validated, request.Closed
	return []web.Sample[transferPage]{
		{Name: "jeton-a-prolonger", Content: urgent(show(held, 0), 0)},
		{Name: "reprise-a-repondre-jeton-coupe", Content: byTime},
		{Name: "reprise-demandee-jeton-coupe", Content: urgent(show(byColleague(held), 1), -30)},
		{Name: "a-confier", Content: with(show(held, 0), 2, "Hélène d'Orvault", "Inès Garnier")},
		{Name: "personne", Content: refused}, {Name: "seul", Content: show(held, 0)},
		{Name: "recherche", Content: searched}, {Name: "sans-resultat", Content: nobody},
		{Name: "reprise-a-repondre", Content: with(show(held, 2), 2, "Hélène d'Orvault", "Inès Garnier")},
		{Name: "reprise-sans-reponse", Content: unanswered},
		{Name: "collegue", Content: show(byColleague(held), 0)},
		{Name: "reprise-demandee", Content: show(byColleague(held), 1)},
		{Name: "reprise-d-un-autre", Content: show(byColleague(held), 9)},
		{Name: "datapass-a-confier", Content: with(show(imported, 0), 2, "Hélène d'Orvault", "Inès Garnier")},
		{Name: "datapass", Content: show(datapass, 0)},
		{Name: "noms-longs", Content: show(tooLong(byColleague(held)), 1)},
	}
}

func notHolderSamples(page web.ProPage) []web.Sample[notHolderPage] {
	show := func(f file, claimant int64) notHolderPage {
		return newNotHolderPage(within(page, stepPath(f.Request.Number, editor.BlockContacts)), f.Reader, f.Application, claimedBy(claimant, f))
	}
	other := byColleague(draft(preparedForm()))
	untold := other
	untold.Request.Requester, untold.Template = habilitation.Contact{}, editor.Template{}
	return []web.Sample[notHolderPage]{
		{Name: "collegue", Content: show(other, 0)}, {Name: "reprise-demandee", Content: show(other, 1)},
		{Name: "reprise-d-un-autre", Content: show(other, 9)}, {Name: "personne-de-connu", Content: show(untold, 0)},
		{Name: "noms-longs", Content: show(tooLong(other), 0)},
	}
}

func messagesSamples(page web.ProPage) []web.Sample[messagesPage] {
	const number = habilitation.RequestNumber(10_000_012)
	show := func(thread []request.Message) messagesPage {
		return newMessagesPage(within(page, pathOf(number)+messagesPart), number, thread)
	}
	thread := []request.Message{
		{ID: 1, Side: request.SideTown, Author: request.Person{Name: "Hélène d'Orvault"}, Text: "Bonjour,\nFaut-il la délibération entière ?", At: noon, Read: true},
		{ID: 2, Side: request.SideStaff, Author: request.Person{Name: "Hugo Marchal"}, Text: "Oui, entière.", At: noon, Read: true},
		{ID: 4, Side: request.SideStaff, Author: request.Person{Name: endless}, Text: hostile + endless, At: noon},
	}
	refused := show(thread[:2])
	refused.Text.Value = novel
	refused.Text = refused.Text.Refused("message.too_long")
	refused.Problems = form.Problems(refused.Text)
	return []web.Sample[messagesPage]{
		{Name: "non-lus", Content: show(thread)}, {Name: "lus", Content: show(thread[:2])}, {Name: "vide", Content: show(nil)}, {Name: "refuse", Content: refused},
	}
}

func recoverSamples(page web.ProPage) []web.Sample[recoverPage] {
	const path = recoverPath + "/EXEMPLE7K2QX"
	link := request.Link{Request: 48231, Siret: "21040107100019", Organisation: "COMMUNE DE MAJASTRES", ExpiresAt: noon.Add(48 * time.Hour)}
	visitor, signedIn := outside(page, path), within(page, path)
	show := func(name string, frame web.ProPage, reader account.Actor, l request.Link) web.Sample[recoverPage] {
		return web.Sample[recoverPage]{Name: name, Content: newRecoverPage(frame, path, reader, l, noon)}
	}
	here, elsewhere := agent(), agent()
	here.SignedFor = here.Organisation
	elsewhere.Organisation = account.Organisation{Siret: "21750001600019", Name: hostile + endless}
	elsewhere.SignedFor = elsewhere.Organisation
	used, replaced, expired, held, long := link, link, link, link, link
	used.Used, replaced.Replaced, held.Held, expired.ExpiresAt, long.Organisation = true, true, true, noon, hostile+endless
	return []web.Sample[recoverPage]{
		show("visiteur", visitor, account.Actor{}, link), show("connecte", signedIn, here, link), show("autre-etablissement", signedIn, elsewhere, link),
		show("servi", visitor, account.Actor{}, used), show("remplace", visitor, account.Actor{}, replaced), show("expire", signedIn, here, expired),
		show("deja-suivie", visitor, account.Actor{}, held), show("noms-longs", visitor, account.Actor{}, long),
	}
}
