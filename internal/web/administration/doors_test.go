package administration

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/sim/control"
)

// « Invitations by mail to a space and role » : sent, sent again with another link, taken back.
func TestAnInvitationIsSentSentAgainAndTakenBack(t *testing.T) {
	s := setScene(t)
	s.get(s.admin, invitationsPath).is(http.StatusOK, "Personne n’a encore été invité.", invitationsPath+"/nouvelle")
	s.get(s.admin, invitationsPath+"/nouvelle").is(http.StatusOK, "Envoyer l’invitation")
	s.post(s.admin, invitationsPath+"/nouvelle", url.Values{"mail": {" Lea@Tilleul.Example.FR "}, "role": {"town"}, "siret": {"210 401 071 00019"}}).
		leads(invitationsPath, "invitation-envoyee")
	s.told(s.admin, invitationsPath, "invitation-envoyee").is(http.StatusOK, "L’invitation est envoyée à", "lea@tilleul.example.fr</strong>, avec le rôle « Agent de collectivité »",
		"COMMUNE DE MAJASTRES</strong>", town.Siret.Display())
	s.told(s.admin, invitationsPath+"?etat=expired", "invitation-envoyee").is(http.StatusOK, "L’invitation est envoyée.", "!Agent de collectivité »")
	first := s.read(`SELECT id FROM invitations WHERE mail = 'lea@tilleul.example.fr' AND role = 'town' AND organisation = $1`, town.Siret)
	again, back := invitationsPath+"/"+first+"/renvoi", invitationsPath+"/"+first+"/retrait"
	s.get(s.admin, invitationsPath+"?etat=waiting").is(http.StatusOK, "lea@tilleul.example.fr", "COMMUNE DE MAJASTRES", again, back)

	s.post(s.admin, again, nil).leads(invitationsPath, "invitation-renvoyee")
	s.post(s.admin, again, nil).is(http.StatusConflict, "n’attend plus de réponse")
	s.get(s.admin, back).is(http.StatusConflict, "n’attend plus de réponse")

	second := s.read(`SELECT id FROM invitations WHERE withdrawn_at IS NULL`)
	back = invitationsPath + "/" + second + "/retrait"
	s.get(s.admin, back).is(http.StatusOK, "Retirer l’invitation envoyée à lea@tilleul.example.fr")
	s.post(s.admin, back, nil).leads(invitationsPath, "invitation-retiree")
	s.post(s.admin, back, nil).is(http.StatusConflict)
	s.get(s.admin, invitationsPath+"?etat=waiting").is(http.StatusOK, "Aucun résultat pour ces critères.")
	if letters := s.read(`SELECT count(*) || ' ' || count(DISTINCT key) FROM mails`); letters != "2 2" {
		t.Errorf("mails and their keys: %s, want two", letters)
	}
}

// An invitation whose mail was refused, or has not left, is not waiting for its person.
func TestAnInvitationTellsWhatBecameOfItsMail(t *testing.T) {
	s := setScene(t)
	s.post(s.admin, invitationsPath+"/nouvelle", url.Values{"mail": {"lea@exemple.fr"}, "role": {"support"}}).leads(invitationsPath, "invitation-envoyee")
	mail := mailsPath + "/" + s.read(`SELECT id FROM mails`)
	s.get(s.admin, invitationsPath).is(http.StatusOK, "Mail pas encore parti", `href="`+mail+`"`)
	s.run(`UPDATE mail_recipients SET state = 'bounced', code = '550', told_at = $1`, noon)
	s.get(s.admin, invitationsPath).is(http.StatusOK, "Adresse refusée", `href="`+mail+`"`, "!Mail pas encore parti")
	s.run(`UPDATE mail_recipients SET state = 'sent', code = ''`)
	s.get(s.admin, invitationsPath).is(http.StatusOK, "lea@exemple.fr", "!Adresse refusée", "!Mail pas encore parti", "!"+mail)
	s.run(`UPDATE mail_recipients SET state = 'bounced', code = '550'`)
	s.run(`UPDATE invitations SET withdrawn_at = $1`, noon)
	s.get(s.admin, invitationsPath).is(http.StatusOK, "Retirée ou remplacée", "!Adresse refusée")
}

// « Errors beside fields » : all of them at once.
func TestAnInvitationThatIsWrongSaysEverythingAtOnce(t *testing.T) {
	s := setScene(t)
	s.post(s.admin, invitationsPath+"/nouvelle", url.Values{"mail": {"lea"}, "role": {"town"}, "siret": {"1"}}).
		is(http.StatusUnprocessableEntity, "2 réponses sont à corriger", `value="lea"`, `value="town" checked`, `value="1"`)
	s.post(s.admin, invitationsPath+"/nouvelle", url.Values{"mail": {"dominique@exemple.fr"}, "role": {"editor_admin"}, "editeur": {editor.Siret.String()}}).
		is(http.StatusUnprocessableEntity, "Cette personne a déjà ce rôle.")
	s.register.Inject(control.Fault{Match: "GET /", Mode: control.ModeStatus, Status: http.StatusServiceUnavailable, Times: 1})
	s.post(s.admin, invitationsPath+"/nouvelle", url.Values{"mail": {"lea@exemple.fr"}, "role": {"town"}, "siret": {town.Siret.String()}}).
		is(http.StatusServiceUnavailable, "Réessayez dans quelques minutes", `value="lea@exemple.fr"`, "!à corriger", "!fr-error-text")
	if n := s.read(`SELECT count(*) FROM invitations`); n != "0" {
		t.Errorf("%s invitations", n)
	}
}

// The page of an organisation leads to the form with its SIRET; a link proposes nothing else.
func TestALinkToTheFormProposesNoPersonAndNoRole(t *testing.T) {
	s := setScene(t)
	form := invitationsPath + "/nouvelle?siret="
	s.get(s.admin, form+town.Siret.String()+"&mail=evil@exemple.fr&role=admin").
		is(http.StatusOK, `value="`+town.Siret.String()+`"`, "!evil@exemple.fr", "! checked")
	s.get(s.admin, form+editor.Siret.String()).is(http.StatusOK, `value="`+editor.Siret.String()+`" selected`)
}

// « Agent de collectivité » only for a local authority : the page of an organisation offers
// to invite for what somebody can be invited for, and fills in nothing else.
func TestAnOrganisationOffersOnlyTheInvitationsItCanHave(t *testing.T) {
	s := setScene(t)
	const keep = `INSERT INTO organisations (siret, name, folded_name, legal_category, closed, told_at, asked_at, last_answer, created_at)
		VALUES ($1, 'X', 'x', '5710', $2, $3, $3, 'told', $3)`
	s.run(keep, bakery.Siret, false, noon)
	s.run(keep, editor.Siret, false, noon)
	s.run(keep, operator.Siret, false, noon)
	s.post(s.admin, organisationsPath+"/nouvelle", url.Values{"siret": {town.Siret.String()}})
	const form = `href="` + invitationsPath + "/nouvelle"
	for siret, says := range map[value.Siret]string{
		bakery.Siret: "!" + form, operator.Siret: form + `"`,
		editor.Siret: form + "?siret=" + editor.Siret.String() + `"`, town.Siret: form + "?siret=" + town.Siret.String() + `"`,
	} {
		s.get(s.admin, organisationPath(siret)).is(http.StatusOK, says)
	}
	s.run(`UPDATE organisations SET closed = true WHERE siret = $1`, town.Siret)
	s.get(s.admin, organisationPath(town.Siret)).is(http.StatusOK, "!"+form)
	s.post(s.admin, invitationsPath+"/nouvelle", url.Values{"mail": {"lea@exemple.fr"}, "role": {"town"}, "siret": {bakery.Siret.String()}}).
		is(http.StatusUnprocessableEntity, "n’est pas une collectivité", `value="lea@exemple.fr"`)
}

// « Sessions … listed and ended by an administrator »
func TestAnAdministratorEndsASession(t *testing.T) {
	s := setScene(t)
	ending := fmt.Sprintf("%s/%d/fermeture", sessionsPath, s.other.Session)
	own := fmt.Sprintf("%s/%d/fermeture", sessionsPath, s.admin.Session)
	s.get(s.admin, sessionsPath).is(http.StatusOK, "Dominique Talbot", ending, "Votre session", "!"+own)
	s.get(s.admin, sessionsPath+"?espace=editor").is(http.StatusOK, "Dominique Talbot", "!Rose Talbot")
	s.get(s.admin, accountPath(s.other.Account)).is(http.StatusOK, ending)
	s.get(s.admin, ending).is(http.StatusOK, "Fermer la session ouverte par Dominique Talbot")
	s.get(s.other, accountsPath).is(http.StatusForbidden)

	s.post(s.admin, ending, nil).leads(sessionsPath, "session-fermee")
	s.get(s.other, accountsPath).leads("/connexion", "")
	s.post(s.admin, ending, nil).is(http.StatusNotFound, "déjà fermée")
	s.get(s.admin, own).is(http.StatusConflict, "Se déconnecter")
	s.post(s.admin, own, nil).is(http.StatusConflict, "Se déconnecter")
	s.get(s.admin, homePath).is(http.StatusOK)
}

// « Step-up for sensitive acts » : the form itself asks, so that nobody fills one in vain.
func TestSensitiveActsAskForASecondFactorProvedLately(t *testing.T) {
	s := setScene(t)
	s.run(`UPDATE sessions SET strong_at = $2 WHERE id = $1`, s.admin.Session, noon.Add(-account.StepUpLife-time.Second))
	s.get(s.admin, accountsPath).is(http.StatusOK)
	for _, path := range []string{
		fmt.Sprintf("%s/roles/%d/retrait", accountPath(s.other.Account), s.other.Membership), accountPath(s.other.Account) + "/roles/nouveau",
		invitationsPath + "/nouvelle", invitationsPath + "/1/retrait", fmt.Sprintf("%s/%d/fermeture", sessionsPath, s.other.Session),
	} {
		s.get(s.admin, path).leads("/connexion/confirmation", "")
		s.post(s.admin, path, nil).leads("/connexion/confirmation", "")
	}
	s.post(s.admin, invitationsPath+"/1/renvoi", nil).leads("/connexion/confirmation", "")
}

// « Closed ones refused with a reason, cached when the register is down »
func TestAnOrganisationIsAddedByItsSIRET(t *testing.T) {
	s := setScene(t)
	form, added := organisationsPath+"/nouvelle", organisationPath(town.Siret)
	s.get(s.admin, organisationsPath).is(http.StatusOK, "Aucune organisation n’est encore enregistrée.", form)
	s.get(s.admin, form).is(http.StatusOK, "Numéro SIRET")
	s.post(s.admin, form, nil).is(http.StatusUnprocessableEntity, "Écrivez le numéro SIRET")
	s.post(s.admin, form, url.Values{"siret": {"21040107100018"}}).is(http.StatusUnprocessableEntity, "n’est pas valide", "21040107100018")
	s.post(s.admin, form, url.Values{"siret": {"21910998000017"}}).is(http.StatusUnprocessableEntity, "ne connaît pas ce numéro")
	s.post(s.admin, form, url.Values{"siret": {nameless.Siret.String()}}).
		is(http.StatusUnprocessableEntity, "ANCIEN SYNDICAT", "depuis le 30 juin 2025")
	s.register.Inject(control.Fault{Match: "GET /", Mode: control.ModeStatus, Status: http.StatusServiceUnavailable, Times: 1})
	s.post(s.admin, form, url.Values{"siret": {town.Siret.String()}}).
		is(http.StatusServiceUnavailable, "Réessayez dans quelques minutes", town.Siret.String(), "!à corriger", "!fr-error-text")

	s.post(s.admin, form, url.Values{"siret": {"210 401 071 00019"}}).leads(added, "organisation-ajoutee")
	s.signIn("Agathe", account.Town, town)
	s.get(s.admin, added).is(http.StatusOK, "COMMUNE DE MAJASTRES", "04270", "agathe@exemple.fr", "/nouvelle?siret="+town.Siret.String(), added+"/actualisation")
	s.get(s.admin, organisationsPath+"?q=majastres&etat=open").is(http.StatusOK, added)
	s.get(s.admin, organisationsPath+"?q=21040").is(http.StatusOK, added)
	s.get(s.admin, organisationsPath+"?etat=in_use").is(http.StatusOK, "!"+added)
}

// « Actualiser depuis le registre » : at once, and what it no longer knows stays in sight.
func TestAnOrganisationIsRefreshed(t *testing.T) {
	s := setScene(t)
	page := organisationPath(town.Siret)
	s.post(s.admin, organisationsPath+"/nouvelle", url.Values{"siret": {town.Siret.String()}}).leads(page, "organisation-ajoutee")
	s.post(s.admin, page+"/actualisation", nil).leads(page, "organisation-actualisee")
	s.register.Inject(control.Fault{Match: "GET /", Mode: control.ModeStatus, Status: http.StatusServiceUnavailable, Times: 1})
	s.post(s.admin, page+"/actualisation", nil).leads(page, "")
	s.get(s.admin, page).is(http.StatusOK, "n’a pas répondu", "rien n’est perdu", "COMMUNE DE MAJASTRES")

	const gone = "21910998000017" // told once, and not in the register any more
	s.run(`INSERT INTO organisations (siret, name, folded_name, told_at, asked_at, last_answer, created_at)
		VALUES ($1, 'CCAS DE VALOMBRE', 'ccas de valombre', $2, $2, 'told', $2)`, gone, noon.AddDate(0, -1, 0))
	s.post(s.admin, organisationPath(gone)+"/actualisation", nil).leads(organisationPath(gone), "organisation-inconnue")
	s.get(s.admin, organisationPath(gone)).is(http.StatusOK, "ne connaît plus ce numéro SIRET", "CCAS DE VALOMBRE")
}

// « home with "what needs me" »
func TestTheHomePageSaysWhatWaits(t *testing.T) {
	s := setScene(t)
	s.get(s.admin, homePath).is(http.StatusOK, "Bonjour", "Rien ne vous attend.", accountsPath, "Qui peut entrer")
	s.run(`INSERT INTO outbox (kind, subject, due_at, created_at, abandoned_at) VALUES ('mail.send', '1', $1, $1, $1)`, noon)
	s.run(`WITH m AS (INSERT INTO mails (kind, key, created_at, content) VALUES ('invitation', 'k', $1, '\x00') RETURNING id)
		INSERT INTO mail_recipients (mail_id, position, field, address, state, code, told_at) SELECT id, 1, 'to', 'a@b.fr', 'bounced', '550', $1 FROM m`, noon)
	s.get(s.admin, homePath).is(http.StatusOK, "!Rien ne vous attend.", "envoi abandonné", "mail avec une adresse à corriger")
	s.get(s.reader, homePath).is(http.StatusOK, "envoi abandonné", "!mail avec une adresse")
	const calls, results = `href="/administration/prolongations/appels"`, `href="/administration/prolongations/suivi"`
	s.get(s.admin, homePath).is(http.StatusOK, "!"+calls, "!"+results)
	s.cut()
	for _, by := range []person{s.admin, s.reader} {
		s.get(by, homePath).is(http.StatusOK, calls, "collectivité à appeler, jeton coupé", results, "modification non instruite à l’échéance")
	}
	s.run(`UPDATE memberships SET ended_at = $2 WHERE id = $1`, s.other.Membership, noon)
	form := "/nouvelle?siret=" + editor.Siret.String()
	s.get(s.admin, homePath).is(http.StatusOK, "Un éditeur est sans gestionnaire", form)
	s.get(s.reader, homePath).is(http.StatusOK, "!sans gestionnaire")
	s.post(s.admin, invitationsPath+"/nouvelle", url.Values{"mail": {"ida@exemple.fr"}, "role": {"editor_admin"}, "editeur": {editor.Siret.String()}})
	s.get(s.admin, homePath).is(http.StatusOK, "!sans gestionnaire") // somebody is on the way
}

// cut gives a town a token that has expired, and a modification that was to prolong it and waits.
func (s *scene) cut() {
	s.t.Helper()
	ago := noon.AddDate(0, 0, -3)
	s.run(`INSERT INTO requests (number, source, siret, organisation, form_uid, state, state_at, created_at, requester)
		VALUES (700001, 'portail', '21040107100019', 'Valbrume', 'x', 'reouverte', $1, $1, '{}')`, noon)
	s.run(`INSERT INTO habilitations (number, request, siret, organisation, token, form, scopes, editor, form_uid, title, terms, contacts, approved_by, approved_at)
		VALUES (10700001, 700001, '21040107100019', 'Valbrume', true, true, '{}', '', 'x', '', '', '{}', 'X', $1)`, noon)
	s.run(`INSERT INTO tokens (id, public_id, digest, pepper, request, habilitation, siret, organisation, scopes, issued_at, expires_at)
		VALUES (gen_random_uuid(), '000000700001', sha256('x'), 'test', 700001, 10700001, '21040107100019', 'Valbrume', '{}', $1, $2)`, noon.AddDate(-1, 0, 0), ago)
	s.run(`INSERT INTO amendments (token, request, expires_at, same_purpose, right_contacts, author, begun_at, filed_at)
		SELECT id, request, expires_at, true, false, 'Anne Morel', $1, $1 FROM tokens`, noon.AddDate(0, 0, -20))
	s.run(`INSERT INTO form_versions (form_uid, version, content, published_at) VALUES ('x', 1, '{}', $1)`, noon)
	s.run(`INSERT INTO applications (request, form_uid, form_version, phase, answers, edited_at, filed_at, first_filed_at)
		SELECT request, 'x', 1, 'deposee', '{}', filed_at, filed_at, filed_at FROM amendments`)
}
