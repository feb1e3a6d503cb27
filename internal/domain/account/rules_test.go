package account

import (
	"strings"
	"testing"
	"time"

	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/value"
)

const (
	dinum    value.Siret = "13002526500013"
	tilleul  value.Siret = "90511200900014"
	brume    value.Siret = "91033700500011"
	majestic value.Siret = "21040107100019"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// « return_to: reject anything not starting with exactly one /, or containing \, control
// characters or a scheme » (reference/identity.md §3.4).
func TestASignInLeadsBackToOurPagesAlone(t *testing.T) {
	for _, ours := range []string{"/", "/mon-compte", "/administration/comptes?q=l%C3%A9a&page=2", "/a//b", "/editeur/membres?retour=https://evil.example"} {
		if LocalPath(ours) != ours {
			t.Errorf("%q is refused", ours)
		}
	}
	for _, evil := range []string{
		"", "mon-compte", "//evil.example", "///evil.example", `/\evil.example`, `\\evil.example`, "/a\r\nX: y", "/\tb", "/a\x00", "/a\x7f",
		"https://evil.example", "javascript:alert(1)", "/%5cevil.example", "/%2fevil.example", "/a#b", "/%zz", "/" + strings.Repeat("a", maxReturn),
	} {
		if got := LocalPath(evil); got != "" {
			t.Errorf("%q leads to %q", evil, got)
		}
	}
}

// « SIRET re-read at each sign-in »; « membership by invitation, never by equality of SIRET »
// for editors.
func TestARoleIsUsableFromWhereItWasTaken(t *testing.T) {
	for _, row := range []struct {
		name string
		m    Membership
		from Organisation
		want bool
	}{
		{"staff at home", Membership{Role: Admin, SignedFor: dinum}, Organisation{Siret: dinum}, true},
		{"staff elsewhere", Membership{Role: Admin, SignedFor: dinum}, Organisation{Siret: majestic}, false},
		{"a contractor, from his company", Membership{Role: Support, SignedFor: tilleul}, Organisation{Siret: tilleul}, true},
		{"a town's agent", Membership{Role: Town, SignedFor: majestic}, Organisation{Siret: majestic}, true},
		{"a town's agent, from another", Membership{Role: Town, SignedFor: majestic}, Organisation{Siret: dinum}, false},
		{"a town, of which she only says so", Membership{Role: Town, SignedFor: majestic}, Organisation{Siret: majestic, Declared: true}, false},
		{"a town that is closed", Membership{Role: Town, SignedFor: majestic}, Organisation{Siret: majestic, Closed: true}, false},
		{"an editor's, from anywhere", Membership{Role: EditorMember, SignedFor: tilleul}, Organisation{Siret: brume, Closed: true}, true},
		{"ended", Membership{Role: EditorMember, SignedFor: tilleul, EndedAt: noon}, Organisation{Siret: tilleul}, false},
	} {
		if got := row.m.UsableFrom(row.from); got != row.want {
			t.Errorf("%s: usable %t", row.name, got)
		}
	}
}

func TestASessionBeginsWhereItIsWanted(t *testing.T) {
	admin, editor, second := Membership{ID: 1, Role: Admin}, Membership{ID: 2, Role: EditorAdmin}, Membership{ID: 3, Role: EditorMember}
	for _, row := range []struct {
		name     string
		held     []Membership
		returnTo string
		want     int64
	}{
		{"the only one", []Membership{editor}, "", 2},
		{"the only one, whatever is asked", []Membership{editor}, "/administration", 2},
		{"none", nil, "/administration", 0},
		{"several, nothing asked", []Membership{admin, editor}, "", 0},
		{"several, one asked", []Membership{admin, editor}, "/editeur/membres?page=2", 2},
		{"several, its home asked", []Membership{admin, editor}, "/administration", 1},
		{"several in the same space", []Membership{admin, editor, second}, "/editeur", 0},
		{"a name that begins alike", []Membership{admin, editor}, "/editeurs", 0},
	} {
		if got := choose(row.held, row.returnTo).ID; got != row.want {
			t.Errorf("%s: begins in %d, want %d", row.name, got, row.want)
		}
	}
}

// « a refused person is told why and whom to ask »
func TestWhyThereIsNoSpace(t *testing.T) {
	from := func(siret value.Siret, name string, closed bool) Actor {
		return Actor{SignedFor: Organisation{Siret: siret, Name: name, Closed: closed}}
	}
	held, ended := Membership{ID: 1, Role: Support, SignedFor: dinum}, Membership{ID: 2, Role: Support, SignedFor: dinum, EndedAt: noon, EndedBy: "Ada"}
	for _, row := range []struct {
		name  string
		actor Actor
		all   []Membership
		want  Refusal
	}{
		{"nobody invited her", from(brume, "Brume", false), nil, RefusedNotInvited},
		{"the register does not know", from(brume, "", false), nil, RefusedUnknown},
		{"the register says closed", from(majestic, "Vieux-Bourg", true), nil, RefusedClosed},
		{"her role is of another establishment", from(brume, "Brume", false), []Membership{held}, RefusedElsewhere},
		{"her role was taken", from(dinum, "DINUM", false), []Membership{ended}, RefusedWithdrawn},
		{"she left", from(dinum, "DINUM", false), []Membership{{ID: 3, Role: Support, SignedFor: dinum, EndedAt: noon}}, RefusedLeft},
		{"the last that was ended counts", from(dinum, "DINUM", false), []Membership{{ID: 3, EndedAt: noon.Add(-time.Hour)}, ended, {ID: 4, EndedAt: noon.Add(-time.Minute)}}, RefusedWithdrawn},
		{"nobody vouches for her town", Actor{SignedFor: Organisation{Siret: majestic, Name: "Majastres", Declared: true}}, []Membership{{Role: Town, SignedFor: majestic}}, RefusedDeclared},
		{"nobody vouches, nor invited her", Actor{SignedFor: Organisation{Siret: majestic, Name: "Majastres", Declared: true}}, nil, RefusedDeclared},
		{"her role was given again", from(dinum, "DINUM", false), []Membership{ended, held}, ""},
	} {
		if got := choices(row.actor, row.all); got.Refusal != row.want || row.want == RefusedWithdrawn && got.Withdrawn.EndedBy != "Ada" {
			t.Errorf("%s: %+v, want %q", row.name, got, row.want)
		}
	}
}

// An access that somebody withdrew does not come back by itself.
func TestATownIsEnteredBySiretOnce(t *testing.T) {
	town := Organisation{Siret: majestic, LocalAuthority: true}
	for _, row := range []struct {
		name string
		o    Organisation
		all  []Membership
		want bool
	}{
		{"an agent's first sign-in", town, nil, true},
		{"an agent who is in", town, []Membership{{Role: Town, Organisation: town}}, false},
		{"an agent who was put out", town, []Membership{{Role: Town, Organisation: town, EndedAt: noon}}, false},
		{"an agent of two towns", town, []Membership{{Role: Town, Organisation: Organisation{Siret: dinum}}}, true},
		{"an editor who is one too", town, []Membership{{Role: EditorAdmin, Organisation: town}}, true},
		{"a closed town", Organisation{Siret: majestic, LocalAuthority: true, Closed: true}, nil, false},
		{"a stranger who says that he works there", Organisation{Siret: majestic, LocalAuthority: true, Declared: true}, nil, false},
		{"a company", Organisation{Siret: tilleul}, nil, false},
	} {
		if got := entersTown(row.o, row.all); got != row.want {
			t.Errorf("%s: enters %t", row.name, got)
		}
	}
}

// « Nobody grants what they do not hold, nobody edits their own rights »
func TestWhoGivesAndTakesWhat(t *testing.T) {
	admin := Actor{AccountID: 1, Role: Admin, Organisation: Organisation{Siret: dinum}}
	editor := Actor{AccountID: 2, Role: EditorAdmin, Organisation: Organisation{Siret: tilleul}}
	member := Actor{AccountID: 3, Role: EditorMember, Organisation: Organisation{Siret: tilleul}}
	for _, row := range []struct {
		name string
		by   Actor
		role Role
		of   value.Siret
		code string
	}{
		{"an administrator, staff", admin, Admin, dinum, ""},
		{"an administrator, an editor's", admin, EditorAdmin, brume, ""},
		{"an administrator, a software's", admin, APIClient, brume, "membership.not_grantable"},
		{"an editor, its own", editor, EditorMember, tilleul, ""},
		{"an editor, another's", editor, EditorMember, brume, "membership.unknown"},
		{"an editor, staff", editor, Admin, dinum, "membership.not_grantable"},
		{"an editor, staff of its own", editor, Admin, tilleul, "membership.not_grantable"},
		{"an editor, a town's", editor, Town, tilleul, "membership.not_grantable"},
		{"a member", member, EditorMember, tilleul, "membership.not_grantable"},
		{"nobody", Actor{}, Admin, dinum, "membership.not_grantable"},
	} {
		if got := fault.CodeOf(MayGrant(row.by, row.role, row.of)); got != row.code {
			t.Errorf("%s: %q, want %q", row.name, got, row.code)
		}
	}
	of := func(account int64, role Role, siret value.Siret) Membership {
		return Membership{ID: 9, AccountID: account, Role: role, Organisation: Organisation{Siret: siret}}
	}
	for _, row := range []struct {
		name string
		by   Actor
		m    Membership
		code string
	}{
		{"somebody's", admin, of(5, Support, dinum), ""},
		{"one's own", admin, of(1, Support, dinum), "membership.own"},
		{"an editor's of its own", editor, of(3, EditorMember, tilleul), ""},
		{"an editor's of another", editor, of(3, EditorMember, brume), "membership.unknown"},
		{"ended", admin, Membership{AccountID: 5, Role: Support, EndedAt: noon}, "membership.ended"},
	} {
		if _, err := DecideWithdrawal(row.by, row.m, noon); fault.CodeOf(err) != row.code {
			t.Errorf("taking %s: %v, want %q", row.name, err, row.code)
		}
	}
	if _, err := DecideLeaving(editor, of(3, EditorMember, tilleul), noon); fault.CodeOf(err) != "membership.unknown" {
		t.Errorf("leaving for somebody else: %v", err)
	}
}

func TestWhoAcceptsAnInvitation(t *testing.T) {
	waiting := Invitation{Mail: "a@example.fr", Role: Support, ExpiresAt: noon.Add(time.Hour)}
	change := func(by func(i *Invitation)) Invitation { i := waiting; by(&i); return i }
	strong := Actor{Mail: "a@example.fr", StrongAt: noon}
	for _, row := range []struct {
		name string
		by   Actor
		i    Invitation
		code string
	}{
		{"the person invited", strong, waiting, ""},
		{"without a second factor, staff", Actor{Mail: "a@example.fr"}, waiting, "invitation.factor_needed"},
		{"without a second factor, an editor's", Actor{Mail: "a@example.fr"}, change(func(i *Invitation) { i.Role = EditorAdmin }), ""},
		{"whoever offered it", Actor{AccountID: 7, Mail: "a@example.fr", StrongAt: noon}, change(func(i *Invitation) { i.InviterID = "7" }), "invitation.own"},
		{"another address", Actor{Mail: "b@example.fr", StrongAt: noon}, waiting, "invitation.other_mail"},
		{"accepted", strong, change(func(i *Invitation) { i.AcceptedAt = noon }), "invitation.accepted"},
		{"taken back", strong, change(func(i *Invitation) { i.WithdrawnAt = noon }), "invitation.withdrawn"},
		{"on its last instant", strong, change(func(i *Invitation) { i.ExpiresAt = noon }), "invitation.expired"},
	} {
		if got := fault.CodeOf(DecideAcceptance(row.by, row.i, noon)); got != row.code {
			t.Errorf("%s: %q, want %q", row.name, got, row.code)
		}
	}
}

// « step-up MFA < 10 min » (users-reliability-security.md C.1)
func TestAProofCountsTenMinutes(t *testing.T) {
	for age, want := range map[time.Duration]bool{0: true, 10 * time.Minute: true, 10*time.Minute + 1: false, -time.Minute: false} {
		if got := (Actor{StrongAt: noon}).Confirmed(noon.Add(age)); got != want {
			t.Errorf("after %s: %t", age, got)
		}
	}
	if (Actor{}).Confirmed(noon) {
		t.Error("no proof counts")
	}
}
