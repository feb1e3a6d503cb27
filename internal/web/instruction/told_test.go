package instruction

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"

	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/habilitation"
	"portail-qf/internal/domain/request"
	"portail-qf/internal/web/webtest"
)

// « refuse: reason », « approve: message »: what was written stays in sight, with who wrote it.
func TestWhatWasWrittenStaysInSight(t *testing.T) {
	s := setScene(t)
	number, other := s.deposit(s.anne, tilleulForm), s.deposit(s.paul, tilleulForm)
	s.get(s.hugo, pathOf(number)).is(http.StatusOK, "!Ce qui a été écrit")
	s.decided(s.camille, number, habilitation.Refuse, "Cette demande n’est pas la vôtre.\nFaites-en une autre.")
	s.get(s.hugo, pathOf(number)).is(http.StatusOK, "Ce qui a été écrit à la collectivité", "Le motif du refus, le 2 mars 2026 à 12 h 00, par <span translate=\"no\">Camille Talbot</span>",
		"Cette demande n’est pas la vôtre.", "Faites-en une autre.", "!Les modifications déjà demandées")
	s.decided(s.camille, other, habilitation.Approve, "Bienvenue <b>à</b> tous.")
	s.get(s.hugo, pathOf(other)).is(http.StatusOK, "Le message de la validation", "Bienvenue &lt;b&gt;à&lt;/b&gt; tous.")
	third := s.deposit(s.ines, tilleulForm)
	s.decided(s.hugo, third, habilitation.Approve, "")
	s.get(s.hugo, pathOf(third)).is(http.StatusOK, "Validée", "!Ce qui a été écrit") // nothing was
}

// « double click »: of two posts of one decision, one decides, and both lead to what was decided.
func TestADecisionSentTwiceIsMadeOnce(t *testing.T) {
	s := setScene(t)
	for _, act := range []habilitation.Act{habilitation.Approve, habilitation.RequestChanges, habilitation.Refuse} {
		number := s.deposit(s.anne, tilleulForm)
		fields := s.get(s.camille, actPath(number, act)).form(actPath(number, act))
		fields.Set(fieldText, "Voici pourquoi.\r\n\r\nMerci.")
		s.post(s.camille, actPath(number, act), fields).leads(previewPath(number, act), "")
		page := s.get(s.camille, previewPath(number, act)).is(http.StatusOK)
		shown, done := page.form(previewPath(number, act)), doneCode(act, false, len(page.mails()))
		var clicks sync.WaitGroup
		for range 2 {
			clicks.Go(func() { s.post(s.camille, previewPath(number, act), shown).leads(pathOf(number), done) })
		}
		clicks.Wait()
		s.post(s.camille, previewPath(number, act), shown).leads(pathOf(number), done)
		if made := s.read(`SELECT count(*) FROM audit_events WHERE act = $1 AND object_id = $2`, string(made[act]), numberText(number)); made != "1" {
			t.Errorf("%s was done %s times", act, made)
		}
		s.post(s.hugo, previewPath(number, act), shown).is(http.StatusConflict, "Rien n’a été fait", "Camille Talbot")
		shown.Set(fieldText, "Autre chose.")
		s.post(s.camille, previewPath(number, act), shown).is(http.StatusConflict, "Rien n’a été fait", "Autre chose.")
		if act == habilitation.RequestChanges { // the town answered since: it is another decision
			shown.Set(fieldText, "Voici pourquoi.\r\n\r\nMerci.")
			s.submit(s.anne, number)
			s.post(s.camille, previewPath(number, act), shown).is(http.StatusConflict, "a changé pendant ce temps")
			s.decided(s.camille, number, habilitation.Refuse, "Non.")
		}
	}
}

// « refuse [a modification] restores everything »: it is not the request that is refused, and
// the history says so too.
func TestAModificationIsNamedAsOne(t *testing.T) {
	s := setScene(t)
	number := s.deposit(s.anne, tilleulForm)
	s.get(s.camille, pathOf(number)).is(http.StatusOK, "Demande déposée", "réponses données", "!réponses changées", "!à traiter en priorité")
	s.decided(s.camille, number, habilitation.RequestChanges, "Corrigez.")
	s.submit(s.anne, number)
	s.get(s.camille, pathOf(number)).is(http.StatusOK, "réponses données", "Aucune réponse changée")
	s.decided(s.camille, number, habilitation.Approve, "")
	s.modify(s.anne, number, "Les agents de la régie")
	s.get(s.camille, pathOf(number)).is(http.StatusOK, "Modification déposée", "Une réponse changée", "à traiter en priorité")
	s.decided(s.camille, number, habilitation.RequestChanges, "Quels agents ?")
	s.get(s.camille, pathOf(number)).is(http.StatusOK, "Modification à corriger", "!à traiter en priorité")
	s.get(s.camille, queuePath+"?etape=a_modifier").is(http.StatusOK, "Modification", "!à traiter en priorité")
	if done := s.refused(s.camille, number); done != "modification-refuse" {
		t.Errorf("what was done is said by %q", done)
	}
	s.get(s.camille, pathOf(number)).is(http.StatusOK, "Modification refusée", "!Demande refusée", "Le motif du refus", "Validée")
	parsed := webtest.Templates(t)
	for code, want := range map[string]string{
		"modification-refuse": "La modification est refusée ; l’habilitation reste valide. Le mail est parti.", "demande-refuse-mails": "La demande est refusée, et les mails sont partis.",
	} {
		if sentence, _ := parsed.Sentence("done." + code); plain(sentence) != want {
			t.Errorf("%s: %q", code, sentence)
		}
	}
}

// modify begins a modification, and deposits it with other recipients.
func (s *scene) modify(as person, number habilitation.RequestNumber, recipients string) {
	s.t.Helper()
	if err := s.town.Reopen(s.t.Context(), as.Actor, number); err != nil {
		s.t.Fatal(err)
	}
	s.answer(as, number, func(a request.Answers) request.Answers {
		a.Recipients = recipients
		return a
	})
	s.submit(as, number)
}

// refused has an instructor refuse, and gives what the page that follows will say.
func (s *scene) refused(as person, number habilitation.RequestNumber) string {
	s.t.Helper()
	address := actPath(number, habilitation.Refuse)
	fields := s.get(as, address).form(address)
	fields.Set(fieldText, "Non.")
	s.post(as, address, fields).leads(address+"/apercu", "")
	return s.post(as, address+"/apercu", s.get(as, address+"/apercu").form(address+"/apercu")).flash
}

// What the journal tells no more is not guessed: the first deposit may be of before.
func TestTheFirstDepositIsToldWhereTheJournalIsWhole(t *testing.T) {
	views := webtest.Views(t, ParseViews)
	filed := func(count int) []audit.Entry {
		entries := make([]audit.Entry, count)
		for i := range entries {
			entries[i].Act, entries[i].Detail = audit.RequestFiled, "2"
		}
		return entries
	}
	for count, want := range map[int]bool{1: true, historyShown - 1: true, historyShown: false} {
		told := views.newEventViews(filed(count))
		if told[count-1].First != want || count > 1 && told[0].First {
			t.Errorf("of %d deposits the oldest is the first: %v", count, told[count-1].First)
		}
	}
}

// « on the generic form … the instructor confirms »: a modification keeps the editor of the
// habilitation unless somebody says otherwise, and what was confirmed is shown.
func TestAModificationKeepsTheConfirmedEditor(t *testing.T) {
	s := setScene(t)
	number := s.deposit(s.anne, genericForm)
	address, preview := actPath(number, habilitation.Approve), previewPath(number, habilitation.Approve)
	approve := func(answer string) {
		t.Helper()
		fields := s.get(s.camille, address).form(address)
		if answer != "" {
			fields.Set(fieldEditor, answer)
		}
		s.post(s.camille, address, fields).leads(preview, "")
		s.post(s.camille, preview, s.get(s.camille, preview).is(http.StatusOK).form(preview)).is(http.StatusSeeOther)
	}
	s.get(s.camille, pathOf(number)).is(http.StatusOK, "Formulaire général, sans éditeur")
	approve("90511200900014")
	s.get(s.camille, pathOf(number)).is(http.StatusOK, "Formulaire général, pour <span translate=\"no\">Logiciels Tilleul")
	s.get(s.camille, queuePath+"?etape=close").is(http.StatusOK, "Formulaire général <span class=\"fr-hint-text\" translate=\"no\">Logiciels Tilleul")
	if sheet := s.get(s.camille, queuePath+"/export.csv?etape=close"); !strings.Contains(sheet.body, `"Logiciels Tilleul";"`+genericForm) {
		t.Errorf("the sheet does not name the editor:\n%s", sheet.body)
	}

	s.answered(s.anne, number, "integration@brume.example.fr")
	fields := s.get(s.camille, address).is(http.StatusOK, "Logiciels Tilleul", "l’éditeur de l’habilitation en vigueur", "Ateliers Brume", "adresse vérifiée", "Aucun éditeur").form(address)
	if fields.Get(fieldEditor) != "90511200900014" {
		t.Errorf("%q is chosen", fields.Get(fieldEditor))
	}
	approve("")
	if granted := s.read(`SELECT editor FROM habilitations ORDER BY number DESC LIMIT 1`); granted != "Logiciels Tilleul" {
		t.Errorf("the modification is for %q", granted)
	}
	s.answered(s.anne, number, "personne@exemple.fr") // nobody's verified address: the question is about the present one
	approve(noEditor)
	if granted := s.read(`SELECT editor FROM habilitations ORDER BY number DESC LIMIT 1`); granted != "" {
		t.Errorf("the modification is for %q", granted)
	}
	s.get(s.camille, pathOf(number)).is(http.StatusOK, "Formulaire général, sans éditeur")
}

// answered modifies what is granted: it has another technical contact.
func (s *scene) answered(as person, number habilitation.RequestNumber, technical string) {
	s.t.Helper()
	if err := s.town.Reopen(s.t.Context(), as.Actor, number); err != nil {
		s.t.Fatal(err)
	}
	s.answer(as, number, func(a request.Answers) request.Answers {
		a.Technical.Mail = technical
		return a
	})
	s.submit(as, number)
}

// « two months: implicit refusal »: it is told as a fact from that day on, and an instructor may
// still decide.
func TestAfterTheDeadlineSilenceIsARefusal(t *testing.T) {
	s := setScene(t)
	number := s.deposit(s.anne, tilleulForm)
	s.now = request.DeadlineOf(s.now).Add(-1)
	s.get(s.camille, pathOf(number)).is(http.StatusOK, "Avant le 2 mai 2026", "!Refus implicite", "Valider")
	s.now = s.now.Add(1)
	for _, path := range []string{pathOf(number), queuePath, homePath} {
		page := s.get(s.camille, path).is(http.StatusOK, "Délai dépassé", "vous pouvez encore décider", "!réponse attendue avant", "!le silence vaut refus")
		if !strings.Contains(strings.ToLower(page.text), "refus implicite depuis le 2 mai 2026") {
			t.Errorf("%s: %s", path, page.text)
		}
	}
	s.decided(s.camille, number, habilitation.Approve, "")
}

// « filters (state, …, assignee) »: by name too; a figure of the home page leads to what it
// counts.
func TestTheQueueOfAColleagueIsShown(t *testing.T) {
	s := setScene(t)
	number, other := s.deposit(s.anne, tilleulForm), s.deposit(s.paul, tilleulForm)
	s.run(`UPDATE applications SET assignee = $1 WHERE request = $2`, s.hugo.AccountID, int64(number))
	hugo := "attribution=" + strconv.FormatInt(s.hugo.AccountID, 10)
	s.get(s.camille, queuePath+"?"+hugo).is(http.StatusOK, "1 demande<", number.String(), "!"+other.String(), "Instruction : <span translate=\"no\">Hugo Talbot", ">Moi</option>", ">Personne</option>", ">Camille Talbot</option>")
	s.get(s.camille, queuePath+"?attribution=autre").is(http.StatusOK, "1 demande<", number.String())
	s.get(s.camille, queuePath+"?attribution=99999").is(http.StatusOK, "2 demandes")
	if sheet := s.get(s.camille, queuePath+"/export.csv?"+hugo); strings.Contains(sheet.body, other.String()) || !strings.Contains(sheet.body, number.String()) {
		t.Errorf("the sheet is another one than the list:\n%s", sheet.body)
	}
	s.get(s.camille, queuePath+"?etape=modification").is(http.StatusOK, "Aucun résultat")
	s.get(s.camille, homePath).is(http.StatusOK, "!modification à traiter")
	s.decided(s.camille, number, habilitation.Approve, "")
	s.modify(s.anne, number, "Les agents de la régie")
	s.get(s.camille, homePath).is(http.StatusOK, `href="/instruction/demandes?etape=modification"`, "modification à traiter en priorité")
	s.get(s.camille, queuePath+"?etape=modification").is(http.StatusOK, "1 demande<", number.String(), "!"+other.String())
}

// Where nothing is found among what waits, the page says where else to look, with what was
// typed.
func TestWhatIsNotFoundIsLookedForElsewhere(t *testing.T) {
	s := setScene(t)
	number := s.deposit(s.anne, tilleulForm)
	s.decided(s.camille, number, habilitation.Refuse, "Non.")
	const all = "/instruction/demandes?departement=04&amp;etape=toutes&amp;q=majastres"
	s.get(s.camille, queuePath+"?q=majastres&departement=04").is(http.StatusOK, "Rien parmi les demandes à instruire", `href="`+all+`">Chercher dans toutes les demandes`,
		`href="/instruction/habilitations?q=majastres">Chercher dans les habilitations`, "Tout effacer")
	s.get(s.camille, strings.ReplaceAll(all, "&amp;", "&")).is(http.StatusOK, "1 demande<", number.String())
	s.get(s.camille, queuePath+"?q="+url.QueryEscape("<b>&é")+"&etape=toutes").is(http.StatusOK, "Aucun résultat", "!toutes les demandes", `href="/instruction/habilitations?q=%3Cb%3E%26%C3%A9"`)
	s.get(s.camille, queuePath+"?q=majastres&etape=redaction").is(http.StatusOK, "Aucun résultat", "!Rien parmi", "etape=toutes&amp;q=majastres")
	s.get(s.camille, queuePath+"?q=D48231").is(http.StatusOK, "!Rien parmi", "!toutes les demandes", "/instruction/habilitations?q=D48231")
	s.get(s.camille, queuePath+"?q="+number.String()).is(http.StatusOK, "1 demande<") // a number is found at any stage
	s.get(s.camille, queuePath).is(http.StatusOK, "Aucune demande ne vous attend", "!habilitations?q")
	s.get(s.camille, queuePath+"?q=majastres&page=3").is(http.StatusOK, "Cette page de la liste est vide", "!Rien parmi")
}

// « preview of the exact mail »: of several, the first is in full, the others are folded; the
// button is in reach before them.
func TestSeveralMailsAreFolded(t *testing.T) {
	s := setScene(t)
	number := s.deposit(s.anne, tilleulForm)
	preview := previewPath(number, habilitation.Approve)
	fields := s.get(s.camille, actPath(number, habilitation.Approve)).form(actPath(number, habilitation.Approve))
	s.post(s.camille, actPath(number, habilitation.Approve), fields).leads(preview, "")
	page := s.get(s.camille, preview).is(http.StatusOK, `<summary>Mail à <span translate="no">dpd@pays.example.fr</span> : <span translate="no">personne-designee</span></summary>`,
		`name="mails" value="3"`, `id="decision"`)
	const button = `form="decision" class="fr-btn">Valider la demande et envoyer ces mails</button>`
	before, _, _ := strings.Cut(page.text, "<h2>Mail à")
	if strings.Count(page.text, button) != 2 || !strings.Contains(before, button) || strings.Count(page.text, "<details") != 2 {
		t.Errorf("the button and the mails:\n%s", page.text)
	}
	refusal := actPath(number, habilitation.Refuse)
	fields = s.get(s.camille, refusal).form(refusal)
	fields.Set(fieldText, "Non.")
	s.post(s.camille, refusal, fields).leads(refusal+"/apercu", "")
	alone := s.get(s.camille, refusal+"/apercu").is(http.StatusOK, "Le mail</h2>", "!<details")
	if strings.Count(alone.text, "Refuser la demande et envoyer ce mail</button>") != 1 {
		t.Errorf("one mail, one button:\n%s", alone.text)
	}
}
