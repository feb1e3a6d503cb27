package postgres_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	organisations "portail-qf/internal/domain/account"
	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/machine"
	"portail-qf/internal/postgres"
)

// program is a client of Tilleul as it is recorded.
func program(number int) machine.Client {
	return machine.Client{
		ID: fmt.Sprintf("qf_client_%016d", number), Editor: organisations.Organisation{Siret: tilleul}, Name: fmt.Sprintf("Serveur %d", number),
		Scopes: machine.Scopes[:], CreatedAt: noon, CreatedBy: "Camille", Revision: 1,
	}
}

func keptSecret(number int) machine.Kept {
	return machine.Kept{Digest: []byte(fmt.Sprintf("%032d", number)), Key: "poivre", At: noon, By: "Camille"}
}

func (s *scene) enrolProgram(number int) machine.Client {
	s.t.Helper()
	err := postgres.APIClients{DB: s.db}.RecordCreated(context.Background(), program(number), keptSecret(number), audit.Event{At: noon, Act: audit.APIClientCreated})
	if err != nil {
		s.t.Fatal(err)
	}
	return program(number)
}

// « unique constraint or lock »: whatever was decided before, the schema has two places.
func TestNoRaceGivesAThirdSecret(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	s.editors()
	client := s.enrolProgram(1)
	store := postgres.APIClients{DB: s.db}
	var all sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		all.Go(func() {
			kept := keptSecret(100 + i)
			errs[i] = store.RecordChange(ctx, machine.Change{Client: client, Adds: &kept, Event: audit.Event{At: noon, Act: audit.APISecretAdded}})
		})
	}
	all.Wait()
	given := 0
	for _, err := range errs {
		if err == nil {
			given++
		} else if !fault.Is(err, "api_client.moved") {
			t.Error(err)
		}
	}
	if n := s.count(`SELECT count(*) FROM api_client_secrets`); n != 2 || given != 1 || s.count(`SELECT revision FROM api_clients`) != 2 {
		t.Errorf("%d secrets, %d given", n, given)
	}
	client.Revision = 2
	third := keptSecret(200)
	wantCode(t, store.RecordChange(ctx, machine.Change{Client: client, Adds: &third, Event: audit.Event{At: noon, Act: audit.APISecretAdded}}), "api_client.two_secrets")
	if s.count(`SELECT revision FROM api_clients`) != 2 || s.count(`SELECT count(*) FROM audit_events WHERE act = 'api_client.secret_added'`) != 1 {
		t.Error("what was refused is half written")
	}
	for place := range 3 {
		if _, err := s.asApplication().ExecContext(ctx, `INSERT INTO api_client_secrets (client, place, digest, pepper, created_at, created_by) VALUES ($1, $2, sha256('x'), 'p', now(), '')`, client.ID, place+1); err == nil {
			t.Errorf("a third secret has the place %d", place+1)
		}
	}
}

// « The CHECK constraint in SQL lists the same values and a test compares the two. »
func TestTheScopesOfTheSchemaAreThoseOfTheRules(t *testing.T) {
	s := setScene(t)
	var check string
	err := s.raw.QueryRowContext(context.Background(), `SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'api_clients_scopes_check'`).Scan(&check)
	if err != nil {
		t.Fatal(err)
	}
	for _, scope := range machine.Scopes {
		if !strings.Contains(check, "'"+string(scope)+"'") {
			t.Errorf("the schema has not the scope %s", scope)
		}
	}
	if listed := strings.Count(check, "'")/2 - 1; listed != len(machine.Scopes) { // '{}' apart
		t.Errorf("the schema has other scopes: %s", check)
	}
}

// A secret that ends while its program asks for an access token gives none.
func TestAnAccessTokenIsNotGivenForWhatWasCutMeanwhile(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	s.editors()
	client := s.enrolProgram(1)
	door := postgres.APIDoor{DB: s.db}
	found, failures, err := door.FindShown(ctx, client.ID, [][]byte{keptSecret(1).Digest, keptSecret(2).Digest}, machine.Attempt{})
	if err != nil || failures != 0 {
		t.Fatal(err, failures)
	}
	access := machine.Access{Digest: [32]byte{1}, ClientID: client.ID, SecretID: found.SecretID, Scopes: machine.Scopes[:], IssuedAt: noon, ExpiresAt: noon.Add(machine.AccessLife)}
	err = postgres.APIClients{DB: s.db}.RecordChange(ctx, machine.Change{Client: client, Ends: found.SecretID, Event: audit.Event{At: noon, Act: audit.APISecretEnded}})
	if err != nil {
		t.Fatal(err)
	}
	wantCode(t, door.RecordAccess(ctx, access, machine.MostAccesses), "api_client.unknown")
	_, _, err = door.FindShown(ctx, client.ID, [][]byte{keptSecret(1).Digest}, machine.Attempt{})
	wantCode(t, err, "api_client.unknown")
	if s.count(`SELECT count(*) FROM api_accesses`) != 0 {
		t.Error("an access token was given")
	}
}

// Many ask at once, and never more than so many access tokens last.
func TestAccessTokensAreBoundedInARace(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	s.editors()
	client := s.enrolProgram(1)
	door := postgres.APIDoor{DB: s.db}
	secret := int64(s.count(`SELECT id FROM api_client_secrets`))
	var all sync.WaitGroup
	for i := range byte(20) {
		all.Go(func() {
			access := machine.Access{Digest: [32]byte{1 + i}, ClientID: client.ID, SecretID: secret, Scopes: machine.Scopes[:], IssuedAt: noon, ExpiresAt: noon.Add(machine.AccessLife)}
			if err := door.RecordAccess(ctx, access, 3); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := s.count(`SELECT count(*) FROM api_accesses`); n != 3 {
		t.Errorf("%d access tokens", n)
	}
}

// The portal erases no client: the journal speaks of it.
func TestTheApplicationErasesNoProgram(t *testing.T) {
	s := setScene(t)
	s.editors()
	s.enrolProgram(1)
	for _, statement := range []string{`DELETE FROM api_client_secrets`, `DELETE FROM api_clients`, `UPDATE api_accesses SET expires_at = now()`} {
		if _, err := s.asApplication().ExecContext(context.Background(), statement); err == nil {
			t.Errorf("%s was let through", statement)
		}
	}
}
