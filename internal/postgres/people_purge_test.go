package postgres_test

import (
	"context"
	"testing"
	"time"

	"portail-qf/internal/postgres"
)

// « Professional sessions: 30 min idle, 8 h absolute »; « Contacts: while useful + 1 year
// after last role » (users-reliability-security.md D.2): what is over goes, what may still
// serve stays.
func TestTheProfessionalSideIsPurged(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	account := func(name string, age time.Duration) (id int64) {
		t.Helper()
		err := s.raw.QueryRowContext(ctx, `
			INSERT INTO accounts (issuer, subject, given_name, usual_name, folded_name, mail, siret, created_at, signed_in_at)
			VALUES ('pc', $1, $1, 'Essai', $1, $1 || '@example.fr', '13002526500013', $2, $2) RETURNING id`, name, noon.Add(-age)).Scan(&id)
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	role := func(id int64, ended any) {
		s.run(`INSERT INTO memberships (account_id, role, organisation, signed_for, granted_by, granted_at, ended_at)
			VALUES ($1, 'reader', '13002526500013', '13002526500013', 'essai', $2, $3)`, id, noon.AddDate(-3, 0, 0), ended)
	}
	session := func(id int64, key string, created, seen time.Duration) {
		s.run(`INSERT INTO sessions (key, account_id, signed_for, acr, id_token, created_at, seen_at)
			VALUES (sha256($1::bytea), $2, '13002526500013', 'eidas2', '', $3, $4)`, key, id, noon.Add(-created), noon.Add(-seen))
	}
	const day = 24 * time.Hour
	holder, stranger, newcomer := account("titulaire", 900*day), account("passant", 40*day), account("venu", 20*day)
	former, recent := account("ancien", 400*day), account("parti", 400*day)
	role(holder, nil)
	role(former, noon.Add(-370*day))
	role(recent, noon.Add(-300*day))
	s.run(`INSERT INTO invitations (token_hash, mail, role, organisation, inviter_id, inviter, created_at, expires_at, accepted_at, accepted_by)
		VALUES (sha256('a'), 'a@example.fr', 'reader', '13002526500013', '1', 'essai', $1, $1, $1, $2)`, noon.Add(-800*day), former)
	s.run(`INSERT INTO invitations (token_hash, mail, role, organisation, inviter_id, inviter, created_at, expires_at)
		VALUES (sha256('b'), 'b@example.fr', 'reader', '13002526500013', '1', 'essai', $1, $1), (sha256('c'), 'c@example.fr', 'reader', '13002526500013', '1', 'essai', $2, $2)`,
		noon.Add(-366*day), noon.Add(-360*day))
	session(holder, "live", 7*time.Hour, 29*time.Minute)
	session(holder, "old", 8*time.Hour, time.Minute)
	session(holder, "idle", time.Hour, 30*time.Minute)
	s.run(`INSERT INTO sign_ins (state_hash, browser_key, purpose, created_at) VALUES (sha256('x'), sha256('x'), 'login', $1), (sha256('y'), sha256('y'), 'login', $2)`,
		noon.Add(-29*time.Minute), noon.Add(-30*time.Minute))

	purged, err := postgres.Sessions{DB: connect(t, s.addresses.App)}.Purge(ctx, noon, noon)
	want := postgres.PeopleCount{Sessions: 2, SignIns: 1, Invitations: 1, Accounts: 1, Former: 1}
	if err != nil || purged != want {
		t.Fatalf("purged %+v, %v; want %+v", purged, err, want)
	}
	for id, kept := range map[int64]bool{holder: true, stranger: false, newcomer: true, former: false, recent: true} {
		var found bool
		if err := s.raw.QueryRowContext(ctx, `SELECT EXISTS (SELECT FROM accounts WHERE id = $1)`, id).Scan(&found); err != nil || found != kept {
			t.Errorf("account %d: kept %t, %v", id, found, err)
		}
	}
}
