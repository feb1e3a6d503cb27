package tokens

import (
	"time"

	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/renewal"
	"portail-qf/internal/web"
	"portail-qf/internal/web/form"
)

func (v Views) oneSamples(page web.ProPage) []web.Sample[onePage] {
	show := func(by reader, f file) onePage {
		if open := (renewal.File{TokenFile: f.TokenFile}); open.Open(noon) {
			f.Renewal = open
		}
		return v.newOnePage(framed(page, by, pathOf(f.ID)), f, by, at)
	}
	refused := func(p onePage, code string) onePage {
		p.Refusal = code
		return p
	}
	done := show(ofEditor, sampleFile(credential.TokenCollected))
	done.Flash = "done.jeton-enregistre"
	alone := with(func(f *file) { f.Editor, f.Addressees.Editor = "", "" })
	shown, kept := with(collectedBy(credential.SideEditor, "Sofia Renard", 2*time.Hour)), with(collectedBy(credential.SideTown, "Anne Morel", 2*time.Hour))
	byOperator := sampleFile(credential.TokenSuspended)
	byOperator.Suspension.Side, byOperator.Suspension.By = credential.SideOperator, "Hugo Marchal"
	suspendedCut := sampleFile(credential.TokenSuspended)
	suspendedCut.ExpiresAt = noon.Add(-20 * time.Hour)
	untaken, untakenCut := sampleFile(credential.TokenToCollect), sampleFile(credential.TokenToCollect)
	untaken.Suspension, untakenCut.Suspension, untakenCut.ExpiresAt = suspendedCut.Suspension, suspendedCut.Suspension, suspendedCut.ExpiresAt
	barredToo := sampleFile(credential.TokenSuspended)
	barredToo.Barred = noon.Add(-time.Hour)
	barred, ended := sampleFile(credential.TokenInUse), sampleFile(credential.TokenRevoked)
	barred.Barred, ended.Barred, ended.Revocation.Reason = noon.Add(-time.Hour), noon.Add(-30*time.Hour), ""
	elsewhere := sampleFile(credential.TokenOverlapped)
	elsewhere.Next = credential.TokenFile{}
	unknown := with(func(f *file) {
		f.Holder, f.RequesterName, f.Organisation, f.Title, f.Scopes = 0, "", "", "", []string{"inconnu"}
	})
	imported := sampleFile(credential.TokenInUse)
	imported.PublicID, imported.ConfirmedAt, imported.ExpiresAt = "", time.Time{}, imported.ExpiresAt.Add(-9*time.Hour)
	collectedBy(credential.SideEditor, "l’ancien système", noon.Sub(imported.IssuedAt))(&imported)
	amended, asked := show(ofTown, sampleFile(credential.TokenExpired)), show(ofEditor, sampleFile(credential.TokenExpired))
	amended.Lapsing.Filed = true
	unanswered, unansweredAsked := amended, asked
	unanswered.Lapsing.Overdue, unanswered.Lapsing.Deadline = true, web.MomentOf(noon.Add(-30*time.Hour))
	unansweredAsked.Lapsing.Filed, unansweredAsked.Lapsing.Overdue, unansweredAsked.Lapsing.Deadline = true, true, unanswered.Lapsing.Deadline
	asked.Lapsing.Nudging = web.NewNudging(renewal.File{TokenFile: sampleFile(credential.TokenExpired).TokenFile, NudgedAt: noon.Add(-50 * time.Hour)}, ofEditor.Nudge, noon)
	byProgram, oldOne := with(collectedBy(credential.SideEditor, "Serveur de production", 2*time.Hour)), sampleFile(credential.TokenOverlapped)
	byProgram.Collection.ByID = audit.ProgramPrefix + "qf_client_Exemple000000001"
	oldOne.Suspension = sampleFile(credential.TokenSuspended).Suspension
	samples := []web.Sample[onePage]{
		{Name: "a-recuperer-editeur", Content: show(ofEditor, sampleFile(credential.TokenToCollect))},
		{Name: "a-recuperer-collectivite-avec-editeur", Content: show(ofTown, sampleFile(credential.TokenToCollect))},
		{Name: "a-recuperer-collectivite-seule", Content: show(ofTown, alone)},
		{Name: "a-recuperer-collegue", Content: show(colleague, sampleFile(credential.TokenToCollect))},
		{Name: "a-recuperer-personne-connue", Content: show(colleague, unknown)},
		{Name: "a-recuperer-administration", Content: show(administrator, alone)},
		{Name: "a-afficher-de-nouveau", Content: show(ofEditor, shown)},
		{Name: "recupere-par-la-collectivite", Content: show(ofEditor, kept)},
		{Name: "recupere-par-l-editeur", Content: show(ofTown, shown)},
		{Name: "recupere-par-un-programme", Content: show(ofTown, byProgram)},
		{Name: "ancien-suspendu", Content: show(ofEditor, oldOne)},
		{Name: "deja-recupere", Content: refused(show(ofEditor, kept), "token.collected")},
		{Name: "pas-le-demandeur", Content: refused(show(colleague, shown), "token.not_holder")},
		{Name: "enregistre", Content: done},
		{Name: "remplacement-nouveau", Content: show(ofEditor, overlapping())},
		{Name: "remplacement-autre-logiciel", Content: show(ofEditor, elsewhere)},
		{Name: "suspendu-par-l-operateur", Content: show(ofTown, byOperator)},
		{Name: "suspendu-assistance", Content: show(supporting, byOperator)},
		{Name: "suspendu-administration", Content: show(administrator, sampleFile(credential.TokenSuspended))},
		{Name: "suspendu-un-autre-fonctionne", Content: show(ofTown, besides(sampleFile(credential.TokenSuspended), 1))},
		{Name: "revoque-deux-autres-fonctionnent", Content: show(administrator, besides(sampleFile(credential.TokenRevoked), 2))},
		{Name: "suspendu-et-expire", Content: show(ofTown, suspendedCut)},
		{Name: "suspendu-et-expire-editeur", Content: show(ofEditor, suspendedCut)},
		{Name: "suspendu-jamais-recupere", Content: show(ofEditor, untaken)},
		{Name: "suspendu-jamais-recupere-collectivite", Content: show(ofTown, untaken)},
		{Name: "suspendu-jamais-recupere-et-expire", Content: show(ofTown, untakenCut)},
		{Name: "suspendu-avec-l-habilitation", Content: show(ofEditor, barred)},
		{Name: "suspendu-comme-l-habilitation", Content: show(ofEditor, barredToo)},
		{Name: "revoque-avec-l-habilitation", Content: show(ofTown, ended)},
		{Name: "importe", Content: show(consulting, imported)},
		{Name: "importe-editeur", Content: show(ofEditor, imported)},
		{Name: "demandeur-expire_bientot", Content: show(ofTown, sampleFile(credential.TokenExpiring))},
		{Name: "demandeur-expire", Content: show(ofTown, sampleFile(credential.TokenExpired))},
		{Name: "demandeur-expire-modification", Content: amended},
		{Name: "demandeur-expire-modification-sans-reponse", Content: unanswered},
		{Name: "editeur-expire-modification-sans-reponse", Content: unansweredAsked},
		{Name: "editeur-expire-relance", Content: asked},
		{Name: "administration-expire", Content: show(administrator, sampleFile(credential.TokenExpired))},
		{Name: "collegue-expire", Content: show(colleague, sampleFile(credential.TokenExpired))},
		{Name: "noms-longs", Content: show(colleague, longest())},
	}
	for _, state := range credential.TokenStates[1:] {
		samples = append(samples, web.Sample[onePage]{Name: "editeur-" + string(state), Content: show(ofEditor, sampleFile(state))})
	}
	return samples
}

func collectingSamples(page web.ProPage) []web.Sample[collectingPage] {
	show := func(by reader, f file) collectingPage {
		return newCollectingPage(framed(page, by, pathOf(f.ID)+collectPart), f, by, at)
	}
	long := longest()
	long.Suspension = credential.TokenSuspension{}
	return []web.Sample[collectingPage]{
		{Name: "collectivite-avec-editeur", Content: show(ofTown, sampleFile(credential.TokenToCollect))},
		{Name: "editeur", Content: show(ofEditor, sampleFile(credential.TokenToCollect))},
		{Name: "noms-longs", Content: show(ofTown, long)},
	}
}

func secretSamples(page web.ProPage) []web.Sample[secretPage] {
	show := func(by reader, f file, prefix credential.TokenPrefix) secretPage {
		f.PublicID = sampleText(prefix)[len(prefix):][:len(f.PublicID)]
		p := newSecretPage(framed(page, by, pathOf(f.ID)+collectPart), f, by, moment{Now: noon, Prefix: prefix})
		p.Text, p.PortalURL = sampleText(prefix), "https://quotient-familial.example.fr"
		return p
	}
	fresh, again := with(collectedBy(credential.SideEditor, "Sofia Renard", 0)), with(collectedBy(credential.SideTown, "Anne Morel", 40*time.Hour))
	again.Former, again.Organisation = sampleFile(credential.TokenOverlapped).TokenFile, endless
	return []web.Sample[secretPage]{
		{Name: "page", Content: show(ofEditor, fresh, credential.LivePrefix)},
		{Name: "de-nouveau", Content: show(ofTown, again, credential.TestPrefix)},
	}
}

func replacementSamples(page web.ProPage) []web.Sample[replacementPage] {
	show := func(by reader, f file, asked form.Field) replacementPage {
		p := newReplacementPage(framed(page, by, pathOf(f.ID)+replacementPart), f, by, at, asked)
		p.Key = "AAAAAAAAAAAAAAAAAAAAAAAAAA"
		return p
	}
	field := form.Field{Name: fieldOverlap, Value: "30"}
	leak := field
	leak.Value = "0"
	long := longest()
	long.Suspension = credential.TokenSuspension{}
	return []web.Sample[replacementPage]{
		{Name: "editeur", Content: show(ofEditor, sampleFile(credential.TokenInUse), field)},
		{Name: "fuite", Content: show(ofTown, sampleFile(credential.TokenInUse), leak)},
		{Name: "sans-reponse", Content: show(ofEditor, sampleFile(credential.TokenInUse), form.Field{Name: fieldOverlap}.Refused("form.choice"))},
		{Name: "pas-recupere", Content: show(ofEditor, sampleFile(credential.TokenToCollect), field)},
		{Name: "revoque", Content: show(ofEditor, sampleFile(credential.TokenRevoked), field)},
		{Name: "noms-longs", Content: show(ofTown, long, field)},
	}
}

// besides adds other tokens that the software may still use.
func besides(f file, others int) file {
	for range others {
		f.Beside = append(f.Beside, sampleFile(credential.TokenOverlapped).Token)
	}
	return f
}

func endingSamples(page web.ProPage) []web.Sample[endingPage] {
	show := func(f file) endingPage {
		return newEndingPage(framed(page, ofEditor, pathOf(f.ID)+endPart), f, ofEditor, at)
	}
	unused := sampleFile(credential.TokenOverlapped)
	unused.FirstUse, unused.LastUse, unused.Organisation = time.Time{}, time.Time{}, endless
	stopped := sampleFile(credential.TokenOverlapped)
	stopped.Next = sampleFile(credential.TokenSuspended).TokenFile
	return []web.Sample[endingPage]{
		{Name: "page", Content: show(sampleFile(credential.TokenOverlapped))},
		{Name: "jamais-utilise", Content: show(unused)},
		{Name: "nouveau-suspendu", Content: show(stopped)},
	}
}

func closingSamples(page web.ProPage) []web.Sample[closingPage] {
	show := func(of closing, by reader, f file) closingPage {
		return newClosingPage(framed(page, by, pathOf(f.ID)+"/"+string(of)), of, f, by, at)
	}
	refused := func(p closingPage, code string) closingPage {
		p.Reason = p.Reason.Refused(code)
		p.Problems = form.Problems(p.Reason)
		return p
	}
	moved := func(p closingPage, possible bool) closingPage {
		p.Moved, p.Possible, p.Reason.Value = true, possible, "Le jeton a été publié par erreur.\n"+script
		return p
	}
	used, suspended, elsewhere := sampleFile(credential.TokenInUse), sampleFile(credential.TokenSuspended), sampleFile(credential.TokenOverlapped)
	elsewhere.Next = credential.TokenFile{}
	long := longest()
	long.Suspension = credential.TokenSuspension{}
	tooLong := refused(show(revocation, ofEditor, long), "reason.too_long")
	tooLong.Reason.Value = endless + " " + script
	return []web.Sample[closingPage]{
		{Name: "suspension", Content: show(suspension, ofEditor, used)},
		{Name: "suspension-operateur", Content: show(suspension, supporting, used)},
		{Name: "suspension-operateur-apres-l-editeur", Content: show(suspension, supporting, suspended)},
		{Name: "suspension-un-autre-fonctionne", Content: show(suspension, administrator, besides(used, 2))},
		{Name: "suspension-sans-motif", Content: refused(show(suspension, ofTown, used), "reason.required")},
		{Name: "suspension-jeton-dans-le-motif", Content: refused(show(suspension, ofTown, used), "reason.holds_token")},
		{Name: "suspension-deja-faite", Content: moved(show(suspension, ofEditor, suspended), false)},
		{Name: "revocation", Content: show(revocation, ofEditor, used)},
		{Name: "revocation-operateur", Content: show(revocation, administrator, suspended)},
		{Name: "revocation-expire", Content: show(revocation, ofTown, sampleFile(credential.TokenExpired))},
		{Name: "revocation-ancien", Content: show(revocation, administrator, sampleFile(credential.TokenOverlapped))},
		{Name: "revocation-autre-logiciel", Content: show(revocation, ofEditor, elsewhere)},
		{Name: "revocation-changee", Content: moved(show(revocation, ofEditor, suspended), true)},
		{Name: "revocation-deja-faite", Content: moved(show(revocation, ofTown, sampleFile(credential.TokenRevoked)), false)},
		{Name: "noms-longs", Content: tooLong},
	}
}

func listSamples(page web.ProPage) []web.Sample[listPage] {
	counts := map[credential.TokenState]int{}
	for i, state := range credential.TokenStates {
		counts[state] = 4 + i*i*i*7
	}
	nudged := map[string]time.Time{sampleList(25)[5].ID: noon.Add(-50 * time.Hour)}
	show := func(by reader, query string, total int, found []credential.TokenFile, counts map[credential.TokenState]int) listPage {
		return newListPage(framed(page, by, by.Space.Path()+listPart), asked(by, query, total), listOf{Address: by.Space.Path() + listPart, Found: found, Nudged: nudged, Counts: counts}, by, at)
	}
	long := sampleList(2)
	long[0].Organisation, long[0].Addressees.Editor, long[1].Organisation = endless, endless, hostile
	return []web.Sample[listPage]{
		{Name: "editeur", Content: show(ofEditor, "", 61, sampleList(25), counts)},
		{Name: "administration", Content: show(administrator, "page=2&tri=nom", 61, sampleList(25), counts)},
		{Name: "assistance-cherche", Content: show(supporting, "q=apip_live_7Yk2pQe9RwLx", 1, sampleList(1), counts)},
		{Name: "noms-longs", Content: show(administrator, "etat=a_recuperer", 2, long, counts)},
		{Name: "sans-resultat", Content: show(ofEditor, "q=nulle+part", 0, nil, counts)},
		{Name: "vide", Content: show(ofEditor, "", 0, nil, nil)},
	}
}
