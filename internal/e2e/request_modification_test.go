package e2e

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// approves has an instructor approve what is deposited, and waits until the form is open.
func (p *portal) approves(number string, town newTown) {
	p.t.Helper()
	p.professional("instructrice").decides(number, approval, nil)
	p.drain()
	p.becomesActive(town)
}

// reopens begins a modification; the page is its summary.
func (a *asking) reopens() *page {
	a.t.Helper()
	return a.get(a.path("/modification")).says("L’habilitation reste valide").submit("/modification").at(a.path("/recapitulatif")).says("La modification est commencée")
}

// saysNow are the answers and the documents of the page of a request.
func (a *asking) saysNow() (answers []string) {
	a.t.Helper()
	find(a.get(a.path("")).root, func(n *html.Node) bool {
		if n.Data == "dl" || n.Data == "a" && strings.Contains(attribute(n, "href"), "/documents/") {
			answers = append(answers, attribute(n, "href")+wordsOf(n))
		}
		return false
	})
	return answers
}

// stillServes fails unless the town is habilitated and its form open, whatever is being written.
func (p *portal) stillServes(number string, town newTown, habilitations int) {
	p.t.Helper()
	valid := p.count(`SELECT count(*) FROM habilitations WHERE request = $1`, number)
	if p.formOf(town) != "ouvert" || !p.isListed(town) || valid != habilitations {
		p.t.Errorf("meanwhile the form is %q, listed: %t; %d habilitations, want %d", p.formOf(town), p.isListed(town), valid, habilitations)
	}
	p.hasOneSubscription(town, "Actif", "API")
}

// « reopening keeps the habilitation valid; only touched blocks checked while editing, all at
// submission; cancel and refuse restore everything, documents included » (issue 5).
func TestAModificationIsCancelledRefusedAndApproved(t *testing.T) {
	t.Parallel()
	p := open(t)
	a := p.asks("agente-clairval", tilleulForm, nil)
	p.approves(a.number, clairval)
	granted := a.saysNow()
	instructor := p.professional("instructrice")

	summary := a.reopens().says("Vous n’avez encore rien changé")
	if find(summary.root, func(n *html.Node) bool {
		return n.Data == "form" && strings.HasSuffix(attribute(n, "action"), "/recapitulatif")
	}) != nil {
		t.Error("a modification that modifies nothing can be sent")
	}
	a.post(p.portalURL+a.path("/recapitulatif"), map[string][]string{"edition": {fmt.Sprint(p.count(`SELECT edition FROM applications`))}, "cgu": {"oui"}, "dpd_informe": {"oui"}}).
		answers(409).says("Rien n’a changé depuis la validation")
	wrong := a.answers(a.get(a.path("/etapes/personnes")), typed{"dpd_mail": "luc.kerjean", "dpd_prenom": "Lucas"}, nil).answers(422).says("Cette adresse n’est pas")
	if found := problems(wrong); len(found) != 1 {
		t.Errorf("what is told of the block in hand: %q", found)
	}
	a.changes("usagers", typed{"usagers_mail": "accueil@clairval-les-pins.example.fr"}, nil).says("Il reste une réponse", "Mail du délégué à la protection des données")
	a.changes("deliberation", nil, &upload{"nouvelle.pdf", deliberation().content})
	a.get(a.path("/recapitulatif")).fill("/recapitulatif", consents).answers(422).says("Mail du délégué à la protection des données")
	p.stillServes(a.number, clairval, 1)
	instructor.get(theQueue+"/"+a.number).says("Modification en cours d’écriture").neverSays("Lucas", "nouvelle.pdf")
	a.get(a.path("")).says("nouvelle.pdf", "Ce que la modification change", "Lucas")

	a.get(a.path("/annulation")).submit("/annulation").at(a.path("")).says("La modification est annulée")
	if now := a.saysNow(); !slices.Equal(now, granted) {
		t.Errorf("cancelled, it says\n%q\nnot as granted\n%q", now, granted)
	}

	a.reopens()
	a.changes("deliberation", nil, &upload{"autre.pdf", deliberation().content})
	a.deposits(a.changes("personnes", typed{"responsable_prenom": "Agathe"}, nil))
	instructor.get(theQueue).says("1 demande", "Modification : à traiter en priorité")
	instructor.get(theQueue+"/"+a.number).says("Par rapport à ce qui est accordé", "Odile", "Agathe", "autre.pdf", "Délibération du 12 mars.pdf")
	sent := p.sent()
	shown := instructor.decides(a.number, refusal, typed{"motif": "Le responsable n’est pas le bon."})
	p.leftAsShown(sent, shown)
	if len(shown) != 1 || !strings.Contains(shown[0], "reste valable") && !strings.Contains(shown[0], "reste valide") {
		t.Errorf("the refusal of a modification says %q", shown)
	}
	if now := a.saysNow(); !slices.Equal(now, granted) {
		t.Errorf("refused, it says\n%q\nnot as granted\n%q", now, granted)
	}
	p.stillServes(a.number, clairval, 1)
	a.get(a.path("")).says("Validée", "Modification refusée", "Modification commencée", "Modification annulée")
	p.professional("administratrice").get("/administration/habilitations/"+a.number).says("Habilitation validée", "Modification déposée", "Modification refusée").neverSays("Demande refusée")
	p.approvesTheNext(a, instructor)
}

// approvesTheNext has a modification approved at last: a second habilitation, and its editor
// told.
func (p *portal) approvesTheNext(a *asking, instructor *visitor) {
	p.t.Helper()
	a.reopens()
	a.changes("usagers", typed{"usagers_telephone": "04 66 00 00 09"}, nil)
	a.changes("personnes", typed{"responsable_prenom": "Agathe", "responsable_mail": "agathe.tanguy@clairval-les-pins.example.fr"}, nil)
	a.deposits(a.changes("deliberation", nil, &upload{"votee.pdf", deliberation().content}))
	sent := p.sent()
	shown := instructor.decides(a.number, approval, nil)
	p.leftAsShown(sent, shown)
	if all := strings.Join(shown, "\n"); !strings.Contains(all, tilleulContact) || !strings.Contains(all, "agathe.tanguy@") || !strings.Contains(all, "Modification validée") {
		p.t.Errorf("approved, %q", shown)
	}
	p.stillServes(a.number, clairval, 2)
	p.visitor().get("/collectivites/" + clairval.Siret).answers(http.StatusOK).says("04 66 00 00 09")
	a.get(a.path("")).says("Validée", "votee.pdf", "Agathe").neverSays("autre.pdf")
	var editors int
	if err := p.tables.QueryRow(`SELECT count(*) FROM editor_events WHERE editor_siret = $1 AND kind = 'habilitation.validee'`, tilleul).Scan(&editors); err != nil {
		p.t.Fatal(err)
	}
	if editors != 2 {
		p.t.Errorf("the editor is told of %d validations", editors)
	}
}

// problems are the items of the summary of errors of a page.
func problems(p *page) (found []string) {
	alert := find(p.root, func(n *html.Node) bool { return attribute(n, "role") == "alert" })
	find(alert, func(n *html.Node) bool {
		if n.Data == "li" {
			found = append(found, wordsOf(n))
		}
		return false
	})
	return found
}

// « A conflict shows what is now true, nothing typed lost »: refusal and withdrawal of requests
// that were never approved.
func TestARequestThatIsRefusedOrWithdrawnIsOver(t *testing.T) {
	t.Parallel()
	p := open(t)
	instructor := p.professional("instructrice")
	a := p.asks("agente-clairval", tilleulForm, nil)
	sent := p.sent()
	instructor.get(theQueue+"/"+a.number+refusal).fill(refusal, typed{"motif": ""}).answers(422).says("Écrivez le motif")
	shown := instructor.decides(a.number, refusal, typed{"motif": "Un CCAS fait cette demande pour vous."})
	p.leftAsShown(sent, shown)
	if len(shown) != 1 || !strings.HasPrefix(shown[0], lucie+" | "+tilleulContact) || !strings.Contains(shown[0], "Un CCAS fait cette demande pour vous.") {
		t.Errorf("the refusal says %q", shown)
	}
	refused := a.get(a.path("")).says("Refusée", "cette demande est terminée, sans habilitation")
	for _, part := range []string{"/modification", "/retrait", "/annulation"} {
		a.get(a.path(part)).hasChanged(a)
		a.post(p.portalURL+a.path(part), nil).hasChanged(a)
	}
	a.get(a.path("/etapes/personnes")).hasChanged(a)
	instructor.get(theQueue + "/" + a.number + approval).answers(409)
	if got := p.formOf(clairval); got != "" || p.count(`SELECT count(*) FROM habilitations WHERE request = $1`, a.number) != 0 {
		t.Errorf("refused, the form is %q", got)
	}

	again := refused.link("Refaire une demande avec ces réponses")
	a.get(again).at("/collectivite/demandes/nouvelle").says("Ce qui est repris de la demande D" + a.number)
	next, step := p.begins(a.visitor, "agente-clairval", tilleulForm)
	if next.number == a.number {
		t.Fatal("a refused request is begun again")
	}
	draft := next.answers(step, typed{"deliberation_url": "https://www.clairval.example.fr/deliberations"}, nil).at(next.path("/etapes/traitement"))
	next.get(next.path("/retrait")).says("vos réponses sont effacées tout de suite").submit("/retrait").at(next.path("")).says("La demande est retirée").neverSays("clairval.example.fr/deliberations")
	next.answers(draft, typed{"conservation": "7"}, nil).answers(409).says("ces réponses ne sont pas enregistrées", "7")
	instructor.get(theQueue + "/" + next.number).neverSays("clairval.example.fr/deliberations")

	last := p.asks("agente-clairval", tilleulForm, nil)
	preview := instructor.previews(last.number, approval, nil)
	last.get(last.path("/retrait")).says("personne ne l’instruira plus").submit("/retrait").at(last.path("")).says("La demande est retirée")
	sent = p.sent()
	preview.submit("/apercu").answers(409).says("Ce n’est pas possible maintenant", "Demande retirée", "Lucie Marchand")
	instructor.get(theQueue).says("Aucune demande ne vous attend")
	if more := p.sent() - sent; more != 0 || p.count(`SELECT count(*) FROM habilitations`) != p.count(`SELECT count(*) FROM habilitations WHERE request < 10000`) {
		t.Errorf("withdrawn, %d mails left", more)
	}
}
