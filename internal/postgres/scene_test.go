package postgres_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/dossier"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/postgres"
	"portail-qf/internal/postgres/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// Two towns of every scene, and the business time at which it opens.
const (
	majastres value.Siret = "21040107100019"
	paris     value.Siret = "21750001600019"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// scene is the database of one test, with two towns in it.
type scene struct {
	t         testing.TB
	addresses pgtest.Database
	db        *postgres.DB
	raw       *sql.DB // the owner's view, for what no store tells

	attempts  postgres.Attempts
	shipments postgres.Shipments
	followUp  postgres.FollowUp
	outbox    postgres.Outbox
	drawn     atomic.Int64 // attempts so far
}

func setScene(t testing.TB) *scene {
	t.Helper()
	addresses := pgtest.New(t)
	db := connect(t, addresses.App)
	s := &scene{
		t: t, addresses: addresses, db: db, raw: rawly(t, addresses.Owner),
		attempts: postgres.Attempts{DB: db}, shipments: postgres.Shipments{DB: db},
		followUp: postgres.FollowUp{DB: db}, outbox: postgres.Outbox{DB: db},
	}
	s.open(majastres, "Majastres", "04107")
	s.open(paris, "Paris", "75056")
	return s
}

func connect(t testing.TB, address string) *postgres.DB {
	t.Helper()
	db, err := postgres.Open(context.Background(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// asApplication connects as the portal does, without its stores.
func (s *scene) asApplication() *sql.DB { return rawly(s.t, s.addresses.App) }

func rawly(t testing.TB, address string) *sql.DB {
	t.Helper()
	raw, err := sql.Open("postgres", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = raw.Close() })
	return raw
}

// open lists a town whose form is open.
func (s *scene) open(siret value.Siret, name, cog string) {
	s.t.Helper()
	entry := directory.Entry{
		Collectivity: directory.Collectivity{Siret: siret, Name: name, COG: cog, Departement: cog[:2], Form: directory.FormOpen},
		FoldedName:   name,
	}
	err := postgres.Collectivities{DB: s.db}.RecordImport(context.Background(), directory.Import{Collectivities: []directory.Entry{entry}}, noon)
	if err != nil {
		s.t.Fatal(err)
	}
}

// run executes a statement as the owner of the schema.
func (s *scene) run(statement string, args ...any) {
	s.t.Helper()
	if _, err := s.raw.ExecContext(context.Background(), statement, args...); err != nil {
		s.t.Fatalf("%s: %v", statement, err)
	}
}

// count reads one number.
func (s *scene) count(query string, args ...any) int {
	s.t.Helper()
	var n int
	if err := s.raw.QueryRowContext(context.Background(), query, args...).Scan(&n); err != nil {
		s.t.Fatalf("%s: %v", query, err)
	}
	return n
}

// key is the session of a browser; browsers are told apart by a number.
func key(browser byte) dossier.SessionKey { return dossier.SessionKey{browser} }

func hash(state string) (h [32]byte) {
	copy(h[:], state)
	return h
}

// start opens an attempt, which waits for the state "state of <id>".
func (s *scene) start(session dossier.SessionKey, siret value.Siret, at time.Time) dossier.SealedAttempt {
	s.t.Helper()
	attempt := dossier.SealedAttempt{
		ID:    fmt.Sprintf("00000000-0000-4000-8000-%012d", s.drawn.Add(1)),
		Siret: siret, Step: dossier.StepStarted, CreatedAt: at, Sealed: []byte("started"),
	}
	err := s.attempts.RecordStarted(context.Background(), session, attempt, stateOf(attempt), "nonce")
	if err != nil {
		s.t.Fatal(err)
	}
	return attempt
}

func stateOf(attempt dossier.SealedAttempt) [32]byte { return hash(attempt.ID[24:]) }

// identify opens an attempt and signs its citizen in; the session has the key renewed.
func (s *scene) identify(session, renewed dossier.SessionKey, siret value.Siret, at time.Time) dossier.SealedAttempt {
	s.t.Helper()
	attempt := s.start(session, siret, at)
	attempt.Sealed = []byte("identified")
	if err := s.attempts.RecordIdentified(context.Background(), session, renewed, attempt, at); err != nil {
		s.t.Fatal(err)
	}
	return attempt
}

func newDossier(t testing.TB, attempt dossier.SealedAttempt, at time.Time) dossier.NewDossier {
	t.Helper()
	reference, err := value.NewReference(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return dossier.NewDossier{
		AttemptID: attempt.ID, Reference: reference, Recipient: dossier.Recipient{Siret: attempt.Siret, COG: "04107"},
		RecordedAt: at, PayloadKey: []byte("key"), Payload: []byte("payload"), AttemptLeft: []byte("left"),
	}
}

// record takes a citizen of a new browser as far as a recorded dossier.
func (s *scene) record(at time.Time) dossier.Shipment {
	s.t.Helper()
	browser := dossier.SessionKey{1: 1}
	for i, n := 2, s.drawn.Load(); n > 0; i, n = i+1, n>>8 {
		browser[i] = byte(n)
	}
	reference, err := s.attempts.RecordDossier(context.Background(), browser, newDossier(s.t, s.identify(browser, browser, majastres, at), at))
	if err != nil {
		s.t.Fatal(err)
	}
	return s.shipment(reference)
}

// recordAtHub records a dossier that has a folder and a case at HubEE, named after its id.
func (s *scene) recordAtHub(at time.Time) dossier.Shipment {
	s.t.Helper()
	shipment := s.record(at)
	folder, hubCase := fmt.Sprintf("folder %d", shipment.ID), caseOf(shipment)
	if err := s.shipments.RecordFolder(context.Background(), shipment.ID, folder, hubCase, at); err != nil {
		s.t.Fatal(err)
	}
	return s.shipment(shipment.Reference)
}

func caseOf(shipment dossier.Shipment) string { return fmt.Sprintf("case %d", shipment.ID) }

func (s *scene) shipment(reference value.Reference) dossier.Shipment {
	s.t.Helper()
	shipment, err := s.shipments.FindShipmentByReference(context.Background(), reference)
	if err != nil {
		s.t.Fatal(err)
	}
	return shipment
}

// wantCode checks the code of an error.
func wantCode(t testing.TB, err error, code string) {
	t.Helper()
	if !fault.Is(err, code) {
		t.Errorf("error = %v, want the code %s", err, code)
	}
}

// atOnce calls act n times at the same time and waits for all.
func atOnce(n int, act func(i int)) {
	var ready, done sync.WaitGroup
	ready.Add(n)
	for i := range n {
		done.Go(func() {
			ready.Done()
			ready.Wait()
			act(i)
		})
	}
	done.Wait()
}
