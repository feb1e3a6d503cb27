package operations

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"portail-qf/internal/domain/audit"
	"portail-qf/internal/postgres"
)

// deadLetter gives the id of an order that was given up.
func (s *scene) deadLetter() string {
	s.t.Helper()
	return s.read(`INSERT INTO outbox (kind, subject, due_at, attempts, last_error, created_at, abandoned_at)
		VALUES ('mail.send', '12', $1, 178, 'mail.unavailable: dial tcp: connection refused', $1, $2) RETURNING id`, noon.Add(-8*24*time.Hour), noon.Add(-time.Hour))
}

// « outbox and dead letters with « Relancer » » (issue 3)
func TestADeadLetterIsFoundExplainedAndTakenUpAgain(t *testing.T) {
	s := setScene(t)
	id := s.deadLetter()
	s.run(`INSERT INTO outbox (kind, subject, due_at, created_at, done_at) VALUES ('dossier.close', '1', $1, $1, $1)`, noon)

	list := s.get(s.admin, "/administration/envois")
	list.is(http.StatusOK, "2 envois", "Mail nº", "Le serveur de messagerie ne répondait pas.", "/administration/envois/"+id+"/relance")
	if strings.Index(list.text, "Abandonné") > strings.Index(list.text, ">Fait<") {
		t.Error("the dead letter is not first")
	}
	page := s.get(s.admin, "/administration/envois/"+id)
	page.is(http.StatusOK, "Abandonné", "178", "connection refused", "ne le reçoivent pas une deuxième fois", "/administration/mails/12")

	s.post(s.admin, "/administration/envois/"+id+"/relance", nil).leads("/administration/envois/"+id, "envoi-relance")
	if state := s.read(`SELECT abandoned_at IS NULL AND due_at = $2 FROM outbox WHERE id = $1`, id, noon); state != "true" {
		t.Error("the order is not due")
	}
	if author := s.read(`SELECT author FROM audit_events WHERE act = 'order.retried' AND object_id = $1 AND request_id <> ''`, id); author != "Camille Talbot" {
		t.Errorf("the journal names %q", author)
	}
	s.run(`UPDATE outbox SET done_at = $2, last_error = '' WHERE id = $1`, id, noon)
	s.post(s.admin, "/administration/envois/"+id+"/relance", nil).is(http.StatusConflict, "La situation ne le permet pas", "Cet envoi est fait.")
}

func TestAReaderSeesOrdersAndTouchesNothing(t *testing.T) {
	s := setScene(t)
	id := s.deadLetter()
	s.get(s.reader, "/administration/envois").is(http.StatusOK, "Abandonné", "!Relancer <", "!/relance")
	s.get(s.reader, "/administration/envois/"+id).is(http.StatusOK, "!/relance", "!/administration/mails/")
	s.get(s.reader, "/administration/taches").is(http.StatusOK, "Effacement", "!/lancement")
	s.post(s.reader, "/administration/envois/"+id+"/relance", nil).is(http.StatusForbidden)
	s.post(s.reader, "/administration/taches/purge/lancement", nil).is(http.StatusForbidden)
	for _, path := range []string{"/administration/mails", "/administration/journal"} {
		s.get(s.reader, path).is(http.StatusForbidden)
	}
	s.get(s.reader, "/administration/modeles-de-mails").is(http.StatusOK)
}

func TestWhatDoesNotExistIsNotFound(t *testing.T) {
	s := setScene(t)
	for _, id := range []string{"x", "0", "-1", "999", "99999999999999999999", "1'--"} {
		for _, path := range []string{"/administration/envois/", "/administration/mails/", "/administration/taches/", "/administration/modeles-de-mails/"} {
			s.get(s.admin, path+url.PathEscape(id)).is(http.StatusNotFound, "Nous ne trouvons pas cette page")
		}
		s.get(s.admin, "/administration/modeles-de-mails/"+url.PathEscape(id)+"/html").is(http.StatusNotFound)
		s.post(s.admin, "/administration/envois/"+url.PathEscape(id)+"/relance", nil).is(http.StatusNotFound)
		s.post(s.admin, "/administration/taches/"+url.PathEscape(id)+"/lancement", nil).is(http.StatusNotFound)
		s.post(s.admin, "/administration/mails/"+url.PathEscape(id)+"/destinataires/1", nil).is(http.StatusNotFound)
	}
	mail := s.mail()
	for _, position := range []string{"x", "0", "3", "99999999999999999999"} {
		s.post(s.admin, "/administration/mails/"+mail+"/destinataires/"+position, url.Values{"adresse-3": {"a@b.fr"}}).is(http.StatusNotFound)
	}
}

// « bounced (5xx at RCPT) with the address to correct » (issue 3)
func TestABouncedAddressIsCorrected(t *testing.T) {
	s := setScene(t)
	id := s.mail()
	page, form := "/administration/mails/"+id, "/administration/mails/"+id+"/destinataires/1"
	s.get(s.admin, "/administration/mails?etat=bounced&q=LEA%40vi").is(http.StatusOK, "1 mail", "lea@vile.fr", "et un autre", "Adresse à corriger")
	s.get(s.admin, page).is(http.StatusOK, "Votre invitation", "cette adresse n’existe pas", "550 5.1.1", "Remis", `value="lea@vile.fr"`, form)

	for typed, said := range map[string]string{
		"":                 "n’est pas complète",
		"lea@ville":        "n’est pas complète",
		"DGS@ville.fr":     "déjà destinataire",
		"léa@ville.fr":     "sans accent",
		"<b>@ville.fr":     "n’est pas complète",
		"a@b.fr\nBcc: x@y": "n’est pas complète",
	} {
		refused := s.post(s.admin, form, url.Values{"adresse-1": {typed}})
		refused.is(http.StatusUnprocessableEntity, said, "Une réponse est à corriger", `href="#adresse-1"`, "Remis")
		if typed == "lea@ville" {
			refused.is(http.StatusUnprocessableEntity, `value="lea@ville"`)
		}
	}
	s.post(s.admin, form, url.Values{"adresse-1": {" Lea@Ville.fr "}}).leads(page, "adresse-corrigee")
	s.get(s.admin, page).is(http.StatusOK, "lea@ville.fr", "Remplace", "lea@vile.fr", "En attente d’envoi", "Sur le départ", "/administration/envois/2", "!/destinataires/1")
	s.post(s.admin, form, url.Values{"adresse-1": {"autre@ville.fr"}}).is(http.StatusConflict, "n’est plus à corriger")
	if detail := s.read(`SELECT act || ' ' || detail || ' ' || object FROM audit_events`); strings.Contains(detail, "@") || !strings.HasPrefix(detail, "mail.readdressed") {
		t.Errorf("the journal tells %q", detail)
	}
}

// « a catalogue page lists every automatic mail with a rendered sample » (issue 3)
func TestTheCatalogueShowsEveryMail(t *testing.T) {
	s := setScene(t)
	s.get(s.admin, "/administration/modeles-de-mails").is(http.StatusOK, "Invitation", "Accès ouvert", "dès qu’on lui propose un rôle", `href="/administration/modeles-de-mails/invitation"`)
	s.get(s.admin, "/administration/modeles-de-mails/invitation").is(http.StatusOK, "https://portail.example.fr/invitations/EXEMPLE7K2QX")
	s.get(s.admin, "/administration/modeles-de-mails/acces-ouvert").is(http.StatusOK,
		"support@particulier.api.gouv.fr", "api-particulier@api.gouv.fr", "hugo.marchal@numerique.exemple.fr", "support@logiciel-exemple.fr",
		"Un nouvel accès vous est ouvert", "nouvelle fenêtre")
	mail := s.get(s.admin, "/administration/modeles-de-mails/invitation/html")
	for _, directive := range []string{"default-src 'none'", "sandbox", "frame-ancestors 'none'", "form-action 'none'", "style-src 'unsafe-inline'"} {
		if !strings.Contains(mail.policy, directive) {
			t.Errorf("the policy of a mail is %q", mail.policy)
		}
	}
	if page := s.get(s.admin, "/administration/modeles-de-mails/invitation"); strings.Contains(page.policy, "unsafe-inline") {
		t.Errorf("the policy of the page about it is %q", page.policy)
	}
}

// « POST … record the demand as an outbox order … the page says « demandée » »
func TestAJobIsAskedFor(t *testing.T) {
	s := setScene(t)
	runs := postgres.JobRuns{DB: s.db}
	at, err := runs.BeginNow(t.Context(), "purge")
	if err != nil {
		t.Fatal(err)
	}
	if err := runs.End(t.Context(), "purge", at, "erased: 3 dossiers, 0 payloads; hubee.unavailable: no answer", true); err != nil {
		t.Fatal(err)
	}
	s.get(s.admin, "/administration/taches").is(http.StatusOK, "Effacement", "Toutes les 10 minutes", "En échec", "HubEE ne répondait pas.", "Lancer", "nouvelle", "1 1 1 1 *", "Jamais")
	s.get(s.admin, "/administration/taches/purge").is(http.StatusOK, "Dossiers\u00a0: 3", "!Contenus de dossiers", "HubEE ne répondait pas.", "no answer")
	for range 2 {
		s.post(s.admin, "/administration/taches/purge/lancement", nil).leads("/administration/taches/purge", "tache-demandee")
	}
	if orders := s.read(`SELECT string_agg(kind || ' ' || subject, ',') FROM outbox`); orders != "job.run purge" {
		t.Errorf("ordered %q", orders)
	}
	s.get(s.admin, "/administration/envois?nature=job.run").is(http.StatusOK, "Lancement d’une tâche", "Effacement")
}

// « search by actor, object, act, period »; « rows readable as sentences » (issue 3)
func TestTheJournalIsReadAsSentences(t *testing.T) {
	s := setScene(t)
	journal := postgres.Journal{DB: s.db}
	for i, event := range sampleEvents() {
		event.At = time.Date(2026, 3, 3, 13, 5, 0, 0, time.UTC).AddDate(0, 0, -i)
		if err := journal.Record(t.Context(), event); err != nil {
			t.Fatal(err)
		}
	}
	say := func(text string) string {
		return strings.Join(strings.Fields(strings.ReplaceAll(text, "\u00a0", " ")), " ")
	}
	for query, want := range map[string]string{
		"?acte=role.withdrawn":                          `Camille Ferrand</strong> (Administration) a retiré le rôle Assistance à <a href="/administration/comptes/14" translate="no">Hugo Marchal</a>`,
		"?auteur=HUGO&organisation=210+401+071+00019":   "n’a pas eu accès à la page <code>GET /administration/journal</code>",
		"?sur=dossier&objet=7qk9m2xbt4hrp":              "a consulté le dossier",
		"?sur=order&objet=7QK9-M2XB-T4HRP":              "a relancé l’envoi nº",
		"?du=2026-03-03&au=2026-03-03":                  "3 mars 2026 à 14 h 05 min 00 s</time>",
		"?acte=organisation.refreshed":                  "elle est fermée",
		"?acte=mail.readdressed":                        "le 1er, refusé parce que cette adresse n’existe pas",
		"?objet=fontaine&acte=invitation.sent":          "a invité <strong",
		"?acte=signin.refused&auteur=personne":          "aucun second facteur n’a été prouvé",
		"?auteur=portail&acte=role.granted&sur=account": "a donné le rôle Agent de collectivité à",
	} {
		page := s.get(s.admin, "/administration/journal"+query)
		page.text = say(page.text)
		page.is(http.StatusOK, "1 acte<", want, "Pas encore scellé")
	}
	if _, err := (&audit.Journal{Store: journal, Now: func() time.Time { return noon }}).Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.get(s.admin, "/administration/journal?acte=job.started").is(http.StatusOK, "Scellé", "Lot nº\u00a01", "Effacement")
	s.get(s.admin, "/administration/journal?acte=nothing&page=x").is(http.StatusOK, "Effacement") // an old bookmark

	// What is mistyped is told beside its field, and no list pretends to answer it.
	s.get(s.admin, "/administration/journal?acte=job.started&du=hier&organisation=2104").
		is(http.StatusUnprocessableEntity, "2 réponses sont à corriger", `value="hier"`, `value="2104"`, "Écrivez une date", "La liste n’est pas affichée", "!Lot nº")
	s.get(s.admin, "/administration/journal?du=2026-03-03&au=2026-03-02").is(http.StatusUnprocessableEntity, "finit avant d’avoir commencé", "!Lot nº")
}
