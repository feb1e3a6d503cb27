package directory_test

import (
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portail-qf/internal/domain/audit"
	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/partner/sirene"
	"portail-qf/internal/postgres"
	"portail-qf/internal/postgres/pgtest"
	"portail-qf/internal/sim/control"
	sim "portail-qf/internal/sim/sirene"
)

// Establishments of the register of every scene, and one that it does not know.
const (
	majastres value.Siret = "21040107100019" // a commune
	welfare   value.Siret = "21910998000017" // its centre communal d'action sociale
	company   value.Siret = "90511200900014"
	nowhere   value.Siret = "21750001600019"
)

const (
	registerKey = "cle-du-portail"
	question    = "/api-sirene/3.11/siret/"
)

var (
	noon  = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	admin = audit.Author{ID: "7", Display: "Camille Ferrand", Role: "admin"}
)

// registered is what the register of every scene holds.
func registered() []sim.Organization {
	return []sim.Organization{
		{Siret: majastres.String(), Name: "COMMUNE DE MAJASTRES", CommuneCog: "04107", PostalCode: "04270"},
		{Siret: welfare.String(), Name: "CCAS DE VALOMBRE", CommuneCog: "91998", PostalCode: "91980", LegalCategory: "7361"},
		{Siret: company.String(), Name: "LOGICIELS TILLEUL", CommuneCog: "69123", LegalCategory: "5710"},
	}
}

// scene is a database and a register that answers by HTTP; people who wait and the daily
// round each have their own client of it.
type scene struct {
	t             *testing.T
	db            *postgres.DB
	register      *sim.Server
	server        *httptest.Server
	organisations *directory.Organisations
	shift         atomic.Int64 // of the business clock
}

func setScene(t *testing.T) *scene {
	t.Helper()
	s := &scene{t: t, db: pgtest.Open(t)}
	s.organisations = &directory.Organisations{Store: postgres.Organisations{DB: s.db}, Now: s.now}
	s.openRegister(registered()...)
	return s
}

// openRegister puts a register in the place of the one that was there.
func (s *scene) openRegister(organizations ...sim.Organization) {
	s.register = sim.New(sim.Options{Key: registerKey, Organizations: organizations})
	s.server = httptest.NewServer(s.register)
	s.t.Cleanup(s.server.Close)
	s.organisations.Registry = s.client(registerKey, 0)
	s.organisations.Unhurried = s.client(registerKey, time.Millisecond)
}

func (s *scene) client(key value.Secret, pause time.Duration) *sirene.Client {
	return sirene.New(sirene.Config{BaseURL: s.server.URL, Key: key, Pause: pause})
}

func (s *scene) now() time.Time { return noon.Add(time.Duration(s.shift.Load())) }

func (s *scene) advance(d time.Duration) { s.shift.Add(int64(d)) }

// asked gives the SIRETs about which the register was asked, in order.
func (s *scene) asked() (sirets []value.Siret) {
	for _, request := range s.register.Requests(0) {
		sirets = append(sirets, value.Siret(strings.TrimPrefix(request.Path, question)))
	}
	return sirets
}

// trouble makes the register answer the next questions so.
func (s *scene) trouble(fault control.Fault) {
	if fault.Match == "" {
		fault.Match = "GET " + question
	}
	s.register.Inject(fault)
}

// knows brings organisations into what is kept, as sign-ins do.
func (s *scene) knows(sirets ...value.Siret) {
	s.t.Helper()
	for _, siret := range sirets {
		if _, err := s.organisations.Know(s.t.Context(), siret); err != nil {
			s.t.Fatal(err)
		}
	}
	s.register.Reset()
}

// kept is an organisation as the administrators see it.
func (s *scene) kept(siret value.Siret) directory.Organisation {
	s.t.Helper()
	found, err := s.organisations.Find(s.t.Context(), siret)
	if err != nil {
		s.t.Fatal(err)
	}
	return found
}

// wantNothingKept checks that nothing is kept of a SIRET.
func (s *scene) wantNothingKept(siret value.Siret) {
	s.t.Helper()
	found, err := s.organisations.Find(s.t.Context(), siret)
	if !fault.Is(err, "organisation.unknown") || fault.KindOf(err) != fault.NotFound {
		s.t.Errorf("kept: %+v, %v", found, err)
	}
}

// line is what a test compares of the journal.
type line struct {
	Author, Act, Siret, Name, Detail string
}

// wantJournal checks the whole journal, oldest first.
func (s *scene) wantJournal(want ...line) {
	s.t.Helper()
	page, err := postgres.Journal{DB: s.db}.SearchEvents(s.t.Context(), audit.Search{}, 0, 100)
	if err != nil {
		s.t.Fatal(err)
	}
	var lines []line
	for _, e := range page.Entries {
		if e.Object.Kind != "organisation" {
			s.t.Errorf("object %+v", e.Object)
		}
		lines = append([]line{{e.Author.ID, string(e.Act), e.Object.ID, e.Object.Display, e.Detail}}, lines...)
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		s.t.Errorf("journal: %s", diff)
	}
}

func wantFault(t *testing.T, err error, kind fault.Kind, code string) {
	t.Helper()
	if fault.KindOf(err) != kind || !fault.Is(err, code) {
		t.Errorf("error = %v, want %s", err, code)
	}
}
