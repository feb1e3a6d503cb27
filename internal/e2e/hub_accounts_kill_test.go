package e2e

import (
	"net/url"
	"testing"
	"time"
)

// hubAccountKill is between HubEE's acceptance of a pair and the commit that writes it down.
const hubAccountKill = "hub account: tested, not recorded"

// A portal that dies when HubEE has accepted a new pair, and nothing of it is written down yet, loses
// neither the pair in use nor the new one: the next one asks HubEE again, and puts it in its place.
// It dies once while the person waits, and once in the hands of a worker.
func TestAPortalKilledBetweenTheTestOfAPairAndItsTurnLosesNeither(t *testing.T) {
	t.Parallel()
	needsFailpoints(t)
	const majastres = "21040107100019"
	s := setScene(t)
	p := &portal{scene: s}
	first := s.launch("")
	first.does("job hubee-subscriptions")
	id, secret := pairOf(majastres)
	pair, target := url.Values{"identifiant": {id}, "cle": {secret}}, "/editeur/hubee/"+majastres+"/depot"
	p.professional("membre-tilleul").post(target, pair).says("HubEE les accepte")
	first.kill()
	standing := func(by, next string) {
		t.Helper()
		if n := s.count(`SELECT count(*) FROM hub_accounts WHERE siret = $1 AND state = 'teste' AND sealed IS NOT NULL AND by_name = $2 AND COALESCE(next_by_name, '') = $3`, majastres, by, next); n != 1 {
			t.Errorf("the pair in use should be that of %q, the candidate that of %q", by, next)
		}
	}

	mortal := s.launch(hubAccountKill)
	sofia := p.professional("editrice-tilleul")
	if sofia.presses(mortal.alive, s.portalURL+target, pair) {
		t.Error("it answered")
	}
	mortal.dies()
	standing("Léo Garnier", "Sofia Renard")

	worker := s.launch(hubAccountKill)
	for range 10 { // until the order is due
		worker.later(30 * time.Second)
	}
	worker.dies()
	standing("Léo Garnier", "Sofia Renard")

	s.leasesRunOut()
	s.launch("").settles()
	standing("Sofia Renard", "")
}
