package e2e

import (
	"fmt"
	"testing"
	"time"

	"portail-qf/internal/domain/dossier"
)

// « HubEE states → ours: SENT no change; SI_RECEIVED reçu; IN_PROGRESS, ADD_AWAITING en
// cours; DONE traité; REFUSED refusé; SI_INTG_ERROR a flag for support and editor; CLOSED
// ignored; never to a lower rank » (SETTLED.md), in whatever order they come.
func TestTheTownsStatusesInAnyOrder(t *testing.T) {
	t.Parallel()
	p := open(t)
	const received, working, done, refused = "Reçu", "En cours de traitement", "Traité", "Refusé"
	for _, story := range []struct {
		statuses []string
		state    string
	}{
		{[]string{"SENT"}, transmitted},
		{[]string{"SI_INTG_ERROR"}, transmitted},
		{[]string{"CLOSED"}, transmitted},
		{[]string{"SI_RECEIVED"}, received},
		{[]string{"SI_RECEIVED", "SENT"}, received},
		{[]string{"ADD_AWAITING"}, working},
		{[]string{"IN_PROGRESS", "SI_RECEIVED", "SI_INTG_ERROR"}, working},
		{[]string{"SI_RECEIVED", "IN_PROGRESS", "DONE"}, done},
		{[]string{"SI_RECEIVED", "DONE", "IN_PROGRESS"}, done},
		{[]string{"IN_PROGRESS", "SI_RECEIVED", "DONE"}, done},
		{[]string{"IN_PROGRESS", "DONE", "SI_RECEIVED"}, done},
		{[]string{"DONE", "SI_RECEIVED", "IN_PROGRESS"}, done},
		{[]string{"DONE", "IN_PROGRESS", "SI_RECEIVED"}, done},
		{[]string{"IN_PROGRESS", "REFUSED"}, refused},
		{[]string{"REFUSED", "IN_PROGRESS", "DONE"}, refused},
	} {
		for _, isReadEachTime := range []bool{false, true} {
			t.Run(fmt.Sprint(story.statuses, isReadEachTime), func(t *testing.T) {
				p.reportsTo(t)
				reference := p.transmits()
				p.drain()
				for _, status := range story.statuses {
					if err := p.stage.HubEE.Advance(externalIDOf(reference), status); err != nil {
						t.Fatal(err)
					}
					if isReadEachTime {
						p.job("hubee-notifications")
						p.drain()
					}
				}
				p.job("hubee-notifications")
				p.drain()
				p.isTold(reference, story.state)
				isFinal := story.state == done || story.state == refused
				if isClosed := p.foldersOf(reference)[0].GlobalStatus == "CLOSED"; isClosed != isFinal {
					t.Errorf("the folder is closed at HubEE: %v", isClosed)
				}
			})
		}
	}
	if n := p.count(`SELECT count(*) FROM dossiers WHERE integration_error_at IS NOT NULL`); n != 4 {
		t.Errorf("%d dossiers have the flag for support, want 4", n)
	}
}

// « filter on processCode, never delete a foreign notification » (reference/hubee.md §0.8):
// ours are read, however many of another process come first.
func TestForeignNotificationsAreLeftAlone(t *testing.T) {
	t.Parallel()
	p := open(t)
	const foreign = 150 // more than a page
	p.stage.HubEE.PushForeignNotification(foreign)
	reference := p.transmits()
	p.drain()
	if err := p.stage.HubEE.Advance(externalIDOf(reference), "SI_RECEIVED"); err != nil {
		t.Fatal(err)
	}
	p.job("hubee-notifications")
	p.job("hubee-notifications")
	p.isTold(reference, "Reçu")
	left := map[string]int{}
	for _, n := range p.stage.HubEE.Notifications() {
		left[n.Recipient.Type+" "+n.ProcessCode]++
	}
	if left["OSL ProactiviteCnousBoursiers"] != foreign || left["OSL FormulaireQF"] != 0 {
		t.Errorf("HubEE's queues hold %v", left)
	}
}

// « Transmitted and not received after 48 h: « pas encore relevé par votre collectivité » »
// (PRODUCT.md 3.8), until the town fetches it; a town that tells nobody is found out by
// reading its case (reference/hubee.md §0.7).
func TestADossierThatTheTownDoesNotFetch(t *testing.T) {
	t.Parallel()
	p := open(t)
	reference := p.transmits()
	p.drain()
	p.advance(dossier.FetchDelay - time.Hour)
	p.isTold(reference, transmitted)
	p.advance(2 * time.Hour)
	p.isTold(reference, "Transmis, pas encore relevé", "il n’est pas encore relevé par votre collectivité", "Si votre démarche est urgente")
	p.job("hubee-reconcile")
	p.isTold(reference, "Transmis, pas encore relevé")
	if err := p.stage.HubEE.Advance(externalIDOf(reference), "IN_PROGRESS"); err != nil {
		t.Fatal(err)
	}
	p.advance(25 * time.Hour)
	p.job("hubee-reconcile")
	p.isTold(reference, "En cours de traitement")
}
