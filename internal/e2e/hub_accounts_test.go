package e2e

import (
	"net/url"
	"strings"
	"testing"

	"portail-qf/internal/sim/stage"
)

// pairOf is what HubEE's portal shows of a town's subscription.
func pairOf(siret string) (id, secret string) {
	return stage.HubEEClient(stage.Town{Siret: siret}), stage.HubEEClientSecret(stage.Town{Siret: siret})
}

// « HubEE credentials per collectivity: […] link to HubEE's portal screen, client id/secret
// optional deposit […] tested by a real token call in scope SI, reveal with step-up and audit »
// (issue 6, point 3), by the portal whole and its workers.
func TestAnEditorLeavesThePairsOfItsTowns(t *testing.T) {
	t.Parallel()
	p := open(t)
	p.job("hubee-subscriptions")
	leo := p.professional("membre-tilleul")
	list := leo.get("/editeur/hubee").answers(200).says("Majastres", "Sainville", "À récupérer").neverSays("Valombre")
	if !strings.Contains(list.body, `href="`+p.hubURL+`"`) {
		t.Error("the page does not lead to HubEE's portal")
	}
	id, secret := pairOf("21040107100019")
	town := leo.get(list.linkTo("/21040107100019"))
	target, _ := town.form("/21040107100019/depot")
	leo.post(target, url.Values{"identifiant": {id}, "cle": {secret}}).at("/editeur/hubee/21040107100019").says("HubEE les accepte", "Déposés et testés").neverSays(secret)

	slip := leo.post(target, url.Values{"identifiant": {id}, "cle": {"fausse"}}).says("HubEE refuse les nouveaux identifiants.", "Les précédents identifiants restent utilisés", "Déposés et testés")
	if !strings.Contains(slip.body, "fr-alert--warning fr-alert--sm") {
		t.Error("a refusal looks like a success")
	}

	other, key := pairOf("21280363900013")
	if n := p.count(`SELECT count(*) FROM subscriptions WHERE siret = '21280363900013' AND editor_siret = $1`, tilleul); n == 0 {
		p.execute(`UPDATE subscriptions SET editor_siret = $1 WHERE siret = '21280363900013'`, tilleul)
	}
	report := leo.post("/editeur/hubee/depot", url.Values{"liste": {"21280363900013;" + other + ";" + key + "\r\n21040107100019;" + id + ";fausse"}}).
		says("La liste est enregistrée", "Compte rendu de votre liste").neverSays(key)
	p.drain()
	leo.get(report.url.Path).says("HubEE refuse des identifiants", "là où les précédents restent utilisés", "Nouveaux identifiants refusés", "Déposés et testés")

	shown := leo.get("/editeur/hubee/21280363900013").submit("/cle").answers(403)
	shown.neverSays(key)
	p.proConnect(`{"key":"membre-tilleul"}`)
	if again := shown.submit("/connexion/confirmation").submit("/cle"); !strings.Contains(again.body, key) {
		t.Errorf("the pair is not shown once the second factor is proved:\n%s", again.text())
	}
	if n := p.count(`SELECT count(*) FROM audit_events WHERE act = 'hub_account.revealed' AND author = 'Léo Garnier'`); n != 1 {
		t.Errorf("%d lines say who saw it", n)
	}
	for _, kept := range []string{secret, key} {
		if strings.Contains(p.log.String(), kept) {
			t.Error("a secret is in the log")
		}
	}
}
