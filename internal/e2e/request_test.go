package e2e

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"portail-qf/internal/domain/request"
	"portail-qf/internal/web"
)

// lucie is who asks for the first town, bastien her colleague.
const (
	lucie   = "lucie.marchand@clairval-les-pins.example.fr"
	bastien = "bastien.roux@clairval-les-pins.example.fr"
	awa     = "awa.traore@numerique.example.fr"
)

// « request through an editor's form → changes asked → resubmitted → approved → form open →
// first dossier »; « At most 12 typed fields for a nominal request » (issue 5).
func TestFromAnEditorsFormToTheFirstDossier(t *testing.T) {
	t.Parallel()
	p := open(t)
	before := p.lastAct()
	lucieAsks, first := p.begins(p.visitor(), "agente-clairval", tilleulForm)
	first.at(lucieAsks.path("/etapes/deliberation")).says("Étape 1 sur 4", "La délibération", "L’usage des données")
	summary := lucieAsks.completes(first, nil).says("Délibération du 12 mars.pdf", "PDF, 2 pages", "Aucun virus connu", "non modifiable", "Odile", "12")
	if typed := len(lucieAsks.typed); typed > 12 {
		t.Errorf("%d fields were typed: %v", typed, lucieAsks.typed)
	}
	summary.fill("/recapitulatif", typed{"cgu": "oui"}).answers(422).says("Confirmez que le délégué à la protection des données est informé")
	lucieAsks.deposits(lucieAsks.get(lucieAsks.path("/recapitulatif"))).says("D"+lucieAsks.number, lucie, tilleulContact, dayOf(request.DeadlineOf(p.now())))
	p.isAcknowledged(lucieAsks.number)

	instructor := p.professional("instructrice")
	p.returnsTwoFields(instructor, lucieAsks)
	p.correctsThem(instructor, lucieAsks)
	p.opensForCitizens(instructor, lucieAsks)

	number := fmt.Sprintf("D%s %s", lucieAsks.number, clairval.Name)
	var granted string
	if err := p.tables.QueryRow(`SELECT 'H' || max(number) FROM habilitations`).Scan(&granted); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"request.begun Lucie Marchand " + number, "request.filed Lucie Marchand " + number, "request.assigned Awa Traoré " + number + " oneself",
		"request.returned Awa Traoré " + number, "request.filed Lucie Marchand " + number + " 2", "habilitation.approved Awa Traoré " + number + " " + granted,
	}
	var told []string
	for _, act := range p.acts(before) {
		if strings.HasPrefix(act, "request.") || strings.HasPrefix(act, "habilitation.") {
			told = append(told, act)
		}
	}
	if len(told) != len(want) || !slices.EqualFunc(told, want, strings.HasPrefix) {
		t.Errorf("the journal says\n%s\nwant\n%s", strings.Join(told, "\n"), strings.Join(want, "\n"))
	}
	p.keepsQuiet(lucie, "Marchand", "Kerjean", "dpd@syndicat", "04 66 00 00 01", "0466000001", "Tanguy", "Délibération du 12 mars", "illisible")
}

func dayOf(instant time.Time) string {
	m := web.MomentOf(instant)
	months := [...]string{"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"}
	day := fmt.Sprint(m.Day)
	if m.Day == 1 {
		day = "1er"
	}
	return fmt.Sprintf("%s %s %d", day, months[m.Month-1], m.Year)
}

// isAcknowledged fails unless one mail confirms the deposit to who asked, with a copy to the
// editor and the date on which silence is a refusal.
func (p *portal) isAcknowledged(number string) {
	p.t.Helper()
	if got := p.sent(); got != 1 {
		p.t.Fatalf("%d mails left", got)
	}
	m := p.stage.Mail.Messages()[0]
	if !slices.Equal(m.To, []string{lucie}) || !slices.Equal(m.Cc, []string{tilleulContact}) || !strings.Contains(m.Subject, "D"+number) {
		p.t.Errorf("the acknowledgement goes to %v, copy %v: %s", m.To, m.Cc, m.Subject)
	}
	for _, said := range []string{"Sans réponse de notre part le " + dayOf(request.DeadlineOf(p.now())), "article L. 231-4", "D" + number, "Tilleul Enfance"} {
		if !strings.Contains(plain(m.Text), plain(said)) || !strings.Contains(plain(m.HTML), plain(said)) {
			p.t.Errorf("the acknowledgement does not say %q:\n%s", said, m.Text)
		}
	}
}

// returnsTwoFields has an instructor find the request, take it and ask for changes.
func (p *portal) returnsTwoFields(instructor *visitor, a *asking) {
	p.t.Helper()
	queue := instructor.get(theQueue).says("1 demande", clairval.Name, "Tilleul Enfance", "Première demande", "Déposée")
	page := instructor.get(queue.linkTo(theQueue+"/"+a.number)).says("Lucie Marchand", lucie, "Commune, catégorie 7210", "Délibération du 12 mars.pdf",
		"Différent du responsable de traitement et du contact métier", "Jamais vu ici", "Fixé par le formulaire", "Rempli par la collectivité", "Demande déposée")
	page.submit("/attribution").says("Vous instruisez cette demande")
	instructor.get(page.linkTo(returning)).fill(returning, typed{"motif": " "}).answers(422)
	sent := p.sent()
	shown := instructor.decides(a.number, returning, typed{
		"motif": "La délibération jointe est illisible.\nMerci de la numériser à nouveau.", "commentaire-deliberation": "Page 2 illisible.",
		"commentaire-conservation": "Douze mois, pourquoi ?",
	})
	p.leftAsShown(sent, shown)
	if len(shown) != 1 || !strings.HasPrefix(shown[0], lucie+" | "+tilleulContact+" | ") || !strings.Contains(shown[0], "Page 2 illisible.") {
		p.t.Errorf("the mail is %q", shown)
	}
}

// correctsThem has the town read what is asked beside the fields, mend and send again.
func (p *portal) correctsThem(instructor *visitor, a *asking) {
	p.t.Helper()
	page := a.get(a.path("")).says("Corrigez ce que l’instructeur demande", "La délibération jointe est illisible.", "Page 2 illisible.", "Awa Traoré", "Modifications demandées")
	a.get(page.link("Corriger")).says("Page 2 illisible.")
	a.get(a.path("/etapes/deliberation")).says("L’instructeur demande une correction", "Page 2 illisible.")
	a.get(a.path("/etapes/traitement")).says("Douze mois, pourquoi ?")
	a.changes("deliberation", nil, &upload{"deliberation-lisible.pdf", deliberation().content})
	a.deposits(a.changes("traitement", typed{"conservation": "6"}, nil).says("Déposer à nouveau"))
	instructor.get(theQueue+"/"+a.number).says("Depuis le dépôt précédent", "Délibération du 12 mars.pdf", "deliberation-lisible.pdf", "Premier dépôt", "Les modifications déjà demandées",
		"2 réponses changées")
}

// opensForCitizens approves, and follows the form up to a first dossier.
func (p *portal) opensForCitizens(instructor *visitor, a *asking) {
	p.t.Helper()
	sent := p.sent()
	p.visitor().get("/collectivites/" + clairval.Siret).answers(http.StatusNotFound)
	shown := instructor.decides(a.number, approval, typed{"motif": "Bonne rentrée à vos familles."})
	p.leftAsShown(sent, shown)
	if all := strings.Join(shown, "\n"); !strings.Contains(all, "Bonne rentrée à vos familles.") || !strings.Contains(all, lucie+" | "+tilleulContact) {
		p.t.Errorf("the mails are %q", shown)
	}
	p.becomesActive(clairval)
	if got := p.hasOneSubscription(clairval, "Actif", "API"); got.DelegationActor == nil || deref(got.DelegationActor.CompanyRegister) != tilleul {
		p.t.Errorf("the subscription is %+v", got)
	}
	if !p.isListed(clairval) {
		p.t.Error("the town is not listed")
	}
	p.visitor().get("/collectivites/"+clairval.Siret).answers(http.StatusOK).says("CLAIRVAL-LES-PINS", "enfance@clairval-les-pins.example.fr")
	reference := p.transmitsTo(clairval)
	p.drain()
	p.holdsWhole(reference)
	a.get(a.path("")).says("Validée", "Rien : l’habilitation est valide", "Habilitation validée", "Demande déposée", "Modifications demandées", "Demande commencée", "Awa Traoré")
	instructor.get(theQueue+"/"+a.number).says("Validée", "Habilitation validée", "Demande déposée", "Modifications demandées", "Lucie Marchand")
	instructor.get(theQueue).says("Aucune demande ne vous attend")
}
