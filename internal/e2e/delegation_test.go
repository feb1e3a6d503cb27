package e2e

import (
	"testing"
	"time"
)

// A delegation that HubEE refused is not done because the subscription is active: the page
// says so, the portal asks again the next day, and the form stays open meanwhile.
func TestADelegationThatHubEERefusesIsAskedForAgain(t *testing.T) {
	t.Parallel()
	p := open(t)
	p.isRegistered(clairmont, true)
	p.mustTell(told("approve", 48231, 1782300000, nil))
	p.mustTell(told("approve", 48240, 1782310000, fields{"form_uid": "api-particulier-brume"}))
	p.drain()
	p.hubFails(`{"match":"PUT /referential/v1/subscriptions","mode":"status","status":400,"times":1}`)
	admin := p.professional("administratrice")
	admin.get("/administration/hubee/" + clairmont.Siret + "/logiciel").submit("/logiciel")
	p.drain()
	for range 2 {
		p.job("hubee-subscriptions")
		p.drain()
	}
	if got := p.subscriptionFailure(clairmont); got != "actif provisioning.activation_refused" || p.formOf(clairmont) != "ouvert" {
		t.Errorf("refused, it is %s, the form %q", got, p.formOf(clairmont))
	}
	admin.get("/administration/hubee/" + clairmont.Siret).says("HubEE a refusé")
	p.later(24 * time.Hour)
	p.job("hubee-subscriptions")
	p.drain()
	got := p.hasOneSubscription(clairmont, "Actif", "API")
	if deref(got.DelegationActor.CompanyRegister) != "91033700500011" || p.subscriptionFailure(clairmont) != "actif " {
		t.Errorf("the next day: %+v, %s", got.DelegationActor, p.subscriptionFailure(clairmont))
	}
}

// A new version by the same software does not undo in passing what somebody did at HubEE,
// nor open what HubEE does not take.
func TestANewVersionDoesNotUndoWhatHubEESays(t *testing.T) {
	t.Parallel()
	p := open(t)
	p.isRegistered(clairmont, true)
	p.mustTell(told("approve", 48231, 1782300000, nil))
	p.drain()
	p.movesAtHub(clairmont, "Suspendu")
	p.job("hubee-subscriptions")
	p.mustTell(told("approve", 48231, 1782310000, nil))
	p.drain()
	p.hasOneSubscription(clairmont, "Suspendu", "API")
	if got := p.formOf(clairmont); got != "ferme" {
		t.Errorf("the form is %q", got)
	}
	p.movesAtHub(clairmont, "Refusé")
	p.job("hubee-subscriptions")
	if got := p.subscriptionFailure(clairmont); got != "en_erreur hubee.subscription_missing" || p.formOf(clairmont) != "bientot" {
		t.Errorf("refused at HubEE, it is %s, the form %q", got, p.formOf(clairmont))
	}
	p.professional("administratrice").get("/administration/hubee/" + clairmont.Siret).submit("/relance")
	p.drain()
	if all := p.subscriptionsOf(clairmont); len(all) != 2 || all[0].Status != "Refusé" || all[1].Status != "Actif" {
		t.Errorf("relaunched, HubEE has %+v", all)
	}
	p.becomesActive(clairmont)
}

// « Nothing lost »: a request that DataPass moves to another organisation leaves the first
// town, and serves the second.
func TestARequestThatMovesToAnotherTown(t *testing.T) {
	t.Parallel()
	p := open(t)
	p.isRegistered(clairmont, true)
	p.isRegistered(bigorne, true)
	p.mustTell(told("approve", 48231, 1782300000, nil))
	p.drain()
	p.mustTell(told("approve", 48231, 1782310000, fields{"organization": fields{"name": bigorne.Name, "siret": bigorne.Siret}}))
	p.drain()
	p.hasOneSubscription(clairmont, "Suspendu", "API")
	p.hasOneSubscription(bigorne, "Actif", "API")
	if p.formOf(clairmont) != "ferme" || p.formOf(bigorne) != "ouvert" {
		t.Errorf("the forms are %q and %q", p.formOf(clairmont), p.formOf(bigorne))
	}
}
