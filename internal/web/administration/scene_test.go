package administration

import (
	"context"
	"database/sql"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"portail-qf/internal/authz"
	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/directory"
	"portail-qf/internal/partner/sirene"
	"portail-qf/internal/postgres"
	"portail-qf/internal/postgres/pgtest"
	"portail-qf/internal/seal"
	sim "portail-qf/internal/sim/sirene"
	"portail-qf/internal/web"
	"portail-qf/internal/web/webtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// scene is the administration on a database and a register of its own, where an
// administrator, a reader and somebody else have signed in.
type scene struct {
	t        *testing.T
	db       *postgres.DB
	raw      *sql.DB // the owner's view
	register *sim.Server
	router   *web.Router
	sessions *account.Sessions

	admin, reader, other person
}

// person is somebody signed in.
type person = webtest.Person

func setScene(t *testing.T) *scene {
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
	s := &scene{t: t, db: db, raw: raw}
	s.openRegister()
	s.run(`INSERT INTO editors (siret, name, created_at, updated_at) VALUES ($1, $2, $3, $3)`, editor.Siret, editor.Name, noon)
	s.admin = s.signIn("Camille", account.Admin, operator)
	s.reader = s.signIn("Rose", account.Reader, operator)
	s.other = s.signIn("Dominique", account.EditorAdmin, editor)
	s.mount()
	return s
}

const registerKey = "cle-du-portail"

func (s *scene) openRegister() {
	s.register = sim.New(sim.Options{Key: registerKey, Organizations: []sim.Organization{
		{Siret: town.Siret.String(), Name: "COMMUNE DE MAJASTRES", CommuneCog: "04107", PostalCode: "04270"},
		{Siret: bakery.Siret.String(), Name: "BOULANGERIE DU VAL", LegalCategory: "5710"},
		{Siret: nameless.Siret.String(), Name: "ANCIEN SYNDICAT", CommuneCog: "28363", Closed: true, ClosedOn: time.Date(2025, 6, 30, 0, 0, 0, 0, time.UTC)},
	}})
}

// mount builds the space as internal/app does.
func (s *scene) mount() {
	s.t.Helper()
	register := httptest.NewServer(s.register)
	s.t.Cleanup(register.Close)
	now := func() time.Time { return noon }
	ring, err := seal.Parse(seal.NewKey("test"))
	if err != nil {
		s.t.Fatal(err)
	}
	policy := webtest.Policy(s.t)
	organisations := &directory.Organisations{
		Store: postgres.Organisations{DB: s.db}, Registry: sirene.New(sirene.Config{BaseURL: register.URL, Key: registerKey}), Now: now,
	}
	s.sessions = &account.Sessions{Store: postgres.Sessions{DB: s.db, Operator: operator}, Now: now}
	h := &Handler{
		Access: &account.Access{
			Store: postgres.Access{DB: s.db, Operator: operator}, Organisations: organisations, Sealer: ring, Now: now, Operator: operator,
		},
		Sessions: s.sessions, Organisations: organisations, Can: policy.Can, Now: now,
		Waiting: func(ctx context.Context, now time.Time) (Waiting, error) {
			counted, err := postgres.Waiting{DB: s.db}.Administration(ctx, now)
			return Waiting(counted), err
		},
	}
	s.router = newRouter(s.t, s.sessions, policy, h)
}

// newRouter mounts the pages.
func newRouter(t *testing.T, sessions *account.Sessions, policy *authz.Policy, h *Handler) *web.Router {
	t.Helper()
	router := webtest.Router(t, web.Settings{Sessions: sessions, Policy: policy, DatabaseAway: postgres.Away})
	h.Views, h.Frame = webtest.Views(t, ParseViews), router.ProFrame
	h.Mount(router)
	return router
}

func (s *scene) run(statement string, args ...any) {
	s.t.Helper()
	if _, err := s.raw.ExecContext(s.t.Context(), statement, args...); err != nil {
		s.t.Fatalf("%s: %v", statement, err)
	}
}

// read gives one value, as text.
func (s *scene) read(query string, args ...any) (text string) {
	s.t.Helper()
	if err := s.raw.QueryRowContext(s.t.Context(), query, args...).Scan(&text); err != nil {
		s.t.Fatalf("%s: %v", query, err)
	}
	return text
}

// signIn opens the session of somebody who proved a second factor a minute ago.
func (s *scene) signIn(name string, role account.Role, organisation account.Organisation) person {
	s.t.Helper()
	return webtest.SignIn(s.t, s.raw, name, role, organisation.Siret, noon.Add(-time.Minute))
}

// answer is what the portal answered.
type answer struct {
	t      *testing.T
	status int
	to     string // where it sends the browser
	flash  string
	text   string // of the page: what it is about
}

// get opens a page as somebody and checks that it is well made.
func (s *scene) get(as person, path string) answer {
	s.t.Helper()
	return s.ask(as, httptest.NewRequest(http.MethodGet, path, nil))
}

// told opens the page that follows an act.
func (s *scene) told(as person, path, flash string) answer {
	s.t.Helper()
	request := httptest.NewRequest(http.MethodGet, path, nil)
	request.AddCookie(&http.Cookie{Name: web.FlashCookie, Value: flash})
	return s.ask(as, request)
}

// post sends a form as somebody.
func (s *scene) post(as person, path string, fields url.Values) answer {
	s.t.Helper()
	return s.ask(as, webtest.Post(path, fields))
}

func (s *scene) ask(as person, request *http.Request) answer {
	s.t.Helper()
	got := webtest.Ask(s.t, s.router, as.Cookie, request)
	if !got.IsPage() && got.Status != http.StatusSeeOther {
		s.t.Errorf("%s is no page: %v", request.URL, got.Header)
	}
	return answer{t: s.t, status: got.Status, to: got.To, flash: got.Flash, text: got.Main}
}

// is checks the status of an answer, and what its page says or does not ("!…").
func (a answer) is(status int, says ...string) {
	a.t.Helper()
	if a.status != status {
		a.t.Errorf("status %d to %q, want %d:\n%s", a.status, a.to, status, a.text)
	}
	for _, said := range says {
		unwanted, isNot := strings.CutPrefix(said, "!")
		if isNot == strings.Contains(a.text, unwanted) {
			a.t.Errorf("the page should say %q:\n%s", said, a.text)
		}
	}
}

// leads checks that an answer sends the browser on, with a sentence.
func (a answer) leads(to, flash string) {
	a.t.Helper()
	if a.status != http.StatusSeeOther || a.to != to || a.flash != flash {
		a.t.Errorf("status %d to %q saying %q, want %q saying %q:\n%s", a.status, a.to, a.flash, to, flash, a.text)
	}
}
