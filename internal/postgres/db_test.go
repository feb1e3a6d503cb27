package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/postgres"
)

// « InTx runs work in one transaction, committed when work returns nil »
func TestATransactionIsWholeOrNothing(t *testing.T) {
	s, ctx := setScene(t), context.Background()
	insert := func(tx *sqlx.Tx) {
		if _, err := tx.ExecContext(ctx, `INSERT INTO job_runs (job, scheduled_for) VALUES ('trial', now())`); err != nil {
			t.Error(err)
		}
	}
	broken := errors.New("broken")
	if err := s.db.InTx(ctx, func(tx *sqlx.Tx) error { insert(tx); return broken }); !errors.Is(err, broken) {
		t.Errorf("InTx = %v", err)
	}
	func() {
		defer func() { _ = recover() }()
		_ = s.db.InTx(ctx, func(tx *sqlx.Tx) error { insert(tx); panic("a defect") })
	}()
	cancelled, cancel := context.WithCancel(ctx)
	if err := s.db.InTx(cancelled, func(tx *sqlx.Tx) error { insert(tx); cancel(); return nil }); err == nil {
		t.Error("committed after the end of its context")
	}
	if n := s.count(`SELECT count(*) FROM job_runs`); n != 0 {
		t.Errorf("%d rows of transactions that failed", n)
	}
	// The owner does not see what the application's connections do, but sees their locks. The
	// library rolls a cancelled transaction back beside its caller.
	open := -1
	for deadline := time.Now().Add(10 * time.Second); open != 0 && time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		open = s.count(`SELECT count(*) FROM pg_locks WHERE relation = 'job_runs'::regclass AND mode = 'RowExclusiveLock'`)
	}
	if open != 0 {
		t.Errorf("%d transactions left open", open)
	}
	if err := s.db.InTx(ctx, func(tx *sqlx.Tx) error { insert(tx); return nil }); err != nil {
		t.Fatal(err)
	}
	if n := s.count(`SELECT count(*) FROM job_runs`); n != 1 {
		t.Errorf("%d rows of the transaction that was committed", n)
	}
}

// However many sagas of subscriptions begin at once, each gets the lock of its town and all that it asks
// meanwhile: those that wait for a connection hold none.
func TestSagasLeaveConnections(t *testing.T) {
	s := setScene(t)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	subscriptions := postgres.Subscriptions{DB: s.db}
	var sagas sync.WaitGroup
	for i := range 64 { // more than there are connections
		sagas.Go(func() {
			siret := value.Siret(fmt.Sprintf("%014d", i))
			err := subscriptions.Alone(ctx, siret, func(ctx context.Context) error {
				time.Sleep(20 * time.Millisecond) // as HubEE takes its time: all begin
				_, err := subscriptions.FindSubscription(ctx, siret)
				return err
			})
			if err != nil && fault.KindOf(err) != fault.NotFound {
				t.Errorf("%s: %v", siret, err)
			}
		})
	}
	sagas.Wait()
}

// The address of the database holds a password: no error repeats it.
func TestAWrongAddressIsNotRepeated(t *testing.T) {
	for _, address := range []string{"postgres://portal:hunter2@127.0.0.1:1/portal?connect_timeout=1", "postgres://portal:hunter2@[", "hunter2"} {
		db, err := postgres.Open(context.Background(), address)
		if err == nil {
			_ = db.Close()
			t.Errorf("%q was accepted", address)
			continue
		}
		if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("the error repeats the password: %v", err)
		}
	}
}
