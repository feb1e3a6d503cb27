package account_test

import (
	"testing"

	"portail-qf/internal/domain/account"
)

// The table of reference/identity.md §2.5, and what no table lists.
func TestWhatProvesASecondFactor(t *testing.T) {
	for _, row := range []struct {
		name string
		acr  string
		amr  []string
		want bool
	}{
		{"an e-mail code sent by ProConnect", "eidas1-mfa", []string{"pwd", "mail"}, true},
		{"a level says enough without methods", "eidas1-mfa", nil, true},
		{"« substantial; strong MFA »", "eidas2", []string{"pwd", "otp"}, true},
		{"« high; hardware MFA »", "eidas3", []string{"pin", "hwk"}, true},

		{"« some do MFA yet answer eidas1 with amr mfa »", "eidas1", []string{"mfa"}, true},
		{"mfa among others", "eidas1", []string{"pwd", "otp", "mfa"}, true},
		{"« single factor »", "eidas1", []string{"pwd"}, false},
		{"two methods are not the word mfa", "eidas1", []string{"pwd", "otp"}, false},
		{"mfa is an exact word", "eidas1", []string{"MFA", "mfa ", "xmfa", ""}, false},
		{"eidas1 without methods", "eidas1", nil, false},

		{"« self-declared link »", "eidas0", []string{"mfa"}, false},
		{"« weak MFA », link only declared", "eidas0-mfa", []string{"mfa"}, false},
		{"no level", "", []string{"mfa"}, false},
		{"nothing", "", nil, false},
		{"unknown level", "eidas4", []string{"mfa"}, false},
		{"levels are exact", "EIDAS2", nil, false},
		{"a level and something", "eidas2 ", nil, false},
		{"two levels in one", "eidas1-mfa eidas2", []string{"mfa"}, false},
		{"eidas1 and something", "eidas1-", []string{"mfa"}, false},
		{"the company officer's", "https://proconnect.gouv.fr/assurance/certification-dirigeant", []string{"mfa"}, false},
		{"a level of before", "https://proconnect.gouv.fr/assurance/consistency-checked-2fa", []string{"mfa"}, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := account.Strong(row.acr, row.amr); got != row.want {
				t.Errorf("Strong(%q, %q) = %t, want %t", row.acr, row.amr, got, row.want)
			}
		})
	}
}

// « eidas0 … self-declared link » (reference/identity.md §2.5): of an establishment that
// nobody vouches for, one is no agent.
func TestWhatVouchesForTheEstablishment(t *testing.T) {
	for acr, want := range map[string]bool{
		"eidas1": true, "eidas1-mfa": true, "eidas2": true, "eidas3": true,
		"": false, "eidas0": false, "eidas0-mfa": false, "eidas9": false, "EIDAS1": false, " eidas1": false,
	} {
		if got := account.Vouched(acr); got != want {
			t.Errorf("%q vouches: %t", acr, got)
		}
	}
}
