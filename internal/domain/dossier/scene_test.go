package dossier_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/dossier"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/outbox"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/postgres"
	"portail-qf/internal/postgres/pgtest"
	"portail-qf/internal/seal"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// Two towns of every scene, and the business time at which it opens.
const (
	majastres value.Siret = "21040107100019"
	paris     value.Siret = "21750001600019"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// scene is a portal without pages: the real stores and the real seal, with partners that
// the test plays.
type scene struct {
	t     testing.TB
	db    *postgres.DB
	shift atomic.Int64 // of the business clock

	provider *provider
	fund     *fund
	hub      *hub
	printer  *printer
	store    *brittle // the store of shipments, on its way to the real one

	journey   *dossier.Journey
	delivery  *dossier.Delivery
	followUp  *dossier.FollowUp
	outbox    postgres.Outbox
	shipments postgres.Shipments
}

func setScene(t testing.TB) *scene {
	t.Helper()
	return setSceneOn(t, pgtest.Open(t))
}

// setSceneOn sets a scene of its own in a database that others have used.
func setSceneOn(t testing.TB, db *postgres.DB) *scene {
	t.Helper()
	vault := newVault(t)
	s := &scene{
		t: t, db: db, provider: newProvider(), fund: &fund{}, printer: &printer{},
		outbox: postgres.Outbox{DB: db}, shipments: postgres.Shipments{DB: db},
	}
	s.hub = newHub()
	s.store = &brittle{ShipmentStore: s.shipments, accidents: &s.hub.accidents}
	s.journey = &dossier.Journey{
		Attempts: postgres.Attempts{DB: db}, Collectivities: postgres.Collectivities{DB: db},
		Identities: s.provider, Quotients: s.fund, Vault: vault, Now: s.now, Random: rand.Reader, NewID: newID,
	}
	s.delivery = &dossier.Delivery{Shipments: s.store, Hub: s.hub, Renderer: s.printer, Vault: vault, Now: s.now}
	s.followUp = &dossier.FollowUp{Hub: s.hub, Records: postgres.FollowUp{DB: db}, Now: s.now}
	s.setForm(majastres, "Majastres", "04107", directory.FormOpen)
	s.setForm(paris, "Paris", "75056", directory.FormOpen)
	return s
}

func newID() string {
	var b [16]byte
	rand.Read(b[:])
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

func newVault(t testing.TB) *seal.Ring {
	t.Helper()
	ring, err := seal.Parse(seal.NewKey("test"))
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

func (s *scene) now() time.Time          { return noon.Add(time.Duration(s.shift.Load())) }
func (s *scene) advance(d time.Duration) { s.shift.Add(int64(d)) }

// setForm lists a town, or changes where its form stands.
func (s *scene) setForm(siret value.Siret, name, cog string, form directory.FormState) {
	s.t.Helper()
	entry := directory.Entry{
		Collectivity: directory.Collectivity{Siret: siret, Name: name, COG: cog, Departement: cog[:2], Form: form},
		FoldedName:   name, FormGiven: true,
	}
	err := postgres.Collectivities{DB: s.db}.RecordImport(context.Background(), directory.Import{Collectivities: []directory.Entry{entry}}, noon)
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *scene) closeForm() {
	s.t.Helper()
	s.setForm(majastres, "Majastres", "04107", directory.FormClosed)
}

// arrival is one with an identifier of the editor's.
func arrival(siret value.Siret, externalID string) dossier.Arrival {
	return dossier.Arrival{Siret: siret, ExternalID: &externalID}
}

// start opens an attempt and returns the browser's cookie and what FranceConnect was given.
func (s *scene) start(cookie dossier.Token, with dossier.Arrival) (dossier.Token, string) {
	s.t.Helper()
	started, err := s.journey.Start(context.Background(), cookie, with)
	if err != nil {
		s.t.Fatal(err)
	}
	address, err := url.Parse(started.AuthorizeURL)
	if err != nil {
		s.t.Fatal(err)
	}
	return started.Session, address.Query().Get("state")
}

// signIn takes a citizen, named by the code that FranceConnect gives, as far as the review.
func (s *scene) signIn(cookie dossier.Token, with dossier.Arrival, citizen string) dossier.Token {
	s.t.Helper()
	cookie, state := s.start(cookie, with)
	arrived, err := s.journey.SignIn(context.Background(), cookie, dossier.SignInAnswer{Code: citizen, State: state, Issuer: "https://fc.example"})
	if err != nil {
		s.t.Fatal(err)
	}
	if arrived.Siret != with.Siret {
		s.t.Fatalf("the sign-in led to %s, want %s", arrived.Siret, with.Siret)
	}
	return arrived.Session
}

func (s *scene) review(cookie dossier.Token, siret value.Siret) dossier.Reviewed {
	s.t.Helper()
	reviewed, err := s.journey.Review(context.Background(), cookie, siret)
	if err != nil {
		s.t.Fatal(err)
	}
	return reviewed
}

func (s *scene) transmit(cookie dossier.Token, siret value.Siret) value.Reference {
	s.t.Helper()
	reference, err := s.journey.Transmit(context.Background(), cookie, siret, s.review(cookie, siret).Attempt.ID)
	if err != nil {
		s.t.Fatal(err)
	}
	return reference
}

// record takes Angela as far as a recorded dossier.
func (s *scene) record() dossier.Shipment {
	s.t.Helper()
	return s.shipment(s.transmit(s.signIn("", arrival(majastres, "famille 12"), "angela"), majastres))
}

func (s *scene) shipment(reference value.Reference) dossier.Shipment {
	s.t.Helper()
	shipment, err := s.shipments.FindShipmentByReference(context.Background(), reference)
	if err != nil {
		s.t.Fatal(err)
	}
	return shipment
}

// deliver tries once to deliver a dossier.
func (s *scene) deliver(shipment dossier.Shipment) error {
	return s.delivery.Deliver(context.Background(), shipment.ID)
}

// orders claims what waits in the outbox, by kind.
func (s *scene) orders() map[string][]outbox.Order {
	s.t.Helper()
	claimed, err := s.outbox.Claim(context.Background(), 100, time.Minute, s.now())
	if err != nil {
		s.t.Fatal(err)
	}
	byKind := map[string][]outbox.Order{}
	for _, order := range claimed {
		byKind[order.Kind] = append(byKind[order.Kind], order)
	}
	return byKind
}

func wantCode(t testing.TB, err error, code string) {
	t.Helper()
	if !fault.Is(err, code) {
		t.Errorf("error = %v, want the code %s", err, code)
	}
}
