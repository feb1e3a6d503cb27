package editorspace

import (
	"net/http"
	"net/url"
	"testing"
)

// « a weekly digest … replaces the copies only by the technical contact's recorded choice » (issue 7):
// those who manage the space choose, the others read.
func TestAnEditorChoosesItsReminders(t *testing.T) {
	s := setScene(t)
	s.run(`UPDATE editors SET technical_contact = 'integration@tilleul.example.fr' WHERE siret = $1`, tilleul)
	chosen := func(siret string) (copies string) {
		t.Helper()
		if err := s.raw.QueryRowContext(t.Context(), `SELECT reminder_copies FROM editors WHERE siret = $1`, siret).Scan(&copies); err != nil {
			t.Fatal(err)
		}
		return copies
	}
	s.get(s.sofia, remindersPath).is(http.StatusOK, "integration@tilleul.example.fr", `value="chacun" checked`)
	s.get(s.leo, remindersPath).is(http.StatusOK, "Une copie de chaque rappel", "!<form method=\"post\" action=\"/editeur/rappels\"")
	weekly := url.Values{fieldCopies: {"semaine"}}
	s.post(s.leo, remindersPath, weekly).is(http.StatusForbidden)
	for _, wrong := range []url.Values{{}, {fieldCopies: {"jamais"}}} {
		s.post(s.sofia, remindersPath, wrong).is(http.StatusUnprocessableEntity, "Choisissez une réponse")
	}
	if got := chosen(tilleul); got != "chacun" {
		t.Errorf("the choice is %q", got)
	}
	for range 2 { // the second click journals nothing
		s.post(s.sofia, remindersPath, weekly).leads(remindersPath, "rappels-enregistres")
	}
	s.get(s.sofia, remindersPath).is(http.StatusOK, `value="semaine" checked`)
	s.get(s.leo, remindersPath).is(http.StatusOK, "La liste de la semaine seulement")
	if got := chosen(tilleul) + " " + chosen(brume); got != "semaine chacun" {
		t.Errorf("the choices are %q", got)
	}
	if got := s.count(`SELECT count(*) FROM audit_events WHERE act = 'editor.reminders_chosen' AND detail = 'reminders.semaine' AND object_id = $1 AND organisation = $1`, tilleul); got != 1 {
		t.Errorf("%d lines of the journal", got)
	}
	s.get(s.karim, remindersPath).is(http.StatusOK, `value="chacun" checked`, "!integration@tilleul")
}
