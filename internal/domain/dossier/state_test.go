package dossier_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"portail-qf/internal/domain/dossier"
)

// « SENT no change; SI_RECEIVED reçu; IN_PROGRESS, ADD_AWAITING en cours; DONE traité;
// REFUSED refusé; SI_INTG_ERROR a flag for support and editor; CLOSED ignored; never to a
// lower rank » (SETTLED.md, rules)
func TestAStatusOfHubEEMovesADossierForwardOnly(t *testing.T) {
	means := map[string]dossier.State{
		"SI_RECEIVED": dossier.Received, "IN_PROGRESS": dossier.InProgress, "ADD_AWAITING": dossier.InProgress,
		"DONE": dossier.Processed, "REFUSED": dossier.Refused,
	}
	further := map[dossier.State][]dossier.State{ // what each state may become
		dossier.Recorded:    {dossier.Received, dossier.InProgress, dossier.Processed, dossier.Refused},
		dossier.Quarantined: {dossier.Received, dossier.InProgress, dossier.Processed, dossier.Refused},
		dossier.Transmitted: {dossier.Received, dossier.InProgress, dossier.Processed, dossier.Refused},
		dossier.Received:    {dossier.InProgress, dossier.Processed, dossier.Refused},
		dossier.InProgress:  {dossier.Processed, dossier.Refused},
	}
	for _, current := range dossier.States {
		for _, status := range []string{
			"HUBEE_RECEIVED", "HUBEE_COMPLETED", "HUBEE_NOTIFIED", "SENT", "SI_RECEIVED", "IN_PROGRESS", "ADD_AWAITING", "REFUSED", "DONE",
			dossier.IntegrationError, "CLOSED", "ARCHIVED", "", "OF TOMORROW", "done",
		} {
			want := current
			if next, told := means[status]; told && slices.Contains(further[current], next) {
				want = next
			}
			got, isMoved := dossier.AfterStatus(current, status)
			if got != want || isMoved != (want != current) {
				t.Errorf("%q of a dossier %q = %q, %v; want %q", status, current, got, isMoved, want)
			}
		}
	}
}

func TestNothingHappensToAFinalState(t *testing.T) {
	for _, state := range dossier.States {
		isFinal := state == dossier.Processed || state == dossier.Refused || state == dossier.Failed
		if state.Final() != isFinal {
			t.Errorf("Final of %q = %v", state, state.Final())
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		state := rapid.SampledFrom(dossier.States[:]).Draw(t, "state")
		status := rapid.StringMatching(`SI_RECEIVED|IN_PROGRESS|ADD_AWAITING|DONE|REFUSED|CLOSED|[A-Z_]{0,8}`).Draw(t, "status")
		if next, isMoved := dossier.AfterStatus(state, status); state.Final() && (isMoved || next != state) {
			t.Fatalf("%q moved from %q to %q", status, state, next)
		}
	})
}
