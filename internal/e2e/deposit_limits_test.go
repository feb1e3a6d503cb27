package e2e

import (
	"net/http"
	"testing"
	"time"

	"portail-qf/internal/domain/dossier"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/value"
)

// quarantines has a citizen transmit a dossier whose folder HubEE makes and tells nobody.
func (p *portal) quarantines() value.Reference {
	p.t.Helper()
	p.hubFails(`{"match":"POST /teledossiers/v1/folders","mode":"lost"}`)
	reference := p.transmits()
	p.drain()
	p.isTold(reference, sending, "Cela prend en général quelques minutes.")
	p.recovers()
	if held := p.dossiers()[reference]; held != (recorded{State: "quarantaine", HasPayload: true}) {
		p.t.Fatalf("the dossier is %+v", held)
	}
	return reference
}

// « Lost answer of POST /folders: […] retried with the same externalId; refused as
// duplicate → quarantine; staff resumes by pasting the folder id found in HubEE, GET
// proves the externalId » (SETTLED.md). Meanwhile the citizen reads the truth.
func TestALostFolderGoesToQuarantineAndStaffTakesItUp(t *testing.T) {
	t.Parallel()
	p := open(t)
	reference, other := p.quarantines(), p.transmits()
	p.drain()
	p.isDelivered(other)
	p.isTold(reference, sending, "prend plus de temps que prévu. Nous continuons : vous n’avez rien à refaire.")

	for _, refusal := range []struct {
		reference value.Reference
		folder    string
		code      string
	}{
		{reference, p.foldersOf(other)[0].ID, "dossier.other_folder"},
		{reference, "00000000-0000-4000-8000-000000000000", "hubee.folder_missing"},
		{other, p.foldersOf(other)[0].ID, "dossier.not_quarantined"},
	} {
		if err := p.app.Delivery.Resume(t.Context(), refusal.reference, refusal.folder); !fault.Is(err, refusal.code) {
			t.Errorf("resumed with a wrong folder: %v, want %s", err, refusal.code)
		}
	}
	p.drain()
	if folder := p.foldersOf(reference)[0]; isCompleted(folder) {
		t.Fatalf("HubEE has %+v", folder)
	}

	p.hubFails(`{"match":"PATCH /teledossiers/","mode":"down"}`)
	if err := p.app.Delivery.Resume(t.Context(), reference, p.foldersOf(reference)[0].ID); err != nil {
		t.Fatal(err)
	}
	p.drain()
	p.isTold(reference, sending)
	p.recovers()
	p.isDelivered(reference)
	p.keepsQuiet(p.secrets()...)
}

// Where HubEE accepts a second folder under one reference, the lost answer is mended by the
// retry, « with the same externalId »; the twin stays empty: « Doubled = two *completed*
// folders » (SETTLED.md).
func TestALostFolderHasAnEmptyTwinWhereHubEEAcceptsDuplicates(t *testing.T) {
	t.Parallel()
	p := open(t)
	p.hubOnDuplicates("accept")
	p.hubFails(`{"match":"POST /teledossiers/","mode":"lost","times":1}`, `{"match":"POST /teledossiers/","mode":"down"}`)
	reference := p.transmits()
	p.drain()
	p.isTold(reference, sending)
	p.recovers()
	p.isTold(reference, transmitted)
	if waiting := p.nothingIsLostNorDoubled([]value.Reference{reference}); len(waiting) > 0 {
		t.Errorf("quarantined: %v", waiting)
	}
	if folders := p.foldersOf(reference); len(folders) != 2 {
		t.Errorf("HubEE has %d folders, want the one and its twin", len(folders))
	}
}

// « échec (after 7 days, payload erased, town and editor told) » (PRODUCT.md §4): HubEE is
// down all the while, or fails when it already holds a part, which is then withdrawn.
func TestSevenDaysOfOutageEndTheDossier(t *testing.T) {
	t.Parallel()
	for name, outage := range map[string]string{
		"nothing arrives":          `{"mode":"down"}`,
		"the files do not arrive":  `{"match":"PUT /teledossiers/","mode":"down"}`,
		"nothing can be completed": `{"match":"PATCH /teledossiers/","mode":"status","status":500}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := open(t)
			p.hubFails(outage)
			reference := p.transmits()
			p.drain()
			for range 6 {
				p.later(24 * time.Hour)
				p.isTold(reference, sending, "Si l’envoi n’aboutit pas en 7 jours, il s’arrête et vos données sont effacées.")
			}
			p.later(23 * time.Hour)
			p.isTold(reference, sending)
			p.later(time.Hour + time.Minute)
			p.catchesUp()
			p.isGivenUp(reference)

			p.recovers()
			if folders := p.foldersOf(reference); len(folders) > 0 {
				t.Errorf("HubEE has %+v", folders)
			}
			p.isGivenUp(reference)
			if again := p.transmits(); again == reference {
				t.Error("the citizen who starts again has the old identifier")
			}
		})
	}
}

// « Dossier payload […]: until HubEE accepted it, 7 days at most » (PRODUCT.md §6), even
// when the next try is an hour away.
func TestNoPayloadIsKeptBeyondSevenDays(t *testing.T) {
	t.Parallel()
	p := open(t)
	half := p.quarantines()
	p.hubFails(`{"match":"PUT /teledossiers/","mode":"down"}`)
	tried := p.transmits()
	p.drain()
	for range 8 {
		p.later(2 * time.Hour) // the pauses between two tries grow to an hour
	}
	p.advance(6*24*time.Hour + 7*time.Hour + 55*time.Minute)
	p.later(0)
	p.advance(6 * time.Minute) // seven days have passed for both, and nobody tries
	p.job("purge")
	for _, reference := range []value.Reference{half, tried} {
		if p.dossiers()[reference].HasPayload {
			t.Errorf("the payload of %s is kept", reference)
		}
	}
	p.isGivenUp(half)
	p.catchesUp()
	p.isGivenUp(tried)
}

// A completion whose answer was lost is a transmission: seven days of silence do not make
// it a failure. The payload goes all the same, « 7 days at most » (PRODUCT.md §6).
func TestADossierThatHubEEHasIsTransmittedHoweverLate(t *testing.T) {
	t.Parallel()
	p := open(t)
	p.hubFails(`{"match":"PATCH /teledossiers/","mode":"lost"}`)
	reference := p.transmits()
	p.drain()
	p.hubFails(`{"mode":"down"}`)
	p.later(dossier.DeliveryLimit + time.Hour)
	p.job("purge")
	p.isTold(reference, sending)
	if held := p.dossiers()[reference]; held != (recorded{State: "enregistre"}) {
		t.Errorf("the dossier is %+v", held)
	}
	p.recovers()
	p.isDelivered(reference)
}

// « several portal instances on one database » (PRODUCT.md §7): each dossier is delivered
// once, whoever takes it.
func TestTwoPortalsOnOneDatabaseDeliverEachDossierOnce(t *testing.T) {
	t.Parallel()
	p := open(t)
	p.run(listen(t))
	p.hubFails(`{"match":"/teledossiers/","mode":"slow","delay_ms":30}`)
	var shown []value.Reference
	for range 12 {
		shown = append(shown, p.transmits())
	}
	p.drain()
	if waiting := p.nothingIsLostNorDoubled(shown); len(waiting) > 0 {
		t.Errorf("quarantined: %v", waiting)
	}
	for _, call := range []struct {
		line         string
		status, want int
	}{{"POST /teledossiers/v1/folders", http.StatusCreated, 12}, {"PUT ", http.StatusNoContent, 36}, {"PATCH ", http.StatusNoContent, 12}} {
		if n := p.answered(call.line, call.status); n != call.want {
			t.Errorf("HubEE did %q %d times, want %d", call.line, n, call.want)
		}
	}
	if n := p.count(`SELECT count(*) FROM outbox WHERE attempts <> 1`); n > 0 {
		t.Errorf("%d orders were tried twice", n)
	}
}
