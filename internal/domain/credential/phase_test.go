package credential_test

import (
	"testing"

	"portail-qf/internal/domain/credential"
)

// « The page says « Actif… le formulaire est ouvert » while a suspension is wanted and HubEE
// has not done it yet »: each want, in each state, whatever HubEE's last word.
func TestAPhaseIsWhatIsTrueOfTheForm(t *testing.T) {
	for _, state := range credential.States {
		for _, hub := range []credential.HubStatus{"", credential.HubInactive, credential.HubActive, credential.HubSuspended} {
			own := credential.Phase(state)
			stopping, changing := credential.StoppingPhase, own
			if state == credential.Failed || state == credential.Suspended {
				stopping = own
			}
			switch {
			case state == credential.Suspended:
				changing = credential.StoppedPhase
			case hub == credential.HubActive && state != credential.Active && state != credential.Failed:
				changing = credential.ChangingPhase
			}
			for want, expected := range map[credential.Want]credential.Phase{credential.WantSuspended: stopping, credential.WantActive: changing} {
				s := credential.Subscription{State: state, Want: want, AtHub: hub}
				if got := s.Phase(); got != expected {
					t.Errorf("%s, wanted %s, %q at HubEE: %s, want %s", state, want, hub, got, expected)
				}
			}
		}
	}
	stopped := credential.Subscription{State: credential.Active, Want: credential.WantActive, SuspendedAtHub: true}
	if got := stopped.Phase(); got != credential.StoppedPhase {
		t.Errorf("stopped by HubEE: %s", got)
	}
}
