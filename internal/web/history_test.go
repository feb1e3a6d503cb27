package web

import (
	"slices"
	"testing"

	"portail-qf/internal/domain/audit"
)

// « refuse [a modification] restores everything »: what follows an approval is named as being
// about a modification, what came before it as being about the request.
func TestWhatFollowsAnApprovalIsAboutAModification(t *testing.T) {
	acts := []audit.Act{ // newest first, as the journal lists them
		audit.HabilitationRefused, audit.RequestReturned, audit.RequestFiled, audit.RequestReopened,
		audit.HabilitationApproved, audit.RequestFiled, audit.RequestReturned, audit.RequestFiled,
	}
	history := make([]audit.Entry, len(acts))
	for i, act := range acts {
		history[i].Act = act
	}
	want := []string{
		"audit.modification.habilitation.refused", "audit.modification.request.returned", "audit.modification.request.filed", "audit.request.reopened",
		"audit.habilitation.approved", "audit.request.filed", "audit.request.returned", "audit.request.filed",
	}
	if got := ActCodes(history); !slices.Equal(got, want) {
		t.Errorf("the acts are named\n%q\nwant\n%q", got, want)
	}
	history[4].Act = audit.HabilitationAdopted // granted by another system
	if got := ActCodes(history)[0]; got != want[0] {
		t.Errorf("after what another system granted, a refusal is named %q", got)
	}
	history[4].Act = audit.HabilitationRefused // nothing is granted
	history[3].Act = audit.RequestFiled
	if got := ActCodes(history)[0]; got != "audit.habilitation.refused" {
		t.Errorf("where nothing is granted, a refusal is named %q", got)
	}
}
