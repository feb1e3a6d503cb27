package e2e

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"portail-qf/internal/domain/value"
	"portail-qf/internal/sim/smtp"
)

// lapsing is the token of a town that asked for its habilitation here, with whoever asked.
type lapsing struct {
	*lived
	*asking
	text string // which the software holds
	page string // of the token
	link string // of what prolongs it
}

// nearsExpiry has Clairval ask, an instructor approve and the editor collect; then the time passes, until
// some days before the expiry.
func (p *portal) nearsExpiry(daysBefore int) *lapsing {
	p.t.Helper()
	a := p.asks("agente-clairval", tilleulForm, nil)
	p.approves(a.number, clairval)
	l := &lapsing{lived: p.tokenAt(clairval.Siret), asking: a}
	l.page = theTokens + "/" + l.id
	l.link = l.page + "/prolongation"
	l.text = p.professional("editrice-tilleul").get(l.page).submit(l.page + "/recuperation").answers(http.StatusOK).shownToken()
	l.waits(daysBefore)
	return l
}

// waits lets days pass: the sessions are over, whoever asked signs in again.
func (l *lapsing) waits(daysBefore int) {
	l.p.t.Helper()
	l.lived.goesTo(daysBefore, 9)
	l.enter(l.p, "agente-clairval")
}

// keepsItsDate fails unless nothing prolonged the token, nor replaced it.
func (l *lapsing) keepsItsDate() {
	l.p.t.Helper()
	now := l.p.tokenAt(clairval.Siret)
	if now.id != l.id || !now.expiry.Equal(l.expiry) || l.p.count(`SELECT count(*) FROM prolongations`) != 0 {
		l.p.t.Errorf("the token %s expires on %s, it was %s on %s", now.id, now.expiry, l.id, l.expiry)
	}
}

// opens asks the gateway with the text of the token and nothing more: what is wrong is the
// parameters, unless the token is cut.
func (l *lapsing) opens(wanted bool) {
	l.p.t.Helper()
	status, answer := l.p.calls(gatewayV3, l.text, url.Values{"recipient": {clairval.Siret}})
	cut := status == http.StatusUnauthorized && strings.Contains(answer, `"00103"`)
	if opened := status == http.StatusUnprocessableEntity; opened != wanted || cut == wanted {
		l.p.t.Errorf("that it opens the gateway is to be %t: %d %s", wanted, status, answer)
	}
}

// isProlonged fails unless the same token lasts 18 calendar months from a day on, and everybody who
// is to know was told once.
func (l *lapsing) isProlonged(until, way, requester string) {
	l.p.t.Helper()
	l.opens(true)
	now := l.p.tokenAt(clairval.Siret)
	if now.id != l.id || shownDay(now.expiry) != until || !now.expiry.Equal(value.MonthsLater(now.expiry, 0)) {
		l.p.t.Errorf("the token %s expires on %s, want %s on %s", now.id, now.expiry, l.id, until)
	}
	if times := l.p.count(`SELECT count(*) FROM prolongations WHERE token = $1 AND way = $2`, l.id, way); times != 1 {
		l.p.t.Errorf("prolonged %d times by %s", times, way)
	}
	told := l.mailed("Jeton prolongé")
	if len(told) != 1 {
		l.p.t.Fatalf("%d mails tell that it is prolonged", len(told))
	}
	l.p.goesTo(told[0], requester, tilleulContact, "Jeton prolongé jusqu’au "+until, "le jeton est le même")
	if events := l.p.count(`SELECT count(*) FROM editor_events WHERE kind = 'jeton.prolonge' AND editor_siret = $1 AND subject = $2`, tilleul, l.id); events != 1 {
		l.p.t.Errorf("the programs of the editor learn it %d times", events)
	}
	l.get(l.link).says("jeton est prolongé", "passe au "+until, "Rien à changer dans votre logiciel")
	l.get("/collectivite").says("expire le "+until).neverSays("Votre jeton expire", "Votre jeton est coupé")
}

// mailed are the mails that left, whose subject begins so.
func (l *lapsing) mailed(subject string) []smtp.Message {
	l.p.t.Helper()
	l.p.drain()
	return slices.DeleteFunc(l.p.stage.Mail.Messages(), func(m smtp.Message) bool { return !strings.HasPrefix(plain(m.Subject), plain(subject)) })
}

// files changes who is responsible, and sends the modification.
func (l *lapsing) files(name string) {
	l.p.t.Helper()
	l.deposits(l.changes("personnes", typed{"responsable_prenom": name}, nil)).says("Votre modification est envoyée")
}

// waitsForAnAnswer: every page of the town says that the modification is being instructed, and what
// becomes of the token until then.
func (l *lapsing) waitsForAnAnswer(cut bool) {
	l.p.t.Helper()
	const filed = "Une modification est à l’étude"
	date, until := "Il expire le "+shownDay(l.expiry), "D’ici là, le jeton garde sa date"
	if cut {
		date, until = "Coupé depuis le "+shownDay(l.expiry), "D’ici là, le jeton reste coupé"
	}
	page := l.get(l.link).says(date, filed, until, "elle passe avant les autres demandes").neverSays("Prolonger jusqu")
	l.get(page.linkTo("/" + l.number)).at(l.path(""))
	l.get(l.page).says(date, filed)
	l.p.professional("editrice-tilleul").get(l.page).says(date, filed)
	home := l.get("/collectivite").says(filed, "Voir où en est la prolongation").neverSays("À faire")
	if cut {
		home.says("Votre jeton est coupé depuis le "+shownDay(l.expiry), "Expiré", "D’ici là, le logiciel ne peut plus mettre à jour les quotients")
	} else {
		home.says("Votre jeton expire le "+shownDay(l.expiry), "expire le "+shownDay(l.expiry))
	}
	l.keepsItsDate()
}

// isInstructedBefore fails unless the queue shows the modification first, before a request that
// waits since an earlier day, with how long the token still lasts.
func (l *lapsing) isInstructedBefore(other *asking, countdown string) *visitor {
	l.p.t.Helper()
	instructor := l.p.professional("instructrice")
	queue := instructor.get(theQueue).says("2 demandes", "Modification, pour prolonger un jeton", "Jeton "+countdown)
	if first, second := strings.Index(queue.body, theQueue+"/"+l.number), strings.Index(queue.body, theQueue+"/"+other.number); first < 0 || second < first {
		l.p.t.Error("the modification that prolongs a token is not the first")
	}
	instructor.get(queue.linkTo(theQueue+"/"+l.number)).says("Un jeton attend cette modification", countdown, "les contacts ont changé", "l’usage n’a pas changé",
		"Si vous validez, le jeton est prolongé de 18 mois", "Odile", "Agathe")
	return instructor
}

// « Any change → modification request with the answers carried over, ordered in the queue by the
// token's expiry with a countdown, alert at 7 days, prolongs on approval » (issue 7), whether the
// instructors decide before the expiry or after it.
func TestAChangeProlongsTheTokenOnceItIsApproved(t *testing.T) {
	t.Parallel()
	for name, decided := range map[string]int{"before the expiry": 5, "after the expiry": -3} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := open(t)
			l := p.nearsExpiry(21)
			other := p.asks("agente-majastres", brumeForm, nil)
			l.waits(20)
			l.get("/collectivite").says("Votre jeton expire le "+shownDay(l.expiry)+" au soir, dans 20 jours", "Prolonger")
			begun := l.get(l.link).fill(l.link, typed{"contacts": "non"}).at(l.path("/recapitulatif"))
			begun.says("Le jeton n’est pas encore prolongé", "Le jeton sera prolongé quand cette modification sera validée", "D’ici là, il garde sa date", "Vous n’avez encore rien changé", "Délibération du 12 mars.pdf", "Odile", "Kerjean")
			l.get(l.link).says("Une modification est commencée", "elle n’est pas déposée", "Le jeton garde sa date").fill(l.link, typed{"contacts": "non"}).at(l.path("/recapitulatif"))
			p.professional("instructrice").get(theQueue).says("1 demande").neverSays(theQueue + "/" + l.number)
			early := l.get(l.link)
			l.files("Agathe")
			early.submit(l.link).answers(http.StatusConflict).says("Une modification est déposée : elle prolongera le jeton")
			l.waitsForAnAnswer(false)
			p.stillServes(l.number, clairval, 1)
			l.isInstructedBefore(other, "coupé dans 20 jours")
			l.presses(decided)

			until := value.MonthsLater(l.expiry, 18)
			countdown := fmt.Sprintf("coupé dans %d jours", decided)
			if decided < 0 {
				until, countdown = value.MonthsLater(p.now(), 18), fmt.Sprintf("coupé depuis %d jours", -decided)
			}
			l.opens(decided > 0)
			l.waitsForAnAnswer(decided < 0)
			instructor := l.isInstructedBefore(other, countdown)
			sent := p.sent()
			shown := instructor.decides(l.number, approval, nil)
			l.isProlonged(shownDay(until), "modification", lucie)
			p.leftAsShown(sent, shown)
			l.get(l.link).says("Awa Traoré", "validation d’une modification", shownDay(l.expiry))
			l.get(l.path("")).says("Validée", "Agathe")
			instructor.get(theQueue).says("1 demande").neverSays(theQueue + "/" + l.number)
		})
	}
}

// presses runs the reminders each day up to one: « alert at 7 days », once, to the operator.
func (l *lapsing) presses(last int) {
	l.p.t.Helper()
	for left := 8; left >= last; left-- {
		l.lived.goesTo(left, 9)
		l.p.job("reminders")
		l.p.job("reminders")
		told := l.mailed("Modification D" + l.number)
		if want := map[bool]int{true: 1}[left <= 7]; len(told) != want {
			l.p.t.Fatalf("%d days before the expiry, the operator was told %d times", left, len(told))
		}
	}
	told := l.mailed("Modification D" + l.number)[0]
	l.p.goesTo(told, "api-particulier@api.gouv.fr", "", "D"+l.number, "avant le "+shownDay(l.expiry), l.p.portalURL+theQueue+"/"+l.number)
	stages := []int{15, 7, 0} // those of the days above, and what was due before
	if last > 0 {
		stages = stages[:2]
	}
	l.are(stages...)
	for _, m := range l.reminders() {
		l.p.goesTo(m, lucie, tilleulContact, "Une modification de l’habilitation est déposée", "Suivre la prolongation")
	}
	l.waits(last)
}

// « refused → told, the token keeps its date », and what the requester may do next: another
// modification, and, since nothing has changed in the end, the click that prolongs.
func TestARefusedChangeLeavesTheTokenItsDate(t *testing.T) {
	t.Parallel()
	p := open(t)
	l := p.nearsExpiry(20)
	l.get(l.link).fill(l.link, typed{"usage": "non"}).at(l.path("/recapitulatif")).says("Le jeton n’est pas encore prolongé")
	l.files("Agathe")
	sent := p.sent()
	instructor := p.professional("instructrice")
	instructor.get(theQueue+"/"+l.number).says("l’usage a changé", "les contacts sont exacts", "Si vous refusez, il garde sa date")
	p.leftAsShown(sent, instructor.decides(l.number, refusal, typed{"motif": "Le responsable n’est pas le bon."}))
	refused := p.lastMail()
	p.goesTo(refused, lucie, tilleulContact, "n’est pas prolongé : il garde sa date", "Il expire le "+shownDay(l.expiry), "Le responsable n’est pas le bon.", p.portalURL+l.link)
	l.keepsItsDate()
	l.opens(true)
	if told := len(l.mailed("Jeton prolongé")) + p.count(`SELECT count(*) FROM editor_events WHERE kind = 'jeton.prolonge'`); told != 0 {
		t.Error("it is told that the token is prolonged")
	}
	instructor.get(theQueue).says("Aucune demande ne vous attend")
	l.get("/collectivite").says("Votre jeton expire le", "dans 20 jours", "Prolonger")
	l.get(l.page).says("Il expire le", "Prolonger le jeton")

	l.get(l.link).neverSays("Une modification est").fill(l.link, typed{"contacts": "non"}).at(l.path("/recapitulatif")).says("Le jeton n’est pas encore prolongé", "Vous n’avez encore rien changé", "Odile")
	until := shownDay(value.MonthsLater(l.expiry, 18))
	l.get(l.link).says("Une modification est commencée", "Finalement, rien n’a changé ?", "Prolonger jusqu’au "+until).submit(l.link).at(l.link)
	l.isProlonged(until, "confirmee", lucie)
	l.get(l.path("/annulation")).submit("/annulation").at(l.path("")).says("La modification est annulée")
	l.isProlonged(until, "confirmee", lucie)
}

// A modification that the instructors return waits for the town again: every page and mail tells the
// town, and the operator is in no hurry until it is sent again.
func TestAReturnedChangeIsTheTownsToMend(t *testing.T) {
	t.Parallel()
	p := open(t)
	l := p.nearsExpiry(20)
	l.get(l.link).fill(l.link, typed{"contacts": "non"})
	l.files("Agathe")
	p.professional("instructrice").decides(l.number, returning, typed{"motif": "Précisez la fonction."})
	l.waits(7)
	p.job("reminders")
	if told := len(l.mailed("Modification D" + l.number)); told != 0 {
		t.Errorf("the operator is told %d times of what the town mends", told)
	}
	l.are(7)
	p.goesTo(l.reminders()[0], lucie, tilleulContact, "À faire : prolongez-le")
	l.get("/collectivite").says("Votre jeton expire le", "dans 7 jours", "L’instructeur demande des corrections").neverSays("à l’étude")
	l.get(l.page).says("Prolonger le jeton").neverSays("à l’étude")
	p.professional("editrice-tilleul").get(l.link).says("Un instructeur lui demande de corriger la modification").neverSays("à l’étude")
	mended := l.get(l.link).says("des corrections vous sont demandées", "Prolonger jusqu’au").neverSays("à l’étude")
	l.get(mended.link("Voir les corrections demandées")).at(l.path("")).says("Précisez la fonction.")

	l.deposits(l.changes("personnes", typed{"responsable_fonction": "Première adjointe"}, nil))
	l.waitsForAnAnswer(false)
	p.job("reminders")
	if told := len(l.mailed("Modification D" + l.number)); told != 1 {
		t.Errorf("sent again, the operator is told %d times", told)
	}
	p.professional("instructrice").decides(l.number, approval, nil)
	l.isProlonged(shownDay(value.MonthsLater(l.expiry, 18)), "modification", lucie)
}

// « Not in charge → transfer, as requests do (a colleague named […]) » (issue 7): whoever answered
// lets go of the request, the colleague prolongs.
func TestWhoIsNotInChargeHandsTheProlongationOver(t *testing.T) {
	t.Parallel()
	p := open(t)
	l := p.nearsExpiry(20)
	colleague := p.professional("agent-clairval")
	colleague.get(l.link).says("Lucie Marchand", "Demander à reprendre la demande").neverSays("Prolonger jusqu")
	given := l.get(l.link).fill(l.link, typed{"en_charge": "non", "contacts": "non"}).at(l.path("/transfert")).says("Le jeton n’est pas prolongé", "Bastien Roux")
	l.get(l.link).neverSays("Une modification est")
	late := l.get(l.link)
	given.fill("/transfert", typed{"collegue": p.accountOf(bastien)}).at(l.path("")).says("La demande est confiée", "Bastien Roux")
	p.goesTo(p.lastMail(), bastien, lucie, "Bastien Roux suit désormais la demande d’habilitation D"+l.number, "expire le "+shownDay(l.expiry),
		"C’est maintenant à Bastien Roux de le prolonger", p.portalURL+l.link)
	l.keepsItsDate()
	late.submit(l.link).answers(http.StatusForbidden)
	l.get(l.link).says("Bastien Roux", "Demander à reprendre la demande").neverSays("Prolonger jusqu")
	l.get("/collectivite").says("Seule la personne qui suit la demande peut prolonger le jeton", "Bastien Roux").neverSays("Votre jeton expire")
	l.keepsItsDate()

	l.waits(15) // the stages to come are the new holder's
	p.job("reminders")
	told := slices.DeleteFunc(l.mailed(""), func(m smtp.Message) bool { return !strings.Contains(m.Text, l.link) })
	p.goesTo(told[len(told)-1], bastien, tilleulContact, "expire le "+shownDay(l.expiry))
	colleague = p.professional("agent-clairval")
	colleague.get("/collectivite").says("Votre jeton expire le", "dans 15 jours")
	until := shownDay(value.MonthsLater(l.expiry, 18))
	colleague.get(l.link).says("Prolonger jusqu’au " + until).submit(l.link).at(l.link).says("Votre jeton est prolongé")
	l.isProlonged(until, "confirmee", bastien)
}

// From the answer « non » to the deposit in a browser: without scripts on a telephone, with axe at
// a desk.
func TestAChangeIsDeclaredInABrowser(t *testing.T) {
	t.Parallel()
	p := open(t)
	l := p.nearsExpiry(7)
	for _, visit := range []struct {
		name  string
		looks bool
		width int
	}{{"without scripts, 320 px", false, narrow}, {"with scripts", true, wide}} {
		t.Run(visit.name, func(t *testing.T) {
			w := &wizard{portal: p, width: visit.width, looks: visit.looks}
			b := browse(t, visit.width)
			if !visit.looks {
				b.withoutScripts()
			}
			b.enters(p, "agente-clairval", "Bonjour").says("Votre jeton expire le", "dans 7 jours")
			w.look(b, "home before a prolongation")
			b.press("Prolonger").reads("Prolonger le jeton")
			b.click("label", "Non, l’un d’eux a changé").press("Prolonger jusqu’au").reads("Relisez votre modification").says("Le jeton n’est pas encore prolongé", "Vous n’avez encore rien changé")
			w.look(b, "change begun")
			b.open(p.portalURL + l.link).reads("Prolonger le jeton").says("Une modification est commencée")
			w.look(b, "change not filed")
			b.press("Continuer la modification").reads("Relisez votre modification")
			b.press("Modifier : Les personnes").reads("Les personnes")
			w.look(b, "change step")
			b.types("responsable_prenom", "Agathe")
			b.press("Enregistrer").reads("Relisez votre modification").says("Agathe", "MODIFIÉ")
			w.look(b, "change made")
			b.click("label", "J’accepte ces conditions").click("label", "Le délégué à la protection des données est informé")
			b.press("Envoyer la modification").reads("Votre modification est envoyée")
			w.look(b, "change filed")
			b.open(p.portalURL+l.link).reads("Prolongation du jeton").says("Une modification est à l’étude", "D’ici là, le jeton garde sa date")
			w.look(b, "change instructed")
			b.press("Voir la demande").reads("Demande D")
			b.open(p.portalURL+"/collectivite").reads("Bonjour").says("Une modification est à l’étude", "Votre jeton expire le").neverSays("À faire")
			b.wasAtPeace()
			l.keepsItsDate()
			p.professional("instructrice").decides(l.number, refusal, typed{"motif": "Le responsable n’est pas le bon."})
		})
	}
}
