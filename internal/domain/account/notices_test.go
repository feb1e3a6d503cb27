package account_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/notice"
)

func completeInvited() account.Invited {
	return account.Invited{
		Mail: "lea@editeur.fr", Inviter: "Camille Ferrand", Role: account.EditorMember,
		OrganisationName: "Éditeur", Token: "T1", ExpiresAt: time.Date(2026, 3, 16, 12, 0, 0, 0, time.UTC),
	}
}

// « a constructor that refuses an empty recipient or date » (ARCHITECTURE.md §10)
func TestAnIncompleteNoticeIsRefused(t *testing.T) {
	for name, spoil := range map[string]func(*account.Invited){
		"no address":            func(n *account.Invited) { n.Mail = "" },
		"no role":               func(n *account.Invited) { n.Role = "" },
		"a role without people": func(n *account.Invited) { n.Role = account.APIClient },
		"no token":              func(n *account.Invited) { n.Token = "" },
		"no end":                func(n *account.Invited) { n.ExpiresAt = time.Time{} },
	} {
		n := completeInvited()
		spoil(&n)
		if _, err := account.NewInvited(n); !errors.Is(err, notice.ErrIncomplete) {
			t.Errorf("invitation with %s: %v", name, err)
		}
	}
	granted := account.AccessGranted{AccountID: 1, Mail: "lea@editeur.fr", Role: account.Support, Organisation: "13002526500013", GrantedAt: time.Unix(1, 0)}
	if _, err := account.NewAccessGranted(granted); err != nil {
		t.Error(err)
	}
	granted.GrantedAt = time.Time{}
	if _, err := account.NewAccessGranted(granted); !errors.Is(err, notice.ErrIncomplete) {
		t.Errorf("a role given at no time: %v", err)
	}
	withdrawn := account.AccessWithdrawn{MembershipID: 1, Mail: "lea@editeur.fr", Role: account.Support}
	if _, err := account.NewAccessWithdrawn(withdrawn); err != nil {
		t.Error(err)
	}
	withdrawn.Mail = ""
	if _, err := account.NewAccessWithdrawn(withdrawn); !errors.Is(err, notice.ErrIncomplete) {
		t.Errorf("a role taken from nobody: %v", err)
	}
}

func TestNamesInAMailStayOnTheirLine(t *testing.T) {
	n := completeInvited()
	n.Inviter, n.OrganisationName = "Camille\r\nBcc: x@y.fr", strings.Repeat("é", 300)
	n, err := account.NewInvited(n)
	if err != nil || n.Inviter != "Camille Bcc: x@y.fr" || len([]rune(n.OrganisationName)) != 256 {
		t.Errorf("%q, %d characters, %v", n.Inviter, len([]rune(n.OrganisationName)), err)
	}
}

// « a re-sent invitation is a new invitation »: its link is another, so is its mail. The
// key of a mail is in clear in the database: it must not be the link.
func TestAnInvitationSentAgainIsAnotherMail(t *testing.T) {
	first, second := completeInvited(), completeInvited()
	second.Token = "T2"
	if first.Key() == second.Key() || first.Key() != completeInvited().Key() {
		t.Errorf("keys %q and %q", first.Key(), second.Key())
	}
	first.Token = "SECRETSECRETSECRET"
	if strings.Contains(first.Key(), "SECRET") {
		t.Errorf("the key %q opens the invitation", first.Key())
	}
}

func TestARoleGivenAgainIsAnotherMail(t *testing.T) {
	first := account.AccessGranted{AccountID: 1, Role: account.Support, Organisation: "13002526500013", GrantedAt: time.Unix(1, 0)}
	for name, change := range map[string]func(*account.AccessGranted){
		"to another person":        func(n *account.AccessGranted) { n.AccountID = 11 },
		"another role":             func(n *account.AccessGranted) { n.Role = account.Reader },
		"for another organisation": func(n *account.AccessGranted) { n.Organisation = "21040107100019" },
		"later":                    func(n *account.AccessGranted) { n.GrantedAt = time.Unix(2, 0) },
	} {
		second := first
		change(&second)
		if first.Key() == second.Key() {
			t.Errorf("given %s: the same key %q", name, first.Key())
		}
	}
}
