package e2e

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// wizard is somebody who asks for a habilitation, then an instructor who answers, each in a
// browser of a width, with scripts or without.
type wizard struct {
	*portal
	width int
	looks bool // at everything: where scripts run, so does axe
	file  string
}

// look fails for what is wrong with the page at hand, its weight included.
func (w *wizard) look(b *tab, name string) {
	b.t.Helper()
	if !w.looks {
		b.fits("request/" + name)
		return
	}
	w.weighs(b, name)
	b.isAccessibleHere("request/" + name)
}

// weighs fails when the page made the browser transfer too much: what it kept from the page
// before costs nothing.
func (w *wizard) weighs(b *tab, name string) {
	b.t.Helper()
	transferred := ask[int](b, `[...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
		.filter(e => !e.name.includes(".woff")).reduce((sum, e) => sum + e.transferSize, 0)`)
	allowed := nextPage
	if name == "forms" { // the first view
		allowed = firstView - allFonts
	}
	if ask[int](b, `document.querySelectorAll("main dt, main input:not([type=hidden]), main textarea, tbody tr").length`) > 15 {
		allowed = nextList
	}
	if transferred > allowed {
		b.t.Errorf("%s weighs %d bytes", name, transferred)
	}
}

// isRefused waits for the page that says what is wrong: « title begins with Erreur, focus on
// the summary ».
func (w *wizard) isRefused(b *tab, name string) {
	b.t.Helper()
	eventually(b.t, patience, name+": the title says « Erreur », and the focus is on the summary", func() bool {
		seen, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](`document.readyState === "complete" ? document.title + "|" + (document.activeElement?.getAttribute("role") ?? "") : ""`))
		return err == nil && strings.HasPrefix(plain(seen), "Erreur :") && strings.HasSuffix(seen, "|alert")
	})
	w.look(b, name)
}

// types writes in the field of an id.
func (b *tab) types(id, text string) {
	b.t.Helper()
	ask[any](b, `(() => { const it = document.getElementById(`+quoted(id)+`); it.focus(); it.select(); return null })()`)
	b.key(text)
}

// does presses a button: with the keyboard where one can look, else with the mouse.
func (w *wizard) does(b *tab, words string) *tab {
	b.t.Helper()
	if !w.looks {
		return b.press(words)
	}
	return b.tabTo(words).key(kb.Enter)
}

// asks goes from the list of forms to the page of a request that is deposited.
func (w *wizard) asks(b *tab, key string) {
	b.t.Helper()
	b.open(w.portalURL + "/formulaires").reads("Demander une habilitation")
	w.look(b, "forms")
	b.press("Tilleul Enfance").reads("Demander une habilitation pour Tilleul Enfance")
	w.look(b, "start")
	w.proConnect(`{"key":"` + key + `"}`)
	w.does(b, "Commencer la demande").reads("Connexion des professionnels").press("S’identifier avec ProConnect").reads("Commencer une demande d’habilitation")
	w.look(b, "begin")
	w.does(b, "Commencer la demande").reads("Demande d’habilitation pour Tilleul Enfance").shows("Étape 1 sur 4")
	w.look(b, "step")
	b.press("Enregistrer et continuer")
	w.isRefused(b, "step refused")
	b.do(chromedp.SetUploadFiles(`input[type="file"]`, []string{w.file}))
	b.press("Enregistrer et continuer").shows("Étape 2 sur 4")
	b.types("conservation", "12")
	w.does(b, "Enregistrer et continuer").shows("Étape 3 sur 4")
	w.look(b, "people")
	b.types("dpd_mail", "dpd@")
	b.press("Enregistrer et continuer")
	w.isRefused(b, "people refused")
	for field, value := range nominal["personnes"] {
		b.types(field, value)
	}
	w.does(b, "Enregistrer et continuer").shows("Étape 4 sur 4")
	w.does(b, "Enregistrer et continuer").reads("Relisez votre demande")
	w.look(b, "summary")
	b.press("Déposer la demande d’habilitation")
	w.isRefused(b, "summary refused")
	if w.looks {
		b.tabTo("J’accepte ces conditions").key(" ").tabTo("Le délégué à la protection des données est informé").key(" ")
	} else {
		b.click("label", "J’accepte ces conditions").click("label", "Le délégué à la protection des données est informé")
	}
	w.does(b, "Déposer la demande d’habilitation").reads("Votre demande est déposée")
	w.look(b, "deposited")
	w.does(b, "Voir la demande").reads("Demande D").says("Déposée", "deliberation.pdf", "Demande commencée")
	w.look(b, "one")
}

// approves goes from the home page of the instructors to an approval.
func (w *wizard) approves(b *tab) {
	b.t.Helper()
	b.enters(w.portal, "instructrice", "Bonjour Awa").press("Demandes").reads("Demandes").shows("1 demande")
	w.look(b, "queue")
	w.does(b, "COMMUNE DE CLAIRVAL").reads("COMMUNE DE CLAIRVAL")
	w.look(b, "instruct")
	w.does(b, "Me l’attribuer").shows("Vous instruisez cette demande")
	w.does(b, "Valider").reads("Valider la demande")
	w.look(b, "approve")
	w.does(b, "Voir le mail avant d’envoyer").reads("Relire avant d’envoyer").says("Vous êtes déclaré", "validée", lucie[strings.Index(lucie, "@"):])
	w.look(b, "preview")
	w.does(b, "Corriger le texte").reads("Valider la demande")
	w.does(b, "Voir le mail avant d’envoyer").reads("Relire avant d’envoyer")
	w.does(b, "Valider la demande et envoyer").shows("La demande est validée")
	b.press("Demandes").reads("Demandes").shows("Aucune demande ne vous attend")
	w.look(b, "empty queue")
}

// asksForChanges does it from the queue, up to the page of the town that mends.
func (w *wizard) asksForChanges(b, town *tab) {
	b.t.Helper()
	b.enters(w.portal, "instructrice", "Bonjour Awa").press("Demandes").reads("Demandes")
	w.does(b, "COMMUNE DE CLAIRVAL").reads("COMMUNE DE CLAIRVAL")
	w.does(b, "Demander des modifications").reads("Demander des modifications")
	w.does(b, "Voir le mail avant d’envoyer")
	w.isRefused(b, "changes refused")
	b.types("motif", "La délibération est illisible.")
	w.does(b, "Durée de conservation").types("commentaire-conservation", "Pourquoi douze mois ?")
	w.look(b, "changes")
	w.does(b, "Voir le mail avant d’envoyer").reads("Relire avant d’envoyer").says("Pourquoi douze mois ?")
	w.does(b, "Demander ces modifications").shows("Les modifications sont demandées")
	w.does(b, "Écrire à la collectivité").reads("Messages")
	b.types("message", "Appelez-moi.")
	w.does(b, "Envoyer le message").shows("Appelez-moi.")
	w.look(b, "staff thread")

	town.press("Demandes").reads("Vos demandes d’habilitation").says("1 MESSAGE NON LU")
	w.look(town, "list")
	w.does(town, "D1").reads("Demande D").says("La délibération est illisible.", "Pourquoi douze mois ?")
	w.look(town, "returned")
	w.does(town, "Corriger").reads("L’usage des données").says("Pourquoi douze mois ?")
	w.look(town, "returned step")
	town.types("conservation", "6")
	w.does(town, "Enregistrer").reads("Relisez votre demande").says("Vos réponses sont enregistrées")
	w.look(town, "returned summary")
	town.press("Continuer plus tard").reads("Demande D").press("Messages").reads("Messages avec les instructeurs")
	w.look(town, "thread")
	w.does(town, "Marquer comme lus").shows("Les messages sont marqués comme lus")
	town.back().back()
	town.reads("Demande D").press("La confier à un collègue").reads("Qui suit cette demande")
	w.look(town, "transfer")
	town.press("D1").reads("Demande D").press("Retirer la demande").reads("Retirer la demande")
	w.look(town, "withdraw")
}

// « The journey as end-to-end and browser tests (axe 0 violation, no JavaScript, 320 px) »
// (issue 5), by hand, then by keyboard alone.
func TestAHabilitationIsAskedForAndGrantedInABrowser(t *testing.T) {
	t.Parallel()
	p := open(t)
	file := filepath.Join(t.TempDir(), "deliberation.pdf")
	if err := os.WriteFile(file, deliberation().content, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Run("without scripts, 320 px", func(t *testing.T) {
		w := &wizard{portal: p, width: narrow, file: file}
		town := browse(t, narrow)
		town.withoutScripts()
		w.asks(town, "agente-clairval")
		staff := town.stranger(narrow)
		staff.withoutScripts()
		w.approves(staff)
		town.wasAtPeace()
		staff.wasAtPeace()
	})
	p.becomesActive(clairval)
	t.Run("with scripts, by keyboard", func(t *testing.T) {
		w := &wizard{portal: p, width: wide, looks: true, file: file}
		town := browse(t, wide)
		w.asks(town, "agent-clairval")
		staff := town.stranger(wide)
		w.asksForChanges(staff, town)
		for _, b := range []*tab{town, staff} {
			for _, complaint := range b.complaints() {
				if !refusalTold.MatchString(complaint) && !regexp.MustCompile(`status of 422`).MatchString(complaint) {
					t.Errorf("the browser says: %s", complaint)
				}
			}
		}
	})
}
