package requests

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"portail-qf/internal/document/intake/intaketest"
	"portail-qf/internal/domain/editor"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/request"
)

// decide has the instructor decide, with words of his own.
func (s *scene) decide(path string, act habilitation.Act, text string) {
	s.t.Helper()
	a, err := s.instruction.Find(s.t.Context(), numberOf(path))
	if err != nil {
		s.t.Fatal(err)
	}
	note := request.Note{Request: a.Request.Number, Act: act, Revision: a.Request.Revision, Text: text}
	decide := s.decisions.RefuseNoted
	if act == habilitation.Approve {
		decide = s.decisions.ApproveNoted
		if note.Number, err = s.decisions.Store.NextHabilitation(s.t.Context()); err != nil {
			s.t.Fatal(err)
		}
	}
	if err := s.instruction.Draft(s.t.Context(), s.hugo, note); err != nil {
		s.t.Fatal(err)
	}
	if err := decide(s.t.Context(), s.hugo, a.Request.Number); err != nil {
		s.t.Fatal(err)
	}
}

// « refuse: reason; approve: message »: the town reads them here, and not in its mailbox alone.
func TestTheTownReadsWhatTheDecisionSays(t *testing.T) {
	s := setScene(t)
	path := s.complete(s.anne)
	s.deposit(s.anne, path, "cgu", "dpd_informe").leads(path+depositedPart, "")
	s.get(s.anne, path).is(http.StatusOK, "la demande est refusée d’après la loi", "!Le motif", "!Le message de l’instructeur")
	s.decide(path, habilitation.Approve, "Bienvenue.\nLe formulaire ouvre demain.")
	s.get(s.ines, path).is(http.StatusOK, "Le message de l’instructeur", "Hugo Talbot", "Bienvenue.", "Le formulaire ouvre demain.", "!Le motif")

	s.post(s.anne, path+"/modification", nil).leads(path+summaryPart, "modification-commencee")
	s.get(s.anne, path).is(http.StatusOK, "!Bienvenue.")
	s.step(s.anne, path, editor.BlockProcessing, url.Values{"destinataires": {"Le CCAS"}, "conservation": {"6"}})
	s.deposit(s.anne, path, "cgu", "dpd_informe").leads(path+depositedPart, "")
	s.get(s.anne, path+depositedPart).is(http.StatusOK, "la modification est refusée d’après la loi", "Votre habilitation reste alors telle qu’elle est", "envoyer une autre modification", "!nouvelle demande")
	s.decide(path, habilitation.Refuse, "Le CCAS n’est pas de votre commune.")
	s.get(s.anne, path).is(http.StatusOK, "Le motif du refus de la modification", "Le CCAS n’est pas de votre commune.", "l’habilitation est valide",
		"Demande déposée", "Habilitation validée", "Modification déposée", "Modification refusée", "!Demande refusée") // its history too

	other := s.complete(s.paul)
	s.deposit(s.paul, other, "cgu", "dpd_informe").leads(other+depositedPart, "")
	s.get(s.paul, other+depositedPart).is(http.StatusOK, "la demande est refusée d’après la loi", "déposer une nouvelle demande")
	s.decide(other, habilitation.Refuse, "Paris a <b>déjà</b> une habilitation.")
	s.get(s.paul, other).is(http.StatusOK, "Refusée", "Le motif du refus", "!de la modification", "Paris a &lt;b&gt;déjà&lt;/b&gt; une habilitation.", "Hugo Talbot")
}

// « refuse is final … a new request is possible »: nobody types again what was refused for one
// reason. The file belongs to its request; the answers of another town stay its own.
func TestARefusedRequestIsMadeAgainWithItsAnswers(t *testing.T) {
	s := setScene(t)
	refused := s.complete(s.anne)
	s.deposit(s.anne, refused, "cgu", "dpd_informe").leads(refused+depositedPart, "")
	s.get(s.anne, refused).is(http.StatusOK, "!avec ces réponses")
	s.decide(refused, habilitation.Refuse, "La délibération n’est pas signée.")
	number := strings.TrimPrefix(refused, homePath+"/")
	anew := beginPath + "?formulaire=" + prepared + "&amp;reponses=" + number
	s.get(s.anne, refused).is(http.StatusOK, "Refaire une demande avec ces réponses", anew)
	s.get(s.ines, refused).is(http.StatusOK, anew)

	address := strings.ReplaceAll(anew, "&amp;", "&")
	s.get(s.anne, address).is(http.StatusOK, "Ce qui est repris de la demande", "D"+number, "Les agents du service enfance", "dpd@pays.example.fr", "sera à joindre de nouveau")
	path := s.begin(s.anne, prepared, fieldReused, number)
	if path == refused {
		t.Fatal("the refused request is written again")
	}
	s.get(s.anne, path+stepsPart+"personnes").is(http.StatusOK, `value="jean.aubert@majastres.example.fr"`, `value="04 92 00 00 00"`)
	s.deposit(s.anne, path, "cgu", "dpd_informe").is(http.StatusUnprocessableEntity, "délibération")
	s.join(s.anne, path, "signée.pdf", intaketest.PDF(1))
	s.deposit(s.anne, path, "cgu", "dpd_informe").leads(path+depositedPart, "")

	// A colleague takes the answers up too, and gives a phone of her own; the locks hold.
	theirs := s.begin(s.ines, allAsked, fieldReused, number)
	s.get(s.ines, theirs+stepsPart+"personnes").is(http.StatusOK, `value="jean.aubert@majastres.example.fr"`, `!value="04 92 00 00 00"`)
	for _, foreign := range []string{number, "99999999", "abc"} {
		s.get(s.paul, beginPath+"?formulaire="+prepared+"&reponses="+foreign).is(http.StatusNotFound, "!dpd@pays.example.fr")
		s.post(s.paul, homePath, url.Values{"formulaire": {prepared}, fieldReused: {foreign}}).is(http.StatusNotFound)
	}
}

// « two months: implicit refusal »: from that day on it is no announcement any more.
func TestTheSilenceOfTwoMonthsIsARefusal(t *testing.T) {
	s := setScene(t)
	path := s.complete(s.anne)
	s.deposit(s.anne, path, "cgu", "dpd_informe").leads(path+depositedPart, "")
	deadline := request.DeadlineOf(s.now)
	s.now = deadline.Add(-1)
	s.again(s.anne, path).is(http.StatusOK, "Sans réponse le 24 janvier 2027, la demande est refusée")
	s.now = deadline
	s.again(s.anne, path).is(http.StatusOK, "Sans réponse depuis le 24 janvier 2027, la demande est considérée comme refusée", "Vous pouvez contester ce refus", "tribunal administratif", "peuvent encore répondre", "!Sans réponse le", "!Rien :")
}

// A modification that was to prolong the token, and that nobody answers, says one thing: it counts
// as refused, and whoever holds it may give it up and prolong the token as it is.
func TestTheSilenceAboutAModificationLeavesAWayToProlong(t *testing.T) {
	s := setScene(t)
	path := s.granted(30)
	s.post(s.anne, path+"/modification", nil).leads(path+summaryPart, "modification-commencee")
	s.renews(path)
	s.step(s.anne, path, editor.BlockProcessing, url.Values{"destinataires": {"Le CCAS"}, "conservation": {"6"}})
	s.deposit(s.anne, path, "cgu", "dpd_informe").leads(path+depositedPart, "")
	s.get(s.anne, path).is(http.StatusOK, "Rien : la modification est lue", "le jeton sera prolongé quand elle sera validée", "!ne plus attendre")
	s.now = request.DeadlineOf(s.now)
	link := `<a href="/jetons/` + s.read(`SELECT id FROM tokens`) + `/prolongation">prolongez le jeton`
	s.again(s.anne, path).is(http.StatusOK, "la modification est considérée comme refusée", "restée sans réponse", "annulez la modification", link, "Annuler la modification", "!Rien :", "!est lue par", "!à l’étude")
	s.again(s.ines, path).is(http.StatusOK, "considérée comme refusée", "!annulez la modification", "!Rien :")
	s.again(s.ines, path+transferPart).is(http.StatusOK, "La modification qui devait le prolonger est restée sans réponse", "!à l’étude")
}

// again opens a page months later: the session of before is as if it were new.
func (s *scene) again(as person, path string) answer {
	s.t.Helper()
	s.run(`UPDATE sessions SET created_at = $1, seen_at = $1, strong_at = $1`, s.now)
	return s.get(as, path)
}
