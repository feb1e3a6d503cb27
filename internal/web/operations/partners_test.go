package operations

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/value"
)

const majastres = "/administration/hubee/21040107100019"

// subscribed records the subscription of Majastres in a state, for a valid request of one
// editor while another's, valid too, may contend.
func (s *scene) subscribed(state credential.State) {
	s.t.Helper()
	s.run(`INSERT INTO editors (siret, name, created_at, updated_at) VALUES
		('90511200900014', 'Logiciels Tilleul', $1, $1), ('91033700500011', 'Ateliers Brume', $1, $1)`, noon)
	for i, editor := range []string{"90511200900014", "91033700500011"} {
		request, number := 48231+i, 10_000_001+i
		s.run(`INSERT INTO requests (number, source, siret, organisation, state, state_at, created_at, requester)
			VALUES ($1, 'datapass', '21040107100019', 'COMMUNE DE MAJASTRES', 'validee', $2, $2, '{"mail":"anne@exemple.fr"}')`, request, noon)
		s.run(`INSERT INTO habilitations (number, request, siret, organisation, token, form, scopes, editor_siret, editor, form_uid, title, terms, contacts, approved_by, approved_at)
			VALUES ($1, $2, '21040107100019', 'COMMUNE DE MAJASTRES', true, true, '{}', $3, (SELECT name FROM editors WHERE siret = $3), '', '', '', '{}', '', $4)`,
			number, request, editor, noon)
	}
	s.run(`INSERT INTO subscriptions (siret, request, organisation, editor_siret, administrator, want, wanted_at, state, code_cog)
		VALUES ('21040107100019', 48231, 'COMMUNE DE MAJASTRES', '90511200900014', '{"prenom":"Anne","nom":"Morel","mail":"anne+mairie@exemple.fr"}', 'actif', $1, $2, '04107')`,
		noon.Add(-credential.AwaitingPatience), string(state))
}

// « the last failure in words …, « Relancer » (POST → 303) »
func TestAFailedSubscriptionIsExplainedAndStartedAgain(t *testing.T) {
	s := setScene(t)
	s.subscribed(credential.Failed)
	s.run(`UPDATE subscriptions SET failure_code = 'provisioning.siret_closed', failure_trace = 'locate: closed since 2025', failed_at = $1`, noon)
	s.run(`INSERT INTO subscription_calls (siret, at, step, outcome, trace) VALUES ('21040107100019', $1, 'locate', 'provisioning.siret_closed', 'closed since 2025')`, noon)

	s.get(s.admin, "/administration/hubee?q=majastres&etat=en_erreur").is(http.StatusOK, "1 abonnement<", "En erreur", "est fermé dans le registre", majastres+"/relance")
	page := s.get(s.admin, majastres)
	page.is(http.StatusOK, "En erreur", "est fermé dans le registre", "closed since 2025", "SI-21040107100019-04107", "Chercher la commune",
		"/administration/habilitations/48231", "!gestionnaire\"")
	s.post(s.admin, majastres+"/relance", nil).leads(majastres, "abonnement-relance")
	if state := s.read(`SELECT state || ' ' || failure_code FROM subscriptions`); state != "a_creer " {
		t.Errorf("the subscription is %q", state)
	}
	if n := s.read(`SELECT count(*) FROM outbox WHERE kind = 'hubee.provision' AND subject = '21040107100019' AND done_at IS NULL`); n != "1" {
		t.Errorf("%s orders", n)
	}
	if author := s.read(`SELECT author FROM audit_events WHERE act = 'subscription.relaunched' AND request_id <> ''`); author != "Camille Talbot" {
		t.Errorf("the journal names %q", author)
	}
	s.get(s.admin, "/administration/envois").is(http.StatusOK, "Abonnement d’une collectivité à HubEE", `"`+"/administration/envois/")
}

// « for a failure with a field the form to correct the local administrator »
func TestTheLocalAdministratorIsCorrected(t *testing.T) {
	s := setScene(t)
	s.subscribed(credential.Failed)
	s.run(`UPDATE subscriptions SET failure_code = 'hubee.mail_narrow', failure_field = 'mail', failure_trace = 'mail', failed_at = $1`, noon)
	s.get(s.admin, majastres).is(http.StatusOK, "anne&#43;mairie@exemple.fr", "HubEE refuse l’adresse mail du gestionnaire local.", "HubEE refuse cette adresse mail", majastres+"/gestionnaire")
	s.get(s.reader, majastres).is(http.StatusOK, "!gestionnaire\"", "!anne&#43;mairie", "!anne+mairie")

	typed := url.Values{"mail": {"anne@ville.paris"}, "prenom": {""}, "nom": {"Morel"}, "telephone": {"12"}, "fonction": {"Maire <b>"}}
	refused := s.post(s.admin, majastres+"/gestionnaire", typed)
	refused.is(http.StatusUnprocessableEntity, "3 réponses sont à corriger", "anne@ville.paris", "Maire &lt;b&gt;", "HubEE refuse ce numéro", "Écrivez le prénom et le nom")
	typed.Set("mail", "Anne@Exemple.fr")
	typed.Set("prenom", "Anne")
	typed.Set("telephone", "01 23 45 67 89")
	s.post(s.admin, majastres+"/gestionnaire", typed).leads(majastres, "gestionnaire-corrige")
	want := `{"nom": "Morel", "mail": "anne@exemple.fr", "prenom": "Anne", "fonction": "Maire <b>", "telephone": "01 23 45 67 89"}`
	if got := s.read(`SELECT administrator::text FROM subscriptions`); got != want {
		t.Errorf("corrected to %s", got)
	}
	if told := s.read(`SELECT string_agg(detail || object || organisation, '') FROM audit_events WHERE act = 'subscription.corrected'`); strings.Contains(told, "anne") {
		t.Errorf("the journal holds %q", told)
	}
}

// « for a contender the button « Confier les dossiers à {éditeur} » with its consequences »
func TestTheDossiersOfATownAreHandedOver(t *testing.T) {
	s := setScene(t)
	s.subscribed(credential.Active)
	s.get(s.admin, majastres+"/logiciel").is(http.StatusConflict, "viennent peut-être d’être confiés", `href="`+majastres+`"`, "!<form method=\"post\"")
	s.run(`UPDATE subscriptions SET contender = 48232`)
	s.get(s.admin, "/administration/hubee?etat=dispute").is(http.StatusOK, "Deux destinataires")
	s.get(s.reader, majastres).is(http.StatusOK, "Ateliers Brume", "!/logiciel")
	s.get(s.admin, majastres).is(http.StatusOK, "Logiciels Tilleul", "Ateliers Brume", "D48232", majastres+"/logiciel")
	s.get(s.admin, majastres+"/logiciel").is(http.StatusOK, "Confier les dossiers", "Ateliers Brume", "Logiciels Tilleul ne reçoit plus", "reste ouvert")
	s.post(s.admin, majastres+"/logiciel", nil).leads(majastres, "dossiers-confies")
	if got := s.read(`SELECT editor_siret || ' ' || request || ' ' || COALESCE(contender, 0) FROM subscriptions`); got != "91033700500011 48232 0" {
		t.Errorf("the subscription is %s", got)
	}
	s.post(s.admin, majastres+"/logiciel", nil).is(http.StatusConflict, "viennent peut-être d’être confiés", `href="`+majastres+`"`)
}

// « admin, reader » : whoever only reads is offered nothing, and refused everything.
func TestAReaderTouchesNeitherSubscriptionsNorEvents(t *testing.T) {
	s := setScene(t)
	s.subscribed(credential.Failed)
	id := s.received(`{"model_id": 1}`)
	s.get(s.reader, "/administration/hubee").is(http.StatusOK, "COMMUNE DE MAJASTRES", "!/relance")
	s.get(s.reader, "/administration/datapass").is(http.StatusOK, "En quarantaine", "!/rejeu")
	s.get(s.reader, "/administration/datapass/"+id).is(http.StatusOK, "!/rejeu")
	for _, path := range []string{majastres + "/relance", majastres + "/gestionnaire", majastres + "/logiciel", "/administration/datapass/" + id + "/rejeu"} {
		s.post(s.reader, path, nil).is(http.StatusForbidden)
	}
}

func TestASubscriptionThatIsNotThereIsNotFound(t *testing.T) {
	s := setScene(t)
	for _, siret := range []string{"21040107100019", "x", "123", "00000000000000", "21040107100018", "1'--"} {
		path := "/administration/hubee/" + url.PathEscape(siret)
		s.get(s.admin, path).is(http.StatusNotFound, "n’a pas d’abonnement")
		s.get(s.admin, path+"/logiciel").is(http.StatusNotFound)
		for _, act := range []string{"/relance", "/gestionnaire", "/logiciel"} {
			s.post(s.admin, path+act, nil).is(http.StatusNotFound)
		}
	}
	for _, id := range []string{"x", "0", "9", "99999999999999999999"} {
		s.get(s.admin, "/administration/datapass/"+id).is(http.StatusNotFound)
		s.post(s.admin, "/administration/datapass/"+id+"/rejeu", nil).is(http.StatusNotFound)
	}
}

// received gives the id of an event that DataPass sent.
func (s *scene) received(body string) string {
	s.t.Helper()
	event, err := s.inbox().Receive(s.t.Context(), []byte(body))
	if err != nil {
		s.t.Fatal(err)
	}
	return fmt.Sprint(event.ID)
}

const approval = `{"event": "approve", "fired_at": 1772400000, "model_type": "authorization_request/api_particulier", "model_id": 48231, "data": {
	"state": "validated", "form_uid": "x", "organization": {"name": "COMMUNE DE MAJASTRES", "siret": "%s"},
	"applicant": {"email": "anne@exemple.fr", "given_name": "Anne", "family_name": "Morel"}, "data": {"modalities": ["params"]}}}`

// « events received, quarantined first, reason in words …, « Rejouer » (POST). What the event
// said is never shown. »
func TestAnEventInQuarantineIsExplainedAndPlayedAgain(t *testing.T) {
	s := setScene(t)
	id := s.received(fmt.Sprintf(approval, "12345678901234"))
	trial := s.received(`{"test": true}`)
	list := s.get(s.admin, "/administration/datapass")
	list.is(http.StatusOK, "2 événements", "Demande validée", "Le SIRET de l’organisation n’est pas valable.", "/administration/datapass/"+id+"/rejeu", "!anne@", "!"+trial+"/rejeu")
	if strings.Index(list.text, "En quarantaine</span>") > strings.Index(list.text, "Essai</span>") {
		t.Error("what is in quarantine is not first")
	}
	page := "/administration/datapass/" + id
	s.get(s.admin, page).is(http.StatusOK, "D48231", "n’est pas valable", "Chiffré", "!Morel", "!anne@", "!/administration/habilitations/")
	s.post(s.admin, page+"/rejeu", nil).leads(page, "evenement-toujours-en-quarantaine")
	s.post(s.admin, "/administration/datapass/"+trial+"/rejeu", nil).is(http.StatusConflict, "Il n’y a rien à rejouer")
	s.run(`UPDATE datapass_events SET content = NULL WHERE id = $1`, id)
	s.get(s.admin, page).is(http.StatusOK, "Effacé", "!/rejeu")
	s.post(s.admin, page+"/rejeu", nil).is(http.StatusConflict, "effacé")
	if n := s.read(`SELECT count(*) FROM audit_events WHERE act = 'datapass.replayed' AND author = 'Camille Talbot'`); n != "1" {
		t.Errorf("%s lines in the journal", n)
	}
}

// « « Classer sans suite »: an event's content never changes », and whoever lets it come to
// nothing is in the journal.
func TestAnEventThatCannotBeUsedIsDismissed(t *testing.T) {
	s := setScene(t)
	id := s.received(fmt.Sprintf(approval, "12345678901234"))
	page := "/administration/datapass/" + id
	s.get(s.admin, "/administration/datapass").is(http.StatusOK, page+"/classement")
	s.get(s.admin, page).is(http.StatusOK, "ne change jamais", page+"/classement", "!Corrigez")
	s.get(s.admin, page+"/classement").is(http.StatusOK, "Classer sans suite l’événement nº\u00a0"+id, "C’est définitif", "D48231", "!anne@")
	s.get(s.reader, page).is(http.StatusOK, "!/classement")
	s.get(s.reader, page+"/classement").is(http.StatusForbidden)
	s.post(s.reader, page+"/classement", nil).is(http.StatusForbidden)
	s.post(s.admin, page+"/classement", nil).leads(page, "evenement-classe")
	s.get(s.admin, page).is(http.StatusOK, "Sans effet", "classé sans suite", "n’en a rien fait", "!/classement", "!/rejeu")
	s.get(s.admin, page+"/classement").is(http.StatusConflict, "rien à rejouer ni à classer")
	s.post(s.admin, page+"/classement", nil).is(http.StatusConflict)
	s.post(s.admin, page+"/rejeu", nil).is(http.StatusConflict)
	if told := s.read(`SELECT string_agg(author || ' ' || object_id, ',') FROM audit_events WHERE act = 'datapass.dismissed' AND request_id <> ''`); told != "Camille Talbot "+id {
		t.Errorf("the journal tells %q", told)
	}
	for _, unknown := range []string{"x", "0", "9999"} {
		s.get(s.admin, "/administration/datapass/"+unknown+"/classement").is(http.StatusNotFound)
		s.post(s.admin, "/administration/datapass/"+unknown+"/classement", nil).is(http.StatusNotFound)
	}
}

// An event that the portal can use by now is applied.
func TestAnEventThatCanBeUsedByNowIsApplied(t *testing.T) {
	s := setScene(t)
	id := s.received(fmt.Sprintf(approval, value.Siret("21040107100019")))
	page := "/administration/datapass/" + id
	s.get(s.admin, page).is(http.StatusOK, "Appliqué", "/administration/habilitations/48231")
	// As if it could not be read before: what it asks for is known, so it has no effect.
	s.run(`UPDATE datapass_events SET state = 'quarantaine', reason = 'datapass.event_unknown', applied_at = NULL`)
	s.post(s.admin, page+"/rejeu", nil).leads(page, "evenement-rejoue")
	s.get(s.admin, page).is(http.StatusOK, "Sans effet", "plus récent")
}
