package postgres_test

import (
	"context"
	"testing"

	accounts "portail-qf/internal/domain/account"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/place"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/postgres"
)

// What is measured on people of no one is worth something only if they come in, are named
// and are found as real ones are.
func TestPeopleOfNoOneAreLikeRealOnes(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	operator := accounts.Organisation{Siret: "13002526500013", Name: "L’exploitant"}
	crowd := postgres.Crowd{Accounts: 400, Operator: operator.Siret}
	for range 20 {
		crowd.Agents = append(crowd.Agents, value.NewToken())
	}
	crowd.Support = []value.Token{value.NewToken(), value.NewToken()}
	if err := postgres.Fill(ctx, s.db, 150, 0, noon); err != nil {
		t.Fatal(err)
	}
	if err := postgres.FillPeople(ctx, s.db, crowd, noon); err != nil {
		t.Fatal(err)
	}
	if err := postgres.Settle(ctx, s.addresses.Owner); err != nil {
		t.Fatal(err)
	}

	sessions := postgres.Sessions{DB: s.db, Operator: operator}
	people := map[int64]bool{}
	for role, cookies := range map[accounts.Role][]value.Token{accounts.Town: crowd.Agents, accounts.Support: crowd.Support} {
		for _, cookie := range cookies {
			actor, err := sessions.FindActor(ctx, cookie.Hash(), noon)
			if err != nil || actor.Role != role || actor.Organisation.Name == "" || actor.Organisation != actor.SignedFor || people[actor.AccountID] {
				t.Errorf("a session of %s opens as %+v, %v", role, actor, err)
			}
			people[actor.AccountID] = true
		}
	}
	if _, err := sessions.FindActor(ctx, value.NewToken().Hash(), noon); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a cookie that nobody drew opens a session: %v", err)
	}

	access := postgres.Access{DB: s.db, Operator: operator}
	for role, want := range map[accounts.Role]int{accounts.Town: 378, accounts.EditorAdmin: 4, accounts.EditorMember: 16, accounts.Support: 2} {
		listed, total, err := access.ListAccounts(ctx, accounts.AccountQuery{Role: role, Limit: 400})
		if err != nil || total != want {
			t.Errorf("%d accounts hold %s, want %d (%v)", total, role, want, err)
		}
		for _, a := range listed {
			if a.SignedFor.Name == "" || len(a.Memberships) != 1 || a.Memberships[0].Organisation != a.SignedFor {
				t.Errorf("an account is %+v", a)
			}
			if _, found, err := access.ListAccounts(ctx, accounts.AccountQuery{Search: a.Mail, Limit: 1}); err != nil || found != 1 {
				t.Errorf("%s finds %d accounts (%v)", a.Mail, found, err)
			}
		}
	}
	named, total, err := access.ListAccounts(ctx, accounts.AccountQuery{Search: "Élodie Lefèvre", Limit: 400})
	if err != nil || total == 0 {
		t.Fatalf("nobody of that name: %v", err)
	}
	for _, a := range named {
		if place.Fold(a.Name()) != "elodie lefevre" {
			t.Errorf("found as %q", a.Name())
		}
	}
}
