package editorspace

import (
	"bytes"
	"crypto/rand"
	"database/sql"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"portail-qf/internal/domain/account"
	"portail-qf/internal/domain/credential"
	"portail-qf/internal/domain/directory"
	"portail-qf/internal/domain/machine"
	"portail-qf/internal/domain/renewal"
	"portail-qf/internal/domain/value"
	"portail-qf/internal/partner/hubee"
	"portail-qf/internal/postgres"
	"portail-qf/internal/postgres/pgtest"
	"portail-qf/internal/seal"
	"portail-qf/internal/sim/stage"
	"portail-qf/internal/web"
	"portail-qf/internal/web/webtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// noon is the business time at which every scene opens.
var noon = time.Date(2026, time.March, 2, 11, 0, 0, 0, time.UTC)

// The editors and two of their towns, as the seed of the simulators has them.
const (
	tilleul, brume = "90511200900014", "91033700500011"
	town           = "21910998000017"
	elsewhere      = "21280363900013" // a town of Brume's
)

// scene is the space of two editors on a database of its own, in front of the simulator of
// HubEE.
type scene struct {
	t      *testing.T
	raw    *sql.DB // the owner's view
	db     *postgres.DB
	now    time.Time
	router *web.Router
	hub    *credential.HubAccounts
	api    *machine.Service
	door   *machine.Door
	silent bool // HubEE answers nothing that can be read

	sofia, leo, karim value.Token // sessions: an administrator and a member of Tilleul, one of Brume
}

func setScene(t *testing.T) *scene {
	t.Helper()
	return setSceneAt(t, noon)
}

func setSceneAt(t *testing.T, now time.Time) *scene {
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
	s := &scene{t: t, raw: raw, db: db, now: now}
	s.run(`INSERT INTO editors (siret, name, created_at, updated_at) VALUES ($1, 'Logiciels Tilleul', $3, $3), ($2, 'Ateliers Brume', $3, $3)`, tilleul, brume, noon)
	for siret, editor := range map[string]string{town: tilleul, "21040107100019": tilleul, elsewhere: brume} {
		s.run(`INSERT INTO subscriptions (siret, organisation, editor_siret, administrator, want, wanted_at, state, code_cog, hub_id)
			VALUES ($1, 'Commune ' || right($1, 5), $2, '{"prenom":"Anne","nom":"Morel","mail":"anne.morel@exemple.fr"}', 'actif', $3, 'actif', '91998', 'abonnement-' || $1)`, siret, editor, noon)
	}
	s.sofia, s.leo = s.signIn("Sofia", account.EditorAdmin, tilleul), s.signIn("Leo", account.EditorMember, tilleul)
	s.karim = s.signIn("Karim", account.EditorAdmin, brume)
	s.mount()
	return s
}

// pairOf is the pair of a town, as the simulator of HubEE takes it.
func pairOf(siret string) (id, secret string) {
	return stage.HubEEClient(stage.Town{Siret: siret}), stage.HubEEClientSecret(stage.Town{Siret: siret})
}

// hubEE is the simulator, where some towns have a pair.
func (s *scene) hubEE() string {
	s.t.Helper()
	simulators, err := stage.Set(stage.Options{PortalURL: webtest.PortalURL, FranceConnect: "http://127.0.0.1:1", ProConnect: "http://127.0.0.1:1"})
	if err != nil {
		s.t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.silent {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		simulators.HubEE.ServeHTTP(w, r)
	}))
	s.t.Cleanup(server.Close)
	return server.URL
}

// mount builds the pages as internal/app does.
func (s *scene) mount() {
	s.t.Helper()
	policy := webtest.Policy(s.t)
	ring, err := seal.Parse(seal.NewKey("test"))
	if err != nil {
		s.t.Fatal(err)
	}
	now := func() time.Time { return s.now }
	s.router = webtest.Router(s.t, web.Settings{
		Sessions: &account.Sessions{Store: postgres.Sessions{DB: s.db}, Now: now}, Policy: policy, DatabaseAway: postgres.Away,
	})
	s.hub = &credential.HubAccounts{
		Store: postgres.HubAccounts{DB: s.db}, Vault: ring, Now: now,
		Hub: hubee.NewSoftwares(hubee.Config{TokenURL: s.hubEE() + "/oauth2/token"}),
	}
	pepper, err := seal.ParsePepper(seal.NewKey("poivre"))
	if err != nil {
		s.t.Fatal(err)
	}
	s.api = &machine.Service{Store: postgres.APIClients{DB: s.db}, Pepper: pepper, Random: rand.Reader, Now: now}
	s.door = &machine.Door{Store: postgres.APIDoor{DB: s.db}, Pepper: pepper, Random: rand.Reader, Now: now}
	(&Handler{
		Views: webtest.Views(s.t, ParseViews), Access: &account.Access{Store: postgres.Access{DB: s.db}, Sealer: ring, Now: now}, Clients: &directory.Clients{Store: postgres.Collectivities{DB: s.db}},
		Watch: &credential.Watch{Store: postgres.SubscriptionWatch{DB: s.db}, Now: now}, API: s.api, Hub: s.hub, HubPortal: "https://portail.hubee.example.fr",
		Renewals: &renewal.Service{Store: postgres.Renewals{DB: s.db}, Now: now},
		AtRisk:   &renewal.Watch{Store: postgres.RenewalWatch{DB: s.db}, Now: now}, Tokens: &credential.Tokens{Mint: &credential.Mint{Prefix: credential.TestPrefix}},
		Can: policy.Can, PortalURL: webtest.PortalURL, Now: now, Frame: s.router.ProFrame,
	}).Mount(s.router)
}

func (s *scene) run(statement string, args ...any) {
	s.t.Helper()
	if _, err := s.raw.ExecContext(s.t.Context(), statement, args...); err != nil {
		s.t.Fatalf("%s: %v", statement, err)
	}
}

// count gives one number.
func (s *scene) count(query string, args ...any) (n int) {
	s.t.Helper()
	if err := s.raw.QueryRowContext(s.t.Context(), query, args...).Scan(&n); err != nil {
		s.t.Fatalf("%s: %v", query, err)
	}
	return n
}

// signIn opens the session of somebody of an editor, who has just proved a second factor.
func (s *scene) signIn(name string, role account.Role, editor value.Siret) value.Token {
	s.t.Helper()
	return webtest.SignIn(s.t, s.raw, name, role, editor, s.now).Cookie
}

// answer is what the portal answered.
type answer struct {
	t      *testing.T
	status int
	to     string // where it sends the browser
	flash  string
	cache  string // its Cache-Control
	body   string
	text   string // of the page: what it is about, on one line with plain spaces
}

// get opens a page as somebody and checks that it is well made.
func (s *scene) get(as value.Token, path string) answer {
	s.t.Helper()
	return s.ask(as, httptest.NewRequest(http.MethodGet, path, nil))
}

// post sends a form as somebody.
func (s *scene) post(as value.Token, path string, fields url.Values) answer {
	s.t.Helper()
	return s.ask(as, webtest.Post(path, fields))
}

// paste sends a list as its page does.
func (s *scene) paste(as value.Token, list string) answer {
	s.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	if err := form.WriteField(fieldList, list); err != nil {
		s.t.Fatal(err)
	}
	_ = form.Close()
	request := httptest.NewRequest(http.MethodPost, hubPastePath, &body)
	request.Header.Set("Content-Type", form.FormDataContentType())
	return s.ask(as, request)
}

func (s *scene) ask(as value.Token, request *http.Request) answer {
	s.t.Helper()
	got := webtest.Ask(s.t, s.router, as, request)
	text := strings.Join(strings.Fields(strings.NewReplacer("\u00a0", " ", "\u202f", " ").Replace(got.Main)), " ")
	return answer{t: s.t, status: got.Status, to: got.To, flash: got.Flash, cache: got.Header.Get("Cache-Control"), body: got.Body, text: text}
}

// is checks the status of an answer, and what its page says or does not ("!…").
func (a answer) is(status int, says ...string) answer {
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
	return a
}

// leads checks that an answer sends the browser on, with a sentence.
func (a answer) leads(to, flash string) {
	a.t.Helper()
	if a.status != http.StatusSeeOther || a.to != to || a.flash != flash {
		a.t.Errorf("status %d to %q saying %q, want %q saying %q:\n%s", a.status, a.to, a.flash, to, flash, a.text)
	}
}
