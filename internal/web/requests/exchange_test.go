package requests

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"portail-qf/internal/document/intake/intaketest"
	"portail-qf/internal/domain/editor"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/request"
)

// « Alternatives: the list of forms, or the generic one; a withdrawn form says so. »
func TestATownFindsTheFormOfItsSoftware(t *testing.T) {
	s := setScene(t)
	s.get(person{}, formsPath).is(http.StatusOK, "Tilleul Cantine", "Brume Solidarités", "Mon logiciel n’est pas dans la liste", "/formulaires/formulaire-qf/demande/nouveau")
	s.get(s.anne, formsPath+"?q=BRUME+solidarites").is(http.StatusOK, "Un logiciel correspond", "Brume Solidarités", "!Tilleul")
	s.get(person{}, formsPath+"?q=zzz").is(http.StatusOK, "Aucun logiciel ne correspond")
	s.get(person{}, modelPath).is(http.StatusOK, "[numéro]", "quotient familial", "article L. 114-8")
	s.get(person{}, "/formulaires/inconnu/demande/nouveau").is(http.StatusNotFound)
	s.get(s.anne, "/formulaires/formulaire-qf/demande/nouveau").is(http.StatusOK, "contact technique", "Vous agissez pour", "COMMUNE DE MAJASTRES")
	s.run(`UPDATE form_versions SET withdrawn = true WHERE form_uid = $1`, prepared)
	s.get(person{}, "/formulaires/"+prepared+"/demande/nouveau").is(http.StatusOK, "n’est plus proposé", "Logiciels Tilleul", "api-particulier@api.gouv.fr", "Brume Familles")
	s.post(s.anne, homePath, url.Values{"formulaire": {prepared}}).is(http.StatusConflict, "n’est plus proposé")
	s.get(s.anne, beginPath+"?formulaire="+prepared).is(http.StatusOK, "n’est plus proposé")
	s.post(s.anne, homePath, url.Values{"formulaire": {"inconnu"}}).is(http.StatusNotFound)
	s.get(s.anne, beginPath).leads(formsPath, "")
	s.get(person{}, beginPath+"?formulaire="+allAsked).leads("/connexion", "")
}

// « 10 minutes … mean delay »: nothing where too little was decided.
func TestTheUsualDelayIsTold(t *testing.T) {
	s := setScene(t)
	for i := range 5 {
		number := 10_000_500 + i
		s.run(`INSERT INTO requests (number, source, siret, organisation, form_uid, state, state_at, created_at, requester)
			VALUES ($1, 'portail', '21750001600019', 'P', $2, 'refusee', $3, $3, '{}')`, number, prepared, noon)
		s.run(`INSERT INTO applications (request, form_uid, form_version, phase, answers, edited_at, filed_at, first_filed_at, decided_at)
			VALUES ($1, $2, 1, 'close', '{}', $3, $3, $3, $4)`, number, prepared, noon.Add(-80*time.Hour), noon.Add(-20*time.Hour))
	}
	s.get(person{}, "/formulaires/"+prepared+"/demande/nouveau").is(http.StatusOK, "la réponse arrive en 3 jours")
}

// « Colleagues read and can claim … Not holder → 403 page with « Demander à reprendre » »;
// « claim decided by an instructor in one click when the holder does not answer in 72 h ».
func TestAColleagueReadsAndClaims(t *testing.T) {
	s := setScene(t)
	path := s.complete(s.anne)
	s.get(s.ines, homePath).is(http.StatusOK, path, "Anne Talbot", "Brouillon", "!Compléter")
	s.get(s.ines, path).is(http.StatusOK, "Anne Talbot", "Demander à la reprendre", "!Compléter", "!Retirer la demande", "Les agents du service enfance")
	for _, refused := range []answer{
		s.get(s.ines, path+stepsPart+"personnes"), s.post(s.ines, path+stepsPart+"personnes", typedPeople()), s.get(s.ines, path+summaryPart),
		s.post(s.ines, path+summaryPart, url.Values{"cgu": {yes}}), s.get(s.ines, path+"/retrait"), s.post(s.ines, path+"/retrait", nil),
		s.upload(s.ines, path+stepsPart+"deliberation", url.Values{}, "a.pdf", intaketest.PDF(1)), s.post(s.ines, path+claimAnswerPart, url.Values{fieldAnswer: {answerAccept}}),
		s.post(s.ines, path+transferPart, url.Values{fieldColleague: {fmt.Sprint(s.ines.Account)}}),
	} {
		refused.is(http.StatusForbidden, "Une autre personne suit cette demande", "Anne Talbot", path+claimPart, "Demander à reprendre")
	}
	if noted := s.read(`SELECT count(*) > 0 FROM audit_events WHERE act = 'access.refused'`); noted != "true" {
		t.Error("the journal tells no refusal")
	}
	s.get(s.ines, path+transferPart).is(http.StatusOK, "Anne Talbot", "anne@exemple.fr", "72 heures", "Demander à reprendre")
	s.post(s.ines, path+claimPart, nil).leads(path+transferPart, "reprise-demandee")
	s.post(s.ines, path+claimPart, nil).is(http.StatusConflict, "demande déjà à reprendre")
	s.get(s.ines, path+transferPart).is(http.StatusOK, "Annuler ma demande de reprise", "27 novembre 2026", "!Accepter")
	s.get(s.anne, path+transferPart).is(http.StatusOK, "Ines Talbot", "Accepter", "Refuser")
	s.get(s.anne, path).is(http.StatusOK, "Ines Talbot", "Répondre à la demande de reprise", "27 novembre 2026")
	s.get(s.anne, homePath).is(http.StatusOK, "demande à la reprendre", "27 novembre 2026", path+transferPart)
	s.get(s.ines, homePath).is(http.StatusOK, "!demande à la reprendre", "la complète")
	s.post(s.anne, path+claimAnswerPart, url.Values{fieldAnswer: {"refuser"}}).leads(path+transferPart, "reprise-refusee")
	s.post(s.ines, path+claimPart, nil).leads(path+transferPart, "reprise-demandee")
	s.post(s.ines, path+claimUndonePart, nil).leads(path+transferPart, "reprise-annulee")
	s.post(s.anne, path+claimAnswerPart, url.Values{fieldAnswer: {answerAccept}}).is(http.StatusConflict, "ne demande plus")

	s.post(s.ines, path+claimPart, nil).leads(path+transferPart, "reprise-demandee")
	s.post(s.anne, path+claimAnswerPart, url.Values{fieldAnswer: {answerAccept}}).leads(path+transferPart, "demande-transferee")
	s.get(s.ines, path+stepsPart+"personnes").is(http.StatusOK, "ines@exemple.fr")
	s.get(s.anne, path+stepsPart+"personnes").is(http.StatusForbidden, "Ines Talbot")
}

// « transfer to a colleague »: of the same establishment, and nobody else.
func TestTheHolderGivesTheRequestToAColleague(t *testing.T) {
	s := setScene(t)
	path := s.complete(s.anne)
	s.get(s.anne, path+transferPart).is(http.StatusOK, "Ines Talbot", "ines@exemple.fr", "!Paul Talbot", `!value="`+fmt.Sprint(s.anne.Account)+`"`)
	s.get(s.anne, path+transferPart+"?q=zzz").is(http.StatusOK, "Personne ne correspond")
	s.post(s.anne, path+transferPart, nil).is(http.StatusUnprocessableEntity, "Choisissez la personne")
	s.post(s.anne, path+transferPart, url.Values{fieldColleague: {fmt.Sprint(s.paul.Account)}}).is(http.StatusUnprocessableEntity, "n’a pas de compte pour votre organisation")
	s.post(s.anne, path+transferPart, url.Values{fieldColleague: {fmt.Sprint(s.ines.Account)}}).leads(path, "demande-transferee")
	s.get(s.ines, path).is(http.StatusOK, "Vous.", "Compléter")
}

// « Foreign or unknown numbers → 404 »: another town's request looks like none, whatever is
// tried.
func TestAnotherTownsRequestDoesNotExist(t *testing.T) {
	s := setScene(t)
	path := s.complete(s.anne)
	s.get(s.paul, homePath).is(http.StatusOK, "aucune demande", "!"+path)
	for _, address := range []string{path, homePath + "/99999999", homePath + "/0", homePath + "/abc"} {
		for _, part := range []string{"", stepsPart + "personnes", summaryPart, depositedPart, "/retrait", "/modification", "/annulation", transferPart, messagesPart, documentsPart + "/1"} {
			s.get(s.paul, address+part).is(http.StatusNotFound)
		}
		for _, part := range []string{stepsPart + "personnes", summaryPart, "/retrait", "/modification", "/annulation", transferPart, claimPart, claimAnswerPart, claimUndonePart, messagesPart, messagesPart + "/lecture"} {
			s.post(s.paul, address+part, url.Values{fieldColleague: {fmt.Sprint(s.paul.Account)}, fieldMessage: {"a"}}).is(http.StatusNotFound)
		}
	}
}

// « messages: thread, unread marked, form to write »; GET changes nothing.
func TestTheThreadIsReadAndAnswered(t *testing.T) {
	s := setScene(t)
	path := s.complete(s.anne)
	s.get(s.ines, path+messagesPart).is(http.StatusOK, "Aucun message")
	s.post(s.ines, path+messagesPart, url.Values{fieldMessage: {" \r\n "}}).is(http.StatusUnprocessableEntity, "Écrivez votre message")
	s.post(s.ines, path+messagesPart, url.Values{fieldMessage: {"Faut-il la délibération entière ?\r\n<b>Merci</b>"}}).leads(path+messagesPart, "message-envoye")
	s.deposit(s.anne, path, "cgu", "dpd_informe").leads(path+depositedPart, "")
	if err := s.instruction.Write(t.Context(), s.hugo, numberOf(path), "Oui, entière.", 0); err != nil {
		t.Fatal(err)
	}
	s.get(s.anne, homePath).is(http.StatusOK, "1 message non lu")
	for range 2 {
		s.get(s.anne, path+messagesPart).is(http.StatusOK, "&lt;b&gt;Merci&lt;/b&gt;", "Oui, entière.", "Hugo Talbot", "pour API Particulier", "Non lu", "Marquer comme lus")
	}
	upTo := s.get(s.anne, path+messagesPart).hidden(fieldUpTo)
	s.post(s.anne, path+messagesPart+"/lecture", url.Values{fieldUpTo: {upTo}}).leads(path+messagesPart, "messages-lus")
	s.get(s.anne, path+messagesPart).is(http.StatusOK, "!Non lu")
	s.get(s.anne, homePath).is(http.StatusOK, "!non lu")
}

// « Modification: reopening keeps the habilitation valid … cancel and refuse restore
// everything, documents included »
func TestAHabilitationIsModifiedOrTheModificationIsCancelled(t *testing.T) {
	s := setScene(t)
	path := s.complete(s.anne)
	s.post(s.anne, path+"/modification", nil).leads(path, "demande-changee")
	s.deposit(s.anne, path, "cgu", "dpd_informe").leads(path+depositedPart, "")
	s.approve(path)
	s.get(s.ines, path+"/modification").is(http.StatusForbidden, "Une autre personne suit")
	s.get(s.anne, path+"/modification").is(http.StatusOK, "reste valide")
	s.post(s.anne, path+"/modification", nil).leads(path+summaryPart, "modification-commencee")
	s.get(s.anne, path+summaryPart).is(http.StatusOK, "rien changé", "!name=\"cgu\"")
	edition := s.read(`SELECT edition FROM applications WHERE request = $1`, int64(numberOf(path)))
	s.post(s.anne, path+summaryPart, url.Values{fieldEdition: {edition}, "cgu": {yes}, "dpd_informe": {yes}}).is(http.StatusConflict, "Rien n’a changé depuis la validation")

	s.join(s.anne, path, "nouvelle.pdf", intaketest.PDF(5)).leads(path+summaryPart, "demande-enregistree")
	s.step(s.anne, path, editor.BlockProcessing, url.Values{"destinataires": {"Le CCAS"}, "conservation": {"6"}}).leads(path+summaryPart, "demande-enregistree")
	s.get(s.anne, path+summaryPart).is(http.StatusOK, "Modifié</span>", "nouvelle.pdf")
	s.get(s.anne, path).is(http.StatusOK, "modification en cours", "Ce que la modification change", "nouvelle.pdf", "délibération.pdf", "Le CCAS", "Annuler la modification", "!Retirer la demande")
	s.get(s.anne, path+"/annulation").is(http.StatusOK, "documents aussi")
	s.post(s.anne, path+"/annulation", nil).leads(path, "modification-annulee")
	s.get(s.anne, path).is(http.StatusOK, "Validée", "délibération.pdf", "!nouvelle.pdf", "!Le CCAS", "Modification annulée")

	s.post(s.anne, path+"/modification", nil).leads(path+summaryPart, "modification-commencee")
	s.step(s.anne, path, editor.BlockProcessing, url.Values{"destinataires": {"Le CCAS"}, "conservation": {"6"}})
	s.deposit(s.anne, path, "cgu", "dpd_informe").leads(path+depositedPart, "")
	s.get(s.anne, path+depositedPart).is(http.StatusOK, "Votre modification est envoyée", "reste valide")
}

// « withdrawal »: of what was never approved, once it is confirmed.
func TestARequestIsWithdrawn(t *testing.T) {
	s := setScene(t)
	path := s.complete(s.anne)
	s.get(s.anne, path+"/retrait").is(http.StatusOK, "C’est définitif", "effacées tout de suite")
	s.post(s.anne, path+"/retrait", nil).leads(path, "demande-retiree")
	s.get(s.anne, path).is(http.StatusOK, "Retirée", "terminée", "Faire une nouvelle demande", "!Les agents du service enfance")
	s.post(s.anne, path+"/retrait", nil).leads(path, "demande-changee")
	s.get(s.anne, path+"/retrait").leads(path, "demande-changee")
}

// « A second editor's request asks "which software must receive them?" », in plain words with
// the consequences of both answers.
func TestASecondEditorsRequestAsksWhoReceives(t *testing.T) {
	s := setScene(t)
	first := s.complete(s.anne)
	s.deposit(s.anne, first, "cgu", "dpd_informe").leads(first+depositedPart, "")
	s.approve(first)
	path := s.begin(s.anne, allAsked)
	reception := path + stepsPart + "reception"
	s.get(s.anne, reception).is(http.StatusOK, "Tilleul Enfance continue de recevoir les dossiers", "remplace Tilleul Enfance", "L’accès de Tilleul Enfance prend fin ensuite")
	s.step(s.anne, path, editor.BlockReception, url.Values{}).is(http.StatusUnprocessableEntity, "Dites quel logiciel")
	s.step(s.anne, path, editor.BlockReception, url.Values{"reception": {string(request.ReceptionReplace)}}).leads(path+summaryPart, "")
	s.get(s.anne, path+summaryPart).is(http.StatusOK, `remplace <span translate="no">Tilleul Enfance</span>`)
	s.get(s.anne, first+stepsPart+"reception").leads(first, "demande-changee")
}

// « replacement, which moves the delegation on approval »: once. A modification that says nothing
// of it gives the dossiers to nobody: who receives them is asked anew where another software has
// taken the place meanwhile.
func TestAReplacementIsNotReplayedByAModification(t *testing.T) {
	s := setScene(t)
	const brume = "91033700500011"
	path := s.complete(s.anne)
	s.run(`INSERT INTO requests (number, source, siret, organisation, form_uid, state, state_at, created_at, requester)
		VALUES (48231, 'datapass', $1, $2, $3, 'validee', $4, $4, '{"mail": "lea@majastres.example.fr"}')`, majastres.Siret, majastres.Name, allAsked, noon)
	s.run(`INSERT INTO habilitations (number, request, siret, organisation, token, form, scopes, editor_siret, editor, form_uid, title, terms, contacts, approved_by, approved_at)
		VALUES (10000999, 48231, $1, $2, true, true, '{}', $3, 'Ateliers Brume', $4, 'Cantine', '', '{}', 'DataPass', $5)`, majastres.Siret, majastres.Name, brume, allAsked, noon)
	s.run(`INSERT INTO subscriptions (siret, request, organisation, editor_siret, administrator, want, wanted_at, state)
		VALUES ($1, 48231, $2, $3, '{}', 'actif', $4, 'actif')`, majastres.Siret, majastres.Name, brume, noon)
	server := func() string { return s.read(`SELECT request FROM subscriptions WHERE siret = $1`, majastres.Siret) }
	number := strings.TrimPrefix(path, homePath+"/")
	replace, keep := url.Values{"reception": {string(request.ReceptionReplace)}}, url.Values{"reception": {string(request.ReceptionKeep)}}
	modify := func(recipients string) {
		t.Helper()
		s.post(s.anne, path+"/modification", nil).leads(path+summaryPart, "modification-commencee")
		s.step(s.anne, path, editor.BlockProcessing, url.Values{"destinataires": {recipients}, "conservation": {"6"}}).leads(path+summaryPart, "demande-enregistree")
	}
	s.step(s.anne, path, editor.BlockReception, replace).leads(path+summaryPart, "")
	s.deposit(s.anne, path, "cgu", "dpd_informe").leads(path+depositedPart, "")
	s.approve(path)
	if server() != number {
		t.Fatalf("the town asked for a replacement, and D%s receives", server())
	}
	modify("Le CCAS")
	s.get(s.anne, path).is(http.StatusOK, "Ce que la modification change", "Le CCAS", "!Logiciel qui reçoit")
	s.deposit(s.anne, path, "cgu", "dpd_informe").leads(path+depositedPart, "")
	s.approve(path)

	s.run(`UPDATE subscriptions SET request = 48231, editor_siret = $2 WHERE siret = $1`, majastres.Siret, brume)
	modify("La caisse des écoles")
	s.deposit(s.anne, path, "cgu", "dpd_informe").is(http.StatusUnprocessableEntity, "Dites quel logiciel doit recevoir les dossiers")
	s.step(s.anne, path, editor.BlockReception, keep).leads(path+summaryPart, "demande-enregistree")
	s.get(s.anne, path).is(http.StatusOK, "Ce que la modification change", "La caisse des écoles", "Logiciel qui reçoit")
	s.deposit(s.anne, path, "cgu", "dpd_informe").leads(path+depositedPart, "")
	s.approve(path)
	if server() != "48231" {
		t.Fatalf("the town keeps the other software, and D%s receives", server())
	}
}

// « DataPass requests without application: link from the list … with « Demander à reprendre » /
// « Modifier » where the actor holds it (Reopen works on them) »
func TestARequestOfDataPassIsClaimedThenModified(t *testing.T) {
	s := setScene(t)
	s.run(`INSERT INTO requests (number, source, siret, organisation, form_uid, state, state_at, created_at, requester)
		VALUES (48231, 'datapass', $1, 'COMMUNE DE MAJASTRES', $2, 'validee', $3, $3, '{"prenom": "Léa", "nom": "Roux", "mail": "lea@majastres.example.fr"}')`,
		majastres.Siret, prepared, noon)
	s.run(`INSERT INTO habilitations (number, request, siret, organisation, token, form, scopes, form_uid, title, terms, contacts, approved_by, approved_at)
		VALUES (10000999, 48231, $1, 'COMMUNE DE MAJASTRES', true, true, '{cnaf_quotient_familial}', $2, 'Cantine', 'DataPass', '{}', 'DataPass', $3)`, majastres.Siret, prepared, noon)
	const path = homePath + "/48231"
	s.get(s.anne, homePath).is(http.StatusOK, "D48231", "faite sur DataPass", grantedPath, path+transferPart, "Demander à la reprendre")
	s.get(s.anne, path).is(http.StatusNotFound)
	s.get(s.anne, path+"/modification").is(http.StatusForbidden, "Une autre personne suit", "Léa Roux")
	s.get(s.anne, path+transferPart).is(http.StatusOK, "Léa Roux", "Demander à reprendre")
	s.post(s.anne, path+claimPart, nil).leads(path+transferPart, "reprise-demandee")
	s.now = noon.Add(request.ClaimPatience)
	if err := s.instruction.DecideClaim(t.Context(), s.hugo, 48231, true); err != nil {
		t.Fatal(err)
	}
	s.now = noon
	s.get(s.anne, homePath).is(http.StatusOK, path+"/modification", "Modifier")
	// It is given to a colleague and back, as one that was made here.
	s.get(s.anne, path+transferPart).is(http.StatusOK, "La confier à un collègue", "Ines Talbot", `value="`+fmt.Sprint(s.ines.Account)+`"`)
	s.post(s.anne, path+transferPart, nil).is(http.StatusUnprocessableEntity, "Choisissez la personne")
	s.post(s.ines, path+transferPart, url.Values{fieldColleague: {fmt.Sprint(s.ines.Account)}}).is(http.StatusForbidden, "Une autre personne suit")
	s.post(s.anne, path+transferPart, url.Values{fieldColleague: {fmt.Sprint(s.ines.Account)}}).leads(grantedPath, "demande-transferee")
	s.get(s.anne, path+transferPart).is(http.StatusOK, "Ines Talbot", "Demander à reprendre", "!La confier")
	s.post(s.ines, path+transferPart, url.Values{fieldColleague: {fmt.Sprint(s.anne.Account)}}).leads(grantedPath, "demande-transferee")
	s.get(s.anne, path+"/modification").is(http.StatusOK, "reste valide", grantedPath)
	s.post(s.anne, path+"/modification", nil).leads(path+summaryPart, "modification-commencee")
	s.get(s.anne, path).is(http.StatusOK, "modification en cours", habilitation.RequestNumber(48231).String())
}
