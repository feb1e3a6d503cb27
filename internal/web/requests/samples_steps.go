package requests

import (
	"portail-qf/internal/domain/editor"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/web"
)

func stepSamples(page web.ProPage) []web.Sample[stepPage] {
	var samples []web.Sample[stepPage]
	show := func(name string, f file, block editor.Block, change ...func(p *stepPage)) {
		content := newStepPage(within(page, stepPath(f.Request.Number, block)), f, block, f.Answers)
		content.back(f, "")
		for _, then := range change {
			then(&content)
		}
		samples = append(samples, web.Sample[stepPage]{Name: name, Content: content})
	}
	elsewhere := sampleFile(openForm(), habilitation.Draft, request.Writing)
	elsewhere.Receiver = request.Receiver{Request: 48231, Editor: editor.Editor{Siret: "90511200900014", Name: "Logiciels Tilleul"}, Active: true}
	elsewhere.Current = "Tilleul Enfance"
	for _, block := range editor.Blocks {
		show(string(block)+"-rempli", elsewhere, block)
	}
	empty := draft(openForm())
	for _, block := range request.Steps(openForm(), false) {
		show(string(block)+"-refuse", empty, block, mended(empty, block))
	}
	prepared := draft(preparedForm())
	show("premiere-etape", prepared, editor.BlockDeliberation)
	show("personnes-preparees", prepared, editor.BlockContacts)
	show("personnes-formulaire-general", draft(genericForm()), editor.BlockContacts)
	townReceives := draft(openForm())
	townReceives.Receiver.Active, townReceives.Answers.Token = true, false
	show("reception-collectivite", townReceives, editor.BlockReception)
	generic := draft(genericForm())
	generic.Receiver, generic.Current = elsewhere.Receiver, elsewhere.Current
	show("reception-formulaire-general", generic, editor.BlockReception)
	returned := sampleFile(preparedForm(), habilitation.ChangesRequested, request.Returned)
	for _, block := range request.Steps(preparedForm(), false) {
		show(string(block)+"-a-corriger", returned, block)
	}
	long := tooLong(sampleFile(openForm(), habilitation.Reopened, request.Returned))
	for _, block := range request.Steps(openForm(), false) {
		show(string(block)+"-long", long, block)
	}
	show("deliberation-refusee", elsewhere, editor.BlockDeliberation, func(p *stepPage) {
		p.mend([]request.Fault{{Field: request.FieldDocument, Block: editor.BlockDeliberation, Code: "document.not_pdf"}})
		p.Kept = true
	})
	show("deuxieme-onglet", elsewhere, editor.BlockContacts, overwrites(elsewhere, editor.BlockContacts))
	show("deuxieme-onglet-fichier", elsewhere, editor.BlockDeliberation, overwrites(elsewhere, editor.BlockDeliberation))
	return samples
}

// mended says what is wrong in a block, as after it was sent.
func mended(f file, block editor.Block) func(p *stepPage) {
	return func(p *stepPage) {
		p.mend(request.Check(f.Answers, f.Situation(f.Receiver.Active), block))
		p.Kept = true
	}
}

// overwrites shows what somebody typed when somebody else had written meanwhile.
func overwrites(f file, block editor.Block) func(p *stepPage) {
	return func(p *stepPage) {
		typed := request.Typed{Block: block, Answers: f.Answers, File: &request.Upload{Name: "a.pdf"}}
		typed.DPD.Mail, typed.DeliberationURL, typed.Document = "dpd@majastres.example.fr", "https://majastres.example.fr/deliberation", 0
		mine := newStepPage(p.ProPage, f, block, typed.Answers)
		mine.back(f, "")
		mine.overwritten(f, typed)
		*p = mine
	}
}

func summarySamples(page web.ProPage) []web.Sample[summaryPage] {
	var samples []web.Sample[summaryPage]
	show := func(name string, f file, change ...func(p *summaryPage)) {
		faults := request.Check(f.Answers, f.Situation(f.Receiver.Active), f.steps()...)
		content := newSummaryPage(within(page, pathOf(f.Request.Number)+summaryPart), f, faults)
		for _, then := range change {
			then(&content)
		}
		samples = append(samples, web.Sample[summaryPage]{Name: name, Content: content})
	}
	conflict := func(code string) func(p *summaryPage) { return func(p *summaryPage) { p.Conflict = code } }
	refused := func(p *summaryPage) {
		p.refuse([]request.Fault{{Field: request.FieldTerms, Code: "request.terms_required"}, {Field: request.FieldDPDInformed, Code: "request.dpd_informed_required"}})
	}
	whole := sampleFile(preparedForm(), habilitation.Draft, request.Writing)
	show("complet", whole)
	show("vierge", draft(openForm()))
	show("presque-vierge", draft(preparedForm()))
	show("refuse", draft(genericForm()), refused)
	show("consentements", whole, refused, func(p *summaryPage) { p.tick(request.Consents{Terms: true, DPDInformed: true}) })
	show("a-corriger", sampleFile(preparedForm(), habilitation.ChangesRequested, request.Returned))
	modification := sampleFile(openForm(), habilitation.Reopened, request.Writing)
	show("modification", modification)
	show("modification-qui-prolonge", modification, func(p *summaryPage) { p.Renewed = amended(sampleLapsing(true, 30), false) })
	carried := sampleFile(openForm(), habilitation.Reopened, request.Writing)
	carried.Carried, carried.Answers.DPD = true, habilitation.Contact{}
	show("modification-datapass", carried)
	replaces := sampleFile(openForm(), habilitation.Draft, request.Writing)
	replaces.Receiver.Active, replaces.Current, replaces.Answers.Reception = true, "Tilleul Enfance "+hostile, request.ReceptionReplace
	show("remplace", replaces)
	show("autre-onglet", whole, conflict("request.written"))
	same := modification
	same.Answers = *same.Granted
	show("rien-de-change", same, conflict("request.unchanged"))
	show("long", tooLong(sampleFile(openForm(), habilitation.Draft, request.Writing)))
	return samples
}

func depositedSamples(page web.ProPage) []web.Sample[depositedPage] {
	show := func(f file, delay delayView) depositedPage {
		return newDepositedPage(within(page, pathOf(f.Request.Number)+depositedPart), f, delay)
	}
	filed := func(t editor.Template) file { return sampleFile(t, habilitation.Submitted, request.Filed) }
	untold := filed(genericForm())
	untold.Request.Requester.Mail = ""
	keeps := filed(openForm())
	keeps.Answers.Reception = request.ReceptionKeep
	prolongs := show(sampleFile(preparedForm(), habilitation.Reopened, request.Filed), delayView{Days: 1})
	prolongs.Renewed = amended(sampleLapsing(true, -9), true)
	return []web.Sample[depositedPage]{
		{Name: "modification-qui-prolonge", Content: prolongs},
		{Name: "avec-editeur", Content: show(filed(preparedForm()), delayView{Days: 3})},
		{Name: "sans-editeur", Content: show(filed(genericForm()), delayView{Hours: 1})},
		{Name: "sans-delai-ni-adresse", Content: show(untold, delayView{})},
		{Name: "jeton-seul", Content: show(keeps, delayView{Hours: 30})},
		{Name: "modification", Content: show(sampleFile(preparedForm(), habilitation.Reopened, request.Filed), delayView{Days: 1})},
		{Name: "long", Content: show(tooLong(filed(openForm())), delayView{})},
	}
}
