package requests

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"portail-qf/internal/domain/editor"
	"portail-qf/internal/domain/request"
)

// A button that is pressed twice deposits once, and both answers say so.
func TestADepositThatIsSentTwiceIsOneDeposit(t *testing.T) {
	s := setScene(t)
	path := s.complete(s.anne)
	sent := url.Values{fieldEdition: {s.get(s.anne, path+summaryPart).hidden(fieldEdition)}, "cgu": {yes}, "dpd_informe": {yes}}
	for range 2 {
		s.post(s.anne, path+summaryPart, sent).leads(path+depositedPart, "")
	}
	s.post(s.ines, path+summaryPart, sent).is(http.StatusForbidden, "Une autre personne suit cette demande")
	s.post(s.paul, path+summaryPart, sent).is(http.StatusNotFound)
	if deposits := s.read(`SELECT count(*) FROM deposits`); deposits != "1" {
		t.Errorf("%s deposits", deposits)
	}
	s.approve(path)
	if late := s.post(s.anne, path+summaryPart, sent); late.to == path+depositedPart {
		t.Error("what is decided is said to be deposited")
	}
}

// A message that is sent twice is one message; whoever answers has read what was on the page.
func TestAMessageIsSentOnceAndReadsWhatWasShown(t *testing.T) {
	s := setScene(t)
	path := s.complete(s.anne)
	s.deposit(s.anne, path, "cgu", "dpd_informe").leads(path+depositedPart, "")
	write := func(text string) {
		t.Helper()
		if err := s.instruction.Write(t.Context(), s.hugo, numberOf(path), text, 0); err != nil {
			t.Fatal(err)
		}
	}
	write("Un.")
	reply := url.Values{fieldAfter: {s.get(s.anne, path+messagesPart).hidden(fieldAfter)}, fieldMessage: {"Bien reçu,\r\nmerci."}}
	write("Deux.")
	for range 2 {
		s.post(s.anne, path+messagesPart, reply).leads(path+messagesPart, "message-envoye")
	}
	s.get(s.anne, homePath).is(http.StatusOK, "1 message non lu")
	page := s.get(s.anne, path+messagesPart).is(http.StatusOK, "Deux.", "Non lu")
	if said := strings.Count(page.text, "Bien reçu"); said != 1 {
		t.Errorf("the message is there %d times:\n%s", said, page.text)
	}
	s.post(s.ines, path+messagesPart, reply).leads(path+messagesPart, "message-envoye") // somebody else says the same
	if said := s.read(`SELECT count(*) FROM request_messages WHERE side = 'collectivite'`); said != "2" {
		t.Errorf("%s messages", said)
	}
	reply.Set(fieldAfter, "x")
	write("Trois.")
	reply.Set(fieldMessage, strings.Repeat("x", 4001))
	s.post(s.anne, path+messagesPart, reply).is(http.StatusUnprocessableEntity, "trop long", "Trois.", strings.Repeat("x", 4001))
	s.post(s.anne, path+"/retrait", nil)
	reply.Set(fieldMessage, "Trop tard.")
	s.post(s.anne, path+messagesPart, reply).is(http.StatusConflict, "Trois.", "Trop tard.</textarea>", "a changé entre-temps")
}

// Nothing is answered to a colleague that was not chosen.
func TestAClaimIsAnsweredByAChoice(t *testing.T) {
	s := setScene(t)
	path := s.complete(s.anne)
	s.post(s.anne, path+claimAnswerPart, nil).is(http.StatusConflict, "ne demande plus")
	s.post(s.ines, path+claimPart, nil).leads(path+transferPart, "reprise-demandee")
	for _, nothing := range []url.Values{nil, {fieldAnswer: {""}}, {fieldAnswer: {"peut-être"}}} {
		s.post(s.anne, path+claimAnswerPart, nothing).is(http.StatusUnprocessableEntity, "Choisissez une réponse", `href="#reponse"`, `id="reponse-erreur"`, "Accepter", "Refuser")
		s.post(s.ines, path+claimAnswerPart, nothing).is(http.StatusForbidden, "Une autre personne suit cette demande")
		s.post(s.paul, path+claimAnswerPart, nothing).is(http.StatusNotFound)
	}
	if state := s.read(`SELECT state FROM request_claims`); state != string(request.ClaimWaiting) {
		t.Errorf("the claim is %s", state)
	}
	if refused := s.read(`SELECT count(*) FROM mails WHERE kind = 'transfert-refuse'`); refused != "0" {
		t.Errorf("%s mails say that it is refused", refused)
	}
	s.post(s.anne, path+claimAnswerPart, url.Values{fieldAnswer: {answerRefuse}}).leads(path+transferPart, "reprise-refusee")
}

// « nothing typed is lost »: a browser takes no more than a field holds, and what another sends
// is kept and refused beside the field, not cut.
func TestWhatIsTooLongIsKeptAndSaid(t *testing.T) {
	s := setScene(t)
	path := s.begin(s.anne, prepared)
	s.get(s.anne, path+stepsPart+"traitement").is(http.StatusOK, `name="destinataires" rows="5" maxlength="4000"`, `autocomplete="off" maxlength="10"`)
	s.get(s.anne, path+stepsPart+"personnes").is(http.StatusOK, `autocomplete="tel" maxlength="40"`, `maxlength="254"`)
	long := strings.Repeat("é", 4000)
	s.step(s.anne, path, editor.BlockProcessing, url.Values{"destinataires": {long + "FIN"}, "conservation": {"12"}}).
		is(http.StatusUnprocessableEntity, long+"FIN</textarea>", "trop longue", `href="#destinataires"`)
	s.get(s.anne, path+stepsPart+"traitement").is(http.StatusOK, long+"FIN</textarea>")
	s.step(s.anne, path, editor.BlockProcessing, url.Values{"destinataires": {long}, "conservation": {"12"}}).leads(path+stepsPart+"personnes", "")
}
