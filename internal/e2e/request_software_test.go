package e2e

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"portail-qf/internal/sim/smtp"
)

// The towns of the seed whose dossiers the first editor receives, and the contact of the
// second one.
var (
	majastresTown = newTown{Siret: "21040107100019", Name: "Majastres"}
	sainvilleTown = newTown{Siret: "21280363900013", Name: "Sainville"}
)

const brumeContact = "technique@brume.example.fr"

// delegateOf is the editor that receives the dossiers of a town, for HubEE.
func (p *portal) delegateOf(town newTown) string {
	p.t.Helper()
	got := p.hasOneSubscription(town, "Actif", "API")
	if got.DelegationActor == nil {
		return ""
	}
	return deref(got.DelegationActor.CompanyRegister)
}

// « the second editor's question » (issue 5): a town that one software serves asks through
// the form of another one. It keeps the first for its dossiers, or replaces it.
func TestATownSaysWhichSoftwareReceivesItsDossiers(t *testing.T) {
	t.Parallel()
	p := open(t)
	instructor := p.professional("instructrice")
	if of := p.delegateOf(majastresTown); of != tilleul {
		t.Fatalf("the dossiers go to %q", of)
	}

	kept, step := p.begins(p.visitor(), "agente-majastres", brumeForm)
	kept.get("/formulaires/" + brumeForm + "/demande/nouveau")
	kept.get(townRequests+"/nouvelle?formulaire="+brumeForm).says("Votre collectivité est déjà habilitée", "Logiciels Tilleul", "Vous avez déjà un brouillon")
	kept.completes(step, nil)
	question := kept.get(kept.path("/etapes/reception")).says("Logiciels Tilleul reçoit", "Un seul logiciel peut les recevoir")
	kept.answers(question, typed{"reception": ""}, nil).answers(http.StatusUnprocessableEntity).says("Dites quel logiciel doit recevoir les dossiers")
	kept.get(kept.path("/recapitulatif")).says("Il reste une réponse", "Logiciel qui reçoit les dossiers")
	kept.deposits(kept.changes("reception", typed{"reception": "garder"}, nil))
	replaced := p.asks("agent-sainville", brumeForm, nil)
	p.findsInQueue(instructor, kept, replaced)
	instructor.get(theQueue+"/"+kept.number).says("Quel logiciel reçoit les dossiers", "Logiciels Tilleul", "cette demande n’ouvre que le jeton", "D9001")
	sent := p.sent()
	preview := instructor.previews(kept.number, approval, nil).says("Rien ne change pour le formulaire : cette demande n’ouvre que le jeton")
	preview.submit("/apercu").answers(http.StatusOK)
	p.leftAsShown(sent, preview.mails())
	if of, form := p.delegateOf(majastresTown), p.count(`SELECT count(*) FROM habilitations WHERE request = $1 AND token AND NOT form`, kept.number); of != tilleul || form != 1 {
		t.Errorf("kept, the dossiers go to %s; %d habilitations for the token alone", of, form)
	}
	if server := p.count(`SELECT request FROM subscriptions WHERE siret = $1`, majastresTown.Siret); server != 9001 {
		t.Errorf("the subscription is for D%d", server)
	}

	instructor.get(theQueue+"/"+replaced.number).says("ce logiciel remplace l’actuel", "Brume Familles")
	sent = p.sent()
	preview = instructor.previews(replaced.number, approval, nil).says("Brume Familles reçoit les dossiers à la place du logiciel actuel")
	preview.submit("/apercu").answers(http.StatusOK)
	p.leftAsShown(sent, preview.mails())
	handOver := slices.IndexFunc(p.stage.Mail.Messages(), func(m smtp.Message) bool { return strings.HasPrefix(m.Subject, "Changement de logiciel") })
	if handOver < 0 {
		t.Fatal("nobody is told of the hand-over")
	}
	told := p.stage.Mail.Messages()[handOver]
	if copied := strings.Join(sorted(told.Cc), " "); !slices.Equal(told.To, []string{"noe.lambert@sainville.example.fr"}) || copied != tilleulContact+" "+brumeContact ||
		!strings.Contains(plain(told.Text), "Avant : l'éditeur Logiciels Tilleul. Maintenant : l'éditeur Ateliers Brume.") {
		t.Errorf("the hand-over goes to %v, copy %s:\n%s", told.To, copied, told.Text)
	}
	if of := p.delegateOf(sainvilleTown); of != brume {
		t.Errorf("replaced, the dossiers go to %s", of)
	}
	if p.formOf(sainvilleTown) != "ouvert" || p.formOf(majastresTown) != "ouvert" {
		t.Errorf("the forms are %q and %q", p.formOf(sainvilleTown), p.formOf(majastresTown))
	}
	p.confirmsTheEditor(instructor)
}

// « generic form: the technical contact's address is the verified one of an editor: the
// instructor is proposed that editor and confirms » (PRODUCT.md 3.2).
func (p *portal) confirmsTheEditor(instructor *visitor) {
	p.t.Helper()
	a := p.asks("agente-clairval", genericForm, typed{
		"technique_prenom": "Karim", "technique_nom": "Haddad", "technique_mail": " Technique@Brume.example.fr ", "technique_telephone": "02 40 00 00 01", "technique_moi": "autre",
	})
	instructor.get(theQueue+"/"+a.number).says("Formulaire général", "Éditeur proposé", "Ateliers Brume", "SIRET 910 337 005 00011", "À confirmer au moment de valider")
	page := instructor.get(theQueue+"/"+a.number+approval).says("Pour quel logiciel cette demande est-elle faite ?", "Ateliers Brume")
	page.fill(approval, nil).answers(http.StatusUnprocessableEntity).says("Choisissez")
	page.fill(approval, typed{"editeur": tilleul}).answers(http.StatusUnprocessableEntity)
	sent := p.sent()
	shown := instructor.decides(a.number, approval, typed{"editeur": brume})
	p.leftAsShown(sent, shown)
	p.becomesActive(clairval)
	if of := p.delegateOf(clairval); of != brume {
		p.t.Errorf("confirmed, the dossiers go to %q", of)
	}
	if all := strings.Join(shown, "\n"); !strings.Contains(all, brumeContact) || !strings.Contains(all, "Ateliers Brume") {
		p.t.Errorf("confirmed, %q", shown)
	}
	karim := p.professional("editeur-brume")
	karim.get("/editeur/collectivites?q=clairval").says("1 collectivité", "Validée")
}

// « seeded DataPass habilitation modified here; a later DataPass approve is quarantined, a
// revoke acts »: what a town modifies here is the portal's from then on.
func TestAHabilitationOfDataPassIsModifiedHere(t *testing.T) {
	t.Parallel()
	p := open(t)
	a := p.reaches(p.professional("agente-majastres"), "9001")
	home := a.get("/collectivite").says("D9001", "Validée")
	a.get(townRequests).says("D9001", "faite sur DataPass", "Vous", "Modifier")
	a.get(home.linkTo(a.path("/modification")))
	a.get(a.path("")).answers(http.StatusNotFound)
	a.reopens().says("Tarification sociale des services municipaux", "Il reste")
	for _, block := range []string{"deliberation", "traitement", "personnes", "usagers"} {
		a.changes(block, nominal[block], deliberation())
	}
	if p.formOf(majastresTown) != "ouvert" || p.delegateOf(majastresTown) != tilleul {
		t.Errorf("while it is modified, the form is %q", p.formOf(majastresTown))
	}
	a.deposits(a.get(a.path("/recapitulatif")))

	change := fields{"organization": fields{"name": "Majastres", "siret": majastresTown.Siret}}
	if status := p.tells(told("approve", 9001, 1782300000, change)); status != http.StatusUnprocessableEntity { // kept, and nothing is done with it
		t.Errorf("an approval of what is modified here is answered %d", status)
	}
	p.drain()
	if state := p.count(`SELECT count(*) FROM datapass_events WHERE request = 9001 AND state = 'quarantaine' AND reason = 'datapass.taken_over'`); state != 1 || p.requestState(9001) != "reouverte" {
		t.Errorf("%d approvals are in quarantine, the request is %q", state, p.requestState(9001))
	}
	p.professional("administratrice").get("/administration/datapass?etat=quarantaine").says("La collectivité modifie maintenant sa demande ici")
	p.approves(a.number, majastresTown)
	if granted := p.count(`SELECT count(*) FROM habilitations WHERE request = 9001`); granted != 2 || p.requestState(9001) != "validee" {
		t.Errorf("approved here: %d habilitations, the request is %q", granted, p.requestState(9001))
	}
	a.get(a.path("")).says("Validée", "Modification validée", "Kerjean")

	a.reopens()
	a.changes("usagers", typed{"usagers_telephone": "04 92 00 00 99"}, nil)
	change["state"] = "revoked"
	p.mustTell(told("revoke", 9001, 1782400000, change))
	p.drain()
	if p.requestState(9001) != "revoquee" || p.formOf(majastresTown) != "ferme" || p.isListed(majastresTown) {
		t.Errorf("revoked by DataPass, the request is %q, the form %q", p.requestState(9001), p.formOf(majastresTown))
	}
	a.get(a.path("")).says("Révoquée", "c’est définitif").neverSays("04 92 00 00 99")
	a.get(a.path("/etapes/usagers")).hasChanged(a)
}
