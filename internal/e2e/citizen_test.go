package e2e

import (
	"strings"
	"testing"
	"time"

	"portail-qf/internal/domain/value"
)

const majastres = "/collectivites/21040107100019"

// signInAs makes the next sign-in at FranceConnect that of a person whom it offers.
func (p *portal) signInAs(key string) { p.franceConnect(`{"key":"` + key + `"}`) }

// franceConnect gives an order to the simulator over HTTP, as DEMO.md says.
func (p *portal) franceConnect(order string) {
	p.t.Helper()
	p.order(strings.TrimSuffix(p.issuer, "/api/v2")+"/_sim/next", order)
}

// anybody is a person with a quotient.
func (p *portal) anybody() string { return p.stage.Identities[0].Key }

// « send identity + QF to a collectivity in under 90 s; follow the dossier by its
// identifier » (PRODUCT.md §1): the whole journey, without JavaScript.
func TestACitizenSendsTheQuotientToTheTown(t *testing.T) {
	t.Parallel()
	p := open(t)
	citizen := p.visitor()

	citizen.get("/").answers(200)
	citizen.get("/collectivites?q=majas").says("Majastres")
	form := citizen.get(majastres).answers(200).says("Majastres", "FranceConnect", "Service Enfance")

	p.signInAs(p.anybody())
	review := form.submit("/demarrer").at(majastres+"/verification").answers(200).
		says("Rien n'est encore envoyé", "Majastres")
	if review.header.Get("Cache-Control") != "no-store" {
		t.Error("the review page may be kept by a cache")
	}

	confirmation := review.submit("/transmettre").answers(200).says("enregistrée", "Majastres")
	reference, err := value.ParseReference(confirmation.url.Path[strings.LastIndexByte(confirmation.url.Path, '/')+1:])
	if err != nil {
		t.Fatalf("the confirmation is at %s", confirmation.url.Path)
	}
	confirmation.says(reference.Display())

	p.drain()
	citizen.get(confirmation.url.Path).says("Transmis")
	folders := p.stage.HubEE.Folders()
	if len(folders) != 1 || folders[0].ExternalID != "Formulaire-QF-"+reference.String() || folders[0].GlobalStatus != "HUBEE_COMPLETED" {
		t.Fatalf("HubEE has %+v", folders)
	}

	stranger := p.visitor()
	stranger.get("/suivi").answers(200)
	stranger.get("/suivi?identifiant="+strings.ToLower(reference.Display())).at("/suivi/"+reference.String()).says("Majastres", "Transmis")

	for status, said := range map[string]string{"SI_RECEIVED": "Reçu"} {
		if err := p.stage.HubEE.Advance(folders[0].ExternalID, status); err != nil {
			t.Fatal(err)
		}
		p.job("hubee-notifications")
		stranger.get("/suivi/" + reference.String()).says(said)
	}
	p.advance(91 * 24 * time.Hour)
	p.job("purge")
	stranger.get("/suivi/" + reference.String()).answers(404)
}
