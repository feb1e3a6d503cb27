package authz

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/account"
)

func embedded(t testing.TB) *Policy {
	t.Helper()
	policy, err := Read()
	if err != nil {
		t.Fatal(err)
	}
	return policy
}

func permissions(t testing.TB) []Permission {
	t.Helper()
	listed, err := embedded(t).Permissions()
	if err != nil {
		t.Fatal(err)
	}
	return listed
}

// « golden matrix role × object × act as a readable file »: every cell is asked, so the
// file shows what is answered, not what is written.
func TestTheMatrixIsReviewedLikeCode(t *testing.T) {
	policy := embedded(t)
	var rows [][2]string
	for _, p := range permissions(t) {
		if row := [2]string{p.Object, p.Act}; !slices.Contains(rows, row) {
			rows = append(rows, row)
		}
	}
	var matrix strings.Builder
	fmt.Fprintf(&matrix, "%-30s", "")
	for _, role := range account.Roles {
		fmt.Fprintf(&matrix, " %-13s", role)
	}
	for _, row := range rows {
		fmt.Fprintf(&matrix, "\n%-20s %-9s", row[0], row[1])
		for _, role := range account.Roles {
			mark := "."
			if policy.Can(role, row[0], row[1]) {
				mark = "yes"
			}
			fmt.Fprintf(&matrix, " %-13s", mark)
		}
	}
	golden, err := os.ReadFile("testdata/matrix.txt")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(tidy(string(golden)), tidy(matrix.String())); diff != "" {
		t.Errorf("testdata/matrix.txt differs from the policy:\n%s", diff)
	}
}

func tidy(text string) []string {
	var lines []string
	for line := range strings.Lines(text) {
		lines = append(lines, strings.TrimRight(line, " \n"))
	}
	return lines
}

// « deny by default »
func TestWhatIsNotNamedIsRefused(t *testing.T) {
	policy := embedded(t)
	for _, asked := range []Permission{
		{"", "account", "read"}, {"admin", "", ""}, {"admin", "account", "erase"}, {"reader", "dossier", "read"},
		{"root", "account", "read"}, {"Admin", "account", "read"}, {"admin ", "account", "read"}, {"*", "*", "*"},
		{"town", "account", "read"}, {"api_client", "space.administration", "enter"}, {"admin\x00", "account", "read"},
	} {
		if policy.Can(asked.Role, asked.Object, asked.Act) {
			t.Errorf("%+v is allowed", asked)
		}
	}
}

func TestEveryPermissionIsOfAKnownRoleAndWrittenOnce(t *testing.T) {
	seen := map[Permission]bool{}
	for _, p := range permissions(t) {
		if !slices.Contains(account.Roles[:], p.Role) {
			t.Errorf("%+v is of no role", p)
		}
		if seen[p] {
			t.Errorf("%+v is written twice", p)
		}
		seen[p] = true
	}
}

// « A role opens one space »: a person in several chooses.
func TestARoleOpensItsSpaceAndNoOther(t *testing.T) {
	policy := embedded(t)
	for _, role := range account.Roles {
		for _, space := range account.Spaces {
			if got, want := policy.Can(role, "space."+string(space), "enter"), role.Space() == space; got != want {
				t.Errorf("%s enters %s: %t", role, space, got)
			}
		}
	}
}

// theirs is what only the two sides of a habilitation do: « Token secret … DINUM admin - »
// (users-reliability-security.md, C.1), and « seule la personne … peut demander un prolongement »
// (guide, 6.c). Who opens a space to them does not see their secrets, nor answers for them.
var theirs = []string{"token collect", "token replace", "token renew", "token nudge", "reminder choose"}

// « Nobody grants what they do not hold ». Entering a space is no right over anything: an
// administrator opens spaces in which he does not work. What is secret there is not his either
// (users-reliability-security.md, C.1).
func TestNobodyGrantsWhatHeDoesNotHold(t *testing.T) {
	policy := embedded(t)
	for _, grantor := range account.Roles {
		granted := grantor.Grantable()
		if (len(granted) > 0) != policy.Can(grantor, "membership", "grant") {
			t.Errorf("%s: what the rules let him grant and what the policy says differ", grantor)
		}
		for _, p := range permissions(t) {
			if slices.Contains(granted, p.Role) && p.Act != "enter" && !slices.Contains(theirsAlone, p.Object) && !slices.Contains(theirs, p.Object+" "+p.Act) && !policy.Can(grantor, p.Object, p.Act) {
				t.Errorf("%s may grant %s, hence %s %s, which he does not hold", grantor, p.Role, p.Object, p.Act)
			}
		}
	}
}

// theirsAlone are the secrets of a space, of which nobody outside has any.
var theirsAlone = []string{"hub_account"}

// The operator's people see no secret of an editor's towns, whatever roles they give.
func TestTheSecretsOfASpaceAreItsPeoplesAlone(t *testing.T) {
	policy := embedded(t)
	for _, p := range permissions(t) {
		if slices.Contains(theirsAlone, p.Object) && p.Role.Staff() {
			t.Errorf("%s may %s %s", p.Role, p.Act, p.Object)
		}
	}
	if !policy.Can(account.EditorMember, "hub_account", "reveal") || policy.Can(account.Town, "hub_account", "read") {
		t.Error("the access to HubEE is the affair of the editor's people")
	}
}

// casbin's enforcer races when it is written to; ours never is.
func TestManyAskAtOnce(t *testing.T) {
	policy := embedded(t)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for _, role := range account.Roles {
				policy.Can(role, "journal", "read")
			}
		})
	}
	all.Wait()
}

func BenchmarkAllow(b *testing.B) { benchmark(b, account.Admin, true) }
func BenchmarkDeny(b *testing.B)  { benchmark(b, account.Town, false) }

func benchmark(b *testing.B, role account.Role, want bool) {
	policy := embedded(b)
	b.ReportAllocs()
	for b.Loop() {
		if policy.Can(role, "journal", "read") != want {
			b.Fatal("wrong answer")
		}
	}
}
