package machine_test

import (
	"crypto/rand"
	"net/netip"
	"os"
	"testing"
	"time"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/fault"
	"portail-qf/internal/domain/machine"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/postgres"
	"portail-qf/internal/postgres/pgtest"
	"portail-qf/internal/seal"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

var (
	noon    = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	tilleul = account.Organisation{Siret: "90511200900014", Name: "Logiciels Tilleul"}
	brume   = account.Organisation{Siret: "91033700500011", Name: "Ateliers Brume"}
	home    = netip.MustParseAddr("203.0.113.7")
	away    = netip.MustParseAddr("198.51.100.9")
)

// scene is two editors, an administrator of each, and the clients that they make.
type scene struct {
	*testing.T
	raw     pgtest.Direct
	pepper  *seal.Pepper
	now     time.Time
	service *machine.Service
	door    *machine.Door

	camille, noe account.Actor
}

func setScene(t *testing.T) *scene {
	t.Helper()
	addresses := pgtest.New(t)
	db, err := postgres.Open(t.Context(), addresses.App)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	s := &scene{
		T: t, raw: addresses.Direct(t), now: noon,
		camille: account.Actor{AccountID: 1, Name: "Camille Ferrand", Role: account.EditorAdmin, Organisation: tilleul, RequestID: "01JCXN3Z8G5Q"},
		noe:     account.Actor{AccountID: 2, Name: "Noé Lemaire", Role: account.EditorAdmin, Organisation: brume},
	}
	for _, e := range []account.Organisation{tilleul, brume} {
		s.run(`INSERT INTO editors (siret, name, created_at, updated_at) VALUES ($1, $2, $3, $3)`, e.Siret.String(), e.Name, noon)
	}
	if s.pepper, err = seal.ParsePepper(seal.NewKey("poivre")); err != nil {
		t.Fatal(err)
	}
	now := func() time.Time { return s.now }
	s.service = &machine.Service{Store: postgres.APIClients{DB: db}, Pepper: s.pepper, Random: rand.Reader, Now: now}
	s.door = &machine.Door{Store: postgres.APIDoor{DB: db}, Pepper: s.pepper, Random: rand.Reader, Now: now}
	return s
}

func (s *scene) run(statement string, args ...any) {
	s.Helper()
	s.raw.Run(s.T, statement, args...)
}

func (s *scene) count(query string, args ...any) int {
	s.Helper()
	return s.raw.Count(s.T, query, args...)
}

// create makes a client of Tilleul with every scope.
func (s *scene) create(name string, networks ...string) (machine.Client, value.Secret) {
	s.Helper()
	settings := machine.Settings{Name: name, Scopes: machine.Scopes[:]}
	for _, text := range networks {
		network, err := value.ParseNetwork(text)
		if err != nil {
			s.Fatal(err)
		}
		settings.Networks = append(settings.Networks, network)
	}
	client, secret, err := s.service.Create(s.Context(), s.camille, settings)
	if err != nil {
		s.Fatal(err)
	}
	return client, secret
}

func (s *scene) find(id string) machine.Client {
	s.Helper()
	client, err := s.service.Find(s.Context(), tilleul.Siret, id)
	if err != nil {
		s.Fatal(err)
	}
	return client
}

// issue asks for an access token with every scope.
func (s *scene) issue(client machine.Client, secret value.Secret) machine.Grant {
	s.Helper()
	grant, err := s.door.Issue(s.Context(), machine.Shown{ID: client.ID, Secret: secret, From: home}, "")
	if err != nil {
		s.Fatal(err)
	}
	return grant
}

// opens wants an access token to open a scope.
func (s *scene) opens(grant machine.Grant, scope machine.Scope) {
	s.Helper()
	if pass, err := s.door.Admit(s.Context(), grant.Text, home); err != nil || !pass.Opens(scope) {
		s.Errorf("%s: %+v, %v", scope, pass, err)
	}
}

// closed wants an access token to open nothing.
func (s *scene) closed(grant machine.Grant) {
	s.Helper()
	_, err := s.door.Admit(s.Context(), grant.Text, home)
	s.refused(err, "api_client.access_refused")
}

func (s *scene) refused(err error, code string) {
	s.Helper()
	if !fault.Is(err, code) {
		s.Errorf("%v, want %s", err, code)
	}
}

// told counts the events of an act.
func (s *scene) told(act string) int {
	return s.count(`SELECT count(*) FROM audit_events WHERE act = $1`, act)
}
