package e2e

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
)

// approvalKills are the places of an approval at which the portal is killed; several in a
// line kill it again and again, each time it is restarted.
var approvalKills = [][]string{
	{"datapass: decided, not recorded"},
	{"datapass: recorded, not answered"},
	{"worker: after claim"},
	{"provision: a_creer recorded"},
	{"provision: before the organisation"},
	{"provision: organisation created, not recorded"},
	{"provision: organisation_creee recorded"},
	{"provision: before the subscription"},
	{"provision: subscription created, not recorded"},
	{"provision: inactif recorded"},
	{"provision: before the activation"},
	{"provision: activated, not recorded"},
	{"provision: actif recorded"},
	{"worker: before finish"},
	{"datapass: recorded, not answered", "provision: organisation created, not recorded", "provision: subscription created, not recorded", "provision: activated, not recorded"},
}

// « Kill -9 at each step of the saga: one organisation, one subscription, right state »
// (issue 4); and one habilitation, one mail, though DataPass sends the event again.
func TestAPortalKilledDuringAnApprovalEndsIt(t *testing.T) {
	t.Parallel()
	needsFailpoints(t)
	for _, at := range approvalKills {
		t.Run(strings.Join(at, ", then "), func(t *testing.T) {
			t.Parallel()
			s := setScene(t)
			s.isRegistered(clairmont, true)
			event := approvalOfOne(t)
			for _, place := range at {
				portal := s.launch(place)
				s.tellsUntil(portal, event)
				portal.dies()
				s.leasesRunOut()
			}
			portal := s.launch("")
			s.tellsUntil(portal, event)
			portal.settles()
			s.hasOneSubscription(clairmont, "Actif", "API")
			if got := s.formOf(clairmont); got != "ouvert" || !s.isListed(clairmont) {
				t.Errorf("the form is %q", got)
			}
			if got := s.count(`SELECT count(*) FROM habilitations WHERE request = 48231`); got != 1 || s.requestState(48231) != "validee" {
				t.Errorf("%d habilitations, the request is %q", got, s.requestState(48231))
			}
			if got := len(s.envelopes(0)); got < 1 || got > 1+len(at) { // « at most one duplicate per kill » between SMTP and commit
				t.Errorf("%d mails after %d kills", got, len(at))
			}
			if got := s.count(`SELECT count(*) FROM mails`); got != 1 {
				t.Errorf("%d mails are recorded", got)
			}
		})
	}
}

// revocationKills are those of a revocation.
var revocationKills = []string{
	"datapass: decided, not recorded", "datapass: recorded, not answered", "provision: before the suspension",
	"provision: suspended, not recorded", "provision: suspendu recorded", "worker: before finish",
}

func TestAPortalKilledDuringARevocationEndsIt(t *testing.T) {
	t.Parallel()
	needsFailpoints(t)
	for _, at := range revocationKills {
		t.Run(at, func(t *testing.T) {
			t.Parallel()
			s := setScene(t)
			s.isRegistered(clairmont, true)
			first := s.launch("")
			s.tellsUntil(first, approvalOfOne(t))
			first.settles()
			first.kill()

			event, err := json.Marshal(told("revoke", 48231, 1782400000, fields{"state": "revoked"}))
			if err != nil {
				t.Fatal(err)
			}
			portal := s.launch(at)
			s.tellsUntil(portal, event)
			portal.dies()
			s.leasesRunOut()
			portal = s.launch("")
			s.tellsUntil(portal, event)
			portal.settles()
			s.hasOneSubscription(clairmont, "Suspendu", "API")
			if got := s.formOf(clairmont); got != "ferme" || s.requestState(48231) != "revoquee" {
				t.Errorf("the form is %q, the request %q", got, s.requestState(48231))
			}
		})
	}
}

// approvalOfOne is an approval that one person is told of.
func approvalOfOne(t *testing.T) []byte {
	t.Helper()
	body, err := json.Marshal(told("approve", 48231, 1782300000, fields{"delegue_protection_donnees_email": nil, "responsable_traitement_email": nil}))
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// tellsUntil sends an event until the portal takes it or dies, as DataPass does.
func (s *scene) tellsUntil(portal *mortal, body []byte) {
	s.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline) && portal.alive.Err() == nil; time.Sleep(50 * time.Millisecond) {
		if status, _ := s.sendsSignedTo(portal.alive, body); status == http.StatusOK {
			return
		}
	}
}
