package credential_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/notice"
)

var noticed = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func completeClosed() credential.Closed {
	return credential.Closed{
		Siret: "21990000100013", Organisation: "COMMUNE DE SAINVILLE", Editor: "Logiciel Exemple",
		To: "accueil@sainville.fr", CC: "technique@logiciel.fr", At: noticed,
	}
}

func completeAlerted() credential.Alerted {
	return credential.Alerted{
		Siret: "21990000100013", Organisation: "COMMUNE DE SAINVILLE", Code: "hubee.suspended_at_hub", To: "exploitation@portail.fr", At: noticed,
	}
}

func TestAnIncompleteNoticeOfASubscriptionIsRefused(t *testing.T) {
	for name, spoil := range map[string]func(*credential.Closed){
		"no addressee": func(n *credential.Closed) { n.To = "" },
		"no date":      func(n *credential.Closed) { n.At = time.Time{} },
	} {
		n := completeClosed()
		spoil(&n)
		if _, err := credential.NewClosed(n); !errors.Is(err, notice.ErrIncomplete) {
			t.Errorf("closing with %s: %v", name, err)
		}
	}
	for name, spoil := range map[string]func(*credential.Alerted){
		"no addressee": func(n *credential.Alerted) { n.To = "" },
		"no cause":     func(n *credential.Alerted) { n.Code = "" },
		"no date":      func(n *credential.Alerted) { n.At = time.Time{} },
	} {
		n := completeAlerted()
		spoil(&n)
		if _, err := credential.NewAlerted(n); !errors.Is(err, notice.ErrIncomplete) {
			t.Errorf("alert with %s: %v", name, err)
		}
	}
}

func TestAClosingIsToldToTheRequesterAndTheTechnicalContact(t *testing.T) {
	for copied, want := range map[string][]string{
		"technique@logiciel.fr": {"technique@logiciel.fr"}, "Accueil@Sainville.fr": nil, "": nil,
	} {
		n := completeClosed()
		n.CC = copied
		n.Organisation, n.Editor = "COMMUNE\r\nDE  SAINVILLE", strings.Repeat("é", 300)
		n, err := credential.NewClosed(n)
		if err != nil || n.Organisation != "COMMUNE DE SAINVILLE" || len([]rune(n.Editor)) != 256 {
			t.Errorf("%q %q, %v", n.Organisation, n.Editor, err)
		}
		if diff := cmp.Diff(notice.Recipients{To: []string{"accueil@sainville.fr"}, CC: want}, n.Recipients().Distinct()); diff != "" {
			t.Errorf("copy to %q: %s", copied, diff)
		}
	}
}

func TestAnAlertIsForTheOperatorAlone(t *testing.T) {
	n := completeAlerted()
	n.Organisation = "COMMUNE\r\nDE SAINVILLE"
	n, err := credential.NewAlerted(n)
	if err != nil || n.Organisation != "COMMUNE DE SAINVILLE" {
		t.Errorf("%q, %v", n.Organisation, err)
	}
	if diff := cmp.Diff(notice.Recipients{To: []string{"exploitation@portail.fr"}}, n.Recipients()); diff != "" {
		t.Error(diff)
	}
}

// A second suspension is told again; the same one, noticed by two instances, once.
func TestEachSuspensionIsOneMail(t *testing.T) {
	keys := map[string]bool{}
	for _, at := range []time.Time{noticed, noticed.In(time.FixedZone("Paris", 3600)), noticed.Add(time.Second)} {
		closed, alerted := completeClosed(), completeAlerted()
		closed.At, alerted.At = at, at
		keys[closed.Key()], keys[alerted.Key()] = true, true
		closed.Siret, alerted.Siret = "21040107100019", "21040107100019"
		keys[closed.Key()], keys[alerted.Key()] = true, true
	}
	if len(keys) != 8 {
		t.Errorf("%d mails: %v", len(keys), keys)
	}
}
