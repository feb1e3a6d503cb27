package account_test

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/account"
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
	t      *testing.T
	raw    *sql.DB
	access *account.Access
}

func newPeople(t *testing.T) *people {
	t.Helper()
	addresses := pgtest.New(t)
	db, err := postgres.Open(t.Context(), addresses.App)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := sql.Open("postgres", addresses.Owner)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = raw.Close(), db.Close() })
	return &people{t, raw, &account.Access{Store: postgres.Access{DB: db}, Now: func() time.Time { return monday }}}
}

// number reads one number, such as the id of a new row.
func (p *people) number(query string, args ...any) (n int64) {
	p.t.Helper()
	if err := p.raw.QueryRowContext(context.Background(), query, args...).Scan(&n); err != nil {
		p.t.Fatalf("%s: %v", query, err)
	}
	return n
}

// holds gives a role to a new account, and returns both ids.
func (p *people) holds(name string, role account.Role, organisation value.Siret) (accountID, membershipID int64) {
	p.t.Helper()
	accountID = p.number(`
		INSERT INTO accounts (issuer, subject, given_name, usual_name, folded_name, mail, siret, created_at, signed_in_at)
		VALUES ('https://pc.example', $1::text, $1::text, 'ESSAI', lower($1::text), lower($1::text) || '@example.fr', $2, $3, $3) RETURNING id`,
		name, organisation, monday)
	membershipID = p.number(`
		INSERT INTO memberships (account_id, role, organisation, signed_for, granted_by, granted_at)
		VALUES ($1, $2, $3, $3, 'Le portail', $4) RETURNING id`, accountID, role, organisation, monday)
	return accountID, membershipID
}

func (p *people) invited(mail string, role account.Role, organisation value.Siret) int64 {
	p.t.Helper()
	return p.number(`
		INSERT INTO invitations (token_hash, mail, role, organisation, inviter_id, inviter, created_at, expires_at)
		VALUES (sha256($1::text::bytea), $1::text, $2, $3, '1', 'Ada', $4, $4::timestamptz + interval '14 days') RETURNING id`, mail, role, organisation, monday)
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
	adaID, own := p.holds("Ada", account.EditorAdmin, lynx)
	_, bob := p.holds("Bob", account.EditorMember, lynx)
	_, agent := p.holds("Chloé", account.Town, lynx)
	_, foreign := p.holds("Denis", account.EditorMember, orchid)
	_, staff := p.holds("Emma", account.Admin, operator)
	_, elsewhere := p.holds("Farid", account.Town, majastres)
	ada := account.Actor{AccountID: adaID, Name: "Ada ESSAI", Role: account.EditorAdmin, Organisation: account.Organisation{Siret: lynx}}
	for _, test := range []struct {
		id   int64
		kind fault.Kind
		code string
	}{
		{foreign, fault.NotFound, "membership.unknown"},
		{staff, fault.NotFound, "membership.unknown"},
		{elsewhere, fault.NotFound, "membership.unknown"},
		{1 << 40, fault.NotFound, "membership.unknown"},
		{own, fault.Conflict, "membership.own"},
		{agent, fault.Forbidden, "membership.not_grantable"},
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
	found, err := p.access.Member(t.Context(), ada, bob)
	if err != nil || found.Name != "Bob ESSAI" || found.Mail != "bob@example.fr" || found.Membership.Role != account.EditorMember {
		t.Errorf("Bob: %+v, %v", found, err)
	}
	if n := p.number(`SELECT (SELECT count(*) FROM memberships WHERE ended_at IS NOT NULL) + (SELECT count(*) FROM invitations WHERE withdrawn_at IS NOT NULL)`); n != 0 {
		t.Errorf("%d were ended", n)
	}
}
