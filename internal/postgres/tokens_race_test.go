package postgres_test

import (
	"context"
	"testing"
	"time"

	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/fault"
)

// A replacement that waits for a decision reads what that decision granted: a token is not
// issued for what was taken away meanwhile.
func TestAReplacementThatWaitsReadsWhatWasDecided(t *testing.T) {
	v, ctx := setVault(t), context.Background()
	if err := v.service.Revoke(ctx, sofia, v.id, "Publié par erreur."); err != nil {
		t.Fatal(err)
	}
	decision, err := v.raw.BeginTx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = decision.Rollback() }()
	for _, statement := range []string{
		`UPDATE requests SET revision = revision + 1 WHERE number = 48231`,
		`INSERT INTO habilitations (number, request, siret, organisation, token, form, scopes, editor_siret, editor, form_uid, title, terms, contacts, approved_by, approved_at)
			SELECT 10000060, request, siret, organisation, false, true, '{}', editor_siret, editor, form_uid, title, terms, contacts, approved_by, approved_at
			FROM habilitations WHERE number = 10000004`,
	} {
		if _, err := decision.ExecContext(ctx, statement); err != nil {
			t.Fatal(err)
		}
	}
	replaced := make(chan error, 1)
	go func() {
		_, err := v.service.Replace(ctx, sofia, v.id, credential.Replacement{})
		replaced <- err
	}()
	eventuallyWaits(t, v)
	if err := decision.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := <-replaced; !fault.Is(err, "token.barred") {
		t.Errorf("the replacement is told %v", err)
	}
	if n := v.count(`SELECT count(*) FROM tokens WHERE revoked_at IS NULL`); n != 0 {
		t.Errorf("%d tokens are open", n)
	}
}

// eventuallyWaits returns once a connection waits for the lock of another one.
func eventuallyWaits(t *testing.T, v *vault) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if v.count(`SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE a.datname = current_database() AND NOT l.granted`) > 0 {
			return
		}
	}
	t.Fatal("nobody waits")
}
