package instruction

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"portail-qf/internal/domain/habilitation"
)

// « preview of the exact mail before each decision »: a model that is inserted in an approval
// draws its number too, and the mail that is shown is the one that is sent.
func TestAnApprovalMadeOfAModelIsSentAsItWasShown(t *testing.T) {
	s := setScene(t)
	number := s.deposit(s.anne, tilleulForm)
	s.run(`INSERT INTO reason_templates (act, title, body) VALUES ('approve', 'Bienvenue', 'Bienvenue à {collectivite}.')`)
	address, preview := actPath(number, habilitation.Approve), previewPath(number, habilitation.Approve)
	s.insert(s.camille, address, "").leads(address, "")
	drawn := s.read(`SELECT 'H' || number FROM instruction_notes`)
	for range 2 { // to read changes nothing
		s.get(s.camille, preview).is(http.StatusOK, "Bienvenue à COMMUNE DE MAJASTRES.", drawn, "!H0<", `!"Habilitation":0`)
	}
	if again := s.read(`SELECT 'H' || number FROM instruction_notes`); again != drawn || drawn == "H0" {
		t.Errorf("the number drawn is %s, then %s", drawn, again)
	}
	shown := s.get(s.camille, preview).form(preview)
	if sent := s.post(s.camille, preview, shown); sent.status != http.StatusSeeOther {
		t.Errorf("%d %s", sent.status, sent.text)
	}
	if granted := s.read(`SELECT 'H' || number FROM habilitations`); granted != drawn {
		t.Errorf("%s was shown, and %s is granted", drawn, granted)
	}
}

// A note of an approval without its number, as an older portal left them, is no mail to show nor
// to send; nor is one of which it is not known whose software it is for.
func TestAnApprovalWithoutItsNumberIsNotShown(t *testing.T) {
	s := setScene(t)
	number := s.deposit(s.anne, genericForm)
	s.run(`INSERT INTO reason_templates (act, title, body) VALUES ('approve', 'Bienvenue', 'Bienvenue.')`)
	address, preview := actPath(number, habilitation.Approve), previewPath(number, habilitation.Approve)
	s.insert(s.camille, address, "").leads(address, "")
	s.get(s.camille, preview).leads(address, "")
	if fields := s.get(s.camille, address).is(http.StatusOK, "Bienvenue.").form(address); fields.Has(fieldEditor) {
		t.Errorf("nobody said whose software it is, and %q is chosen", fields.Get(fieldEditor))
	}
	s.insert(s.camille, address, "90511200900014").leads(address, "")
	shown := s.get(s.camille, preview).is(http.StatusOK, "Logiciels Tilleul").form(preview)

	s.run(`UPDATE instruction_notes SET number = 0`)
	s.get(s.camille, preview).leads(address, "")
	s.post(s.camille, preview, shown).leads(address, "")
	if granted := s.read(`SELECT count(*) FROM habilitations`); granted != "0" {
		t.Error("what was not shown is granted")
	}
}

// insert puts the model of the scene at the end of what is written, with whose software it is.
func (s *scene) insert(as person, address, editor string) answer {
	s.t.Helper()
	fields := s.get(as, address).form(address)
	fields.Set(fieldModel, s.read(`SELECT id FROM reason_templates`))
	if editor != "" {
		fields.Set(fieldEditor, editor)
	}
	return s.post(as, address+"/modeles", fields)
}

// « two instructors on one request »: of two who take it, the second is told who did; a button
// that is pressed twice does its work once.
func TestOfTwoInstructorsOneTakesTheRequest(t *testing.T) {
	s := setScene(t)
	number := s.deposit(s.anne, tilleulForm)
	address := pathOf(number) + "/attribution"
	camilles, hugos := s.get(s.camille, pathOf(number)).form(address), s.get(s.hugo, pathOf(number)).form(address)
	s.post(s.camille, address, camilles).leads(pathOf(number), "demande-prise")
	s.post(s.camille, address, camilles).leads(pathOf(number), "demande-prise")
	late := s.post(s.hugo, address, hugos).is(http.StatusConflict, "a changé entre-temps", "Camille Talbot</strong> l’instruit maintenant", "n’est pas enregistré")
	if charge := s.read(`SELECT assignee FROM applications`); charge != strconv.FormatInt(s.camille.AccountID, 10) {
		t.Errorf("%s is in charge", charge)
	}
	if told := s.read(`SELECT count(*) FROM audit_events WHERE act = 'request.assigned'`); told != "1" {
		t.Errorf("the journal tells %s times that somebody is", told)
	}
	s.post(s.hugo, address, url.Values{fieldInstructor: {"0"}}).is(http.StatusConflict, "Camille Talbot") // no page of ours
	s.post(s.hugo, address, late.form(address)).leads(pathOf(number), "demande-prise")                    // he insists
}

// A button that is pressed twice sends one message, and whoever answers has read what was on the
// page, no more.
func TestAMessageIsSentOnceAndReadsWhatWasShown(t *testing.T) {
	s := setScene(t)
	number := s.deposit(s.anne, tilleulForm)
	address := pathOf(number) + "/messages"
	write := func(text string) {
		t.Helper()
		if err := s.town.Write(t.Context(), s.anne.Actor, number, text, 0); err != nil {
			t.Fatal(err)
		}
	}
	write("Un.")
	reply := s.get(s.camille, address).form(address)
	reply.Set(fieldMessage, "Bien reçu,\r\nmerci.")
	write("Deux.")
	for range 2 {
		s.post(s.camille, address, reply).leads(address, "message-a-la-collectivite")
	}
	page := s.get(s.camille, address).is(http.StatusOK, "Deux.", "Non lu")
	if said := strings.Count(page.text, "Bien reçu"); said != 1 {
		t.Errorf("the message is there %d times:\n%s", said, page.text)
	}
	s.get(s.camille, pathOf(number)).is(http.StatusOK, "1 message non lu")
	if letters := s.read(`SELECT count(*) FROM mails WHERE kind = 'message-recu'`); letters != "1" {
		t.Errorf("the town is told %s times", letters)
	}
	again := page.form(address)
	again.Set(fieldMessage, "Bien reçu,\r\nmerci.")
	s.post(s.camille, address, again).leads(address, "message-a-la-collectivite") // said again, on purpose
	if said := strings.Count(s.get(s.camille, address).is(http.StatusOK, "!Non lu").text, "Bien reçu"); said != 2 {
		t.Errorf("the message is there %d times", said)
	}

	// What cannot be sent stays in sight, under what came meanwhile.
	write("Trois.")
	again.Set(fieldMessage, strings.Repeat("x", 4001))
	s.post(s.camille, address, again).is(http.StatusUnprocessableEntity, "trop long", "Trois.", strings.Repeat("x", 4001))
	if err := s.town.Withdraw(t.Context(), s.anne.Actor, number); err != nil {
		t.Fatal(err)
	}
	again.Set(fieldMessage, "Trop tard.")
	s.post(s.camille, address, again).is(http.StatusConflict, "Trois.", "Trop tard.</textarea>", "a changé entre-temps")
}
