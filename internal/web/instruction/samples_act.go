package instruction

import (
	"strings"
	"time"

	"portail-qf/internal/domain/decision"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/web"
	"portail-qf/internal/web/form"
)

func sampleReasons() []request.Reason {
	return []request.Reason{
		{ID: 1, Act: habilitation.RequestChanges, Title: "Délibération sans quotient", Text: "La délibération de {collectivite} ne parle pas du quotient familial.\n\nJoignez celle qui fixe vos tarifs."},
		{ID: 2, Act: habilitation.RequestChanges, Title: "DPD et responsable identiques", Text: "Le délégué à la protection des données doit être une autre personne."},
		{ID: 3, Act: habilitation.Refuse, Title: hostile + endless[:30], Text: hostile + endless},
	}
}

func draftOf(f file, act habilitation.Act) draftFile {
	d := draftFile{Application: asDeposited(f.Application), Act: act, Proposed: f.Facts.Editor}
	for _, model := range sampleReasons() {
		if model.Act == act {
			d.Models = append(d.Models, model)
		}
	}
	return d
}

const sampleReason = "La délibération jointe ne parle pas du quotient familial.\n\nJoignez celle qui fixe vos tarifs."

func (v Views) actSamples(page web.ProPage) []web.Sample[actPage] {
	show := func(d draftFile, t written) actPage {
		return newActPage(at(page, actPath(sampleNumber, d.Act)), d, t)
	}
	blank := func(f file, act habilitation.Act) actPage { d := draftOf(f, act); return show(d, d.kept()) }
	changes := draftOf(sampleFile(), habilitation.RequestChanges)
	changes.Note = request.Note{Request: sampleNumber, Act: changes.Act, Revision: 2, Text: sampleReason, Comments: []request.Comment{{Field: "destinataires", Text: "Dites de quel service."}}}
	aged := changes
	aged.Note.Revision = 1
	refused := blank(sampleFile(), habilitation.Refuse)
	refused.Text = refused.Text.Refused("reason.required")
	refused.Problems = form.Problems(refused.Text)
	unchosen := draftOf(sampleGeneric(), habilitation.Approve)
	present, presentOnly := draftOf(sampleGenericModification(), habilitation.Approve), draftOf(sampleGenericModification(), habilitation.Approve)
	presentOnly.Proposed = request.Proposed{}
	long := changes
	long.Request.Organisation, long.Note.Text = hostile+endless, strings.Repeat(hostile+endless+"\n", 9)
	tooLong := long.kept()
	tooLong.Text = tooLong.Text.Refused("reason.too_long")
	tooLong.Comments[0].Field.Value = strings.Repeat(hostile, 30)
	tooLong.Comments[0].Field = tooLong.Comments[0].Field.Refused("instruction.comment_too_long")
	moved := show(changes, changes.kept())
	moved.Moved, moved.LastMove = true, v.lastMove(sampleHistory())
	decided := changes
	decided.Phase, decided.Request.State = request.Closed, habilitation.Validated
	gone := show(decided, decided.kept())
	gone.Moved, gone.LastMove = true, v.lastMove(sampleHistory()[6:])
	untold := show(decided, decided.kept())
	untold.Moved = true
	return []web.Sample[actPage]{
		{Name: "validation", Content: blank(sampleFile(), habilitation.Approve)},
		{Name: "validation-d-une-modification", Content: blank(sampleModification(), habilitation.Approve)},
		{Name: "validation-generale", Content: show(unchosen, unchosen.kept())},
		{Name: "validation-sans-choix", Content: show(unchosen, unchosen.kept().checked(unchosen))},
		{Name: "validation-editeur-en-vigueur", Content: show(present, present.kept())},
		{Name: "validation-meme-editeur", Content: show(presentOnly, presentOnly.kept())},
		{Name: "modifications", Content: blank(sampleFile(), habilitation.RequestChanges)},
		{Name: "modifications-commencees", Content: show(changes, changes.kept())},
		{Name: "modifications-d-avant", Content: show(aged, aged.kept())},
		{Name: "modifications-trop-longues", Content: show(long, tooLong)},
		{Name: "refus", Content: blank(sampleFile(), habilitation.Refuse)},
		{Name: "refus-d-une-modification", Content: blank(sampleModification(), habilitation.Refuse)},
		{Name: "refus-sans-motif", Content: refused},
		{Name: "conflit", Content: moved},
		{Name: "conflit-impossible", Content: gone},
		{Name: "conflit-sans-auteur", Content: untold},
	}
}

func previewSamples(page web.ProPage) []web.Sample[previewPage] {
	approval := Mail{
		Subject: "Votre habilitation H10000042 est validée", To: []string{"anne.morel@majastres.example.fr"}, CC: []string{"integration@tilleul.example.fr"},
		Text: "Bonjour,\n\nLa demande D10000017 de COMMUNE DE MAJASTRES est validée.\nVous n'avez rien à faire.\n\nhttps://portail.example.fr/collectivite/demandes/10000017\n",
	}
	told := Mail{Subject: "Vous êtes désignée déléguée à la protection des données", To: []string{"dpd@pays-de-majastres.example.fr"}, Text: "Bonjour,\n\nAnne Morel vous a désignée."}
	show := func(f file, act habilitation.Act, foreseen decision.Foreseen, mails ...Mail) previewPage {
		d := draftOf(f, act)
		d.Note = request.Note{Request: sampleNumber, Act: act, Revision: d.Request.Revision, Text: sampleReason}
		switch act {
		case habilitation.Approve:
			d.Note.Number, d.Note.Editor = 10_000_042, f.Facts.Editor.Siret
		case habilitation.RequestChanges:
			d.Note.Comments = []request.Comment{{Field: "destinataires", Text: hostile}}
		}
		p := newPreviewPage(at(page, previewPath(sampleNumber, act)), d, foreseen)
		for _, mail := range mails {
			p.Mails = append(p.Mails, newMailView(mail))
		}
		return p
	}
	long := Mail{Subject: hostile + endless, To: []string{endless + "@exemple.fr", "b@exemple.fr"}, CC: []string{endless + "@exemple.fr"}, Text: strings.Repeat(hostile+endless+"\n", 9)}
	tokenOnly := sampleSecond(request.ReceptionKeep, "Ateliers Brume")
	changed := show(sampleFile(), habilitation.RequestChanges, decision.Foreseen{}, approval)
	changed.Changed = true
	nobody := show(sampleFile(), habilitation.Refuse, decision.Foreseen{})
	until := value.MonthsLater(noon.AddDate(0, 0, -9), 18)
	renewed := func(p previewPage, days int) previewPage {
		p.Lapsing = web.NewLapsingView(sampleLapsing(days), false, noon)
		return p
	}
	return []web.Sample[previewPage]{
		{Name: "validation-qui-prolonge", Content: renewed(show(sampleModification(), habilitation.Approve, decision.Foreseen{FormOpens: true, Prolonged: until}, approval, told), -9)},
		{Name: "refus-sans-prolongation", Content: renewed(show(sampleModification(), habilitation.Refuse, decision.Foreseen{}, approval), 12)},
		{Name: "modifications-jeton-coupe", Content: renewed(show(sampleModification(), habilitation.RequestChanges, decision.Foreseen{}, approval), -9)},
		{Name: "validation", Content: show(sampleFile(), habilitation.Approve, decision.Foreseen{FormOpens: true}, approval)},
		{Name: "validation-plusieurs-mails", Content: show(sampleModification(), habilitation.Approve, decision.Foreseen{FormOpens: true, Replaces: true}, approval, told)},
		{Name: "validation-generale", Content: show(sampleGeneric(), habilitation.Approve, decision.Foreseen{Replaces: true}, approval)},
		{Name: "validation-ailleurs", Content: show(sampleFile(), habilitation.Approve, decision.Foreseen{Elsewhere: true}, approval)},
		{Name: "validation-jeton-seul", Content: show(tokenOnly, habilitation.Approve, decision.Foreseen{}, approval)},
		{Name: "refus", Content: show(sampleFile(), habilitation.Refuse, decision.Foreseen{}, approval)},
		{Name: "refus-d-une-modification", Content: show(sampleModification(), habilitation.Refuse, decision.Foreseen{}, approval, told)},
		{Name: "refus-sans-mail", Content: nobody},
		{Name: "modifications", Content: show(sampleModification(), habilitation.RequestChanges, decision.Foreseen{}, approval)},
		{Name: "texte-change", Content: changed},
		{Name: "noms-longs", Content: show(sampleLong(), habilitation.Approve, decision.Foreseen{FormOpens: true, Replaces: true}, long, long)},
	}
}

func messagesSamples(page web.ProPage) []web.Sample[messagesPage] {
	show := func(thread ...request.Message) messagesPage {
		return newMessagesPage(at(page, pathOf(sampleNumber)+"/messages"), sampleFile().Request, thread)
	}
	thread := sampleThread()
	long := sampleThread()
	long[3].Text, long[3].Author.Name = strings.Repeat(hostile+endless+"\n", 12), endless
	refused := show(thread...)
	refused.Text = refused.Text.Refused("message.required")
	refused.Problems = form.Problems(refused.Text)
	alone := show(thread[:2]...)
	alone.To = ""
	return []web.Sample[messagesPage]{
		{Name: "non-lus", Content: show(thread...)}, {Name: "lus", Content: alone}, {Name: "aucun", Content: show()},
		{Name: "refuse", Content: refused}, {Name: "textes-longs", Content: show(long...)},
	}
}

func claimSamples(page web.ProPage) []web.Sample[claimPage] {
	page = at(page, claimPath(sampleNumber))
	r := sampleFile().Request
	old := r
	old.Source, old.Number, old.Organisation = habilitation.FromDatapass, 48_231, ""
	unheld := r
	unheld.Holder = 0
	long := r
	long.Organisation, long.Requester.FamilyName, long.Requester.Mail = hostile+endless, endless, endless+"@exemple.fr"
	return []web.Sample[claimPage]{
		{Name: "mure", Content: newClaimPage(page, r, newClaimView(r, claimed{sampleClaim(80 * time.Hour), sampleLapsing(-9)}, noon))},
		{Name: "mure-sans-compte", Content: newClaimPage(page, unheld, newClaimView(unheld, claimed{sampleClaim(80 * time.Hour), sampleLapsing(-9)}, noon))},
		{Name: "trop-tot", Content: newClaimPage(page, old, newClaimView(old, claimed{sampleClaim(0), sampleLapsing(12)}, noon))},
		{Name: "noms-longs", Content: newClaimPage(page, long, newClaimView(long, claimed{sampleClaim(80 * time.Hour), request.Lapsing{}}, noon))},
		{Name: "aucune", Content: newClaimPage(page, r, nil)},
	}
}

func modelsSamples(page web.ProPage) []web.Sample[modelsPage] {
	page = at(page, modelsPath)
	return []web.Sample[modelsPage]{
		{Name: "page", Content: newModelsPage(page, sampleReasons())},
		{Name: "vide", Content: newModelsPage(page, nil)},
	}
}

func modelSamples(page web.ProPage) []web.Sample[modelPage] {
	page = at(page, modelsPath+"/nouveau")
	samples := []web.Sample[modelPage]{
		{Name: "nouveau", Content: newModelPage(page, request.Reason{})},
		{Name: "existant", Content: newModelPage(page, sampleReasons()[0])},
		{Name: "hostile", Content: newModelPage(page, sampleReasons()[2])},
	}
	for _, code := range []string{"reason_template.act_required", "reason_template.title_required", "reason.required", "reason.too_long", "reason_template.too_many"} {
		samples = append(samples, web.Sample[modelPage]{Name: code, Content: newModelPage(page, request.Reason{}).refused(code)})
	}
	return samples
}

func modelErasureSamples(page web.ProPage) []web.Sample[modelErasurePage] {
	page = at(page, modelPath(3)+"/suppression")
	return []web.Sample[modelErasurePage]{
		{Name: "page", Content: newModelErasurePage(page, sampleReasons()[0])},
		{Name: "hostile", Content: newModelErasurePage(page, sampleReasons()[2])},
	}
}
