package account_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/postgres"
	"portail-qf/internal/postgres/pgtest"
)

// Two editors, the operator and a town. The first editor is a local authority too.
const (
	lynx      value.Siret = "13002526500013"
	orchid    value.Siret = "35600000001107"
	operator  value.Siret = "21750001600019"
	majastres value.Siret = "21040107100019"
)

var monday = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// people are the accounts of a test, with the access that gives and takes their roles.
type people struct {
	t       *testing.T
	signIns postgres.Sessions
	access  *account.Access
	drawn   byte // keys so far
}

func newPeople(t *testing.T) *people {
	t.Helper()
	db := pgtest.Open(t)
	return &people{
		t: t, signIns: postgres.Sessions{DB: db},
		access: &account.Access{Store: postgres.Access{DB: db}, Now: func() time.Time { return monday }},
	}
}

func (p *people) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

// key is one that no other has.
func (p *people) key() [32]byte {
	p.drawn++
	return [32]byte{p.drawn}
}

// told is what the journal needs of a change.
var told = account.Entry{Event: audit.Event{At: monday, Author: audit.Operator, Act: audit.RoleGranted}}

// holds gives a role to a new account, and returns it.
func (p *people) holds(name string, role account.Role, organisation value.Siret) account.Membership {
	p.t.Helper()
	ctx := p.t.Context()
	p.must(p.signIns.RecordSignedIn(ctx, account.Arrival{
		Person:    account.Person{Issuer: "https://pc.example", Subject: name, GivenName: name, UsualName: "ESSAI", Mail: name + "@example.fr"},
		SignedFor: account.Organisation{Siret: organisation}, Session: p.key(), SealedToken: []byte("sealed"), At: monday,
	}))
	found, _, err := p.signIns.FindAccount(ctx, "https://pc.example", name)
	p.must(err)
	p.must(p.access.Store.RecordGrant(ctx, account.Membership{
		AccountID: found.ID, Role: role, Organisation: account.Organisation{Siret: organisation}, SignedFor: organisation, GrantedAt: monday,
	}, told))
	found, err = p.access.Account(ctx, found.ID)
	p.must(err)
	return found.Memberships[0]
}

// invited offers a role to a mailbox, and returns the id of the invitation.
func (p *people) invited(mail string, role account.Role, organisation value.Siret) int64 {
	p.t.Helper()
	id, err := p.access.Store.RecordInvitation(p.t.Context(), account.Invitation{
		Mail: mail, Role: role, Organisation: account.Organisation{Siret: organisation}, CreatedAt: monday, ExpiresAt: monday.Add(account.InvitationLife),
	}, p.key(), func(int64) (account.Entry, error) { return told, nil })
	p.must(err)
	return id
}

// « membership by invitation, never by equality of SIRET » (PRODUCT.md §1): of an editor that
// is a local authority too, the agents are not the members.
func TestTheAgentsOfATownAreNoMembersOfAnEditor(t *testing.T) {
	p := newPeople(t)
	p.holds("Ada", account.EditorAdmin, lynx)
	p.holds("Bob", account.EditorMember, lynx)
	p.holds("Chloé", account.Town, lynx)
	p.holds("Denis", account.EditorAdmin, orchid)
	for space, want := range map[account.Space][]string{
		account.SpaceEditor: {"Ada ESSAI", "Bob ESSAI"}, account.SpaceTown: {"Chloé ESSAI"}, "": {"Ada ESSAI", "Bob ESSAI", "Chloé ESSAI"},
	} {
		members, total, err := p.access.Members(t.Context(), account.MemberQuery{Organisation: lynx, Space: space, Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, m := range members {
			names = append(names, m.Name)
		}
		if diff := cmp.Diff(want, names); diff != "" || total != len(want) {
			t.Errorf("space %q: %d in all\n%s", space, total, diff)
		}
	}
	p.invited("member@example.fr", account.EditorMember, lynx)
	p.invited("agent@example.fr", account.Town, lynx)
	listed, total, err := p.access.Invitations(t.Context(), account.InvitationQuery{Organisation: lynx, Space: account.SpaceEditor, Limit: 10})
	if err != nil || total != 1 || listed[0].Mail != "member@example.fr" {
		t.Errorf("invitations: %+v, %d, %v", listed, total, err)
	}
}

// « another's looks like one that does not exist », whatever its role: the answer must not
// tell that it is there.
func TestWhatIsAnothersLooksUnknown(t *testing.T) {
	p := newPeople(t)
	own := p.holds("Ada", account.EditorAdmin, lynx)
	bob := p.holds("Bob", account.EditorMember, lynx)
	agent := p.holds("Chloé", account.Town, lynx)
	foreign := p.holds("Denis", account.EditorMember, orchid)
	staff := p.holds("Emma", account.Admin, operator)
	elsewhere := p.holds("Farid", account.Town, majastres)
	ada := account.Actor{AccountID: own.AccountID, Name: "Ada ESSAI", Role: account.EditorAdmin, Organisation: account.Organisation{Siret: lynx}}
	for _, test := range []struct {
		id   int64
		kind fault.Kind
		code string
	}{
		{foreign.ID, fault.NotFound, "membership.unknown"},
		{staff.ID, fault.NotFound, "membership.unknown"},
		{elsewhere.ID, fault.NotFound, "membership.unknown"},
		{1 << 40, fault.NotFound, "membership.unknown"},
		{own.ID, fault.Conflict, "membership.own"},
		{agent.ID, fault.Forbidden, "membership.not_grantable"},
	} {
		_, looked := p.access.Member(t.Context(), ada, test.id)
		_, withdrawn := p.access.Withdraw(t.Context(), ada, test.id)
		for _, err := range []error{looked, withdrawn} {
			if fault.KindOf(err) != test.kind || fault.CodeOf(err) != test.code {
				t.Errorf("membership %d: %v, want %s", test.id, err, test.code)
			}
		}
	}
	for _, id := range []int64{
		p.invited("a@example.fr", account.EditorMember, orchid), p.invited("b@example.fr", account.Support, operator),
		p.invited("c@example.fr", account.Town, majastres), 1 << 40,
	} {
		_, looked := p.access.Invitation(t.Context(), ada, id)
		_, taken := p.access.TakeBack(t.Context(), ada, id)
		_, again := p.access.SendAgain(t.Context(), ada, id)
		for _, err := range []error{looked, taken, again} {
			if fault.KindOf(err) != fault.NotFound || fault.CodeOf(err) != "invitation.unknown" {
				t.Errorf("invitation %d: %v", id, err)
			}
		}
	}
	found, err := p.access.Member(t.Context(), ada, bob.ID)
	if err != nil || found.Name != "Bob ESSAI" || found.Mail != "Bob@example.fr" || found.Membership.Role != account.EditorMember {
		t.Errorf("Bob: %+v, %v", found, err)
	}
	for _, untouched := range []account.Membership{own, bob, agent, foreign, staff, elsewhere} {
		kept, err := p.access.Store.FindMembership(t.Context(), untouched.ID)
		if err != nil || !kept.EndedAt.IsZero() {
			t.Errorf("a refusal ended %+v, %v", kept, err)
		}
	}
	if _, waiting, err := p.access.Invitations(t.Context(), account.InvitationQuery{State: account.InvitationWaiting, Limit: 10}); err != nil || waiting != 3 {
		t.Errorf("%d invitations of 3 wait, %v", waiting, err)
	}
}
